//! Deliveries: each once, none left out, and what they hold.

use std::collections::BTreeSet;

use proptest::prelude::*;
use selvedge::arrivals::{Arrival, Arrivals, Delivery, Fate};

/// All deliveries of so many messages, built in another way: one arrival after the other is added
/// to one of the instances, and those are kept in which each message arrives, and is answered.
fn built(
    messages: usize,
    copies: usize,
    instances: usize,
    fates: &[Fate],
) -> BTreeSet<Vec<Vec<(usize, Fate)>>> {
    let mut all = BTreeSet::new();
    let mut begun = vec![vec![Vec::new(); instances]];
    while let Some(delivery) = begun.pop() {
        let arrivals = || delivery.iter().flatten();
        let of =
            |number: usize| arrivals().filter(move |arrival: &&(usize, Fate)| arrival.0 == number);
        if (0..messages).all(|number| of(number).any(|arrival| arrival.1 == Fate::Answered)) {
            all.insert(delivery.clone());
        }
        for number in (0..messages).filter(|number| of(*number).count() < copies) {
            for instance in 0..instances {
                for fate in fates {
                    let mut longer = delivery.clone();
                    longer[instance].push((number, *fate));
                    begun.push(longer);
                }
            }
        }
    }
    all
}

fn plain(delivery: &Delivery<usize>) -> Vec<Vec<(usize, Fate)>> {
    let arrivals = |arrivals: &[Arrival<usize>]| {
        arrivals.iter().map(|arrival| (arrival.number, arrival.fate)).collect()
    };
    delivery.instances().map(arrivals).collect()
}

const ALL_FATES: [Fate; 3] = [Fate::Answered, Fate::ReplyLost, Fate::Crashed];

#[test]
fn deliveries_are_all_and_each_once() {
    for (messages, copies, instances, count) in
        [(1, 1, 1, 1), (1, 2, 2, 5), (2, 2, 1, 14), (2, 2, 2, 60), (3, 1, 2, 24), (2, 1, 3, 12)]
    {
        let arrivals = Arrivals::of(0..messages).at_most(copies).instances(instances);
        let found: Vec<_> = arrivals.deliveries().map(|delivery| plain(&delivery)).collect();
        let expected = built(messages, copies, instances, &[Fate::Answered]);
        assert_eq!(found.len(), count, "{messages} {copies} {instances}");
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
        assert_eq!(expected.len(), count);
    }
}

#[test]
fn deliveries_with_lost_replies_and_crashes_are_all_and_each_once() {
    for (messages, copies, instances) in [(1, 3, 2), (2, 2, 2)] {
        let arrivals = Arrivals::of(0..messages).at_most(copies).instances(instances);
        let arrivals = arrivals.lost_replies().crashes();
        let found: Vec<_> = arrivals.deliveries().map(|delivery| plain(&delivery)).collect();
        let expected = built(messages, copies, instances, &ALL_FATES);
        assert_eq!(found.len(), expected.len(), "{messages} {copies} {instances}");
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
    }
}

#[test]
fn of_alike_instances_each_arrangement_is_there_once() {
    let arrivals = Arrivals::of(0..2).at_most(2).instances(2).crashes();
    let sorted = |delivery: Delivery<usize>| {
        let mut instances = plain(&delivery);
        instances.sort();
        instances
    };
    let arrangements: BTreeSet<_> = arrivals.deliveries().map(sorted).collect();
    let alike: Vec<_> = arrivals.alike().deliveries().map(sorted).collect();
    assert_eq!(alike.len(), arrangements.len());
    assert_eq!(alike.into_iter().collect::<BTreeSet<_>>(), arrangements);
}

#[test]
fn two_messages_of_equal_content_are_told_apart() {
    let arrivals = Arrivals::of(["same", "same"]);
    let numbers: Vec<Vec<usize>> = (arrivals.deliveries())
        .map(|delivery| delivery.arrivals().map(|arrival| arrival.number).collect())
        .collect();
    assert_eq!(numbers, [[0, 1], [1, 0]]);
}

#[test]
fn a_delivery_is_told_in_words() {
    let arrivals = Arrivals::of(["tea"]).at_most(2).instances(2).crashes();
    let told: Vec<String> = arrivals.deliveries().map(|delivery| delivery.to_string()).collect();
    assert_eq!(told[0], "instance 1: nothing; instance 2: \"tea\"");
    let crash = "instance 1: \"tea\" (crashes before it acknowledges); instance 2: \"tea\"";
    assert!(told.iter().any(|delivery| delivery == crash), "{told:#?}");
}

#[test]
#[should_panic(expected = "without messages nothing arrives")]
fn no_messages_are_refused() {
    let _ = Arrivals::of([0; 0]);
}

#[test]
#[should_panic(expected = "a message arrives at least once")]
fn no_copies_are_refused() {
    let _ = Arrivals::of([0]).at_most(0);
}

#[test]
#[should_panic(expected = "at 1 to 64 instances, and not at 0")]
fn no_instances_are_refused() {
    let _ = Arrivals::of([0]).instances(0);
}

#[test]
#[should_panic(expected = "more than 100000 deliveries")]
fn more_deliveries_than_can_be_explored_are_refused() {
    Arrivals::of(0..6).at_most(3).instances(3).deliver();
}

/// In a moment, although most of what the wheels could show is no delivery.
#[test]
#[should_panic(expected = "more than 100000 deliveries")]
fn more_messages_than_can_be_explored_are_refused() {
    Arrivals::of(0..12).lost_replies().crashes().deliver();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_generated_delivery_is_one_of_the_enumerated(
        delivery in Arrivals::of(0..2_usize).at_most(2).instances(2).lost_replies().strategy()
    ) {
        let all = built(2, 2, 2, &ALL_FATES[..2]);
        prop_assert!(all.contains(&plain(&delivery)));
    }
}

#[test]
fn generated_deliveries_to_alike_instances_are_each_arrangement() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let arrivals = Arrivals::of(0..2_usize).at_most(2).instances(2).crashes().alike();
    let all: BTreeSet<_> = arrivals.deliveries().map(|delivery| plain(&delivery)).collect();
    let strategy = arrivals.strategy();
    let mut runner = TestRunner::deterministic();
    let drawn: BTreeSet<_> =
        (0..20_000).map(|_| plain(&strategy.new_tree(&mut runner).unwrap().current())).collect();
    assert_eq!(drawn, all);
}

#[test]
fn generated_deliveries_are_many() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let arrivals = Arrivals::of(0..2_usize).at_most(2).instances(2);
    let strategy = arrivals.strategy();
    let mut runner = TestRunner::deterministic();
    let mut draw = || strategy.new_tree(&mut runner).unwrap();
    let drawn: BTreeSet<_> = (0..2_000).map(|_| plain(&draw().current())).collect();
    assert_eq!(drawn.len(), arrivals.deliveries().count());
    // The simplest delivery is the one that nothing happens to.
    let mut tree = draw();
    while tree.simplify() {}
    assert_eq!(plain(&tree.current())[0].len(), 2);
    assert!(tree.current().arrivals().map(|arrival| arrival.number).eq([0, 1]));
}
