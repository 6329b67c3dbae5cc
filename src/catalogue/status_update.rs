//! *Status update*: an order is paid, and then shipped. The two updates travel by different ways,
//! each may be sent again, and a later action may be processed earlier. *Last write is not most
//! recent action.*
//!
//! Guarded, each update has the number that the order gave it, and the newest number wins. It is
//! not enough to compare the number before the write: that is one more read-then-write.

use crate::arrivals::Arrivals;
use crate::naive::{LastWriterWins, Written};
use crate::stamp::Seq;
use crate::sync::Arc;
use crate::thread;

/// The updates of an order, with their numbers, arrive as `arrivals` says at instances that share
/// its status. The one with the greatest number must be shown at the end.
pub fn status_update<R>(
    arrivals: Arrivals<(Seq, &'static str)>,
) -> impl Fn() + Send + Sync + 'static
where
    R: LastWriterWins<Value = &'static str, Stamp = Seq>,
{
    let (_, newest) = *arrivals.messages().iter().max().expect("there are messages");
    move || {
        let delivery = arrivals.deliver();
        let status = Arc::new(R::default());
        let instances: Vec<_> = delivery
            .into_instances()
            .map(|arriving| {
                let status = Arc::clone(&status);
                thread::spawn(move || {
                    for arrival in arriving {
                        let (stamp, update) = arrival.message;
                        let _ = status.offer(Written { stamp, clock_ms: stamp.0 }, update);
                    }
                })
            })
            .collect();
        for instance in instances {
            instance.join().unwrap();
        }
        let shown = status.load().map(|status| status.value);
        assert_eq!(shown, Some(newest), "an earlier status has overwritten a later one");
    }
}
