//! Messages in: what the sources send, by the broker, by HTTP or by file.
//!
//! [`parse()`] is the one reader: it knows neither where a message came from nor what becomes of it.
//! The [`Desk`] takes a batch of messages, however they came: good ones go into the ledger, and each
//! of the others is a [`Refusal`], a dead letter, and for HTTP a problem.

pub mod amqp;
pub mod json;
pub mod refusal;
pub mod schema;
pub mod strict;

mod canonical;
mod desk;
mod fields;
mod naming;
mod once;
mod parse;
mod routing;
mod wire;

#[cfg(test)]
mod fixture;

pub use desk::{Arrived, Desk};
pub use json::MAX_BODY;
pub use naming::{NamedId, named_id};
pub use parse::{Envelope, Proof, parse};
pub use refusal::Refusal;
pub use routing::routing_key;
