//! The primitives: two threads of one or two operations, and all that these return.

use std::num::NonZeroUsize;

use selvedge::idempotency_table::{IdempotencyTable, OnInFlight};
use selvedge::queue;
use selvedge::single_writer::Shutdown;
use selvedge::thread;
use selvedge::{
    Fingerprint, Hlc, HybridClock, Lamport, LamportClock, ReorderBuffer, Retry, SequencedRegister,
    SingleWriter, Version, VersionedCell, VersionedWords,
};

use super::collect::Row;
use super::pair::pair;

pub fn rows() -> Vec<Row> {
    vec![
        Row::new("versioned cell, update and set", cell_update),
        Row::new("versioned cell, compare_and_set", cell_compare_and_set),
        Row::new("versioned cell, try_update", cell_try_update),
        Row::new("versioned words, set and try_load", words_set),
        Row::new("versioned words, compare_and_set", words_compare_and_set).loom_executions(1_000),
        Row::new("versioned words, two updates", words_update).loom_executions(1_000),
        Row::new("idempotency table, one key", table_one_key)
            .loom_executions(1_000)
            .sampled_well(6_000),
        Row::new("idempotency table, who is in flight", table_in_flight)
            .loom_executions(1_000)
            .sampled_well(6_000),
        Row::new("idempotency table, fail and forget", table_forget)
            .loom_executions(1_000)
            .sampled_well(6_000),
        Row::new("sequenced register, two offers", register_offers),
        Row::new("sequenced register, offers and a look", register_look),
        Row::new("Lamport clock, ticks", lamport_ticks),
        Row::new("Lamport clock, a message", lamport_observes),
        Row::new("hybrid clock, ticks", hybrid_ticks),
        Row::new("hybrid clock, a message", hybrid_observes),
        Row::new("reorder buffer, pushes", buffer_pushes).loom_executions(1_000),
        Row::new("reorder buffer, who delivers", buffer_delivers).loom_executions(1_000),
        Row::new("queue, two senders", queue_senders).loom_executions(1_000),
        Row::new("queue, try_send and try_recv", queue_tries).loom_executions(1_000),
        Row::new("queue, send and receive", queue_receives)
            .loom_executions(1_000)
            .sampled_well(6_000),
        Row::new("queue, close", queue_closes).loom_executions(1_000),
        Row::new("single writer, try_cast", writer_casts).loom_executions(500).sampled_well(6_000),
        Row::new("single writer, shutdown", writer_shuts_down)
            .loom_executions(500)
            .sampled_well(6_000),
    ]
}

fn size(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).expect("a size is not zero")
}

fn cell_update() -> String {
    let (cell, first, second) = pair(
        VersionedCell::new(1),
        |cell| (cell.update(|value| value * 3), cell.version()),
        |cell| (cell.set(5), cell.load()),
    );
    format!("{first:?} {second:?} {:?}", cell.load())
}

fn cell_compare_and_set() -> String {
    let (cell, first, second) = pair(
        VersionedCell::new(0),
        |cell| cell.compare_and_set(Version::FIRST, 1),
        |cell| {
            let seen = cell.version();
            (seen, cell.compare_and_set(seen, 2))
        },
    );
    format!("{first:?} {second:?} {:?}", cell.load())
}

fn cell_try_update() -> String {
    let once = |cell: &VersionedCell<u64>| {
        cell.try_update(&Retry::attempts(1), |value| Ok::<u64, ()>(value + 1))
    };
    let (cell, first, second) = pair(VersionedCell::new(0), once, once);
    format!("{first:?} {second:?} {:?}", cell.load())
}

fn words_set() -> String {
    let (words, first, second) = pair(
        VersionedWords::new([0, 0]),
        |words| words.set([1, 1]),
        |words| (words.try_load(), words.version()),
    );
    format!("{first:?} {second:?} {:?}", words.load())
}

fn words_compare_and_set() -> String {
    let (words, first, second) = pair(
        VersionedWords::new([0]),
        |words| words.compare_and_set(Version::FIRST, [1]),
        |words| {
            let seen = words.load();
            (seen, words.compare_and_set(seen.version, [2]))
        },
    );
    format!("{first:?} {second:?} {:?}", words.load())
}

fn words_update() -> String {
    let (words, first, second) = pair(
        VersionedWords::new([1]),
        |words| words.update(|[value]| [value * 3]),
        |words| (words.update(|[value]| [value + 1]), words.version()),
    );
    format!("{first:?} {second:?} {:?}", words.load())
}

const PAY: Fingerprint = Fingerprint::new(30);

fn table() -> IdempotencyTable<u64, u64> {
    IdempotencyTable::builder().shards(1).on_in_flight(OnInFlight::Reject).build().unwrap()
}

/// The effects return who ran them.
fn table_one_key() -> String {
    let call = |table: &IdempotencyTable<u64, u64>, name: u64| {
        table.execute(&7, PAY, |_| Ok::<u64, ()>(name))
    };
    let (_, first, second) =
        pair(table(), move |table| call(table, 1), move |table| [call(table, 2), call(table, 3)]);
    format!("{first:?} {second:?}")
}

fn table_in_flight() -> String {
    let (table, first, second) = pair(
        table(),
        |table| table.execute(&7, PAY, |_| Err::<u64, ()>(())),
        |table| table.execute(&7, PAY, |_| Ok::<u64, ()>(2)),
    );
    format!("{first:?} {second:?} {:?}", table.stats())
}

fn table_forget() -> String {
    let (_, first, second) = pair(
        table(),
        |table| table.execute(&7, PAY, |_| Ok::<u64, ()>(1)),
        |table| (table.forget(&7), table.execute(&7, PAY, |_| Ok::<u64, ()>(2))),
    );
    format!("{first:?} {second:?}")
}

