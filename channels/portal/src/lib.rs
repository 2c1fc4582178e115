//! The portal channel.
