//! What must never be printed.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A recipient's address in the form its channel uses: a phone number in E.164 (`+380671234567`),
/// a mail address, a chat id. `Debug` shows that there is one and nothing else; there is no
/// `Display`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
pub struct Address(String);

impl Address {
    /// Wraps an address. The channel that it belongs to checks its form ([`crate::Channel::address`]).
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The address itself, for the wire and for nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// How a channel's addresses are written; known without any of its settings and secrets.
#[derive(Debug, Clone, Copy)]
pub struct AddressForm {
    /// What one looks like, in plain words with an example.
    pub looks: &'static str,
    /// The address in the channel's one form, as [`Channel::address`](crate::Channel::address) gives
    /// it.
    pub read: fn(&str) -> Option<Address>,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(..)")
    }
}
