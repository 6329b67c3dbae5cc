//! A search of every input of a closure, one after the other, by an engine that searches one.

use std::time::Duration;

use crate::scenario::Bound;
use crate::swap::choices::Script;

use super::{Plan, Tally};

/// Searches the inputs within the plan's budget. Each may spend about twice an equal share of what
/// is left: inputs differ in size, and the last ones are to be searched too. `search` runs one, and
/// says why it was cut, if it was; `inputs` is about how many there are.
pub(super) fn search_inputs(
    plan: &Plan,
    inputs: u64,
    search: impl Fn(&Plan) -> (Tally, Option<Bound>),
) -> (Tally, Option<Bound>) {
    let mut whole = Tally::new();
    let mut searched = 0;
    let mut spent = Bound::default();
    let mut next = Some(Script::default());
    while let Some(input) = next {
        if let Some(cut) = whole.cut(plan) {
            return (whole, Some(cut));
        }
        let left = inputs.saturating_sub(searched).max(1);
        let executions_left = u128::from(plan.max_executions - whole.executions);
        let executions = (2 * executions_left).div_ceil(u128::from(left) + 1);
        let time = |limit: Duration| {
            limit.saturating_sub(whole.began.elapsed()).mul_f64(2.0 / (left as f64 + 1.0))
        };
        let share = Plan {
            input: Some(input),
            max_executions: executions as u64,
            max_duration: plan.max_duration.map(time),
            ..plan.clone()
        };
        let (found, cut) = search(&share);
        next = found.input.after();
        searched += 1;
        whole.absorb(found);
        let Some(cut) = cut else { continue };
        // Its share was too small, or its search could not go on. The others have theirs, unless
        // what was found is enough.
        spent.violation |= cut.violation;
        spent.executions = spent.executions.or(cut.executions);
        spent.duration = spent.duration.or(cut.duration.and(plan.max_duration));
    }
    spent.executions = spent.executions.map(|_| whole.executions + whole.blocked);
    let cut = spent.is_cut().then_some(spent);
    (whole, cut)
}
