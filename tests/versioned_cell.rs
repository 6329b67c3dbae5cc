//! The guarantees of `VersionedCell` as scenarios, and its naive twin, which breaks them.

#[path = "common/optimistic.rs"]
mod optimistic;

use optimistic::{Pair, of, race, version};
use selvedge::scenario::Scenario;
use selvedge::sync::{Arc, Weak};
use selvedge::{Retry, UpdateError, Version, VersionedCell, naive};

type Cell = VersionedCell<Pair>;
type NaiveCell = naive::VersionedCell<Pair>;

#[test]
fn g1_no_update_is_lost() {
    Scenario::new("cell: no update is lost").check(optimistic::no_update_is_lost::<Cell>);
}

#[test]
fn naive_cell_loses_an_update() {
    Scenario::new("naive cell: an update is lost")
        .refute(optimistic::no_update_is_lost::<NaiveCell>);
}

#[test]
fn g1_a_lost_try_update_changes_nothing() {
    Scenario::new("cell: a lost try_update changes nothing").check(|| {
        let once = |cell: &Cell| {
            cell.try_update(&Retry::attempts(1), |&[a, b]| Ok::<Pair, ()>([a + 1, b + 1]))
        };
        let (cell, first, second) = race(Cell::new([0, 0]), once, once);
        let lost = Err(UpdateError::Exhausted { attempts: 1, last: version(2) });
        assert!(first.is_ok() || second.is_ok(), "each was overtaken by the other");
        assert!(first.is_ok() || first == lost);
        assert!(second.is_ok() || second == lost);
        let applied = u64::from(first.is_ok()) + u64::from(second.is_ok());
        let end = cell.load();
        assert_eq!((*end.value, end.version), ([applied; 2], version(1 + applied)));
    });
}

#[test]
fn g2_one_of_two_writers_wins() {
    Scenario::new("cell: one of two writers wins")
        .check(optimistic::one_of_two_writers_wins::<Cell>);
}

#[test]
fn naive_cell_lets_both_writers_win() {
    Scenario::new("naive cell: both writers win")
        .refute(optimistic::one_of_two_writers_wins::<NaiveCell>);
}

#[test]
fn g2_given_versions_apply_in_order() {
    Scenario::new("cell: given versions apply in order")
        .check(optimistic::given_versions_apply_in_order::<Cell>);
}

#[test]
fn g3_a_conflict_shows_the_current_value() {
    Scenario::new("cell: a conflict shows the current value")
        .check(optimistic::a_conflict_shows_the_current_value::<Cell>);
}

#[test]
fn naive_cell_stores_for_a_version_that_is_gone() {
    Scenario::new("naive cell: a value is stored for a version that is gone")
        .refute(optimistic::a_conflict_shows_the_current_value::<NaiveCell>);
}

#[test]
fn g4_value_and_version_belong_together() {
    Scenario::new("cell: value and version belong together")
        .check(optimistic::value_and_version_belong_together::<Cell>);
}

#[test]
fn naive_cell_pairs_a_value_with_another_version() {
    Scenario::new("naive cell: a value is paired with another version")
        .refute(optimistic::value_and_version_belong_together::<NaiveCell>);
}

#[test]
fn g4_changed_since_shows_one_moment() {
    Scenario::new("cell: changed_since shows one moment").check(|| {
        race(
            Cell::new(of(version(1))),
            |cell| {
                cell.set(of(version(2)));
                cell.set(of(version(3)));
            },
            |cell| {
                let mut seen = Version::FIRST;
                for _ in 0..2 {
                    if let Some(news) = cell.changed_since(seen) {
                        assert!(news.version > seen, "nothing new at version {seen}");
                        assert_eq!(*news.value, of(news.version), "a value of another version");
                        seen = news.version;
                    }
                }
            },
        );
    });
}

#[test]
fn g4_changed_since_never_shows_the_same_version() {
    Scenario::new("cell: changed_since never shows the same version").check(|| {
        race(
            Cell::new(of(version(1))),
            |cell| cell.set(of(version(2))),
            |cell| {
                // Known from elsewhere, and reached sooner or later.
                if let Some(other) = cell.changed_since(version(2)) {
                    assert_eq!(other.version, version(1));
                }
            },
        );
    });
}

#[test]
fn g5_a_value_that_returns_is_a_change() {
    Scenario::new("cell: a value that returns is a change")
        .check(optimistic::a_value_that_returns_is_a_change::<Cell>);
}

#[test]
fn naive_cell_misses_a_value_that_returned() {
    Scenario::new("naive cell: a value that returned is missed")
        .refute(optimistic::a_value_that_returns_is_a_change::<NaiveCell>);
}

#[test]
fn g6_version_and_load_agree() {
    Scenario::new("cell: version and load agree").check(optimistic::version_and_load_agree::<Cell>);
}

#[test]
fn g7_a_version_publishes_what_came_before() {
    Scenario::new("cell: a version publishes what came before")
        .check(optimistic::a_version_publishes_what_came_before::<Cell>);
}

#[test]
fn g8_a_cached_reader_shows_one_moment() {
    Scenario::new("cell: a cached reader shows one moment").check(|| {
        race(
            Cell::new(of(version(1))),
            |cell| {
                cell.set(of(version(2)));
                cell.set(of(version(3)));
            },
            |cell| {
                let mut reader = cell.reader();
                let mut before = Version::FIRST;
                for _ in 0..2 {
                    let seen = reader.load();
                    assert_eq!(*seen.value, of(seen.version), "a value of another version");
                    assert!(before <= seen.version, "time ran backwards");
                    before = seen.version;
                }
            },
        );
    });
}

#[test]
fn g8_a_cached_reader_is_not_behind() {
    Scenario::new("cell: a cached reader is not behind").check(|| {
        race(
            Cell::new(of(version(1))),
            |cell| cell.set(of(version(2))),
            |cell| {
                let mut reader = cell.reader();
                let loaded = cell.load().version;
                let read = reader.load().version;
                assert!(loaded <= read, "loaded version {loaded}, then read {read}");
                let told = cell.version();
                let read = reader.load().version;
                assert!(told <= read, "told of version {told}, then read {read}");
            },
        );
    });
}

/// A value whose destructor uses the cell that it was in.
struct Nosy(Weak<VersionedCell<Option<Nosy>>>);

impl Drop for Nosy {
    fn drop(&mut self) {
        if let Some(cell) = self.0.upgrade() {
            cell.load();
        }
    }
}

#[test]
fn g9_destructors_run_outside_the_lock() {
    Scenario::new("cell: destructors run outside the lock").check(|| {
        let nosy = |cell: &Arc<VersionedCell<_>>| Some(Nosy(Arc::downgrade(cell)));
        let (cell, _, _) = race(
            Arc::new(VersionedCell::new(None)),
            move |cell| cell.set(nosy(cell)),
            move |cell| cell.update(|_| nosy(cell)).version,
        );
        assert_eq!(cell.version(), version(3));
    });
}
