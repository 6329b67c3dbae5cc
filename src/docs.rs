//! Pages that belong to no single item.

/// What no checker here can see.
pub mod limits {}
