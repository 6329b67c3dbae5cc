//! The guarantees of `VersionedWords` as scenarios, and its naive twin, which breaks them.

#[path = "common/optimistic.rs"]
mod optimistic;

use optimistic::{Pair, of, race, version};
use selvedge::scenario::{Engine, Scenario};
use selvedge::{Retry, UpdateError, Version, naive};

type Words = selvedge::VersionedWords<2>;
type NaiveWords = naive::VersionedWords<2>;

#[test]
fn g1_no_update_is_lost() {
    Scenario::new("words: no update is lost").check(optimistic::no_update_is_lost::<Words>);
}

#[test]
fn naive_words_lose_an_update() {
    Scenario::new("naive words: an update is lost")
        .refute(optimistic::no_update_is_lost::<NaiveWords>);
}

#[test]
fn g1_a_lost_try_update_changes_nothing() {
    Scenario::new("words: a lost try_update changes nothing").check(|| {
        let once = |words: &Words| {
            words.try_update(&Retry::attempts(1), |&[a, b]| Ok::<Pair, ()>([a + 1, b + 1]))
        };
        let (words, first, second) = race(Words::new([0, 0]), once, once);
        assert!(first.is_ok() || second.is_ok(), "each was overtaken by the other");
        for result in [first, second] {
            // The version that overtook it may not have been complete yet.
            let lost =
                [1, 2].map(|last| UpdateError::Exhausted { attempts: 1, last: version(last) });
            assert!(result.is_ok() || result.is_err_and(|error| lost.contains(&error)));
        }
        let applied = u64::from(first.is_ok()) + u64::from(second.is_ok());
        let end = words.load();
        assert_eq!((end.value, end.version), ([applied; 2], version(1 + applied)));
    });
}

#[test]
fn g2_one_of_two_writers_wins() {
    Scenario::new("words: one of two writers wins")
        .check(optimistic::one_of_two_writers_wins::<Words>);
}

#[test]
fn naive_words_let_both_writers_win() {
    Scenario::new("naive words: both writers win")
        .refute(optimistic::one_of_two_writers_wins::<NaiveWords>);
}

#[test]
fn g2_given_versions_apply_in_order() {
    Scenario::new("words: given versions apply in order")
        .check(optimistic::given_versions_apply_in_order::<Words>);
}

#[test]
fn g3_a_conflict_shows_the_current_value() {
    Scenario::new("words: a conflict shows the current value")
        .check(optimistic::a_conflict_shows_the_current_value::<Words>);
}

#[test]
fn naive_words_store_for_a_version_that_is_gone() {
    Scenario::new("naive words: a value is stored for a version that is gone")
        .refute(optimistic::a_conflict_shows_the_current_value::<NaiveWords>);
}

#[test]
fn g4_value_and_version_belong_together() {
    Scenario::new("words: value and version belong together")
        .check(optimistic::value_and_version_belong_together::<Words>);
}

#[test]
fn naive_words_tear() {
    Scenario::new("naive words: a load sees words of two values")
        .refute(optimistic::value_and_version_belong_together::<NaiveWords>);
}

#[test]
fn g4_changed_since_shows_one_moment() {
    Scenario::new("words: changed_since shows one moment").check(|| {
        race(
            Words::new(of(version(1))),
            |words| words.set(of(version(2))),
            |words| {
                if let Some(news) = words.changed_since(Version::FIRST) {
                    assert!(news.version > Version::FIRST, "nothing new");
                    assert_eq!(news.value, of(news.version), "words of another version");
                }
            },
        );
    });
}

#[test]
fn g4_changed_since_never_shows_the_same_version() {
    Scenario::new("words: changed_since never shows the same version").check(|| {
        race(
            Words::new(of(version(1))),
            |words| words.set(of(version(2))),
            |words| {
                // Known from elsewhere, and reached sooner or later.
                if let Some(other) = words.changed_since(version(2)) {
                    assert_eq!(other.version, version(1));
                }
            },
        );
    });
}

#[test]
fn g5_a_value_that_returns_is_a_change() {
    Scenario::new("words: a value that returns is a change")
        // Without a bound the plain search does not come to its end either.
        .preemption_bound(2)
        .check(optimistic::a_value_that_returns_is_a_change::<Words>);
}

#[test]
fn naive_words_miss_a_value_that_returned() {
    Scenario::new("naive words: a value that returned is missed")
        .preemption_bound(2)
        .refute(optimistic::a_value_that_returns_is_a_change::<NaiveWords>);
}

#[test]
fn g6_version_and_load_agree() {
    Scenario::new("words: version and load agree")
        .check(optimistic::version_and_load_agree::<Words>);
}

#[test]
fn g7_a_version_publishes_what_came_before() {
    Scenario::new("words: a version publishes what came before")
        .check(optimistic::a_version_publishes_what_came_before::<Words>);
}

#[test]
fn g8_try_load_does_not_wait() {
    Scenario::new("words: try_load does not wait").check(|| {
        let (words, _, ()) = race(
            Words::new(of(version(1))),
            |words| words.set(of(version(2))),
            |words| {
                if let Some(seen) = words.try_load() {
                    assert_eq!(seen.value, of(seen.version), "words of another version");
                }
            },
        );
        let end = words.try_load().expect("no change is under way");
        assert_eq!((end.value, end.version), (of(version(2)), version(2)));
    });
}

#[test]
fn g8_every_answer_of_try_load_occurs() {
    let report = Scenario::new("words: answers of try_load").explore(|| {
        let (_, _, seen) = race(
            Words::new(of(version(1))),
            |words| words.set(of(version(2))),
            |words| words.try_load().map(|seen| seen.version),
        );
        seen
    });
    for report in report.all().filter(|report| report.engine != Engine::Threads) {
        let answers: Vec<_> = report.outcomes.keys().copied().collect();
        assert_eq!(answers, [None, Some(version(1)), Some(version(2))], "{report}");
    }
}
