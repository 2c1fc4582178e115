//! Status out: what the sources are told of their notifications, published on RabbitMQ and given to
//! those who ask; and what the registry's owner is told of citizens, the same two ways.

mod feed;
mod message;
mod registry;
mod relay;

#[cfg(test)]
mod tests;

pub use feed::{FeedPage, InvalidCursor, feed};
pub use message::StatusMessage;
pub use registry::{RegistryMessage, RegistryPage, registry_feed};
pub use relay::{Options, Relay};
