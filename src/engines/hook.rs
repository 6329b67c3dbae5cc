//! The panic hook: a panic inside of a scenario is recorded, and printed by whoever reports it;
//! every other panic is printed as before.
//!
//! There is one hook, installed once and for good, because restoring hooks races between parallel
//! tests. Shuttle's first run in a process installs a hook that prints on every panic; a run of
//! nothing gets that over with, and its hook is thrown away.

use std::any::Any;
use std::io::Write;
use std::panic::PanicHookInfo;
use std::sync::Once;

use crate::swap::execution::{self, Abandon, PanicRecord};

/// Installs the hook, once.
pub(super) fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let original = std::panic::take_hook();
        #[cfg(any(loom, shuttle, selvedge))]
        {
            std::panic::set_hook(Box::new(|_| {}));
            super::shuttle::run_nothing();
            drop(std::panic::take_hook());
        }
        std::panic::set_hook(Box::new(move |info| {
            if !is_ours(info) {
                original(info);
            }
        }));
    });
}

/// Whether the panic is a scenario's, or a means of an engine. Records it if it is a scenario's.
fn is_ours(info: &PanicHookInfo<'_>) -> bool {
    #[cfg(any(loom, shuttle, selvedge))]
    crate::graph::note_panic();
    if info.payload().is::<Abandon>() {
        return true;
    }
    let message = text_of(info.payload()).map(str::to_owned);
    // loom's coroutines end, and are canceled, by a panic of their own.
    let from_coroutine = info.location().is_some_and(|place| place.file().contains("generator-"));
    if message.is_none() && from_coroutine {
        return true;
    }
    let message = message.unwrap_or_else(|| "a panic without a message".to_owned());
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    if message.starts_with("panic in a destructor")
        || message.starts_with("panic in a function that")
    {
        explain_abort(&message);
    }
    let recorded = execution::with_current(|execution| {
        #[cfg(any(loom, shuttle, selvedge))]
        if execution.backend == execution::Backend::Loom {
            super::loom::note_panic(execution, &message);
        }
        #[cfg(any(loom, shuttle, selvedge))]
        if place.contains("shuttle-schedulers-") || place.contains("shuttle-engine-") {
            super::shuttle::note_panic(execution, &message);
        }
        let thread = execution::current_thread();
        execution.progress.lock().panics.push(PanicRecord { thread, message, place });
    });
    recorded.is_some()
}

/// Says what is known before the process aborts. Written past libtest's capture, which is lost.
fn explain_abort(message: &str) {
    let _ = execution::with_current(|execution| {
        let progress = execution.progress.lock();
        let first = progress.panics.first();
        let cause = first.map_or(String::new(), |panic| {
            format!(" First, a thread panicked at {}: {}.", panic.place, panic.message)
        });
        let test = std::thread::current().name().unwrap_or("?").to_owned();
        #[cfg(any(loom, shuttle, selvedge))]
        let is_loom = execution.backend == execution::Backend::Loom;
        #[cfg(not(any(loom, shuttle, selvedge)))]
        let is_loom = false;
        let limit = if is_loom {
            " It is a limit of loom's if a destructor waits for another thread during a panic: see \
             selvedge::docs::limits, and leave loom out by .without(Engine::Loom)"
        } else {
            ""
        };
        let text = format!(
            "\n{test}: {message}, scenario {:?}, {:?}.{cause} The process aborts.{limit}",
            execution.scenario, execution.backend
        );
        // Nothing is left to be done if this fails.
        let _ = writeln!(std::io::stderr(), "{text}");
    });
}

/// What a panic said, if that is text.
pub(super) fn text_of(payload: &(dyn Any + Send)) -> Option<&str> {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}
