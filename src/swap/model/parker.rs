//! The one place where threads of the model build block, but for mutexes and joins: a token that
//! one thread waits for and any thread may give. Condition variables are built from it.

use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::super::execution::{self, Backend, switching};
use super::graph::Token as GraphToken;
use super::origin::{Origin, Route, backend};
use super::time::{Instant, Moment};
use super::trace::Effect;

/// A token, and the engine's means to wait for it.
pub(crate) struct Token {
    variant: Variant,
}

// A token has an allocation of its own, of which there are few at a time.
#[allow(clippy::large_enum_variant)]
enum Variant {
    Plain { token: parking_lot::Mutex<bool>, signal: parking_lot::Condvar },
    Graph(GraphToken),
    Loom { token: loom::sync::Mutex<bool>, signal: loom::sync::Condvar },
    Shuttle { token: shuttle::sync::Mutex<bool>, signal: shuttle::sync::Condvar },
}

// SAFETY: the engines' types are used on one operating-system thread only, which `Origin::admit`
// enforces; the plain ones are `Send` and `Sync`.
unsafe impl Send for Token {}
// SAFETY: as for `Send`.
unsafe impl Sync for Token {}

/// Waits on an engine's mutex and condition variable until the token is there, or `expired`.
macro_rules! wait_for_token {
    ($token:ident, $signal:ident, $expired:expr) => {{
        let mut token = $token.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if std::mem::take(&mut *token) || $expired() {
                break;
            }
            token = $signal.wait(token).unwrap_or_else(PoisonError::into_inner);
        }
    }};
}

impl Token {
    #[track_caller]
    pub fn new() -> Token {
        let plain = || Variant::Plain {
            token: parking_lot::Mutex::new(false),
            signal: parking_lot::Condvar::new(),
        };
        let variant = match backend() {
            Backend::Plain => plain(),
            Backend::Graph => {
                GraphToken::create(Location::caller()).map_or_else(plain, Variant::Graph)
            }
            Backend::Loom => Variant::Loom {
                token: loom::sync::Mutex::new(false),
                signal: loom::sync::Condvar::new(),
            },
            Backend::Shuttle => Variant::Shuttle {
                token: shuttle::sync::Mutex::new(false),
                signal: shuttle::sync::Condvar::new(),
            },
        };
        Token { variant }
    }

    /// Blocks until the token is there, and takes it; or until the deadline. An operation of the
    /// object of which `origin` is.
    pub(super) fn take(
        self: &Arc<Self>,
        origin: &Origin,
        deadline: Option<Instant>,
        operation: &'static str,
        place: &'static Location<'static>,
    ) {
        if origin.admit() == Route::Shadow {
            return;
        }
        origin.begin_wait(operation, place);
        match (deadline.map(Instant::moment), &self.variant) {
            (Some(Moment::Real(deadline)), _) => self.take_before(deadline),
            (Some(Moment::Manual(deadline)), Variant::Graph(token)) => {
                token.take(Some(deadline), origin, place);
            }
            (None, Variant::Graph(token)) => token.take(None, origin, place),
            (Some(Moment::Manual(deadline)), _) => {
                super::time::with_clock(|clock| {
                    clock.register(deadline, self);
                    self.take_unless(|| clock.now() >= deadline);
                    clock.deregister(self);
                });
            }
            (None, _) => self.take_unless(|| false),
        }
        origin.report(operation, [None; 2], Effect::Nothing, place);
    }

    fn take_unless(&self, expired: impl Fn() -> bool) {
        switching(|| match &self.variant {
            Variant::Plain { token, signal } => {
                let mut token = token.lock();
                while !std::mem::take(&mut *token) && !expired() {
                    signal.wait(&mut token);
                }
            }
            Variant::Graph(_) => unreachable!("the graph engine's token knows the clock"),
            Variant::Loom { token, signal } => wait_for_token!(token, signal, expired),
            Variant::Shuttle { token, signal } => wait_for_token!(token, signal, expired),
        });
    }

