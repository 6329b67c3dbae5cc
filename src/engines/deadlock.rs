//! Who waits for what, when no thread can go on.

use std::panic::Location;

use crate::swap::execution::Execution;
use crate::swap::model::{Event, Trace, Wait, waits_for_clock};

/// A thread that waits in a loop, which its engine knows, and no object does.
pub(super) type Loop = (u32, &'static Location<'static>);

/// Who waits for what, a line for each thread.
pub(super) fn deadlock(execution: &Execution, loops: &[Loop]) -> String {
    let names: Vec<String> = {
        let threads = execution.progress.lock().threads.len() as u32;
        (0..threads).map(|thread| execution.thread_name(thread)).collect()
    };
    let name = |thread: u32| names.get(thread as usize).map_or("", String::as_str);
    let mut message = "no thread can go on".to_owned();
    {
        let trace = execution.trace.lock();
        let mut waits: Vec<(u32, String)> =
            trace.waits().map(|(thread, wait)| (thread, in_words(&trace, wait, &name))).collect();
        for (thread, place) in loops {
            if waits.iter().all(|(other, _)| other != thread) {
                waits.push((*thread, in_a_loop(&trace, *thread, place)));
            }
        }
        waits.sort();
        for (thread, wait) in waits {
            message.push_str(&format!("\n{} {wait}", name(thread)));
        }
    }
    if waits_for_clock(execution) {
        message.push_str(
            "\nA wait with a timeout ends when a thread of the scenario calls selvedge::time::advance",
        );
    }
    let tries = execution.trace.lock().waits().any(|(_, wait)| wait.operation == "try_lock");
    if tries {
        message.push_str(
            "\nloom keeps a try_lock waiting that competes with another thread's lock, until the mutex is free: \
             if the other thread waits for this one, that is loom's limit and no deadlock; use Engine::Shuttle",
        );
    }
    message
}

/// What a thread waits for, and who has it.
fn in_words<'a>(trace: &Trace, wait: Wait, name: &impl Fn(u32) -> &'a str) -> String {
    let Wait { object, operation, place, .. } = wait;
    let object_name = trace.object_name(object);
    let what = match wait.joins {
        Some(thread) => format!("{operation} of {}", name(thread)),
        // A sleep is an object by itself.
        None if object_name.is_empty() || object_name.starts_with(operation) => {
            operation.to_owned()
        }
        None => format!("{operation} of {object_name}"),
    };
    let holders = match operation {
        "lock" | "read" | "write" => holders(trace, object),
        _ => Vec::new(),
    };
    let held = holders.into_iter().map(|taken| {
        let Event { thread, operation, place, .. } = taken;
        format!("\n  held by {}, by its {operation} at {place}", name(*thread))
    });
    format!("in {what} at {place}{}", held.collect::<String>())
}

/// How a lock was taken by those who hold it now.
fn holders(trace: &Trace, object: u32) -> Vec<&Event> {
    let mut holders: Vec<&Event> = Vec::new();
    let succeeded = |event: &&Event| !event.operation.ends_with("failed");
    for event in trace.events.iter().filter(|event| event.object == object).filter(succeeded) {
        if event.operation.starts_with("unlock") || event.operation == "downgrade" {
            let left = holders.iter().rposition(|holder| holder.thread == event.thread);
            left.map(|left| holders.remove(left));
        }
        if !event.operation.starts_with("unlock") {
            holders.push(event);
        }
    }
    holders
}

/// What a thread waits for that looks again and again.
fn in_a_loop(trace: &Trace, thread: u32, place: &Location<'_>) -> String {
    let mut events = trace.events.iter().rev().filter(|event| event.thread == thread);
    let looks = events.find(|event| event.operation != "yield");
    let looks = looks.filter(|event| event.object != Event::NO_OBJECT);
    let last = looks.map_or_else(String::new, |event| {
        format!(
            "\n  its last look: {event} of {} at {}",
            trace.object_name(event.object),
            event.place
        )
    });
    format!("in a loop at {place}{last}")
}
