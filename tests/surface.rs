//! Every item of the swap, used by one text that compiles against both builds: so the surfaces
//! agree. Each part runs outside of a scenario, where the types are the production ones, and
//! inside of one on every engine of the build, where it must come to the same.
//!
//! What cannot be used here is in the table of absences in `src/swap/mod.rs`.

#[path = "surface/atomics.rs"]
mod atomics;
#[path = "surface/cells.rs"]
mod cells;
#[path = "surface/locks.rs"]
mod locks;
#[path = "surface/once.rs"]
mod once;
#[path = "surface/shared.rs"]
mod shared;
#[path = "surface/threads.rs"]
mod threads;
#[path = "surface/time.rs"]
mod time;
#[path = "surface/traits.rs"]
mod traits;

use std::time::Duration;

use selvedge::scenario::{Engine, Sampler, Scenario};
use selvedge::thread;

const MODEL: bool = cfg!(any(loom, shuttle, selvedge));

fn engines() -> Vec<Engine> {
    let mut engines = vec![Engine::Threads];
    if MODEL {
        engines.extend([
            Engine::Loom,
            Engine::Shuttle(Sampler::Random),
            Engine::Shuttle(Sampler::DEFAULT_PCT),
            Engine::Shuttle(Sampler::Urw),
            Engine::Shuttle(Sampler::Dfs),
        ]);
    }
    engines
}

/// Runs a part that has threads of its own: outside of a scenario, and under each engine.
fn run_everywhere(part: &str, f: fn()) {
    f();
    for engine in engines() {
        Scenario::new(format!("surface: {part}"))
            .engine(engine)
            .max_executions(100)
            .max_duration(Duration::from_secs(2))
            .check(f);
    }
}

/// Runs a part that needs no second thread, in two threads that share nothing.
fn run_alone(part: &str, f: fn()) {
    f();
    for engine in engines() {
        Scenario::new(format!("surface: {part}")).engine(engine).max_executions(10).check(
            move || {
                let beside = thread::spawn(f);
                f();
                beside.join().unwrap();
            },
        );
    }
}

macro_rules! parts {
    ($run:ident: $($module:ident::$part:ident)*) => {
        $(#[test]
        fn $part() {
            $run(stringify!($part), $module::$part);
        })*
    };
}

parts! { run_alone:
    atomics::integers_of_8_bits
    atomics::integers_of_16_bits
    atomics::integers_of_32_bits
    atomics::integers_of_64_bits
    atomics::integers_of_the_machine
    atomics::booleans
    atomics::pointers
    atomics::fences
    atomics::orderings_that_do_not_exist
    cells::unsafe_cells
    cells::other_cells
    cells::padding
    cells::hashers
    cells::invariants
    cells::constructors
    cells::hints
    cells::backoff
    locks::mutexes_alone
    locks::rwlocks_alone
    locks::conditions_without_waiters
    locks::parkers_alone
    once::once_alone
    once::once_poisoned
    once::once_lock_alone
    once::local_values
    shared::owners_alone
    shared::owners_that_change_the_value
    shared::references_alone
    shared::owners_of_what_has_no_size
    shared::owners_of_what_they_are_made_of
    shared::owners_stand_for_the_value
    shared::owners_behind_pointers
    shared::owners_of_what_is_not_initialized
    threads::handles
    time::instants
    time::timeouts_of_zero
}

parts! { run_everywhere:
    atomics::shared_between_threads
    cells::unsafe_cell_under_a_lock
    locks::mutex_shared
    locks::guard_given_back_for_a_while
    locks::rwlock_shared
    locks::rwlock_downgraded
    locks::condition_wait
    locks::condition_wait_while
    locks::condition_timed_but_notified
    locks::condition_notify_all
    locks::barrier
    locks::parker
    locks::shared_ownership
    once::once_raced
    once::once_lock_raced
    once::local_values_of_threads
    shared::owners_shared
    shared::owners_who_compete_for_the_value
    threads::spawn_and_join
    threads::builder
    threads::panics
    threads::scopes
    threads::scopes_in_scopes
    threads::builder_in_a_scope
    time::deadlines
    cells::waiting_in_a_loop
    time::sleep_and_advance
    time::relative_timeouts
}
