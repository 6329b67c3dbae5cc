//! The primitives as source files, for crates that would rather own the code than depend on it.
//! `cargo selvedge copy` writes them.
//!
//! A primitive's files stand in one module and name each other, and `swap`, as `super::…`; its
//! parts, in a folder of its name, as `super::super::…`. In a copy the place of the swap is taken
//! by `copy-out/swap.rs`, which has what the primitives need of it, over std alone.

/// A source file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path below the folder of the module.
    pub name: &'static str,
    /// What is in it.
    pub text: &'static str,
    /// What the crate's root has of it, as a list; empty for a part of another file, and for a
    /// module whose names are used with its own.
    pub exports: &'static str,
}

/// A primitive, and the files that it consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Primitive {
    /// The name of its module.
    pub name: &'static str,
    /// All files that it needs, besides [`SWAP`].
    pub files: &'static [File],
    /// What it is, in a few words.
    pub about: &'static str,
}

/// The version of the files.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What every primitive needs: std's names as the swap has them.
pub const SWAP: File = File {
    name: "swap.rs",
    text: include_str!("../copy-out/swap.rs"),
    exports: "cell, hash, hint, sync, thread, time",
};

/// A file below `src`, under its name there.
macro_rules! file {
    ($path:literal) => {
        file!($path, "")
    };
    ($path:literal, $exports:literal) => {
        File { name: $path, text: include_str!($path), exports: $exports }
    };
}

/// All primitives, by name.
pub fn primitives() -> &'static [Primitive] {
    &[
        Primitive {
            name: "hybrid_clock",
            files: &[
                file!("hybrid_clock.rs", "HybridClock"),
                file!("hybrid_clock/builder.rs"),
                file!("hybrid_clock/error.rs"),
                file!("stamp.rs", "ClockStamp, Hlc, Lamport, Seq, Stamp"),
            ],
            about: "a clock close to the time of day: a cause has a smaller reading than its effect",
        },
        Primitive {
            name: "idempotency_table",
            files: &[
                file!("idempotency_table.rs", "Fingerprint, IdempotencyTable"),
                file!("hash_index.rs"),
                file!("idempotency_table/arrival.rs"),
                file!("idempotency_table/builder.rs"),
                file!("idempotency_table/capacity.rs"),
                file!("idempotency_table/claim.rs"),
                file!("idempotency_table/outcome.rs"),
                file!("idempotency_table/shard.rs"),
                file!("idempotency_table/slots.rs"),
                file!("idempotency_table/stats.rs"),
                file!("idempotency_table/token.rs"),
            ],
            about: "effects that are asked for several times under one key, and run once",
        },
        Primitive {
            name: "lamport_clock",
            files: &[
                file!("lamport_clock.rs", "LamportClock"),
                file!("stamp.rs", "ClockStamp, Hlc, Lamport, Seq, Stamp"),
            ],
            about: "a clock that counts events: a cause has a smaller reading than its effect",
        },
        Primitive {
            name: "queue",
            files: &[
                file!("panics.rs"),
                file!("queue.rs"),
                file!("queue/channel.rs"),
                file!("queue/error.rs"),
                file!("queue/receiver.rs"),
                file!("queue/ring.rs"),
                file!("queue/sender.rs"),
                file!("queue/waiting.rs"),
                file!("queue/words.rs"),
            ],
            about: "a bounded queue with many senders and one receiver, who takes batches",
        },
        Primitive {
            name: "reorder_buffer",
            files: &[
                file!("reorder_buffer.rs", "Push, ReorderBuffer"),
                file!("reorder_buffer/delivery.rs"),
                file!("reorder_buffer/slots.rs"),
            ],
            about: "takes numbered items in any order, and hands them out in that of their numbers",
        },
        Primitive {
            name: "sequenced_map",
            files: &[
                file!("sequenced_map.rs", "Floors, SequencedMap"),
                file!("sequenced_map/builder.rs"),
                file!("sequenced_map/shard.rs"),
                file!("sequenced_map/table.rs"),
                file!("sequenced_map/traits.rs"),
                file!("hash_index.rs"),
                file!("offer.rs", "Offer, Stamped"),
                file!("stamp.rs", "ClockStamp, Hlc, Lamport, Seq, Stamp"),
            ],
            about: "a bounded map in which the newest event of each key decides; knows removals",
        },
        Primitive {
            name: "sequenced_register",
            files: &[
                file!("sequenced_register.rs", "SequencedRegister"),
                file!("offer.rs", "Offer, Stamped"),
                file!("stamp.rs", "ClockStamp, Hlc, Lamport, Seq, Stamp"),
            ],
            about: "a shared value that the newest event decides, whatever the order of arrival",
        },
        Primitive {
            name: "single_writer",
            files: &[
                file!("single_writer.rs", "CallError, SingleWriter"),
                file!("single_writer/builder.rs"),
                file!("single_writer/envelope.rs"),
                file!("single_writer/error.rs"),
                file!("single_writer/handle.rs"),
                file!("single_writer/joiner.rs"),
                file!("single_writer/published.rs"),
                file!("single_writer/reply.rs"),
                file!("single_writer/writer.rs"),
                file!("panics.rs"),
                file!("queue.rs"),
                file!("queue/channel.rs"),
                file!("queue/error.rs"),
                file!("queue/receiver.rs"),
                file!("queue/ring.rs"),
                file!("queue/sender.rs"),
                file!("queue/waiting.rs"),
                file!("queue/words.rs"),
                file!("version.rs", "Conflict, Retry, Snapshot, UpdateError, Version"),
                file!("versioned_cell.rs", "CachedReader, Versioned, VersionedCell"),
            ],
            about: "a state that one thread owns; others send it commands, and get replies",
        },
        Primitive {
            name: "versioned_cell",
            files: &[
                file!("versioned_cell.rs", "CachedReader, Versioned, VersionedCell"),
                file!("version.rs", "Conflict, Retry, Snapshot, UpdateError, Version"),
            ],
            about: "a shared value of any type with a version: optimistic concurrency control",
        },
        Primitive {
            name: "versioned_words",
            files: &[
                file!("versioned_words.rs", "VersionedWords"),
                file!("version.rs", "Conflict, Retry, Snapshot, UpdateError, Version"),
            ],
            about: "a few machine words with a version, read without a lock",
        },
    ]
}
