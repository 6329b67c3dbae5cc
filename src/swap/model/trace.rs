//! What the operations of an execution are reported to: the list of them, in the order in which
//! the engine performed them, and what follows from it.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::Location;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// An integer, pointer or flag that an operation read or wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Value {
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Pointer(usize),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Bool(value) => value.fmt(f),
            Value::Unsigned(value) => value.fmt(f),
            Value::Signed(value) => value.fmt(f),
            Value::Pointer(address) => write!(f, "{address:#x}"),
        }
    }
}

/// What an operation did to its object.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Effect {
    Nothing,
    Read(Value),
    Wrote(Value),
    Updated {
        read: Value,
        written: Value,
    },
    /// A compare-exchange that failed.
    Refused {
        read: Value,
    },
    /// Another thread of the scenario was spawned.
    Spawned(u32),
    /// The end of another thread was seen.
    Joined(u32),
    /// A wait ended, and how, if not as usual.
    Ended(&'static str),
}

/// One operation, as it was performed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub thread: u32,
    /// Index into the objects of the trace; [`Event::NO_OBJECT`] for fences and thread operations.
    pub object: u32,
    pub operation: &'static str,
    /// The ordering; the second is that of a failed compare-exchange.
    pub orderings: [Option<Ordering>; 2],
    pub effect: Effect,
    pub place: &'static Location<'static>,
    /// The number of events before the thread began to wait for this one.
    pub began: u32,
}

impl Event {
    pub const NO_OBJECT: u32 = u32::MAX;
    /// The object is a part of another one; its operations are not reported.
    pub const SILENT: u32 = u32::MAX - 1;

    /// The other thread of a spawn or join.
    pub fn effect_thread(&self) -> Option<u32> {
        match self.effect {
            Effect::Spawned(thread) | Effect::Joined(thread) => Some(thread),
            _ => None,
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.operation)?;
        match self.effect {
            Effect::Nothing => {}
            Effect::Read(value) => write!(f, " -> {value}")?,
            Effect::Wrote(value) => write!(f, " = {value}")?,
            Effect::Updated { read, written } => write!(f, " {read} -> {written}")?,
            Effect::Refused { read } => write!(f, " failed, read {read}")?,
            Effect::Spawned(thread) | Effect::Joined(thread) => write!(f, " thread {thread}")?,
            Effect::Ended(how) => write!(f, ", {how}")?,
        }
        match (self.effect, self.orderings) {
            (Effect::Refused { .. }, [_, Some(failure)]) => write!(f, " ({failure:?})"),
            (_, [Some(ordering), _]) => write!(f, " ({ordering:?})"),
            _ => Ok(()),
        }
    }
}

/// What a thread waits for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wait {
    pub object: u32,
    pub operation: &'static str,
    pub place: &'static Location<'static>,
    pub began: u32,
    /// The thread whose end it waits for.
    pub joins: Option<u32>,
}

/// From a thread's first to its last operation on an object, between two joins of the thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span<T> {
    pub object: u32,
    pub thread: u32,
    pub phase: u32,
    pub first: T,
    pub last: T,
}

impl<T: PartialOrd + Copy> Span<T> {
    /// Adds an operation to the spans of one trace.
    pub fn extend(
        spans: &mut Vec<Span<T>>,
        object: u32,
        thread: u32,
        phase: u32,
        first: T,
        last: T,
    ) {
        let same = |span: &&mut Span<T>| {
            span.object == object && span.thread == thread && span.phase == phase
        };
        match spans.iter_mut().rev().find(same) {
            Some(span) => span.last = last,
            None => spans.push(Span { object, thread, phase, first, last }),
        }
    }

    /// Whether two threads were at one object at the same time.
    pub fn any_overlap(spans: &[Span<T>]) -> bool {
        spans.iter().enumerate().any(|(i, a)| {
            spans[i + 1..].iter().any(|b| {
                a.object == b.object && a.thread != b.thread && a.first < b.last && b.first < a.last
            })
        })
    }
}

