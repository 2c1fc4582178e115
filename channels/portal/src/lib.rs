//! The portal channel: an adapter to a citizens' portal outside of Vestnik.
//!
//! Every message is one signed webhook (<https://www.standardwebhooks.com>): a POST of JSON whose
//! `Webhook-Id` is the attempt, so that the portal can tell a resend from a second message. What
//! becomes of a message, and what citizens write back, comes as signed webhooks in the other
//! direction. Both are described on [`request::Body`] and [`callback::Body`].
//!
//! All modules but the client are pure. The feature `sandbox` adds a portal to try it on.

pub mod answer;
pub mod callback;
mod client;
pub mod request;
mod settings;
pub mod signature;

#[cfg(feature = "sandbox")]
pub mod sandbox;

pub use client::{ADDRESSES, address, connect};
pub use settings::Settings;
