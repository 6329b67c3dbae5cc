//! The reference against counts that others have published: the expected results of GenMC's own
//! tests.

use selvedge::scenario::Memory;

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

#[test]
fn the_reference_counts_what_is_known() {
    for (sc, rc11, text) in COUNTS {
        let program: Program = text.parse().unwrap();
        let count = |memory| enumerate::executions(&program, memory, usize::MAX).unwrap().len();
        assert_eq!((count(Memory::Sc), count(Memory::Rc11)), (sc, rc11), "{text}");
    }
}

#[test]
fn programs_are_read_as_they_are_written() {
    let mut random = Random::new(0);
    for _ in 0..1_000 {
        let mut program = generate::program(&mut random);
        let text = program.to_string();
        let read: Program = text.parse().unwrap();
        // Text does not tell of locations that nobody uses.
        program.locations = read.locations;
        assert_eq!(read, program, "{text}");
    }
}
