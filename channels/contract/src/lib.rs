//! The channel contract: what the gateway asks of every channel, and nothing of what a channel does
//! to answer.
//!
//! A channel crate turns a [`Message`] into one provider call ([`Channel::send`]) and what the
//! provider later says into [`Event`]s ([`Callbacks`] where it comes by HTTP, [`EventSource`] where
//! the provider pushes on a connection of its own). It never retries, never waits for a better
//! moment and stores nothing: the gateway decides, and keeps.
//!
//! With the feature `conformance` the crate holds the suite that every channel must pass; with
//! `sandbox` what the provider's side of a protocol offers to tests and to the demo.

mod callback;
mod channel;
mod error;
mod event;
mod id;
mod message;
mod obstacle;
mod outage;
pub mod range;
mod secret;
mod setup;

#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "sandbox")]
pub mod sandbox;

pub use callback::{CallbackOutcome, CallbackReply, CallbackRequest, Callbacks};
pub use channel::{
    Accepted, Adapter, Capabilities, Channel, ClockFn, Driver, Health, Measure, Standing, TextLength, Turn,
};
pub use error::{Permanence, SendError, SendErrorKind};
pub use event::{Event, EventBatch, EventSource, Inbound, InboundContent, Receipt, ReceiptState};
pub use id::{ChannelId, InvalidId, RouteId, is_id};
pub use message::{Message, Unsubscribe};
pub use obstacle::{Obstacle, Server};
pub use outage::Outage;
pub use secret::{Address, AddressForm};
pub use setup::{Label, SecretRef, Sender, Setup, SetupError};
