//! What the processes of one installation share through Redis: buckets that they take from together,
//! and hints. Redis is never the truth. Whatever it loses, forgets or makes up, the ledger rules, and a
//! limit holds.
//!
//! Every key and channel begins with `vestnik:` and the installation's name, so that several may use one
//! Redis. Nothing is ever flushed or searched for.

mod hints;
mod link;

#[cfg(test)]
pub(crate) mod testing;

pub use hints::Hints;
pub use link::{InvalidUrl, Link, Script};
