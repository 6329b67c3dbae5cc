//! A stack of numbered nodes, which are used again.

use selvedge::sync::atomic::AtomicU64;

use super::*;

/// The end of a stack.
const NONE: u32 = u32::MAX;

/// Two nodes; 0 is on top at first. The head may count its changes, beside the number on top.
struct Stack {
    head: AtomicU64,
    below: [AtomicU32; 2],
    counts: bool,
}

impl Stack {
    fn new(counts: bool) -> Stack {
        let below = [AtomicU32::new(1), AtomicU32::new(NONE)];
        Stack { head: AtomicU64::new(0), below, counts }
    }

    fn top(head: u64) -> u32 {
        head as u32
    }

    /// The head with another node on top.
    fn changed(&self, head: u64, top: u32) -> u64 {
        let count = (head >> 32) + u64::from(self.counts);
        count << 32 | u64::from(top)
    }

    fn pop(&self) -> Option<u32> {
        let mut head = self.head.load(Acquire);
        loop {
            let top = Stack::top(head);
            if top == NONE {
                return None;
            }
            let below = self.below[top as usize].load(Relaxed);
            let popped = self.changed(head, below);
            match self.head.compare_exchange(head, popped, AcqRel, Acquire) {
                Ok(_) => return Some(top),
                Err(now) => head = now,
            }
        }
    }

    fn push(&self, node: u32) {
        let mut head = self.head.load(Relaxed);
        loop {
            self.below[node as usize].store(Stack::top(head), Relaxed);
            let pushed = self.changed(head, node);
            match self.head.compare_exchange(head, pushed, AcqRel, Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }
}

/// One takes a node, while another one takes two, and gives the first one back.
fn taken_and_given_back(counts: bool) -> impl Fn() + Send + Sync + 'static {
    move || {
        let stack = Stack::new(counts);
        let taken = [Shared::new(0), Shared::new(0)];
        let take = || {
            let node = stack.pop();
            node.inspect(|node| {
                let taken = &taken[*node as usize];
                assert_eq!(taken.read(), 0, "node {node} is taken twice");
                taken.write(1);
            })
        };
        thread::scope(|scope| {
            scope.spawn(take);
            scope.spawn(|| {
                if let (Some(first), Some(_second)) = (take(), take()) {
                    taken[first as usize].write(0);
                    stack.push(first);
                }
            });
        });
        while take().is_some() {}
    }
}

#[test]
fn the_head_of_a_stack_counts_its_changes() {
    let violation = found("stack of numbers", taken_and_given_back(false));
    assert_eq!(violation.kind, ViolationKind::Panic, "{violation}");
    assert!(violation.message.contains("is taken twice"), "{violation}");
    let report = holds("stack of counted numbers", taken_and_given_back(true));
    assert!(report.executions > 1, "{report}");
}
