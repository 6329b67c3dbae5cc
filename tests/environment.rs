//! The environment's say in a run, and what a person sees of it: each test starts this binary again
//! with variables set, and reads what it prints.

use std::path::PathBuf;
use std::process::{Command, Output};

use selvedge::scenario::{Engine, Method, ReportLine, Sampler, Scenario, choose};
use selvedge::sync::atomic::{AtomicU64, Ordering};
use selvedge::sync::{Arc, Mutex};
use selvedge::thread;

const MODEL: bool = cfg!(any(loom, shuttle, selvedge));

/// Which of the inner tests is to do something: they do nothing in an ordinary run.
const INNER: &str = "INNER_TEST";

fn is_inner(name: &str) -> bool {
    std::env::var(INNER).is_ok_and(|inner| inner == name)
}

/// Runs one of the inner tests in a process of its own.
fn run(inner: &str, variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", inner]).env(INNER, inner).env("RUST_BACKTRACE", "0");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SELVEDGE_") {
            command.env_remove(name);
        }
    }
    command.envs(variables.iter().copied()).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn two_increments(add: fn(&AtomicU64)) -> impl Fn() + Send + Sync + 'static {
    move || {
        let counter = Arc::new(AtomicU64::new(0));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let counter = Arc::clone(&counter);
                thread::spawn(move || add(&counter))
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(counter.load(Ordering::Relaxed), 2);
    }
}

fn naively(counter: &AtomicU64) {
    let value = counter.load(Ordering::Acquire);
    counter.store(value + 1, Ordering::Release);
}

