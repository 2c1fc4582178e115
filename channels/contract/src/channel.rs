//! The trait that every channel implements, and what it says about itself.

use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::{Address, Callbacks, ChannelId, EventSource, Message, SendError};

/// A channel: one provider call per [`send`](Self::send), no retry, no storage.
#[async_trait]
pub trait Channel: Send + Sync {
    /// Which channel this is.
    fn id(&self) -> &ChannelId;

    /// What it can do. The same for the life of the adapter.
    fn capabilities(&self) -> &Capabilities;

    /// Whether the text fits, and in how many segments. Pure.
    fn measure(&self, text: &str) -> Measure;

    /// The address in the one form the channel uses, or `None` if it is not an address of this
    /// channel. Pure; two spellings of one address give the same answer.
    fn address(&self, text: &str) -> Option<Address>;

    /// Makes one call to the provider. Ends within the channel's configured time-out; a time-out
    /// after the request was written is [`Ambiguous`](crate::SendErrorKind::Ambiguous).
    async fn send(&self, message: &Message) -> Result<Accepted, SendError>;

    /// Asks the provider whether our credentials are good, without sending anything to anyone.
    async fn probe(&self) -> Result<Health, SendError>;

    /// How it stands with what the adapter keeps open at the provider: a session, a registration, a
    /// poll. Answers at once, from what the adapter knows, and asks nobody. A channel that opens a
    /// connection for a call, and keeps none that it needs, is always [`Standing::Ready`].
    fn standing(&self) -> Standing {
        Standing::Ready
    }
}

/// How it stands with what an adapter keeps open at its provider.
#[derive(Debug)]
pub enum Standing {
    /// It stands, or nothing has to.
    Ready,
    /// It is being opened for the first time: the provider has not answered yet.
    Opening,
    /// It does not stand, for this reason; the adapter goes on trying.
    Broken(SendError),
    /// Other processes have all of it that the provider allows: they can send and this one cannot. Nothing
    /// is wrong where this one stands by for them; otherwise it is told, in words, and the adapter goes on
    /// trying.
    Elsewhere(Option<String>),
}

impl Standing {
    /// Whether work belongs to this process now: a call is answered, or tells what is wrong. It does not
    /// while nobody knows yet, and not where other processes are the ones who can send.
    #[must_use]
    pub fn takes_work(&self) -> bool {
        matches!(self, Self::Ready | Self::Broken(_))
    }
}

/// Which of a template's two lengths a channel takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextLength {
    /// For SMS.
    Short,
    /// For messengers, mail and inboxes.
    Long,
}

/// What a channel can do.
#[expect(clippy::struct_excessive_bools, reason = "each is an independent yes or no of the provider")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// Which of a template's lengths it takes.
    pub length: TextLength,
    /// The provider tells when a message was delivered.
    pub receipt_delivered: bool,
    /// The provider tells when a message was read.
    pub receipt_read: bool,
    /// Sending the same attempt twice reaches the citizen once.
    pub idempotent_resend: bool,
    /// It carries a one-click unsubscribe ([`Message::unsubscribe`]).
    pub one_click_unsubscribe: bool,
    /// Messages per second that the provider takes on one route; `None` where it names no limit.
    pub per_second: Option<u32>,
    /// Messages per minute that the provider takes for one address; `None` where it names no limit.
    pub per_address_per_minute: Option<u32>,
}

/// How long a text is on a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// Whether the channel takes it.
    pub fits: bool,
    /// How many paid parts it makes; 1 where the channel has no parts.
    pub segments: u32,
    /// Its length in the channel's own unit (characters, septets, UTF-16 units).
    pub units: u32,
    /// The greatest length that fits, in the same unit.
    pub limit: u32,
}

/// The provider took the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The provider's references by which receipts name it; three for an SMS of three parts.
    /// Empty where the provider gives none, and then there are no receipts.
    pub references: Vec<String>,
}

/// What a provider says of our account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The account's public name at the provider, where it tells.
    pub account: Option<String>,
    /// The balance in the provider's own words, where it tells.
    pub balance: Option<String>,
}

/// Work that an adapter needs done while it lives (keeping a session bound, registering a
/// webhook). The gateway runs it as one of its own tasks; it ends when the adapter is dropped or
/// its work is done.
pub type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tells an adapter whether it is the turn of this process. Dropped, it leaves what it said last.
pub type Turn = watch::Sender<bool>;

/// Where a crate that may not read the system clock gets the time from.
pub type ClockFn = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// All that one configured route gives to the gateway.
pub struct Adapter {
    /// Sends.
    pub channel: Arc<dyn Channel>,
    /// Understands HTTP callbacks, where the provider makes them.
    pub callbacks: Option<Arc<dyn Callbacks>>,
    /// Brings pushed or polled events, where the provider gives them so.
    pub events: Option<Arc<dyn EventSource>>,
    /// Must be running for the adapter to work.
    pub driver: Option<Driver>,
    /// Where one process of all may hold what the adapter keeps open: its driver opens that while it is told
    /// that it is this process's turn, and closes it when it is not any more. Until it is told, it is not.
    pub turn: Option<Turn>,
}

impl Adapter {
    /// The driver for a process that shares the adapter's account with no other: it is its turn at once.
    pub fn drive_alone(&mut self) -> Option<Driver> {
        if let Some(turn) = self.turn.take() {
            turn.send_replace(true);
        }
        self.driver.take()
    }
}
