//! The commands, as whoever runs them sees them: what they print, and how they end.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may fail the test")]

mod channel;
mod check;
mod code;
mod consent;
mod dead;
mod explain;
mod guard;
mod home;
mod introduce;
mod publish;
mod report;
mod sandbox;
mod seed;
mod serve;
mod simulate;
mod token;