fn atomically(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

#[test]
fn inner_holds() {
    if is_inner("inner_holds") {
        Scenario::new("inner, holds").check(two_increments(atomically));
    }
}

#[test]
fn inner_fails() {
    if is_inner("inner_fails") {
        let shuttle = Engine::Shuttle(Sampler::Random);
        Scenario::new("inner, fails").engine(shuttle).check(two_increments(naively));
    }
}

#[test]
fn inner_refutes() {
    if is_inner("inner_refutes") {
        let shuttle = Engine::Shuttle(Sampler::Random);
        let violation =
            Scenario::new("inner, fails").engine(shuttle).refute(two_increments(naively));
        println!("{}", violation.ticket.unwrap());
    }
}

#[test]
fn inner_chooses() {
    if is_inner("inner_chooses") {
        let shuttle = Engine::Shuttle(Sampler::Random);
        Scenario::new("inner, chooses").engine(shuttle).check(|| {
            let last = choose(1) + choose(3) == 2;
            thread::spawn(move || assert!(!last)).join().unwrap();
        });
    }
}

#[test]
fn inner_is_quiet() {
    if is_inner("inner_is_quiet") {
        for engine in
            [Engine::Loom, Engine::Shuttle(Sampler::Random), Engine::Shuttle(Sampler::Dfs)]
        {
            Scenario::new("inner, panics").engine(engine).refute(two_increments(naively));
            Scenario::new("inner, deadlocks").engine(engine).refute(|| {
                let locks = Arc::new((Mutex::new(()), Mutex::new(())));
                let other = Arc::clone(&locks);
                let crossed = thread::spawn(move || drop((other.0.lock(), other.1.lock())));
                drop((locks.1.lock(), locks.0.lock()));
                crossed.join().unwrap();
            });
        }
    }
}

#[test]
fn inner_stands_still() {
    if is_inner("inner_stands_still") {
        let patience = std::time::Duration::from_millis(100);
        let scenario = Scenario::new("inner, stands still").engine(Engine::Loom);
        scenario.watchdog(patience).check(|| {
            let counter = Arc::new(std::sync::Mutex::new(AtomicU64::new(0)));
            let shared = Arc::clone(&counter);
            let add = |counter: &std::sync::Mutex<AtomicU64>| {
                counter.lock().unwrap().fetch_add(1, Ordering::Relaxed);
            };
            let other = thread::spawn(move || add(&shared));
            add(&counter);
            other.join().unwrap();
        });
    }
}

#[test]
fn inner_aborts() {
    /// Waits for the lock although its thread unwinds.
    struct Last(Arc<Mutex<u64>>);
    impl Drop for Last {
        fn drop(&mut self) {
            *self.0.lock() += 1;
        }
    }
    if is_inner("inner_aborts") {
        Scenario::new("inner, aborts").engine(Engine::Loom).check(|| {
            let lock = Arc::new(Mutex::new(0));
            let shared = Arc::clone(&lock);
            let other = thread::spawn(move || {
                let _last = Last(Arc::clone(&shared));
                let _held = shared.lock();
                panic!("the first reason");
            });
            *lock.lock() += 1;
            let _ = other.join();
        });
    }
}

#[test]
fn an_execution_that_stands_still_ends_the_process_with_the_reason() {
    if !MODEL {
        return;
    }
    let output = run("inner_stands_still", &[]);
    assert!(!output.status.success());
    let text = text(&output);
    assert!(text.contains("scenario \"inner, stands still\", Loom: no operation for"), "{text}");
    assert!(text.contains("the last: main spawn thread 1 at tests/environment.rs"), "{text}");
}

#[test]
fn an_abort_under_loom_says_why() {
    if !MODEL {
        return;
    }
    let output = run("inner_aborts", &[]);
    let text = text(&output);
    if !output.status.success() {
        assert!(text.contains("inner, aborts"), "{text}");
        assert!(text.contains("the first reason"), "{text}");
    }
}

#[test]
fn an_unknown_variable_is_refused() {
    let output = run("inner_holds", &[("SELVEDGE_MAX_EXECUTION", "1")]);
    assert!(!output.status.success());
    let text = text(&output);
    assert!(text.contains("unknown variable SELVEDGE_MAX_EXECUTION"), "{text}");
    assert!(text.contains("SELVEDGE_MAX_EXECUTIONS"), "{text}");
}

#[test]
fn an_unknown_engine_is_refused_with_the_list() {
    let output = run("inner_holds", &[("SELVEDGE_ENGINES", "lom")]);
    assert!(!output.status.success());
    let text = text(&output);
    assert!(text.contains("unknown engine \"lom\""), "{text}");
    assert!(text.contains(Engine::NAMES), "{text}");
}

#[test]
fn a_build_that_is_not_the_expected_one_is_refused() {
    let output = run("inner_holds", &[("SELVEDGE_EXPECT", "model")]);
    assert_eq!(output.status.success(), MODEL, "{}", text(&output));
    if !MODEL {
        assert!(text(&output).contains("RUSTFLAGS"), "{}", text(&output));
    }
}

#[test]
fn shuttle_s_own_seed_is_refused() {
    let output = run("inner_holds", &[("SHUTTLE_RANDOM_SEED", "1")]);
    assert!(!output.status.success());
    assert!(text(&output).contains("SELVEDGE_SEED"), "{}", text(&output));
}

#[test]
fn a_report_has_a_line_for_each_engine() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("report-{}.jsonl", std::process::id()));
    let path_text = path.to_str().unwrap();
    let engines = if MODEL { "loom,shuttle-pct:2,threads" } else { "threads" };
    let variables = [
        ("SELVEDGE_REPORT", path_text),
        ("SELVEDGE_ENGINES", engines),
        ("SELVEDGE_MAX_EXECUTIONS", "3"),
    ];
    let output = run("inner_holds", &variables);
    assert!(output.status.success(), "{}", text(&output));
    let written = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let lines: Vec<ReportLine> = written.lines().map(|line| line.parse().unwrap()).collect();
    let names: Vec<String> = lines.iter().map(|line| line.engine.to_string()).collect();
    assert_eq!(names.join(","), engines);
    for line in lines {
        assert_eq!(line.schema, ReportLine::SCHEMA);
        assert_eq!(line.method, Method::Check);
        assert_eq!(line.scenario, "inner, holds");
        assert_eq!(line.test.as_deref(), Some("inner_holds"));
        assert_eq!(line.executions, if line.engine == Engine::Loom { 6 } else { 3 });
        assert_eq!(line.violation, None);
    }
}

#[test]
fn a_report_that_cannot_be_written_is_an_error() {
    // In a folder that is a file.
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml/report");
    let output = run("inner_holds", &[("SELVEDGE_REPORT", path)]);
    assert!(!output.status.success());
    assert!(text(&output).contains(&format!("cannot write to {path}")), "{}", text(&output));
}

