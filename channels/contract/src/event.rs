//! What providers say after a send, and what citizens send back.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Address, Permanence, SendError};

/// One thing a provider told us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// About an earlier send.
    Receipt(Receipt),
    /// From a citizen.
    Inbound(Inbound),
}

impl Event {
    /// What is the same when the provider says the same thing twice, within (channel, route).
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Receipt(receipt) => &receipt.key,
            Self::Inbound(inbound) => &inbound.key,
        }
    }
}

/// What a provider says of an earlier attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The same for the same statement said twice; for instance reference and state.
    pub key: String,
    /// The provider's reference, as [`crate::Accepted::references`] had it.
    pub reference: String,
    /// The recipient, where the provider names one.
    pub recipient: Option<Address>,
    /// What is said.
    pub state: ReceiptState,
    /// The provider's code for it, where it gives one.
    pub code: Option<String>,
    /// When it happened, where the provider says so.
    pub at: Option<Timestamp>,
}

/// How far an accepted message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptState {
    /// It is on the citizen's device or in their mailbox.
    Delivered,
    /// The citizen opened it.
    Read,
    /// It arrived, and the citizen told their provider that they do not want it: a complaint, as a
    /// feedback loop reports it (RFC 5965).
    Complained,
    /// It will not arrive: the address cannot be reached.
    Unreachable(Permanence),
    /// It will not arrive: the provider or the network refused it.
    Rejected,
    /// It will not arrive: it was not delivered in its time.
    Expired,
}

/// Something from a citizen.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbound {
    /// The same for the same inbound told twice: the provider's message or update id.
    pub key: String,
    /// From which address.
    pub sender: Address,
    /// What it is.
    pub content: InboundContent,
    /// When, where the provider says so.
    pub at: Option<Timestamp>,
}

impl fmt::Debug for Inbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbound").field("content", &self.content).finish_non_exhaustive()
    }
}

/// What came from a citizen.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InboundContent {
    /// Words, as written. Whether they are STOP is for the gateway to say.
    Text(String),
    /// The citizen opened the conversation with a one-time token of ours (`/start TOKEN`, a deep
    /// link's context).
    Link {
        /// The token.
        token: String,
    },
    /// The citizen blocked us or unsubscribed at the provider.
    Blocked,
    /// The citizen lifted the block or subscribed again at the provider.
    Unblocked,
}

impl fmt::Debug for InboundContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(..)",
            Self::Link { .. } => "Link(..)",
            Self::Blocked => "Blocked",
            Self::Unblocked => "Unblocked",
        })
    }
}

/// Events that came together and are acknowledged together.
#[derive(Debug)]
pub struct EventBatch {
    /// Names the batch in [`EventSource::acknowledge`].
    pub token: u64,
    /// The events, in the provider's order. May be empty: such a batch is acknowledged too.
    pub events: Vec<Event>,
}

/// The events of a provider that pushes on its own connection (SMPP) or is polled (Telegram).
///
/// One reader at a time: [`next`](Self::next), commit, [`acknowledge`](Self::acknowledge). What was
/// not acknowledged comes again, in this connection or a later one.
#[async_trait]
pub trait EventSource: Send + Sync {
    /// Waits for the next events. Cancel-safe: a dropped call loses nothing. While the provider
    /// is away it returns the error once per failed try, or waits; the caller paces its calls.
    async fn next(&self) -> Result<EventBatch, SendError>;

    /// Tells the provider that the batch is kept. An unknown or late token is no error.
    async fn acknowledge(&self, token: u64) -> Result<(), SendError>;

    /// Whether the provider lets one process at a time read. Then [`next`](Self::next) is called by the
    /// process whose duty it is, and [`stand_by`](Self::stand_by) by the others.
    fn is_exclusive(&self) -> bool {
        false
    }

    /// Another process reads: nothing is wrong if this one does not.
    fn stand_by(&self) {}
}
