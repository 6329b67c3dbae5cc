//! A copied `VersionedCell` between two real threads.

use copied::shared::versioned_cell::VersionedCell;

const UPDATES: u64 = 10_000;

#[test]
fn two_threads_lose_no_update() {
    let cell = VersionedCell::new(0_u64);
    let seen = cell.load().version;
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..UPDATES {
                    cell.update(|count| count + 1);
                }
            });
        }
    });
    let counted = cell.load();
    assert_eq!((*counted.value, counted.version.get()), (2 * UPDATES, 2 * UPDATES + 1));
    let conflict = cell.compare_and_set(seen, 7).unwrap_err();
    assert_eq!((conflict.rejected, conflict.current.version), (7, counted.version));
}