#[test]
fn a_repeated_execution_of_a_refuted_scenario_is_shown() {
    if !MODEL {
        return;
    }
    let first = text(&run("inner_refutes", &[]));
    assert!(!first.contains("repeat: "), "{first}");
    let ticket = first.lines().find(|line| line.starts_with("shuttle:")).expect(&first);
    let again = run("inner_refutes", &[("SELVEDGE_REPLAY", ticket)]);
    assert!(again.status.success(), "{}", text(&again));
    assert!(text(&again).contains("repeat: "), "{}", text(&again));
}

#[test]
fn a_failing_schedule_is_repeated_by_the_printed_command() {
    if !MODEL {
        return;
    }
    let first = text(&run("inner_fails", &[]));
    let command = first.lines().find(|line| line.starts_with("repeat: ")).expect(&first);
    let test = "cargo test --test environment inner_fails -- --exact --nocapture";
    assert!(command.ends_with(test), "{command}");
    let ticket = command.split_once("SELVEDGE_REPLAY=").unwrap().1.split(' ').next().unwrap();

    let again = text(&run("inner_fails", &[("SELVEDGE_REPLAY", ticket)]));
    let trace = |text: &str| {
        let rows = text.lines().skip_while(|line| !line.contains("operation")).skip(1);
        rows.take_while(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(!trace(&first).is_empty(), "{first}");
    assert_eq!(trace(&first), trace(&again));
    assert!(again.contains("execution 1\n"), "{again}");
    assert!(again.contains(ticket), "{again}");

    // Another scenario of the same test may be on the way.
    let other = run("inner_holds", &[("SELVEDGE_REPLAY", ticket)]);
    assert!(other.status.success(), "{}", text(&other));
    let told = "SELVEDGE_REPLAY is of \"inner-fails\", so \"inner, holds\" runs as usual";
    assert!(text(&other).contains(told), "{}", text(&other));

    let stale = text(&run("inner_fails", &[("SELVEDGE_REPLAY", "shuttle:inner-fails:2:0.1-9.1")]));
    assert!(stale.contains("does not fit"), "{stale}");

    for cut in ["yesterday", "shuttle:inner", "shuttle:inner-ho:2:0.1-9."] {
        let nonsense = text(&run("inner_fails", &[("SELVEDGE_REPLAY", cut)]));
        assert!(nonsense.contains("is not a ticket"), "{nonsense}");
    }
}

#[test]
fn a_ticket_repeats_the_choices_and_is_refused_with_others() {
    if !MODEL {
        return;
    }
    let first = text(&run("inner_chooses", &[]));
    let ticket = first.split_once("SELVEDGE_REPLAY=").expect(&first).1.split(' ').next().unwrap();
    let schedule = ticket.strip_suffix(":0of1-2of3").expect(ticket);
    let again = text(&run("inner_chooses", &[("SELVEDGE_REPLAY", ticket)]));
    assert!(again.contains(ticket) && again.contains("execution 1\n"), "{again}");
    for choices in ["", ":0of1", ":0of1-2of4", ":0of2-2of3", ":0of1-2of3-0of1"] {
        let other =
            text(&run("inner_chooses", &[("SELVEDGE_REPLAY", &(schedule.to_owned() + choices))]));
        assert!(other.contains("misuse: the ticket does not fit"), "{choices}: {other}");
    }
}

#[test]
fn the_same_seed_finds_the_same_execution() {
    if !MODEL {
        return;
    }
    let found = |seed| {
        let output = text(&run("inner_fails", &[("SELVEDGE_SEED", seed)]));
        output.lines().find(|line| line.starts_with("repeat: ")).expect(&output).to_owned()
    };
    assert_eq!(found("7"), found("7"));
    let seeds: std::collections::BTreeSet<String> =
        ["1", "2", "3", "4", "5"].map(found).into_iter().collect();
    assert!(seeds.len() > 1, "{seeds:?}");
}

#[test]
fn violations_print_nothing_unless_they_are_reported() {
    if !MODEL {
        return;
    }
    let output = run("inner_is_quiet", &[]);
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
