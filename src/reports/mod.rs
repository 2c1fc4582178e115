//! Reports: what operators and registries ask the ledger for, and the forms it is given in.

pub mod budget;
mod csv;
pub mod effectiveness;
pub mod explanation;
pub mod reach;
pub mod simulation;
pub mod unreached;
