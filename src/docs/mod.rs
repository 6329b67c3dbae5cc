//! Pages that belong to no single item.

#[doc = include_str!("graph_engine.md")]
pub mod graph_engine {}

#[doc = include_str!("limits.md")]
pub mod limits {}

#[doc = include_str!("porting.md")]
pub mod porting {}
