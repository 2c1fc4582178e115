//! The Telegram channel: the Bot API (<https://core.telegram.org/bots/api>).
//!
//! [`connect`] builds the adapter of one bot. A send is one `sendMessage`; Telegram tells nothing of
//! what becomes of a message, so there are no receipts. What citizens write, and that they block
//! the bot or come back, is polled with `getUpdates` and acknowledged by the offset of a later poll.
//! A citizen links a chat by opening [`deep_link`].
//!
//! The requests are teloxide's payload types. The transport is our own, because teloxide's sleeps
//! ten seconds in the call when the server fails, drops the error code, reads an answer of any
//! length, and repeats the answer, with address and text, in its errors. What is asked and answered
//! is in `request`, `response` and `updates`, all without I/O; `client` makes the calls. With the
//! feature `sandbox` the crate also plays Telegram's side.

mod client;
mod link;
mod request;
mod response;
mod settings;
mod source;
mod updates;

#[cfg(feature = "sandbox")]
pub mod sandbox;

pub use link::deep_link;
pub use request::ADDRESSES;
pub use settings::{Settings, connect};
