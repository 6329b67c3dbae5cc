//! What is explored, and what GenMC came to.

#[path = "../../../../tests/common/families.rs"]
mod families;

use families::{
    ainc, casw, cinc, coa, fib_bench, inc, indexer, lastzero, readers, ring, store_buffering,
};
use selvedge::scenario::Memory;

pub use families::Family;

/// A program, and the executions a second of GenMC 0.11 under RC11, if they were measured: on a
/// machine of this kind, with one thread, without the time that compilation takes, with the fastest
/// of its variants.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    pub family: Family,
    genmc: Option<f64>,
}

impl Program {
    /// The number of executions.
    pub fn executions(&self, memory: Memory) -> u64 {
        if memory == Memory::Sc { self.family.sc } else { self.family.rc11 }
    }

    /// GenMC's rate under this memory model.
    pub fn genmc(&self, memory: Memory) -> Option<f64> {
        self.genmc.filter(|_| memory == Memory::Rc11)
    }
}

pub fn all() -> Vec<Program> {
    let unmeasured = |family| Program { family, genmc: None };
    let measured = |family, rate| Program { family, genmc: Some(rate) };
    vec![
        unmeasured(inc(2, 4)),
        unmeasured(inc(3, 36)),
        unmeasured(inc(4, 576)),
        unmeasured(inc(6, 518_400)),
        unmeasured(store_buffering(2, 3, 4)),
        unmeasured(ring(5, 1_182, 1_427)),
        measured(fib_bench(5, 218_243, 525_630), 165_000.0),
        measured(casw(5, 32_880), 151_000.0),
        measured(coa(5, 49_776, 57_600), 188_000.0),
        measured(ainc(7, 5_040), 31_000.0),
        measured(cinc(4, 13_824), 30_000.0),
        measured(readers(13, 8_192), 27_000.0),
        measured(lastzero(15, 147_456, 147_456), 14_000.0),
        measured(indexer(15, 4_096), 1_770.0),
    ]
}
