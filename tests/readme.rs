//! The program that the README begins with, and the report that it shows.
#![cfg(any(loom, shuttle, selvedge))]

use selvedge::scenario::{Engine, Sampler, Scenario};
use selvedge::sync::atomic::{AtomicU64, Ordering};
use selvedge::thread;

#[test]
fn the_first_report() {
    let dfs = Engine::Shuttle(Sampler::Dfs);
    let scenario = Scenario::new("two clicks").engine(dfs);
    let violation = scenario.refute(|| {
        let likes = AtomicU64::new(0);
        let click = || likes.store(likes.load(Ordering::SeqCst) + 1, Ordering::SeqCst);
        thread::scope(|scope| {
            scope.spawn(click);
            scope.spawn(click);
        });
        assert_eq!(likes.load(Ordering::SeqCst), 2, "a like is lost");
    });
    if std::env::var_os("SELVEDGE_REPLAY").is_some() {
        // The README's command: a replay tells of the one execution that it repeats.
        return;
    }
    let report = violation.to_string().replace(flag(), "--cfg selvedge");
    insta::assert_snapshot!(report, @r###"
    panic: main panicked at tests/readme.rs:19:9
      assertion `left == right` failed: a like is lost
        left: 1
       right: 2
    scenario "two clicks", shuttle-dfs, execution 3

      #  thread    object       operation           place
      1  main                   spawn thread 1      tests/readme.rs:16:19
      2  main                   spawn thread 2      tests/readme.rs:17:19
      3  thread 1  AtomicU64#1  load -> 0 (SeqCst)  tests/readme.rs:14:42
      4  thread 2  AtomicU64#1  load -> 0 (SeqCst)  tests/readme.rs:14:42
      5  thread 1  AtomicU64#1  store = 1 (SeqCst)  tests/readme.rs:14:30
      6  thread 2  AtomicU64#1  store = 1 (SeqCst)  tests/readme.rs:14:30
      7  main                   join thread 2       tests/readme.rs:15:9
      8  main                   join thread 1       tests/readme.rs:15:9
      9  main      AtomicU64#1  load -> 1 (SeqCst)  tests/readme.rs:19:26

    repeat: SELVEDGE_REPLAY=shuttle:two-clicks:14:0.4-2.2-3.2-2.1-3.1-0.4 RUSTFLAGS="--cfg selvedge" cargo test --test readme the_first_report -- --exact --nocapture
    "###);
    let readme = include_str!("../README.md");
    assert!(readme.contains(&report), "the README shows another report than\n{report}");
}

/// The flag in the command that repeats the execution is that of the build.
fn flag() -> &'static str {
    if cfg!(shuttle) {
        "--cfg shuttle"
    } else if cfg!(loom) {
        "--cfg loom"
    } else {
        "--cfg selvedge"
    }
}
