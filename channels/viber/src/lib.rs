//! The viber channel.
