//! What the graph engine finds with its default settings in ordinary code: programs that are wrong
//! by one word, and the same programs with the right one.
#![cfg(any(loom, selvedge))]

#[path = "graph_findings/counts.rs"]
mod counts;
#[path = "graph_findings/handovers.rs"]
mod handovers;
#[path = "common/plain_memory.rs"]
mod plain_memory;
#[path = "graph_findings/stacks.rs"]
mod stacks;
#[path = "graph_findings/timelines.rs"]
mod timelines;
#[path = "graph_findings/waits.rs"]
mod waits;

use plain_memory::Shared;
use selvedge::scenario::{Coverage, Engine, Report, Scenario, Violation, ViolationKind};
use selvedge::sync::Arc;
use selvedge::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU8, AtomicU32, Ordering, Ordering::*, fence,
};
use selvedge::thread;

selvedge::quarantine!();

/// The program fails.
fn found(name: &str, program: impl Fn() + Send + Sync + 'static) -> Violation {
    let found = Scenario::new(name).engine(Engine::Graph).try_check(program);
    let violation = found.expect_err("the wrong program is to fail");
    assert_eq!(violation.scenario, name);
    assert_eq!(violation.engine, Some(Engine::Graph));
    assert!(violation.execution.is_some(), "{violation}");
    assert!(violation.timeline.contains("tests/graph_findings"), "{violation}");
    violation
}

/// Every execution of the program is as it should be, and none is begun in vain.
fn holds(name: &str, program: impl Fn() + Send + Sync + 'static) -> Report {
    let report = completes(name, program);
    assert_eq!(report.blocked, 0, "{report}");
    report
}

/// Every execution of the program is as it should be.
fn completes(name: &str, program: impl Fn() + Send + Sync + 'static) -> Report {
    let report = Scenario::new(name).engine(Engine::Graph).check(program);
    assert_eq!(report.coverage, Coverage::Complete, "{report}");
    report
}

/// The lines of this file that a message names.
fn named_lines(message: &str) -> Vec<&'static str> {
    let lines: Vec<_> = include_str!("graph_findings.rs").lines().collect();
    let places = message.split("tests/graph_findings.rs:").skip(1);
    places
        .map(|rest| {
            let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
            lines[number.parse::<usize>().unwrap() - 1]
        })
        .collect()
}

/// A message in plain memory, and a flag that says that it is there.
fn message_in_memory(publish: Ordering) -> impl Fn() + Send + Sync + 'static {
    move || {
        let message = Shared::new(0);
        let there = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                message.write(7);
                there.store(true, publish);
            });
            scope.spawn(|| {
                if there.load(Acquire) {
                    assert_eq!(message.read(), 7);
                }
            });
        });
    }
}

#[test]
fn a_message_in_memory_is_published_with_release() {
    let violation = found("message in memory, relaxed", message_in_memory(Relaxed));
    assert_eq!(violation.kind, ViolationKind::DataRace, "{violation}");
    let lines = named_lines(&violation.message);
    assert!(lines[0].contains("message.write(7)"), "{violation}");
    assert!(lines[1].contains("message.read()"), "{violation}");
    let report = holds("message in memory, release", message_in_memory(Release));
    assert_eq!(report.executions, 2, "{report}");
}

/// As above, with a relaxed atomic for the message: no race, but an old value.
fn message_in_an_atomic(publish: Ordering) -> impl Fn() + Send + Sync + 'static {
    move || {
        let message = Arc::new(AtomicU32::new(0));
        let there = Arc::new(AtomicBool::new(false));
        let sends = thread::spawn({
            let (message, there) = (Arc::clone(&message), Arc::clone(&there));
            move || {
                message.store(7, Relaxed);
                there.store(true, publish);
            }
        });
        if there.load(Acquire) {
            assert_eq!(message.load(Relaxed), 7, "an old message");
        }
        sends.join().unwrap();
    }
}

#[test]
fn a_message_in_an_atomic_is_published_with_release() {
    let violation = found("message in an atomic, relaxed", message_in_an_atomic(Relaxed));
    assert_eq!(violation.kind, ViolationKind::Panic, "{violation}");
    assert!(violation.message.contains("an old message"), "{violation}");
    assert!(violation.timeline.contains("load -> true (Acquire)"), "{violation}");
    let report = holds("message in an atomic, release", message_in_an_atomic(Release));
    assert_eq!(report.executions, 2, "{report}");
}

