//! Reports: what operators and registries ask the ledger for, page by page, and the forms it is given in.

mod csv;
pub mod unreached;
