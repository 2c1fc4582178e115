//! The Viber channel: Viber's REST bot API
//! (<https://developers.viber.com/docs/api/rest-bot-api/>).
//!
//! [`connect`] builds the adapter of one bot. A send is one `POST /pa/send_message`; Viber tells by
//! callbacks, signed with the bot's token, that a message was delivered, seen or refused by the
//! phone, what citizens write, and that they subscribed or unsubscribed. The adapter's driver
//! registers our callback address with Viber and then ends.
//!
//! What Viber can be asked and answers is in `request` and `response`, both without I/O; `client`
//! makes the calls. With the feature `sandbox` the crate also plays Viber's side.

mod callbacks;
mod client;
mod link;
mod request;
mod response;
mod settings;
mod webhook;
mod wire;

#[cfg(feature = "sandbox")]
pub mod sandbox;

pub use link::deep_link;
pub use request::ADDRESSES;
pub use settings::{Settings, connect};