/// Two words that are written and read as one: the sequence is odd meanwhile. The reader tries
/// once.
fn seqlock(writer_fences: bool, reader_fences: bool) -> impl Fn() + Send + Sync + 'static {
    move || {
        let sequence = AtomicU32::new(0);
        let words = [AtomicU32::new(0), AtomicU32::new(0)];
        thread::scope(|scope| {
            scope.spawn(|| {
                sequence.store(1, Relaxed);
                if writer_fences {
                    fence(Release);
                }
                words[0].store(1, Relaxed);
                words[1].store(1, Relaxed);
                sequence.store(2, Release);
            });
            scope.spawn(|| {
                let before = sequence.load(Acquire);
                let read = [words[0].load(Relaxed), words[1].load(Relaxed)];
                if reader_fences {
                    fence(Acquire);
                }
                if before % 2 == 0 && sequence.load(Relaxed) == before {
                    assert_eq!(read, [before / 2; 2], "torn words");
                }
            });
        });
    }
}

#[test]
fn a_seqlock_needs_both_of_its_fences() {
    for (name, program) in [
        ("seqlock without the reader's fence", seqlock(true, false)),
        ("seqlock without the writer's fence", seqlock(false, true)),
    ] {
        let violation = found(name, program);
        assert_eq!(violation.kind, ViolationKind::Panic, "{violation}");
        assert!(violation.message.contains("torn words"), "{violation}");
    }
    holds("seqlock", seqlock(true, true));
}

/// Dekker's entry: whoever raised a flag and sees the other's lowered goes in.
fn dekkers_entry([raise, look]: [Ordering; 2]) -> impl Fn() + Send + Sync + 'static {
    move || {
        let flags = [AtomicBool::new(false), AtomicBool::new(false)];
        let inside = Shared::new(0);
        let enter = |me: usize| {
            flags[me].store(true, raise);
            if !flags[1 - me].load(look) {
                inside.write(1);
            }
        };
        thread::scope(|scope| {
            scope.spawn(|| enter(0));
            scope.spawn(|| enter(1));
        });
    }
}

#[test]
fn dekkers_entry_needs_sequential_consistency() {
    let violation = found("Dekker, release and acquire", dekkers_entry([Release, Acquire]));
    assert_eq!(violation.kind, ViolationKind::DataRace, "{violation}");
    let lines = named_lines(&violation.message);
    assert!(lines.iter().all(|line| line.contains("inside.write(1)")), "{violation}");
    let report = holds("Dekker", dekkers_entry([SeqCst, SeqCst]));
    assert_eq!(report.executions, 3, "{report}");
}

/// A value that is made by whoever comes first. The others go by the flag, and go without it.
fn double_checked(raise: Ordering) -> impl Fn() + Send + Sync + 'static {
    move || {
        let (ready, state, value) = (AtomicBool::new(false), AtomicU8::new(0), Shared::new(0));
        let get = || {
            if ready.load(Acquire) {
                return Some(value.read());
            }
            state.compare_exchange(0, 1, Relaxed, Relaxed).ok()?;
            value.write(7);
            ready.store(true, raise);
            Some(7)
        };
        thread::scope(|scope| {
            scope.spawn(|| assert!(get().is_none_or(|got| got == 7)));
            scope.spawn(|| assert!(get().is_none_or(|got| got == 7)));
        });
        assert_eq!(get(), Some(7));
    }
}

#[test]
fn double_checked_initialisation_raises_its_flag_with_release() {
    let violation = found("double-checked, relaxed", double_checked(Relaxed));
    assert_eq!(violation.kind, ViolationKind::DataRace, "{violation}");
    let lines = named_lines(&violation.message);
    assert!(lines[0].contains("value.write(7)"), "{violation}");
    assert!(lines[1].contains("value.read()"), "{violation}");
    holds("double-checked", double_checked(Release));
}

/// One writes the first cell, another one the first or the second.
fn two_writers(second: usize) -> impl Fn() + Send + Sync + 'static {
    move || {
        let cells = Arc::new([Shared::new(0), Shared::new(0)]);
        let shared = Arc::clone(&cells);
        let builder = thread::Builder::new().name("left".to_owned());
        let left = builder.spawn(move || shared[0].write(1)).unwrap();
        let builder = thread::Builder::new().name("right".to_owned());
        let right = builder.spawn(move || cells[second].write(2)).unwrap();
        left.join().unwrap();
        right.join().unwrap();
    }
}

