//! Tells of an execution that stands still: a std lock that one modeled thread holds while another
//! waits for it, input or output that never comes, a loop without operations. loom and Shuttle run
//! all threads of a scenario on one operating-system thread, and nothing can interrupt that one. So
//! the process ends, with the reason.

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};

use crate::swap::execution::{self, Backend, Execution};

/// How much longer than a round on real threads an execution may stand still: it may compute.
pub(super) const TIMES: u32 = 6;

/// Starts the thread that watches, once.
pub(super) fn start() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        // Without it, a hang is what it is without selvedge.
        let _ = std::thread::Builder::new().name("selvedge watchdog".to_owned()).spawn(watch);
    });
}

fn watch() {
    let mut seen: HashMap<u64, ((usize, u64), Instant)> = HashMap::new();
    loop {
        std::thread::sleep(Duration::from_millis(500));
        let mut live = execution::live();
        live.retain(|e| e.backend != Backend::Plain && !e.pulse.rests());
        seen.retain(|id, _| live.iter().any(|execution| execution.id() == *id));
        for execution in &live {
            // Locked for good only if an operation itself hangs.
            let Some(trace) = execution.trace.try_lock() else { continue };
            let operations = (trace.events.len(), execution.pulse.operations());
            drop(trace);
            let (before, since) =
                *seen.entry(execution.id()).or_insert((operations, Instant::now()));
            if before != operations {
                seen.insert(execution.id(), (operations, Instant::now()));
            } else if since.elapsed() >= execution.settings.standstill {
                end(execution);
            }
        }
    }
}

fn end(execution: &Arc<Execution>) -> ! {
    let last = execution.trace.try_lock().and_then(|trace| trace.events.last().copied());
    let last = last.map(|event| (event.thread, event.to_string(), event.place));
    let beat =
        execution.pulse.last().map(|(thread, place)| (thread, "an operation".to_owned(), place));
    let last = last.or(beat).map_or_else(
        || "none yet".to_owned(),
        |(thread, what, place)| format!("{} {what} at {place}", execution.thread_name(thread)),
    );
    let text = format!(
        "\nscenario {:?}, {:?}: no operation for {} s; the last: {last}. A std lock held across an \
         operation, input or output, or a loop without operations? Nothing can interrupt it there, so the \
         process ends",
        execution.scenario,
        execution.backend,
        execution.settings.standstill.as_secs_f64()
    );
    // Written past libtest's capture, which is lost; nothing is left to be done if it fails.
    let _ = writeln!(std::io::stderr(), "{text}");
    std::process::abort();
}
