//! The email channel: SMTP submission (RFC 5321, RFC 6409) with STARTTLS or implicit TLS.
//!
//! A message becomes one mail of two equal parts, text and HTML, that says of itself that it was
//! generated ([`mail`]), and goes to the operator's own relay over a small pool of connections.
//! What the relay answers is understood by one table ([`verdict`]). SMTP tells nothing after it
//! took a mail, so the channel promises no receipts. What comes back to the return address, where one is
//! set, is heard: mail that could not be delivered, and complaints.
//!
//! The session is our own and short, for three reasons: every answer has a bounded length, a time
//! in which a mail is *in doubt* is known exactly, and nothing that came before TLS is believed
//! after it.

mod address;
mod client;
pub mod html;
pub mod mail;
mod pool;
pub mod reply;
mod returned;
mod session;
mod settings;
mod tls;
pub mod verdict;

#[cfg(feature = "sandbox")]
pub mod sandbox;

pub use address::{ADDRESSES, address};
pub use client::connect;
pub use settings::{Encryption, Returns, Settings};
