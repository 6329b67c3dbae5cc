//! Whether what several threads saw can have happened one step after the other.

use std::fmt::Debug;

/// What a primitive promises to one thread after the other.
pub trait Model: Clone {
    type Step: Debug;

    /// Whether this step of this thread can come now. If so, it has.
    fn admits(&mut self, thread: usize, step: &Self::Step) -> bool;
}

/// Demands an order of all steps, in which those of each thread keep theirs, that the model admits
/// and that ends as it should.
#[track_caller]
pub fn explain<M: Model>(model: &M, threads: &[Vec<M::Step>], ends: impl Fn(&M) -> bool) {
    let mut positions = vec![0; threads.len()];
    let explained = is_explained(model, threads, &mut positions, &ends);
    assert!(explained, "no order of these steps explains them: {threads:?}");
}

fn is_explained<M: Model>(
    model: &M,
    threads: &[Vec<M::Step>],
    positions: &mut [usize],
    ends: &impl Fn(&M) -> bool,
) -> bool {
    let mut is_over = true;
    for (thread, steps) in threads.iter().enumerate() {
        let Some(step) = steps.get(positions[thread]) else { continue };
        is_over = false;
        let mut next = model.clone();
        if !next.admits(thread, step) {
            continue;
        }
        positions[thread] += 1;
        if is_explained(&next, threads, positions, ends) {
            return true;
        }
        positions[thread] -= 1;
    }
    is_over && ends(model)
}