/// The operations and objects of one execution.
#[derive(Default)]
pub(crate) struct Trace {
    pub events: Vec<Event>,
    /// The kinds of the objects, in order of creation.
    pub objects: Vec<&'static str>,
    waiting: Vec<Option<Wait>>,
    /// Real threads only, where the order of operations is not known: by time.
    pub timed: Vec<Span<Instant>>,
}

impl Trace {
    /// Adds an object, and returns its index.
    pub fn add_object(&mut self, kind: &'static str) -> u32 {
        self.objects.push(kind);
        (self.objects.len() - 1) as u32
    }

    /// Notes that the thread is about to wait for an object.
    pub fn begin_wait(
        &mut self,
        thread: u32,
        object: u32,
        operation: &'static str,
        place: &'static Location<'static>,
    ) {
        let began = self.events.len() as u32;
        self.add_wait(thread, Wait { object, operation, place, began, joins: None });
    }

    /// Notes that the thread is about to wait for the end of another one.
    pub fn begin_join(&mut self, thread: u32, other: u32, place: &'static Location<'static>) {
        let (object, began) = (Event::NO_OBJECT, self.events.len() as u32);
        let joins = Some(other);
        self.add_wait(thread, Wait { object, operation: "join", place, began, joins });
    }

    fn add_wait(&mut self, thread: u32, wait: Wait) {
        let index = thread as usize;
        if self.waiting.len() <= index {
            self.waiting.resize(index + 1, None);
        }
        self.waiting[index] = Some(wait);
    }

    /// Notes that the thread waits no longer, and returns when it began to.
    pub fn end_wait(&mut self, thread: u32) -> u32 {
        let wait = self.waiting.get_mut(thread as usize).and_then(Option::take);
        wait.map_or(self.events.len() as u32, |wait| wait.began)
    }

    /// What each thread waits for.
    pub fn waits(&self) -> impl Iterator<Item = (u32, Wait)> + '_ {
        self.waiting.iter().enumerate().filter_map(|(thread, wait)| Some((thread as u32, (*wait)?)))
    }

    /// Whether operations of two threads on one object overlapped in this execution.
    pub fn overlapped(&self) -> bool {
        if !self.timed.is_empty() {
            return Span::any_overlap(&self.timed);
        }
        let mut phases: Vec<u32> = Vec::new();
        let mut spans = Vec::new();
        for (index, event) in self.events.iter().enumerate() {
            let thread = event.thread as usize;
            if phases.len() <= thread {
                phases.resize(thread + 1, 0);
            }
            if matches!(event.effect, Effect::Joined(_)) {
                phases[thread] += 1;
            }
            if event.object != Event::NO_OBJECT {
                let began = event.began.min(index as u32);
                Span::extend(
                    &mut spans,
                    event.object,
                    event.thread,
                    phases[thread],
                    began,
                    index as u32,
                );
            }
        }
        Span::any_overlap(&spans)
    }

    /// The object's name in a trace: its kind, and its number among those of its kind.
    pub fn object_name(&self, object: u32) -> String {
        let Some(kind) = self.objects.get(object as usize) else { return String::new() };
        let number = self.objects[..=object as usize].iter().filter(|other| *other == kind).count();
        format!("{kind}#{number}")
    }

    /// A digest of what happened, without addresses: equal for equal executions.
    pub fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for event in &self.events {
            (event.thread, event.object, event.operation).hash(&mut hasher);
            (event.place.line(), event.place.column()).hash(&mut hasher);
            let value = |value: Value| match value {
                Value::Pointer(address) => Value::Pointer(usize::from(address != 0)),
                other => other,
            };
            match event.effect {
                Effect::Nothing => 0_u8.hash(&mut hasher),
                Effect::Read(read) => value(read).hash(&mut hasher),
                Effect::Wrote(written) => value(written).hash(&mut hasher),
                Effect::Updated { read, written } => {
                    (value(read), value(written)).hash(&mut hasher)
                }
                Effect::Refused { read } => value(read).hash(&mut hasher),
                Effect::Spawned(thread) | Effect::Joined(thread) => thread.hash(&mut hasher),
                Effect::Ended(how) => how.hash(&mut hasher),
            }
        }
        hasher.finish()
    }
}
