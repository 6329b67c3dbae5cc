//! The panic hook: a panic inside of a scenario is recorded, and printed by whoever reports it;
//! every other panic is printed as before.
//!
//! There is one hook, installed once and for good, because restoring hooks races between parallel
//! tests. Shuttle's first run in a process installs a hook that prints on every panic; a run of
//! nothing gets that over with, and its hook is thrown away.

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
    if info.payload().is::<Abandon>() {
        return true;
    }
    let message = message(info);
    // loom's coroutines end, and are canceled, by a panic of their own.
    let from_coroutine = info.location().is_some_and(|place| place.file().contains("generator-"));
    if message.is_none() && from_coroutine {
        return true;
    }
    let message = message.unwrap_or_else(|| "a panic without a message".to_owned());
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let recorded = execution::with_current(|execution| {
        #[cfg(any(loom, shuttle, selvedge))]
        if execution.backend == execution::Backend::Loom {
            super::loom::note_panic(execution, &message);
        }
        let thread = execution::current_thread();
        execution.progress.lock().panics.push(PanicRecord { thread, message, place });
    });
    recorded.is_some()
}

fn message(info: &PanicHookInfo<'_>) -> Option<String> {
    let payload = info.payload();
    payload
        .downcast_ref::<&str>()
        .map(|message| (*message).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
}
