//! A task, the ways to do it, and the rounds in which they are measured.

use std::fmt;
use std::time::Duration;

use crate::Spread;

/// Whose a variant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Ours.
    Own,
    /// One that all are compared with.
    Peer,
    /// A peer put to another use: shown beside the others, which are not compared with it.
    Aside,
}

/// A way to do a task.
pub struct Variant {
    name: String,
    standing: Standing,
    run: Box<dyn Fn(u64) -> Duration>,
}

impl Variant {
    /// `run` does a number of operations, asserts that they had their effect, and returns how long
    /// they took, without what comes before and after.
    pub fn new(
        standing: Standing,
        name: impl Into<String>,
        run: impl Fn(u64) -> Duration + 'static,
    ) -> Variant {
        Variant { name: name.into(), standing, run: Box::new(run) }
    }
}

impl fmt::Debug for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Variant { name, standing, run: _ } = self;
        f.debug_struct("Variant")
            .field("name", name)
            .field("standing", standing)
            .finish_non_exhaustive()
    }
}

/// A task.
#[derive(Debug)]
pub struct Case {
    /// What is done.
    pub name: String,
    /// The operations of a round: so many that each variant takes 30 to 100 ms.
    pub operations: u64,
    /// The ways to do it.
    pub variants: Vec<Variant>,
}

/// How often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Whether there is a round that does not count, first.
    pub warm_up: bool,
    /// The rounds that count.
    pub rounds: u32,
    /// The operations of each variant in a round.
    pub operations: u64,
}

/// What a variant's rounds came to.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The variant's name.
    pub name: String,
    /// Operations a second.
    pub speed: Spread,
    /// The speed as a multiple of the fastest peer's in the same round; none without peers.
    pub ratio: Option<Spread>,
}

impl Case {
    /// Does the rounds. In the order of the variants.
    pub fn measure(&self, plan: &Plan) -> Vec<Measured> {
        if plan.warm_up {
            self.round(0, plan.operations);
        }
        let rounds: Vec<_> =
            (0..plan.rounds as usize).map(|round| self.round(round, plan.operations)).collect();
        self.evaluate(&rounds)
    }

    /// The speed of each variant.
    fn round(&self, round: usize, operations: u64) -> Vec<f64> {
        let mut speeds = vec![0.0; self.variants.len()];
        for index in order(round, self.variants.len()) {
            let elapsed = (self.variants[index].run)(operations);
            // A clock may not have moved within a quick round.
            let elapsed = elapsed.max(Duration::from_nanos(1));
            speeds[index] = operations as f64 / elapsed.as_secs_f64();
        }
        speeds
    }

    fn evaluate(&self, rounds: &[Vec<f64>]) -> Vec<Measured> {
        let is_peer = |index: &usize| self.variants[*index].standing == Standing::Peer;
        let peers: Vec<_> = (0..self.variants.len()).filter(is_peer).collect();
        let fastest_peer =
            |speeds: &[f64]| peers.iter().map(|peer| speeds[*peer]).max_by(f64::total_cmp);
        let ratio = |index: usize| -> Option<Vec<f64>> {
            rounds.iter().map(|speeds| Some(speeds[index] / fastest_peer(speeds)?)).collect()
        };
        let measured = |(index, variant): (usize, &Variant)| Measured {
            name: variant.name.clone(),
            speed: Spread::of(rounds.iter().map(|speeds| speeds[index]).collect()),
            ratio: ratio(index).map(Spread::of),
        };
        self.variants.iter().enumerate().map(measured).collect()
    }
}

/// The order of a round. Each variant comes first in some round, and last; and every second round
/// goes backwards, so that none always follows the same one.
fn order(round: usize, variants: usize) -> Vec<usize> {
    let mut order: Vec<_> = (0..variants).map(|index| (round / 2 + index) % variants).collect();
    if round % 2 == 1 {
        order.reverse();
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_variant_is_first_and_last_equally_often() {
        let rounds: Vec<_> = (0..6).map(|round| order(round, 3)).collect();
        assert_eq!(rounds[..4], [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1]]);
        for variant in 0..3 {
            assert_eq!(rounds.iter().filter(|order| order[0] == variant).count(), 2);
            assert_eq!(rounds.iter().filter(|order| order[2] == variant).count(), 2);
        }
    }

    fn case(standings: &[Standing]) -> Case {
        let variant =
            |standing: &Standing| Variant::new(*standing, "v", |_| Duration::from_millis(1));
        Case {
            name: "case".to_owned(),
            operations: 1,
            variants: standings.iter().map(variant).collect(),
        }
    }

    #[test]
    fn a_ratio_is_to_the_fastest_peer_of_its_round() {
        let case = case(&[Standing::Own, Standing::Peer, Standing::Peer, Standing::Aside]);
        // The machine was half as fast in the second round, and the other peer was the fastest.
        let rounds = [
            vec![40.0, 20.0, 10.0, 30.0],
            vec![20.0, 2.0, 10.0, 15.0],
            vec![60.0, 20.0, 5.0, 30.0],
        ];
        let measured = case.evaluate(&rounds);
        assert_eq!(measured[0].speed.median, 40.0);
        let ratios: Vec<_> = measured.iter().map(|one| one.ratio.clone().unwrap().median).collect();
        assert_eq!(ratios, [2.0, 1.0, 0.5, 1.5]);
        assert_eq!(measured[0].ratio.as_ref().unwrap().max, 3.0);
    }

    #[test]
    fn without_peers_there_is_no_ratio() {
        let measured = case(&[Standing::Own]).evaluate(&[vec![3.0]]);
        assert_eq!(measured[0].ratio, None);
    }

    #[test]
    fn speed_is_operations_by_time() {
        let plan = Plan { warm_up: true, rounds: 3, operations: 5 };
        let measured = case(&[Standing::Peer]).measure(&plan);
        assert_eq!(measured[0].speed.median.round(), 5000.0);
    }
}
