//! Histories of nodes that exchange messages, for the properties of clocks: what happens on which
//! node, and in which order messages arrive, each up to three times.

// A test uses less than all of it.
#![allow(dead_code)]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// How many nodes there are.
pub const NODES: usize = 3;

/// What happens next.
#[derive(Clone, Debug)]
pub enum Step {
    /// An event on a node.
    Event { node: usize },
    /// An event on a node, of which a message tells another one; so many copies will arrive.
    Send { from: usize, to: usize, copies: usize },
    /// One of the copies under way arrives, if there is one.
    Arrive { which: Index },
    /// A node's wall clock is set forward or back.
    Jump { node: usize, milliseconds: i64 },
}

/// Histories; jumps of wall clocks are that far at most.
pub fn history(milliseconds: i64) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => (0..NODES).prop_map(|node| Step::Event { node }),
        3 => (0..NODES, 0..NODES, 1..=3_usize)
            .prop_map(|(from, to, copies)| Step::Send { from, to, copies }),
        4 => any::<Index>().prop_map(|which| Step::Arrive { which }),
        2 => (0..NODES, -milliseconds..=milliseconds)
            .prop_map(|(node, milliseconds)| Step::Jump { node, milliseconds }),
    ];
    vec(step, 1..48)
}

/// Copies of messages that have not arrived yet.
pub struct UnderWay<M> {
    copies: Vec<(usize, M)>,
}

impl<M: Clone> UnderWay<M> {
    /// None.
    pub fn new() -> Self {
        UnderWay { copies: Vec::new() }
    }

    /// Sends so many copies of a message to a node.
    pub fn send(&mut self, to: usize, message: M, copies: usize) {
        self.copies.extend(std::iter::repeat_n((to, message), copies));
    }

    /// One of the copies arrives, or all that are left do.
    pub fn arrive(&mut self, which: Option<Index>) -> Vec<(usize, M)> {
        match which {
            None => std::mem::take(&mut self.copies),
            Some(_) if self.copies.is_empty() => Vec::new(),
            Some(which) => {
                let index = which.index(self.copies.len());
                vec![self.copies.swap_remove(index)]
            }
        }
    }
}
