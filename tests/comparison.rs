//! One workload, solved in four ways: what each loses, what it does again, and how long a request
//! takes, in steps of the model.
//!
//! What one learns from it:
//!
//! * *Last write wins* takes as many steps as versions while nobody else is there, and loses money
//!   as soon as somebody is. It is not the fast way; it is the same way without the comparison.
//! * *A lock* takes the fewest steps. Take it if the decision is short and waits for nothing else,
//!   because all others wait for it.
//! * *Versions* let nobody wait for a decision, and throw decisions away: more of them the longer
//!   they take, and the more clients there are; and the unluckiest request takes three times the
//!   mean. Take them if clients rarely meet, or think for long, as people do.
//! * *A queue* to a single writer takes the most steps while there is one client, since each
//!   request is handed to another thread, and back. Nothing is decided twice, and the worst request
//!   stays nearest to the mean. Take it if order counts, if one decision needs much state, or if
//!   clients need not wait.
//!
//! A step is an operation of any thread, as if there were one processor: that versions let several
//! decide at the same time does not show. Nor does what an operation costs on a machine: a cache
//! line that moves, a thread that sleeps. The schedules are Shuttle's random ones of a fixed seed,
//! so that the numbers are the same everywhere, until a primitive changes.
#![cfg(any(loom, shuttle, selvedge))]

use std::fmt::Write;
use std::num::NonZeroUsize;

use selvedge::scenario::{Engine, Report, Sampler, Scenario, steps};
use selvedge::single_writer::{Handle, Joiner, Shutdown, SingleWriter};
use selvedge::sync::{Arc, Mutex};
use selvedge::{Retry, UpdateError, VersionedCell, hint, thread};

/// What a withdrawal takes.
const AMOUNT: i64 = 30;

/// An account that must not be overdrawn.
trait Account: Send + Sync + 'static {
    fn new(balance: i64) -> Self;

    /// Takes the amount if it is there, deciding for so many steps. Returns whether it was, and how
    /// often the decision was made again.
    fn withdraw(&self, thought: u32) -> (bool, u64);

    /// The balance at the end.
    fn end(self) -> i64;
}

/// What the balance becomes, if the amount is there.
fn decide(balance: i64, thought: u32) -> Option<i64> {
    for _ in 0..thought {
        hint::spin_loop();
    }
    (balance >= AMOUNT).then_some(balance - AMOUNT)
}

/// The decision is made under a lock.
struct Locked(Mutex<i64>);

impl Account for Locked {
    fn new(balance: i64) -> Self {
        Locked(Mutex::new(balance))
    }

    fn withdraw(&self, thought: u32) -> (bool, u64) {
        let mut balance = self.0.lock();
        let decided = decide(*balance, thought);
        *balance = decided.unwrap_or(*balance);
        (decided.is_some(), 0)
    }

    fn end(self) -> i64 {
        self.0.into_inner()
    }
}

/// The decision counts if the balance has still the version from which it was made.
impl Account for VersionedCell<i64> {
    fn new(balance: i64) -> Self {
        VersionedCell::new(balance)
    }

    fn withdraw(&self, thought: u32) -> (bool, u64) {
        let mut decisions = 0;
        let updated = self.try_update(&Retry::unlimited(), |balance| {
            decisions += 1;
            decide(*balance, thought).ok_or(())
        });
        let accepted = match updated {
            Ok(_) => true,
            Err(UpdateError::Aborted(())) => false,
            Err(_) => unreachable!("the attempts are not limited"),
        };
        (accepted, decisions - 1)
    }

    fn end(self) -> i64 {
        *self.load().value
    }
}

/// The decision is made by the one thread that has the balance.
struct Queued {
    handle: Handle<u32, bool>,
    joiner: Joiner<i64>,
}

impl Account for Queued {
    fn new(balance: i64) -> Self {
        let capacity = NonZeroUsize::new(16).unwrap();
        let writer = SingleWriter::builder().capacity(capacity);
        let (handle, joiner) = writer.spawn(balance, |balance, thought| {
            let decided = decide(*balance, thought);
            *balance = decided.unwrap_or(*balance);
            decided.is_some()
        });
        Queued { handle, joiner }
    }

    fn withdraw(&self, thought: u32) -> (bool, u64) {
        (self.handle.call(thought).expect("the writer runs until the end"), 0)
    }

