//! `cargo selvedge`: runs the scenarios of a crate, and prints what was explored.
fn main() {}