const fn at(counter: u64, node: u64) -> Lamport {
    Lamport { counter, node }
}

fn register_offers() -> String {
    let (register, first, second) = pair(
        SequencedRegister::new(),
        |register| register.offer(at(2, 1), 'a'),
        |register| [register.offer(at(1, 2), 'b'), register.offer(at(2, 2), 'c')],
    );
    format!("{first:?} {second:?} {:?}", register.load())
}

fn register_look() -> String {
    let (_, first, second) = pair(
        SequencedRegister::new(),
        |register| [register.offer(at(1, 1), 'a'), register.offer(at(2, 1), 'b')],
        |register| (register.load(), register.stamp(), register.is_stale(at(1, 2))),
    );
    format!("{first:?} {second:?}")
}

fn lamport_ticks() -> String {
    let (clock, first, second) = pair(
        LamportClock::new(1),
        |clock| [clock.tick(), clock.tick()],
        |clock| (clock.tick(), clock.latest()),
    );
    format!("{first:?} {second:?} {:?}", clock.latest())
}

fn lamport_observes() -> String {
    let (_, first, second) = pair(
        LamportClock::new(1),
        |clock| (clock.observe(at(5, 2)), clock.tick()),
        |clock| (clock.latest(), clock.tick()),
    );
    format!("{first:?} {second:?}")
}

fn hybrid() -> HybridClock {
    HybridClock::builder().node(1).source(|| 1_000).build().unwrap()
}

fn hybrid_ticks() -> String {
    let (_, first, second) = pair(
        hybrid(),
        |clock| [clock.tick(), clock.tick()],
        |clock| (clock.tick(), clock.latest()),
    );
    format!("{first:?} {second:?}")
}

fn hybrid_observes() -> String {
    const REMOTE: Hlc = Hlc { wall_ms: 1_100, logical: 5, node: 2 };
    let (_, first, second) = pair(
        hybrid(),
        |clock| (clock.observe(REMOTE), clock.tick()),
        |clock| (clock.latest(), clock.tick()),
    );
    format!("{first:?} {second:?}")
}

fn buffer_pushes() -> String {
    let (mut buffer, first, second) = pair(
        ReorderBuffer::new(0, size(4)),
        |buffer| (buffer.push(1, 'b'), buffer.ready()),
        |buffer| (buffer.push(0, 'a'), buffer.gap(), buffer.push(2, 'c')),
    );
    let buffer = selvedge::sync::Arc::get_mut(&mut buffer).expect("the threads have ended");
    format!("{first:?} {second:?} {:?}", buffer.pop_ready())
}

/// Who has the right to deliver takes what is ready.
fn buffer_delivers() -> String {
    let deliver = |buffer: &ReorderBuffer<char>, number: u64, value: char| {
        let pushed = buffer.push(number, value);
        let delivered = buffer.try_drain_ready().map(|ready| ready.collect::<Vec<_>>());
        (pushed, delivered)
    };
    let (_, first, second) = pair(
        ReorderBuffer::new(0, size(4)),
        move |buffer| deliver(buffer, 0, 'a'),
        move |buffer| deliver(buffer, 1, 'b'),
    );
    format!("{first:?} {second:?}")
}

fn queue_senders() -> String {
    let (sender, mut receiver) = queue::bounded(size(2));
    let (_sender, first, second) =
        pair(sender, |sender| (sender.try_send(1), sender.len()), |sender| sender.try_send(2));
    format!("{first:?} {second:?} {:?}", [receiver.try_recv(), receiver.try_recv()])
}

fn queue_tries() -> String {
    let (sender, mut receiver) = queue::bounded(size(1));
    let sending = thread::spawn(move || [sender.try_send(1), sender.try_send(2)]);
    let received = [receiver.try_recv(), receiver.try_recv()];
    let sent = sending.join().unwrap();
    format!("{sent:?} {received:?}")
}

fn queue_receives() -> String {
    let (sender, mut receiver) = queue::bounded(size(1));
    let sending = thread::spawn(move || {
        sender.send(1).unwrap();
        sender.try_send(2)
    });
    let received = (receiver.len(), receiver.recv(), receiver.try_recv());
    let sent = sending.join().unwrap();
    format!("{sent:?} {received:?}")
}

fn queue_closes() -> String {
    let (sender, mut receiver) = queue::bounded(size(2));
    let (_sender, sent, closed) = pair(
        sender,
        |sender| [sender.try_send(1), sender.try_send(2)],
        |sender| (sender.close(), sender.len()),
    );
    let received = [receiver.try_recv(), receiver.try_recv()];
    format!("{sent:?} {closed:?} {received:?}")
}

fn writer_casts() -> String {
    let (handle, joiner) =
        SingleWriter::builder().capacity(size(1)).batch(size(1)).spawn(0, |sum: &mut u64, by| {
            *sum += by;
            *sum
        });
    let casts = [handle.try_cast(1), handle.try_cast(2)];
    let waiting = handle.len();
    let end = joiner.shutdown(Shutdown::Drain);
    format!("{casts:?} {waiting} {end:?}")
}

fn writer_shuts_down() -> String {
    let (handle, joiner) =
        SingleWriter::builder().capacity(size(2)).batch(size(1)).spawn(0, |sum: &mut u64, by| {
            *sum += by;
            *sum
        });
    let casts = [handle.cast(1), handle.cast(2)];
    let end = joiner.shutdown(Shutdown::Abandon);
    format!("{casts:?} {end:?}")
}
