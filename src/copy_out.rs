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

const VERSION_FILE: File = File { name: "version.rs", text: include_str!("version.rs") };

/// A part of a primitive that has several.
macro_rules! part {
    ($path:literal) => {
        File { name: $path, text: include_str!($path) }
    };
}

/// All primitives, by name.
pub fn primitives() -> &'static [Primitive] {
    &[
        Primitive {
            name: "idempotency_table",
            files: &[
                part!("idempotency_table.rs"),
                part!("idempotency_table/arrival.rs"),
                part!("idempotency_table/builder.rs"),
                part!("idempotency_table/capacity.rs"),
                part!("idempotency_table/claim.rs"),
                part!("idempotency_table/outcome.rs"),
                part!("idempotency_table/shard.rs"),
                part!("idempotency_table/slots.rs"),
                part!("idempotency_table/stats.rs"),
                part!("idempotency_table/token.rs"),
            ],
            about: "effects that are asked for several times under one key, and run once",
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
