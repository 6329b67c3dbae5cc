//! Which executions the memory models allow: the axioms as they are printed, over relations.
//!
//! Sequential consistency, and RC11 of Lahav, Vafeiadis, Kang, Hur and Dreyer (*Repairing
//! Sequential Consistency in C/C++11*, PLDI 2017), with two changes of C++20: release sequences are
//! of read-modify-writes only, and the order of SeqCst accesses follows from *strongly happens
//! before*.

use selvedge::scenario::Memory;
use selvedge::sync::atomic::Ordering;

use super::graph::{Action, Event, Graph, Place};
use super::relation::{EVENTS, Relation};

/// Whether the memory model allows the execution, or this beginning of one.
pub fn is_consistent(graph: &Graph, memory: Memory) -> bool {
    let relations = Relations::new(graph);
    if memory == Memory::Sc {
        relations.is_sequentially_consistent()
    } else {
        relations.is_consistent_in_rc11()
    }
}

/// The events in one sequence, with what a graph says of them.
struct Relations {
    events: Vec<Event>,
    /// Program order. What spawning and joining put in order is in it, too.
    po: Relation,
    /// Reads from: from the write to the read.
    rf: Relation,
    /// Modification order.
    mo: Relation,
    /// From the first to the second half of a read-modify-write.
    rmw: Relation,
    /// Reads before: from a read to the writes after the one that it read.
    rb: Relation,
}

impl Relations {
    fn new(graph: &Graph) -> Relations {
        let locations = graph.modification_order.len();
        let last = graph.parts.len() - 1;
        // The initial writes, which main does before everything else, as one part more.
        let mut events: Vec<Event> = (0..locations)
            .map(|location| Event {
                action: Action::Write { location, value: 0, is_update: false },
                ordering: Ordering::Relaxed,
            })
            .collect();
        let mut part_of: Vec<Option<usize>> = vec![None; locations];
        let mut first_of = Vec::new();
        for (part, of_part) in graph.parts.iter().enumerate() {
            first_of.push(events.len());
            events.extend(of_part);
            part_of.resize(events.len(), Some(part));
        }
        let count = events.len();
        assert!(count <= EVENTS, "{count} events are too many");
        let number = |place: Place| first_of[place.part] + place.index;

        let po = Relation::of_pairs(count, |from, to| match (part_of[from], part_of[to]) {
            (None, None) => from < to,
            (None, Some(_)) => true,
            (Some(_), None) => false,
            (Some(one), Some(other)) if one == other => from < to,
            // Main before the spawns, and after the joins.
            (Some(one), Some(other)) => one == 0 || other == last,
        });
        let mut rf = Relation::EMPTY;
        let mut rmw = Relation::EMPTY;
        for (event, Event { action, .. }) in events.iter().enumerate() {
            match *action {
                Action::Read { location, from: None } => rf.insert(location, event),
                Action::Read { from: Some(write), .. } => rf.insert(number(write), event),
                Action::Write { is_update: true, .. } => rmw.insert(event - 1, event),
                Action::Write { .. } | Action::Fence => {}
            }
        }
        let mut mo = Relation::EMPTY;
        for (location, writes) in graph.modification_order.iter().enumerate() {
            let mut earlier = vec![location];
            for write in writes.iter().map(|write| number(*write)) {
                earlier.iter().for_each(|earlier| mo.insert(*earlier, write));
                earlier.push(write);
            }
        }
        let rb = rf.inverse().then(mo);
        Relations { events, po, rf, mo, rmw, rb }
    }

    /// Nothing is written between the halves of a read-modify-write.
    fn is_atomic(&self) -> bool {
        (self.rmw & self.rb.then(self.mo)).is_empty()
    }

    fn is_sequentially_consistent(&self) -> bool {
        self.is_atomic() && (self.po | self.rf | self.mo | self.rb).is_acyclic()
    }

    fn is_consistent_in_rc11(&self) -> bool {
        let Relations { po, rf, mo, rb, .. } = *self;
        let hb = self.happens_before();
        let eco = (rf | mo | rb).closure();
        let is_coherent = hb.then(eco.or_not()).is_irreflexive();
        // Nothing comes out of thin air: no load buffering.
        let has_no_future = (po | rf).is_acyclic();
        is_coherent && self.is_atomic() && has_no_future && self.partial_sc(hb, eco).is_acyclic()
    }

    /// `hb = (po ∪ sw)⁺`.
    fn happens_before(&self) -> Relation {
        (self.po | self.synchronizes_with()).closure()
    }

    /// `sw = [⊒rel] ; ([F] ; po)? ; rs ; rf ; [R ⊒rlx] ; (po ; [F])? ; [⊒acq]`, with the release
    /// sequence `rs = [W] ; (rf ; rmw)*`.
    fn synchronizes_with(&self) -> Relation {
        let Relations { po, rf, rmw, .. } = *self;
        let releases = self.those(|event| {
            matches!(event.ordering, Ordering::Release | Ordering::AcqRel | Ordering::SeqCst)
        });
        let acquires = self.those(|event| {
            matches!(event.ordering, Ordering::Acquire | Ordering::AcqRel | Ordering::SeqCst)
        });
        let fences = self.those(|event| event.action == Action::Fence);
        let writes = self.those(|event| matches!(event.action, Action::Write { .. }));
        let reads = self.those(|event| matches!(event.action, Action::Read { .. }));
        let release_sequence = writes.then(rf.then(rmw).any_times());
        releases
            .then(fences.then(po).or_not())
            .then(release_sequence)
            .then(rf)
            .then(reads)
            .then(po.then(fences).or_not())
            .then(acquires)
    }

    /// `psc = psc_base ∪ psc_F`:
    /// `psc_base = ([sc] ∪ [F sc] ; hb?) ; scb ; ([sc] ∪ hb? ; [F sc])`,
    /// `psc_F = [F sc] ; (hb ∪ hb ; eco ; hb) ; [F sc]`,
    /// `scb = po ∪ po ; hb ; po ∪ hb|loc ∪ mo ∪ rb`.
    fn partial_sc(&self, hb: Relation, eco: Relation) -> Relation {
        let Relations { po, mo, rb, .. } = *self;
        let sc = self.those(|event| event.ordering == Ordering::SeqCst);
        let sc_fences = sc & self.those(|event| event.action == Action::Fence);
        let scb = po | po.then(hb).then(po) | (hb & self.same_location()) | mo | rb;
        let base =
            (sc | sc_fences.then(hb.or_not())).then(scb).then(sc | hb.or_not().then(sc_fences));
        let of_fences = sc_fences.then(hb | hb.then(eco).then(hb)).then(sc_fences);
        base | of_fences
    }

    fn same_location(&self) -> Relation {
        let location = |event: usize| match self.events[event].action {
            Action::Read { location, .. } | Action::Write { location, .. } => Some(location),
            Action::Fence => None,
        };
        Relation::of_pairs(self.events.len(), |one, other| {
            location(one).is_some() && location(one) == location(other)
        })
    }

    /// `[S]` of the events of which this holds.
    fn those(&self, holds: impl Fn(&Event) -> bool) -> Relation {
        Relation::identity(self.events.len(), |event| holds(&self.events[event]))
    }
}
