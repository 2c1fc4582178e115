//! Status out: what the sources are told of their notifications, published on RabbitMQ and given to
//! those who ask.

mod feed;
mod message;
mod relay;

#[cfg(test)]
mod tests;

pub use feed::{FeedPage, InvalidCursor, feed};
pub use message::StatusMessage;
pub use relay::{Options, Relay};