#[test]
fn a_race_is_told_with_both_places() {
    let violation = found("two writers of one cell", two_writers(0));
    assert_eq!(violation.kind, ViolationKind::DataRace, "{violation}");
    let lines = named_lines(&violation.message);
    assert_eq!(lines.len(), 2, "{violation}");
    for writer in ["shared[0].write(1)", "cells[second].write(2)"] {
        assert!(lines.iter().any(|line| line.contains(writer)), "{violation}");
    }
    for name in ["left writes an UnsafeCell at ", "right writes it at "] {
        assert!(violation.message.contains(name), "{violation}");
    }
    let report = holds("two writers of two cells", two_writers(1));
    assert_eq!(report.executions, 1, "{report}");
}

/// What a pointer points to.
struct Node {
    value: AtomicU32,
}

impl Node {
    fn new() -> *mut Node {
        Box::into_raw(Box::new(Node { value: AtomicU32::new(7) }))
    }

    /// # Safety
    /// The node came from `new`, and is not used any more.
    unsafe fn free(node: *mut Node) {
        // SAFETY: as the caller promises.
        drop(unsafe { Box::from_raw(node) });
    }
}

/// A new node is published by a pointer to it.
fn new_node(publish: Ordering) -> impl Fn() + Send + Sync + 'static {
    move || {
        let pointer = AtomicPtr::new(std::ptr::null_mut());
        thread::scope(|scope| {
            scope.spawn(|| pointer.store(Node::new(), publish));
            scope.spawn(|| {
                // SAFETY: nodes live until both threads have ended.
                if let Some(node) = unsafe { pointer.load(Acquire).as_ref() } {
                    assert_eq!(node.value.load(Relaxed), 7);
                }
            });
        });
        // SAFETY: nobody else is there.
        unsafe { Node::free(pointer.load(Relaxed)) };
    }
}

#[test]
fn a_new_node_is_published_with_release() {
    let violation = found("new node, relaxed", new_node(Relaxed));
    assert_eq!(violation.kind, ViolationKind::DataRace, "{violation}");
    assert!(violation.message.contains("creation"), "{violation}");
    let lines = named_lines(&violation.message);
    assert!(lines[0].contains("node.value.load(Relaxed)"), "{violation}");
    assert!(lines[1].contains("AtomicU32::new(7)"), "{violation}");
    let report = holds("new node, release", new_node(Release));
    assert_eq!(report.executions, 2, "{report}");
}

/// A node is taken away while it may be read, and freed at once, or at the end.
fn taken_away(at_once: bool, reader_first: bool) -> impl Fn() + Send + Sync + 'static {
    move || {
        let pointer = Arc::new(AtomicPtr::new(Node::new()));
        let reader = {
            let pointer = Arc::clone(&pointer);
            move || {
                // SAFETY: none, if the node is freed at once: this is what is to be found.
                if let Some(node) = unsafe { pointer.load(Acquire).as_ref() } {
                    assert_eq!(node.value.load(Relaxed), 7);
                }
            }
        };
        let writer = move || {
            let old = pointer.swap(std::ptr::null_mut(), AcqRel);
            if at_once {
                // SAFETY: none, as above.
                unsafe { Node::free(old) };
            }
            // An address, as pointers are not Send.
            old.expose_provenance()
        };
        let old = if reader_first {
            let reader = thread::spawn(reader);
            let writer = thread::spawn(writer);
            reader.join().unwrap();
            writer.join().unwrap()
        } else {
            let writer = thread::spawn(writer);
            let reader = thread::spawn(reader);
            reader.join().unwrap();
            writer.join().unwrap()
        };
        if !at_once {
            // SAFETY: both threads have ended.
            unsafe { Node::free(std::ptr::with_exposed_provenance_mut(old)) };
        }
    }
}

#[test]
fn a_node_that_may_be_read_is_not_freed() {
    for reader_first in [true, false] {
        let violation = found("freed at once", taken_away(true, reader_first));
        assert_eq!(violation.kind, ViolationKind::DataRace, "{violation}");
        assert!(violation.message.contains("use after free"), "{violation}");
        let lines = named_lines(&violation.message);
        assert!(lines[0].contains("node.value.load(Relaxed)"), "{violation}");
        assert!(lines[1].contains("pointer.swap("), "{violation}");
        let report = holds("freed at the end", taken_away(false, reader_first));
        assert_eq!(report.executions, 2, "{report}");
    }
}
