//! What a channel is asked to send.

use std::fmt;

use jiff::Timestamp;
use url::Url;
use uuid::Uuid;

use crate::Address;

/// One text for one recipient, finished: the agency's name stands first and the signature with the
/// check code last. A channel changes nothing in it; the sender it shows comes from the channel's
/// own settings and never from here.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The attempt that this send is. A channel whose provider takes an idempotency key uses it.
    pub attempt: Uuid,
    /// To whom.
    pub recipient: Address,
    /// BCP 47 language tag of the text, such as `uk`.
    pub locale: String,
    /// A heading of one line: the subject of a mail, the title of an inbox entry. Channels without
    /// headings ignore it.
    pub title: String,
    /// The text, in the length that [`crate::Capabilities::length`] names.
    pub text: String,
    /// After this moment the provider need not try any more.
    pub expires_at: Option<Timestamp>,
    /// How to stop such messages with one click (RFC 8058), where the channel can carry it.
    pub unsubscribe: Option<Unsubscribe>,
}

/// A way to stop messages without a login.
#[derive(Clone, PartialEq, Eq)]
pub struct Unsubscribe {
    /// Takes a POST as RFC 8058 describes, and shows a page with a button on GET.
    pub url: Url,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("attempt", &self.attempt).finish_non_exhaustive()
    }
}

impl fmt::Debug for Unsubscribe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unsubscribe(..)")
    }
}
