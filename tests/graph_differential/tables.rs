//! The reference against counts that are known: the expected results of GenMC's own tests, and
//! those of programs that wait, which are small enough to be counted by hand.

use selvedge::scenario::{GraphEnd, Memory};

use super::ends::count;
use super::enumerate;
use super::generate;
use super::program::Program;
use super::random::Random;

/// Executions under sequential consistency and under RC11.
pub const COUNTS: [(usize, usize, &str); 25] = [
    (3, 3, "W.sc x 1 ; W.sc y 2 || W.sc y 1 ; W.sc x 2"),
    (3, 3, "W.rlx x 1 ; F.sc ; W.rlx y 2 || W.rlx y 1 ; F.sc ; W.rlx x 2"),
    (3, 4, "W.rel x 1 ; W.rel y 2 || W.rel y 1 ; W.rel x 2"),
    (15, 16, "W.sc x 1 || R.acq x ; R.sc y || R.acq y ; R.sc x || W.sc y 1"),
    (8, 8, "W.rel x 1 ; R.acq y ; R.acq x || W.rel x 2 ; R.acq x || W.rel y 3"),
    (3, 3, "r = R.rlx x ; W.rlx y r+1 || r = R.rlx y ; W.rlx x r+1"),
    (7, 7, "R.acq y ; FAA.ar z 1 || FAA.ar z 1 ; R.acq x || W.rel x 1 ; W.rel y 1"),
    (3, 3, "W.rel x 1 ; W.rel y 1 || R.acq y ; R.acq x"),
    (7, 7, "W.rlx x 1 || R.rlx x ; F.sc ; R.rlx y || W.rlx y 1 ; F.sc ; R.rlx x"),
    (3, 4, "W.rlx x 2 ; W.rlx y 1 || R.rlx y ; W.rlx x 1"),
    (3, 3, "W.sc x 1 ; R.sc y || W.rlx y 1 ; F.sc ; R.rlx x"),
    (3, 4, "W.sc x 1 ; R.sc y || W.sc y 1 ; R.acq x"),
    (3, 3, "W.sc x 1 ; R.sc y || W.sc y 1 ; R.sc x"),
    (3, 3, "W.rlx x 1 ; F.sc ; R.rlx y || W.rlx y 1 ; F.sc ; R.rlx x"),
    (7, 8, "R.acq x ; R.sc y || W.sc x 2 || W.sc y 1 ; R.sc x"),
    (7, 7, "W.rlx a 1 ; F.sc ; W.rlx b 1 || R.acq b ; W.rlx c 1 || W.rlx c 2 ; F.sc ; R.rlx a"),
    (3, 4, "W.rlx y 1 ; F.ar ; W.rlx x 1 || XCHG.rlx x 1 ; XCHG.rlx y 1"),
    (2, 2, "CAS.rlx x 0 42 || CAS.rlx x 0 17 ; R.rlx x"),
    (6, 6, "CAS.rlx x 1 2 || FAA.rlx x 1 || FAA.rlx x 1"),
    (210, 210, "W.rlx x 1 || W.rlx x 2 || W.rlx x 3 || R.rlx x ; R.rlx x ; R.rlx x ; R.rlx x"),
    (16, 20, "W.rlx x 1 ; W.rel y 1 ; W.rlx y 2 || XCHG.rlx y 3 || R.rlx y ; F.ar ; R.rlx x"),
    (14, 14, "CAS.rlx x 0 1 || CAS.rlx x 1 2 || CAS.rlx x 2 3 || CAS.rlx x 3 4"),
    (8, 8, "FAA.rlx x 1 ; FAA.rlx y 1 ; FAA.rlx z 1 || FAA.rlx x 1 ; FAA.rlx y 1 ; FAA.rlx z 1"),
    (36, 36, "r = R.acq x ; W.rel x r+1 || r = R.acq x ; W.rel x r+1 || r = R.acq x ; W.rel x r+1"),
    (15, 17, "R.acq x ; R.sc y || W.sc x 1 ; W.sc x 2 || W.sc y 1 ; R.sc x"),
];

