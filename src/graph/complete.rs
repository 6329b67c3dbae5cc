//! What is told of a complete execution: a text, for tests that compare executions, and whether its
//! threads met.

use std::fmt::Write;

use super::clock::Order;
use super::event::{EventId, Kind, Request, Update};
use super::execution_graph::Graph;

impl Graph {
    /// The accesses and fences of each thread, and the modification orders. What tells two
    /// executions of one program apart is in it, and nothing else.
    pub fn key(&self) -> String {
        let listed = |kind: Kind| {
            matches!(
                kind,
                Kind::Read
                    | Kind::ExclusiveRead
                    | Kind::Write
                    | Kind::UpdateWrite
                    | Kind::Fence
                    | Kind::Choice(_)
            )
        };
        // The number of each event among the listed ones of its thread.
        let mut numbers = vec![0; self.events.len()];
        for events in &self.threads {
            let events = events.iter().filter(|id| listed(self.event(**id).request.kind));
            events.enumerate().for_each(|(number, id)| numbers[id.index()] = number);
        }
        let name = |id: EventId| match self.event(id) {
            event if event.request.kind == Kind::Create => "i".to_owned(),
            event => format!("{}.{}", event.thread, numbers[id.index()]),
        };
        let mut key = String::new();
        // Writing to a string cannot fail.
        for (thread, events) in self.threads.iter().enumerate() {
            let events = events.iter().map(|id| self.event(*id));
            let words: Vec<String> = events
                .filter_map(|event| match event.request.kind {
                    Kind::Fence => Some("F".to_owned()),
                    kind if !listed(kind) => None,
                    kind if kind.is_read() => {
                        // What a weak exchange chose shows in whether it writes.
                        let chosen = match (event.request.update, event.choice) {
                            (_, 0) | (Update::Exchange { .. }, _) => String::new(),
                            (_, choice) => format!("#{choice}"),
                        };
                        let Request { location, .. } = event.request;
                        Some(format!("R{location}={}{chosen}", name(event.source)))
                    }
                    Kind::Choice(_) => Some(format!("C{}", event.choice)),
                    _ => Some(format!("W{}", event.request.location)),
                })
                .collect();
            if !words.is_empty() {
                let _ = write!(key, "{thread}:{};", words.join(" "));
            }
        }
        key.push('|');
        for (number, location) in self.locations.iter().enumerate() {
            let names: Vec<String> = location.order.iter().skip(1).map(|id| name(*id)).collect();
            if !names.is_empty() {
                let _ = write!(key, "{number}:{};", names.join(" "));
            }
        }
        key
    }

    /// When a thread came to an operation: before it, if that waits.
    fn arrival(&self, event: EventId) -> EventId {
        let waits = self.event(event).request.waits();
        self.previous(event).filter(|_| waits).unwrap_or(event)
    }

    /// Whether two threads were at one location at the same time: each had accesses before the last
    /// one of the other. One that waits for a value has come there before it does.
    pub fn overlaps(&self) -> bool {
        // For each thread, its first and its last access.
        let mut spans: Vec<(u32, [EventId; 2])> = Vec::new();
        self.locations.iter().any(|location| {
            spans.clear();
            for id in location.order.iter().skip(1).chain(&location.reads) {
                let event = self.event(*id);
                match spans.iter_mut().find(|(thread, _)| *thread == event.thread) {
                    Some((_, [first, last])) => {
                        if event.index < self.event(*first).index {
                            *first = *id;
                        } else if event.index > self.event(*last).index {
                            *last = *id;
                        }
                    }
                    None => spans.push((event.thread, [*id, *id])),
                }
            }
            spans.iter().enumerate().any(|(at, (_, [first, last]))| {
                spans[at + 1..].iter().any(|(_, [other_first, other_last])| {
                    !self.comes_before(*last, Order::Causal, self.arrival(*other_first))
                        && !self.comes_before(*other_last, Order::Causal, self.arrival(*first))
                })
            })
        })
    }
}
