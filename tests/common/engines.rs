//! What the tests of the runner share: engines, and small programs.

// Each test target uses a part of it.
#![allow(dead_code)]

use selvedge::scenario::{Engine, Sampler, Scenario, Violation};
use selvedge::sync::atomic::{AtomicU64, Ordering};
use selvedge::sync::{Arc, Mutex};
use selvedge::thread;

pub const MODEL: bool = cfg!(any(loom, shuttle, selvedge));

/// The engines of this build that observe operations.
pub fn modeled() -> Vec<Engine> {
    let all = [
        Engine::Loom,
        Engine::Shuttle(Sampler::Random),
        Engine::Shuttle(Sampler::DEFAULT_PCT),
        Engine::Shuttle(Sampler::Urw),
        Engine::Shuttle(Sampler::Dfs),
    ];
    if MODEL { all.to_vec() } else { Vec::new() }
}

pub fn all_engines() -> Vec<Engine> {
    let mut engines = modeled();
    engines.push(Engine::Threads);
    engines
}

pub fn violation(engine: Engine, f: impl Fn() + Send + Sync + 'static) -> Violation {
    let result =
        Scenario::new("a scenario that fails").engine(engine).max_executions(3_000).try_check(f);
    match result {
        Err(violation) => violation,
        Ok(report) => panic!("{report}"),
    }
}

pub fn two_threads(f: impl Fn() + Clone + Send + 'static) {
    let threads = [thread::spawn(f.clone()), thread::spawn(f)];
    for thread in threads {
        thread.join().unwrap();
    }
}

pub fn add_naively(counter: &AtomicU64) {
    let value = counter.load(Ordering::Acquire);
    counter.store(value + 1, Ordering::Release);
}

pub fn naive_counter() {
    let counter = Arc::new(AtomicU64::new(0));
    let shared = Arc::clone(&counter);
    two_threads(move || add_naively(&shared));
    assert_eq!(counter.load(Ordering::Relaxed), 2);
}

pub fn guarded_counter() {
    let counter = Arc::new(Mutex::new(0));
    let shared = Arc::clone(&counter);
    two_threads(move || *shared.lock() += 1);
    assert_eq!(*counter.lock(), 2);
}
