//! The ledger: the one truth about citizens, notifications and what became of them.

pub mod codes;
pub mod error;
pub mod store;
#[cfg(test)]
pub(crate) mod suite;