/// Complete executions, and deadlocks, which are the same under both memory models.
pub const ENDS: [(usize, usize, &str); 15] = [
    // Two locks in the same order, and crossed.
    (2, 0, "LOCK m ; LOCK n ; UNLOCK n ; UNLOCK m || LOCK m ; LOCK n ; UNLOCK n ; UNLOCK m"),
    (2, 1, "LOCK m ; LOCK n ; UNLOCK n ; UNLOCK m || LOCK n ; LOCK m ; UNLOCK m ; UNLOCK n"),
    // One order for each order of the threads.
    (
        2,
        0,
        "LOCK m ; r = R.rlx x ; W.rlx x r+1 ; UNLOCK m || \
         LOCK m ; r = R.rlx x ; W.rlx x r+1 ; UNLOCK m",
    ),
    (
        6,
        0,
        "LOCK m ; r = R.rlx x ; W.rlx x r+1 ; UNLOCK m || \
         LOCK m ; r = R.rlx x ; W.rlx x r+1 ; UNLOCK m || \
         LOCK m ; r = R.rlx x ; W.rlx x r+1 ; UNLOCK m",
    ),
    (6, 0, "LOCK m ; UNLOCK m ; LOCK m ; UNLOCK m || LOCK m ; UNLOCK m ; LOCK m ; UNLOCK m"),
    // Both succeed in either order, or one finds the mutex locked.
    (4, 0, "TRY m ; UNLOCK m || TRY m ; UNLOCK m"),
    (3, 0, "LOCK m ; UNLOCK m || TRY m ; UNLOCK m"),
    // Flags.
    (1, 0, "WAIT.acq x 0 || W.rel x 1"),
    (1, 0, "WAIT.acq x 0 ; R.rlx y || W.rlx y 1 ; W.rel x 1"),
    (2, 0, "WAIT.rlx x 0 || W.rlx x 1 ; W.rlx x 2"),
    (1, 0, "WAIT.rlx x 1 || W.rlx x 1 ; W.rlx x 2"),
    // Waiting for what nobody does, or for each other, or for what may be overwritten.
    (0, 1, "WAIT.acq x 1 || W.rlx x 1"),
    (0, 1, "WAIT.acq x 0 ; W.rel y 1 || WAIT.acq y 0 ; W.rel x 1"),
    (2, 1, "WAIT.rlx x 1 || W.rlx x 2 || W.rlx x 1"),
    (0, 1, "main: spawn ; W.rlx x 1 ; join ; W.rlx y 1 || WAIT.rlx y 0 || WAIT.rlx x 0"),
];

/// Executions under sequential consistency and under RC11, of programs with weak exchanges.
pub const CHOICES: [(usize, usize, &str); 4] = [
    // One fails once in a thread, of which main is one.
    (2, 2, "WCAS.ar x 0 1 ; WCAS.ar x 0 1 || R.rlx y"),
    (4, 4, "main: WCAS.rlx x 0 0 ; spawn ; WCAS.rlx x 0 1 ; join ; WCAS.rlx x 1 0 || R.rlx y"),
    // It reads what came later.
    (3, 3, "WCAS.rlx x 1 2 || W.rlx x 1"),
    // It may fail where it could not succeed, since it has another ordering then.
    (4, 5, "W.sc x 1 ; R.sc y || W.sc y 1 ; WCAS.sc/rlx x 0 1"),
];

#[test]
fn the_reference_counts_what_is_known() {
    let ends = ENDS.map(|(complete, deadlocks, text)| {
        let known = (complete, deadlocks);
        (known, known, text)
    });
    let counts =
        COUNTS.iter().chain(&CHOICES).map(|(sc, rc11, text)| ((*sc, 0), (*rc11, 0), *text));
    for (sc, rc11, text) in counts.chain(ends) {
        let program: Program = text.parse().unwrap();
        let counts = [Memory::Sc, Memory::Rc11].map(|memory| {
            let executions = enumerate::executions(&program, memory, usize::MAX).unwrap();
            (count(&executions, GraphEnd::Complete), count(&executions, GraphEnd::Deadlock))
        });
        assert_eq!(counts, [sc, rc11], "{text}");
    }
}

#[test]
fn what_waits_may_have_read_any_write_that_does_not_satisfy_it() {
    let program: Program = "WAIT.rlx x 1 || W.rlx x 1 ; W.rlx x 2".parse().unwrap();
    let executions = enumerate::executions(&program, Memory::Rc11, usize::MAX).unwrap();
    let expected = [
        (GraphEnd::Complete, "1:R0=2.1;2:W0 W0;|0:2.0 2.1;"),
        (GraphEnd::Blocked, "1:R0=2.0;2:W0 W0;|0:2.0 2.1;"),
        (GraphEnd::Blocked, "1:R0=i;2:W0 W0;|0:2.0 2.1;"),
    ];
    assert_eq!(executions, expected.map(|(end, key)| (end, key.to_owned())).into());
}

#[test]
fn programs_are_read_as_they_are_written() {
    let mut random = Random::new(0);
    for _ in 0..1_000 {
        let mut program = generate::program(&mut random);
        let text = program.to_string();
        let read: Program = text.parse().unwrap();
        // Text does not tell of locations and mutexes that nobody uses.
        (program.locations, program.mutexes) = (read.locations, read.mutexes);
        assert_eq!(read, program, "{text}");
    }
}
