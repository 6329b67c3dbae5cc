//! Objects that are not used as they may be.

use std::process::Command;

use selvedge::sync::{Condvar, Mutex};
use selvedge::time::Duration;

use super::*;

/// Two threads wait on one condition variable, each with the mutex of its number. The first
/// one that gets there tells main, which notifies both.
fn waits_with(mutexes: [usize; 2]) -> impl Fn() + Send + Sync + 'static {
    move || {
        let shared = Arc::new((Condvar::new(), [Mutex::new(0), Mutex::new(0)]));
        let threads = mutexes.map(|mutex| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let mut left = shared.1[mutex].lock();
                shared.0.wait_while(&mut left, |left| *left == 0);
            })
        });
        for mutex in &shared.1 {
            *mutex.lock() = 1;
        }
        shared.0.notify_all();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

#[test]
fn a_condition_variable_has_one_mutex() {
    let words = [
        "waits on a condition variable, at tests/graph_bad_input/misused.rs:",
        "with another mutex than thread",
        "which waits on it at tests/graph_bad_input/misused.rs:",
        "panics at that",
    ];
    fails(ViolationKind::Panic, &words, waits_with([0, 1]));
    holds(waits_with([0, 0]));
}

#[test]
fn a_condition_variable_may_have_one_mutex_after_the_other() {
    let report = holds(|| {
        let changed = Arc::new(Condvar::new());
        for value in [1, 2] {
            let shared = Arc::new((Arc::clone(&changed), Mutex::new(0)));
            let other = Arc::clone(&shared);
            let waits = thread::spawn(move || {
                other.0.wait_while(&mut other.1.lock(), |now| *now != value);
            });
            *shared.1.lock() = value;
            shared.0.notify_one();
            waits.join().unwrap();
        }
    });
    assert!(report.executions > 1, "{report}");
}

/// The variable that asks for the inner test, which an ordinary run does not want.
const INNER: &str = "INNER_TEST";

#[test]
fn inner_stands_still() {
    if std::env::var_os(INNER).is_none() {
        return;
    }
    let patience = Duration::from_millis(100);
    scenario("stands still").watchdog(patience).check(|| {
        let counter = Arc::new(std::sync::Mutex::new(AtomicU64::new(0)));
        let shared = Arc::clone(&counter);
        let add = |counter: &std::sync::Mutex<AtomicU64>| {
            hint::spin_loop();
            let counter = counter.lock().unwrap();
            counter.store(counter.load(Relaxed) + 1, Relaxed);
        };
        let other = thread::spawn(move || add(&shared));
        add(&counter);
        other.join().unwrap();
    });
}

#[test]
fn a_std_lock_across_an_operation_ends_the_process_with_its_place() {
    let mut command = Command::new(std::env::current_exe().unwrap());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SELVEDGE_") {
            command.env_remove(name);
        }
    }
    let inner = ["--exact", "--nocapture", "misused::inner_stands_still"];
    let output = command.args(inner).env(INNER, "1").output().unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr);
    for words in [
        "scenario \"stands still\", Graph: no operation for 0.6 s; the last: ",
        " at tests/graph_bad_input/misused.rs:",
        "A std lock held across an operation",
    ] {
        assert!(text.contains(words), "{words:?} is not in: {text}");
    }
}