    /// Outside of a scenario only, where time is real.
    fn take_before(&self, deadline: std::time::Instant) {
        let Variant::Plain { token, signal } = &self.variant else {
            panic!("an Instant from outside of the scenario was used as a deadline inside of it")
        };
        let mut token = token.lock();
        while !std::mem::take(&mut *token) {
            if signal.wait_until(&mut token, deadline).timed_out() {
                *token = false;
                break;
            }
        }
    }

    /// Gives the token, and wakes who waits for it.
    pub fn give(&self, place: &'static Location<'static>) {
        match &self.variant {
            Variant::Graph(token) => token.give(place),
            _ => self.signal(true),
        }
    }

    /// Makes who waits look at the clock again.
    pub fn look_again(&self) {
        self.signal(false);
    }

    fn signal(&self, give: bool) {
        switching(|| match &self.variant {
            Variant::Plain { token, signal } => {
                *token.lock() |= give;
                signal.notify_one();
            }
            Variant::Graph(_) => unreachable!("the graph engine's waits look at the clock"),
            Variant::Loom { token, signal } => {
                *token.lock().unwrap_or_else(PoisonError::into_inner) |= give;
                signal.notify_one();
            }
            Variant::Shuttle { token, signal } => {
                *token.lock().unwrap_or_else(PoisonError::into_inner) |= give;
                signal.notify_one();
            }
        });
    }
}

/// Blocks its thread until a token is given by an [`Unparker`]. As crossbeam-utils' type.
pub struct Parker {
    unparker: Unparker,
    not_sync: PhantomData<std::cell::Cell<()>>,
}

impl Parker {
    /// Creates a parker without a token.
    #[track_caller]
    pub fn new() -> Self {
        let unparker = Unparker { origin: Origin::new("Parker"), token: Arc::new(Token::new()) };
        Parker { unparker, not_sync: PhantomData }
    }

    /// Blocks until there is a token, and takes it. What happened before `unpark` happens before
    /// the return.
    #[track_caller]
    pub fn park(&self) {
        self.take(None, "park", Location::caller());
    }

    /// As [`park`](Self::park), but for `timeout` at most.
    #[track_caller]
    pub fn park_timeout(&self, timeout: Duration) {
        let deadline = Instant::now().checked_add(timeout);
        self.take(deadline, "park_timeout", Location::caller());
    }

    /// As [`park`](Self::park), but until `deadline` at most.
    #[track_caller]
    pub fn park_deadline(&self, deadline: Instant) {
        self.take(Some(deadline), "park_deadline", Location::caller());
    }

    fn take(
        &self,
        deadline: Option<Instant>,
        operation: &'static str,
        place: &'static Location<'static>,
    ) {
        self.unparker.token.take(&self.unparker.origin, deadline, operation, place);
    }

    /// The other end.
    pub fn unparker(&self) -> &Unparker {
        &self.unparker
    }
}

impl Default for Parker {
    #[track_caller]
    fn default() -> Self {
        Parker::new()
    }
}

impl fmt::Debug for Parker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parker { .. }")
    }
}

/// Gives the token to a [`Parker`].
#[derive(Clone)]
pub struct Unparker {
    origin: Origin,
    token: Arc<Token>,
}

impl Unparker {
    /// Makes the token available, and wakes the parked thread if there is one.
    #[track_caller]
    pub fn unpark(&self) {
        if self.origin.admit() == Route::Shadow {
            return;
        }
        // Reported first, because the parked thread may go on within the engine's call.
        self.origin.report("unpark", [None; 2], Effect::Nothing, Location::caller());
        self.token.give(Location::caller());
    }
}

impl fmt::Debug for Unparker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unparker { .. }")
    }
}

/// Blocks for `duration`. Inside of a scenario, until other threads have advanced the clock by it.
#[track_caller]
pub fn sleep(duration: Duration) {
    if !in_scenario() {
        std::thread::sleep(duration);
        return;
    }
    let Some(deadline) = Instant::now().checked_add(duration) else {
        panic!("a sleep beyond the end of the scenario's clock, 584 years");
    };
    let token = Arc::new(Token::new());
    token.take(&Origin::new("sleep"), Some(deadline), "sleep", Location::caller());
}

/// Whether the calling code is inside of a scenario, where time is manual.
pub(super) fn in_scenario() -> bool {
    execution::current_id() != 0
}
