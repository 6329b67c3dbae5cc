//! The primitives as source files, for crates that would rather own the code than depend on it.
//! `cargo selvedge copy` writes them.
//!
//! A primitive's files stand in one module and name each other, and `swap`, as `super::…`. In a
//! copy the place of the swap is taken by `copy-out/swap.rs`, which has what the primitives need
//! of it, over std alone.

/// A source file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path below the folder of the module.
    pub name: &'static str,
    /// What is in it.
    pub text: &'static str,
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
pub const SWAP: File = File { name: "swap.rs", text: include_str!("../copy-out/swap.rs") };

const OFFER_FILE: File = File { name: "offer.rs", text: include_str!("offer.rs") };
const STAMP_FILE: File = File { name: "stamp.rs", text: include_str!("stamp.rs") };
const VERSION_FILE: File = File { name: "version.rs", text: include_str!("version.rs") };

/// All primitives, by name.
pub fn primitives() -> &'static [Primitive] {
    &[
        Primitive {
            name: "hybrid_clock",
            files: &[
                File { name: "hybrid_clock.rs", text: include_str!("hybrid_clock.rs") },
                File {
                    name: "hybrid_clock/builder.rs",
                    text: include_str!("hybrid_clock/builder.rs"),
                },
                File { name: "hybrid_clock/error.rs", text: include_str!("hybrid_clock/error.rs") },
                STAMP_FILE,
            ],
            about: "a clock close to the time of day: a cause has a smaller reading than its effect",
        },
        Primitive {
            name: "lamport_clock",
            files: &[
                File { name: "lamport_clock.rs", text: include_str!("lamport_clock.rs") },
                STAMP_FILE,
            ],
            about: "a clock that counts events: a cause has a smaller reading than its effect",
        },
        Primitive {
            name: "reorder_buffer",
            files: &[
                File { name: "reorder_buffer.rs", text: include_str!("reorder_buffer.rs") },
                File {
                    name: "reorder_buffer/delivery.rs",
                    text: include_str!("reorder_buffer/delivery.rs"),
                },
                File {
                    name: "reorder_buffer/slots.rs",
                    text: include_str!("reorder_buffer/slots.rs"),
                },
            ],
            about: "takes numbered items in any order, and hands them out in that of their numbers",
        },
        Primitive {
            name: "sequenced_map",
            files: &[
                File { name: "sequenced_map.rs", text: include_str!("sequenced_map.rs") },
                File {
                    name: "sequenced_map/builder.rs",
                    text: include_str!("sequenced_map/builder.rs"),
                },
                File {
                    name: "sequenced_map/shard.rs",
                    text: include_str!("sequenced_map/shard.rs"),
                },
                File {
                    name: "sequenced_map/table.rs",
                    text: include_str!("sequenced_map/table.rs"),
                },
                OFFER_FILE,
                STAMP_FILE,
            ],
            about: "a bounded map in which the newest event of each key decides; knows removals",
        },
        Primitive {
            name: "sequenced_register",
            files: &[
                File { name: "sequenced_register.rs", text: include_str!("sequenced_register.rs") },
                OFFER_FILE,
                STAMP_FILE,
            ],
            about: "a shared value that the newest event decides, whatever the order of arrival",
        },
        Primitive {
            name: "versioned_cell",
            files: &[
                File { name: "versioned_cell.rs", text: include_str!("versioned_cell.rs") },
                VERSION_FILE,
            ],
            about: "a shared value of any type with a version: optimistic concurrency control",
        },
        Primitive {
            name: "versioned_words",
            files: &[
                File { name: "versioned_words.rs", text: include_str!("versioned_words.rs") },
                VERSION_FILE,
            ],
            about: "a few machine words with a version, read without a lock",
        },
    ]
}
