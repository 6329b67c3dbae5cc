//! The parts of `tests/litmus.rs`, which itself has no harness.

#[path = "litmus/found.rs"]
mod found;
#[path = "litmus/notation.rs"]
mod notation;
#[path = "litmus/program.rs"]
mod program;
#[path = "litmus/table.rs"]
mod table;

use std::sync::Arc;

use found::{Found, Observed};
use program::{Access, Operation, Program, Value, on_failure};
use selvedge::scenario::{Bound, Coverage};
use selvedge::sync::atomic::Ordering;

#[track_caller]
fn parse(text: &str) -> Program {
    notation::parse(text).unwrap_or_else(|complaint| panic!("{complaint}"))
}

/// The registers of a program of one thread.
#[track_caller]
fn run(text: &str) -> Vec<u64> {
    Program::run(&Arc::new(parse(text))).remove(0)
}

#[test]
fn locations_and_registers_are_numbered_by_first_mention() {
    let program = parse("W.rel y 1 ; r = R.acq x || r2 = R.sc x;r=FAA.ar y r2-1 ; F.sc");
    let access = |access, location, ordering, register| Operation::Access {
        access,
        location,
        ordering,
        register,
    };
    let one = Value { register: None, plus: 1 };
    let less = Value { register: Some(0), plus: u64::MAX };
    assert_eq!(program.locations, 2);
    assert_eq!(program.threads[0].registers, 1);
    assert_eq!(
        program.threads[0].operations,
        [
            access(Access::Store(one), 0, Ordering::Release, None),
            access(Access::Load, 1, Ordering::Acquire, Some(0)),
        ]
    );
    assert_eq!(program.threads[1].registers, 2);
    assert_eq!(
        program.threads[1].operations,
        [
            access(Access::Load, 1, Ordering::SeqCst, Some(0)),
            access(Access::FetchAdd(less), 0, Ordering::AcqRel, Some(1)),
            Operation::Fence(Ordering::SeqCst),
        ]
    );
}

#[test]
fn every_suffix_is_one_ordering_where_it_may_stand() {
    let orderings = [
        ("rlx", Ordering::Relaxed, "RW"),
        ("acq", Ordering::Acquire, "RF"),
        ("rel", Ordering::Release, "WF"),
        ("ar", Ordering::AcqRel, "F"),
        ("sc", Ordering::SeqCst, "RWF"),
    ];
    let kinds = [("R", " x"), ("W", " x 1"), ("FAA", " x 1"), ("XCHG", " x 1"), ("CAS", " x 0 1")];
    for (suffix, expected, allowed) in orderings {
        for (kind, operands) in kinds.into_iter().chain([("F", "")]) {
            let parsed = notation::parse(&format!("{kind}.{suffix}{operands}"));
            if kind.len() == 1 && !allowed.contains(kind) {
                assert!(parsed.unwrap_err().contains("nothing"), "{kind}.{suffix}");
                continue;
            }
            let (Operation::Fence(ordering) | Operation::Access { ordering, .. }) =
                parsed.unwrap().threads[0].operations[0];
            assert_eq!(ordering, expected, "{kind}.{suffix}");
        }
    }
}

#[test]
fn a_failed_compare_exchange_releases_nothing() {
    let all = [Ordering::Relaxed, Ordering::Acquire, Ordering::SeqCst];
    assert_eq!(all.map(on_failure), all);
    assert_eq!(on_failure(Ordering::Release), Ordering::Relaxed);
    assert_eq!(on_failure(Ordering::AcqRel), Ordering::Acquire);
}

#[test]
fn operations_do_what_they_are_named_for() {
    assert_eq!(run("a = R.rlx x"), [0]);
    assert_eq!(run("W.rlx x 7 ; a = R.rlx x ; b = R.rlx y"), [7, 0]);
    assert_eq!(run("a = FAA.ar x 3 ; b = FAA.rlx x 4 ; c = R.sc x"), [0, 3, 7]);
    assert_eq!(run("a = XCHG.acq x 3 ; F.ar ; b = XCHG.rel x a ; c = R.rlx x"), [0, 3, 0]);
    assert_eq!(
        run("a = CAS.rel x 0 5 ; b = CAS.ar x 4 6 ; c = CAS.sc x b 8 ; d = R.acq x"),
        [0, 5, 5, 8]
    );
}

#[test]
fn registers_are_set_again_and_values_wrap() {
    assert_eq!(run("r = FAA.rlx x 2 ; r = FAA.rlx x r+3 ; q = R.rlx x"), [2, 5]);
    assert_eq!(run("r = R.rlx x ; W.rlx x r-1 ; r = R.rlx x"), [u64::MAX]);
    assert_eq!(run("W.rlx x -2 ; r = R.rlx x ; W.rlx x r+5 ; q = R.rlx x"), [u64::MAX - 1, 3]);
    assert_eq!(run("W.rlx x 18446744073709551615 ; r = FAA.rlx x 2 ; q = R.rlx x"), [u64::MAX, 1]);
}

#[test]
fn threads_share_locations_only() {
    let program = parse("r = FAA.rlx x 1 || r = FAA.rlx x 1 || q = R.rlx y");
    let mut registers = Program::run(&Arc::new(program));
    registers.sort();
    assert_eq!(registers, [[0], [0], [1]]);
}

