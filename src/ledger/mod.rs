//! The ledger: the one truth about citizens, notifications and what became of them.

pub mod error;
pub mod store;
