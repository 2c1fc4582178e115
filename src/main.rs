//! Vestnik.
fn main() {}