#[test]
fn what_cannot_be_read_is_quoted() {
    for (text, parts) in [
        ("", ["thread 1", "an operation is missing in \"\""]),
        ("R.acq x ;", ["thread 1", "missing in \"R.acq x ;\""]),
        ("R.acq x || ", ["thread 2", "missing"]),
        ("R.acq x || L.acq x", ["thread 2: \"L.acq x\"", "unknown operation \"L\""]),
        ("R.acquire x", ["\"R.acquire x\"", "unknown suffix \"acquire\""]),
        ("R x", ["\"R x\"", "unknown suffix \"\""]),
        ("R.acq", ["\"R.acq\"", "number of operands: 0, where R has 1"]),
        ("CAS.rlx x 0 1 2", ["\"CAS.rlx x 0 1 2\"", "number of operands: 4, where CAS has 3"]),
        ("R.acq x | R.acq y", ["\"R.acq x | R.acq y\"", ": 4, where R has 1"]),
        ("F.sc x", ["\"F.sc x\"", "1, where F has 0"]),
        ("W.acq x 1", ["\"W.acq x 1\"", "a store acquires nothing"]),
        ("R.acq 1", ["\"R.acq 1\"", "\"1\" is no name of a location"]),
        ("1r = R.acq x", ["\"1r = R.acq x\"", "\"1r\" is no name of a register"]),
        ("r = W.rel x 1", ["\"r = W.rel x 1\"", "reads nothing"]),
        ("W.rlx x r", ["\"W.rlx x r\"", "register \"r\" is used before it is set"]),
        ("r = R.rlx x || W.rlx x r+1", ["thread 2", "\"r\" is used before"]),
        ("r = FAA.rlx x r", ["\"r = FAA.rlx x r\"", "\"r\" is used before"]),
        ("W.rlx x 1x", ["\"W.rlx x 1x\"", "\"1x\" is neither"]),
        ("W.rlx x 18446744073709551616", ["W.rlx", "\"18446744073709551616\" is neither"]),
        ("r = R.rlx x ; W.rlx x r+", ["\"W.rlx x r+\"", "\"r+\" is neither"]),
        ("r = R.rlx x ; W.rlx x r++1", ["\"W.rlx x r++1\"", "\"r++1\" is neither"]),
        ("r = R.rlx x ; W.rlx x r--1", ["\"W.rlx x r--1\"", "\"r--1\" is neither"]),
        ("r = R.rlx x ; W.rlx x r+q", ["\"W.rlx x r+q\"", "\"r+q\" is neither"]),
        ("r = R.rlx x ; W.rlx x r + 1", ["\"W.rlx x r + 1\"", "4, where W has 2"]),
    ] {
        let complaint = notation::parse(text).unwrap_err();
        assert!(parts.iter().all(|part| complaint.contains(part)), "{text}: {complaint}");
        assert!(!complaint.contains('\n'), "{complaint:?}");
    }
}

#[test]
fn threads_beyond_the_limit_are_refused() {
    let program = |threads| vec!["R.rlx x"; threads].join(" || ");
    assert_eq!(parse(&program(notation::THREADS)).threads.len(), notation::THREADS);
    let complaint = notation::parse(&program(notation::THREADS + 1)).unwrap_err();
    let expected = "33 threads are more than 32; \"R.rlx x\" is the first too many";
    assert_eq!(complaint, expected);
}

#[test]
fn rows_have_their_lines_and_bad_ones_leave_the_others_alone() {
    let text = "# name\tsc\n\nSB\t3\t4\tW.rel x 1\r\nthree\t1\tF.sc\nodd\t3\tfour\tF.sc\n\
                last\t1\t2\tF.acq\nwrong\t1\t1\tF\n";
    let rows: Vec<_> = table::rows(text).collect();
    let lines: Vec<_> = rows.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [3, 4, 5, 6, 7]);
    let first = rows[0].1.as_ref().unwrap();
    assert_eq!((first.name.as_str(), first.sc, first.rc11), ("SB", 3, 4));
    assert_eq!(first.program, parse("W.rel x 1"));
    assert!(rows[3].1.is_ok());
    let complaint = |index: usize| rows[index].1.as_ref().unwrap_err();
    assert!(complaint(1).starts_with("\"three\\t1\\tF.sc\" has 3 columns, not 4"));
    assert_eq!(complaint(2), "odd: executions under RC11: \"four\" is no number");
    assert!(complaint(4).starts_with("wrong: thread 1: \"F\": unknown suffix"));
}

/// Explorations that the observer was told of.
fn found(executions: u64, seen: &[&str]) -> Found {
    let mut observed = Observed::default();
    seen.iter().for_each(|execution| observed.add(execution));
    Found { executions, blocked: 0, coverage: Coverage::Complete, observed }
}

#[test]
fn what_differs_is_told() {
    assert_eq!(found(2, &["a", "b"]).compare(2), Ok(()));
    let wrong = |found: Found| found.compare(2).unwrap_err();
    assert_eq!(wrong(found(1, &["a"])), "expected 2, found 1 (1 missing)");
    assert_eq!(wrong(found(3, &["a", "b", "c"])), "expected 2, found 3 (1 too many)");
    assert_eq!(wrong(found(2, &["a", "a"])), "expected 2, found 2 (1 of them met again)");
    assert_eq!(wrong(found(2, &["a"])), "expected 2, found 2 (the observer was told of 1)");
    let blocked = Found { blocked: 3, ..found(2, &["a", "b"]) };
    assert!(wrong(blocked).contains("3 blocked"));
    let mut bound = Bound::default();
    bound.executions = Some(2);
    let cut = Found { coverage: Coverage::Bounded(bound), ..found(2, &["a", "b"]) };
    assert!(wrong(cut).contains("coverage bounded: the first 2 executions"));
}
