//! Copied `VersionedWords` between two real threads.

use copied::shared::versioned_words::VersionedWords;

const UPDATES: u64 = 10_000;

#[test]
fn two_threads_see_whole_values_and_lose_no_update() {
    let words = VersionedWords::new([0, 0]);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..UPDATES {
                    let seen = words.update(|&[up, down]| [up + 1, down.wrapping_sub(1)]);
                    let [up, down] = seen.value;
                    assert_eq!((up.wrapping_add(down), seen.version.get()), (0, up + 1));
                }
            });
        }
    });
    let end = words.load();
    assert_eq!(end.value[0], 2 * UPDATES);
    assert!(words.compare_and_set(end.version, [0, 0]).is_ok());
}