    fn end(self) -> i64 {
        self.joiner.shutdown(Shutdown::Drain).expect("no withdrawal panics")
    }
}

/// The decision counts, whatever happened since.
struct LastWriteWins(VersionedCell<i64>);

impl Account for LastWriteWins {
    fn new(balance: i64) -> Self {
        LastWriteWins(VersionedCell::new(balance))
    }

    fn withdraw(&self, thought: u32) -> (bool, u64) {
        let decided = decide(*self.0.load().value, thought);
        if let Some(balance) = decided {
            self.0.set(balance);
        }
        (decided.is_some(), 0)
    }

    fn end(self) -> i64 {
        *self.0.load().value
    }
}

/// Each client makes so many withdrawals from one account, which has enough for all but one.
#[derive(Clone, Copy)]
struct Workload {
    clients: usize,
    withdrawals: usize,
    /// The steps of a decision.
    thought: u32,
}

/// What happened in one execution.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Run {
    /// Withdrawals that were accepted and are not in the balance.
    lost: u64,
    /// Decisions that were made again.
    redone: u64,
    /// How long each request took, in steps.
    steps: Vec<u64>,
    /// The operations of all requests, whoever performed them.
    operations: u64,
}

fn run<A: Account>(workload: Workload) -> Run {
    let Workload { clients, withdrawals, thought } = workload;
    let funds = AMOUNT * ((clients * withdrawals) as i64 - 1);
    let account = Arc::new(A::new(funds));
    let begin = now();
    let serving: Vec<_> = (0..clients)
        .map(|_| {
            let account = Arc::clone(&account);
            thread::spawn(move || {
                let withdraw = |_| {
                    let begin = now();
                    let (accepted, redone) = account.withdraw(thought);
                    (accepted, redone, now() - begin)
                };
                (0..withdrawals).map(withdraw).collect::<Vec<_>>()
            })
        })
        .collect();
    let served: Vec<_> = serving.into_iter().flat_map(|client| client.join().unwrap()).collect();
    let spawned_and_joined = 2 * clients as u64;
    let operations = now() - begin - spawned_and_joined;
    let balance = Arc::into_inner(account).expect("all clients have left").end();
    let accepted = served.iter().filter(|(accepted, ..)| *accepted).count() as i64;
    Run {
        lost: (accepted - (funds - balance) / AMOUNT) as u64,
        redone: served.iter().map(|(_, redone, _)| redone).sum(),
        steps: served.iter().map(|(.., steps)| *steps).collect(),
        operations,
    }
}

fn now() -> u64 {
    steps().expect("the engine observes operations")
}

/// What came out of many executions, for each request.
struct Measured {
    way: &'static str,
    lost: f64,
    redone: f64,
    mean: f64,
    worst: u64,
    operations: f64,
}

fn measure<A: Account>(way: &'static str, workload: Workload) -> Measured {
    let random = Engine::Shuttle(Sampler::Random);
    let scenario = Scenario::new(way).engine(random).seed(1).max_executions(500);
    let report = scenario.explore(move || run::<A>(workload));
    let requests = workload.clients * workload.withdrawals;
    let requests = (requests as u64 * report.executions) as f64;
    let sum = |f: fn(&Run) -> u64| -> f64 {
        report.outcomes.iter().map(|(run, count)| f(run) * count).sum::<u64>() as f64
    };
    Measured {
        way,
        lost: sum(|run| run.lost) / requests,
        redone: sum(|run| run.redone) / requests,
        mean: sum(|run| run.steps.iter().sum()) / requests,
        worst: report.outcomes.keys().flat_map(|run| &run.steps).copied().max().unwrap_or(0),
        operations: sum(|run| run.operations) / requests,
    }
}

fn measure_all(workload: Workload) -> [Measured; 4] {
    [
        measure::<LastWriteWins>("last write wins", workload),
        measure::<Locked>("lock", workload),
        measure::<VersionedCell<i64>>("versions", workload),
        measure::<Queued>("queue", workload),
    ]
}

#[test]
fn the_table() {
    let mut table = String::new();
    writeln!(table, "                          lost  redone    mean  worst  operations").unwrap();
    for (thought, clients) in [(0, 1), (0, 4), (16, 1), (16, 4)] {
        let workload = Workload { clients, withdrawals: 8 / clients, thought };
        let measured = measure_all(workload);
        let decision = if thought == 0 { "short" } else { "long" };
        let plural = if clients == 1 { "" } else { "s" };
        writeln!(table, "{decision} decisions, {clients} client{plural}").unwrap();
        for Measured { way, lost, redone, mean, worst, operations } in &measured {
            let lost = format!("{:.0}%", 100.0 * lost);
            writeln!(
                table,
                "  {way:20}{lost:>8}{redone:>8.2}{mean:>8.1}{worst:>7}{operations:>12.1}"
            )
            .unwrap();
        }
        check(&measured, workload);
    }
    insta::assert_snapshot!(table, @r"
                              lost  redone    mean  worst  operations
    short decisions, 1 client
      last write wins           0%    0.00     4.6      5         4.6
      lock                      0%    0.00     2.0      2         2.0
      versions                  0%    0.00     4.6      5         4.6
      queue                     0%    0.00    28.1     45        28.4
    short decisions, 4 clients
      last write wins          51%    0.00    14.8     37         5.0
      lock                      0%    0.00     4.9     17         2.0
      versions                  0%    0.59    22.1     77         7.6
      queue                     0%    0.00    72.9    131        20.9
    long decisions, 1 client
      last write wins           0%    0.00    20.6     21        20.6
      lock                      0%    0.00    18.0     18        18.0
      versions                  0%    0.00    20.6     21        20.6
      queue                     0%    0.00    44.2     60        44.4
    long decisions, 4 clients
      last write wins          73%    0.00    76.5    140        21.0
      lock                      0%    0.00    51.7    129        18.0
      versions                  0%    1.55   158.3    464        53.1
      queue                     0%    0.00   125.2    196        36.7
    ");
    let readme = include_str!("../README.md");
    let (head, _) = table.split_once('\n').expect("the table has a head");
    let last = table.rfind("long decisions").expect("the last part");
    let excerpt = format!("{head}\n{}", &table[last..]);
    assert!(readme.contains(&excerpt), "the README shows another table than\n{excerpt}");
}

/// What the table is to show, whatever its numbers are.
fn check([naive, lock, versions, queue]: &[Measured; 4], workload: Workload) {
    for guarded in [lock, versions, queue] {
        assert_eq!(guarded.lost, 0.0, "{}", guarded.way);
    }
    if workload.clients == 1 {
        assert_eq!((naive.lost, versions.redone), (0.0, 0.0));
        assert_eq!(naive.mean, versions.mean);
        assert!(lock.mean < versions.mean && versions.mean < queue.mean);
    } else {
        assert!(naive.lost > 0.0 && versions.redone > 0.0);
    }
    if workload.clients > 1 && workload.thought > 0 {
        let spread = |way: &Measured| way.worst as f64 / way.mean;
        assert!(queue.worst < versions.worst && spread(queue) < spread(versions));
    }
}

/// In how many of all executions a withdrawal is lost, in words.
fn count<A: Account>(way: &str, engine: Engine) -> String {
    let workload = Workload { clients: 2, withdrawals: 1, thought: 0 };
    // For the queue, which has too many executions for Shuttle's search.
    let scenario = Scenario::new(way).engine(engine).preemption_bound(1);
    let report: Report<bool> = scenario.explore(move || run::<A>(workload).lost > 0);
    let lossy = report.outcomes.get(&true).copied().unwrap_or(0);
    format!("{way:16} {lossy:>4} of {:>5}  {engine}, {}", report.executions, report.coverage)
}

#[test]
fn executions_that_lose_are_counted_where_all_can_be_run() {
    let dfs = Engine::Shuttle(Sampler::Dfs);
    let counts = [
        count::<LastWriteWins>("last write wins", dfs),
        count::<Locked>("lock", dfs),
        count::<VersionedCell<i64>>("versions", dfs),
        count::<Queued>("queue", Engine::Loom),
    ];
    insta::assert_snapshot!(counts.join("\n"), @r"
    last write wins   708 of   869  shuttle-dfs, complete
    lock                0 of    51  shuttle-dfs, complete
    versions            0 of   723  shuttle-dfs, bounded: fair waiting only
    queue               0 of  3834  loom, bounded: at most 1 preemption, one order of Arc owners
    ");
}
