//! What the provider's side of a protocol offers to tests and to the demo.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use crate::ChannelId;

/// A provider's side of a protocol, listening on a loopback port: it takes messages, shows them on
/// an imagined phone, sends receipts and replies, and misbehaves on request.
#[async_trait]
pub trait Sandbox: Send + Sync {
    /// Which channel's provider it plays.
    fn channel(&self) -> &ChannelId;

    /// The screen: what was accepted, in order, and its live updates.
    fn screen(&self) -> &Screen;

    /// Rules for misbehaving. The first rule that matches a message and has uses left applies.
    fn faults(&self) -> &Faults;

    /// The citizen at `address` writes `text`.
    async fn reply(&self, address: &str, text: &str);

    /// The citizen at `address` blocks us (`true`) or lifts the block (`false`). A blocked address
    /// refuses later sends in the provider's own way.
    async fn block(&self, address: &str, blocked: bool);

    /// The citizen opens the message with this number on the screen; the provider tells us so
    /// where it gives read receipts.
    async fn read(&self, number: u64);
}

/// How a provider misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Refuses with "too many requests", naming this wait where the protocol can.
    Throttle(Duration),
    /// Refuses: the citizen blocked us or unsubscribed.
    Blocked,
    /// Refuses: switched off, mailbox full; another day it may work.
    SoftUnreachable,
    /// Refuses the content.
    Rejected,
    /// Fails as a server does (5xx, SMTP 4xx, `ESME_RSYSERR`).
    ServerError,
    /// Refuses our credentials.
    WrongToken,
    /// Takes the request and never answers. The message is not shown.
    Hang,
    /// Accepts the message, shows it, and cuts the connection instead of answering.
    AcceptThenCut,
    /// Accepts, and sends the receipt this much later than it would.
    LateReceipt(Duration),
    /// Accepts, and sends every receipt twice.
    DuplicateReceipt,
    /// Accepts, and sends the receipt before its answer to the send.
    EarlyReceipt,
    /// Accepts, and never sends a receipt.
    NoReceipt,
    /// Accepts, and then reports that the message could not be delivered.
    FailedReceipt,
}

/// One rule of misbehaving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultRule {
    /// What happens.
    pub fault: Fault,
    /// For this address only, or for all.
    pub address: Option<String>,
    /// How many messages it still applies to; `None` for all until cleared.
    pub times: Option<u32>,
}

/// The rules a sandbox misbehaves by.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<FaultRule>>);

impl Faults {
    /// Adds a rule after those there are.
    pub fn add(&self, rule: FaultRule) {
        self.rules().push(rule);
    }

    /// The next `times` messages meet this fault.
    pub fn next(&self, times: u32, fault: Fault) {
        self.add(FaultRule { fault, address: None, times: Some(times) });
    }

    /// Every message meets this fault until [`clear`](Self::clear).
    pub fn always(&self, fault: Fault) {
        self.add(FaultRule { fault, address: None, times: None });
    }

    /// Behaves again.
    pub fn clear(&self) {
        self.rules().clear();
    }

    /// Behaves again towards this address: drops the rules that are for it only.
    pub fn forget(&self, address: &str) {
        self.rules().retain(|rule| rule.address.as_deref() != Some(address));
    }

    /// Behaves again towards everybody, save the addresses that have rules of their own.
    pub fn forgive(&self) {
        self.rules().retain(|rule| rule.address.is_some());
    }

    /// The rules in force, in the order in which they are asked.
    #[must_use]
    pub fn standing(&self) -> Vec<FaultRule> {
        self.rules().clone()
    }

    /// The fault for a message to `address`, using up one use of its rule. For sandboxes.
    pub fn take(&self, address: &str) -> Option<Fault> {
        let mut rules = self.rules();
        let at = rules.iter().position(|rule| {
            rule.times != Some(0) && rule.address.as_deref().is_none_or(|only| only == address)
        })?;
        if let Some(times) = &mut rules[at].times {
            *times -= 1;
        }
        let fault = rules[at].fault;
        rules.retain(|rule| rule.times != Some(0));
        Some(fault)
    }

    fn rules(&self) -> MutexGuard<'_, Vec<FaultRule>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A message as the citizen sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Its number on this screen, from 1, without gaps.
    pub number: u64,
    /// The channel.
    pub channel: ChannelId,
    /// To whom.
    pub address: String,
    /// The sender as shown.
    pub sender: String,
    /// The heading, where the channel has one.
    pub title: Option<String>,
    /// The text.
    pub text: String,
    /// The provider's reference, the first where there are several.
    pub reference: String,
    /// When it was accepted.
    pub at: Timestamp,
    /// Whether the citizen opened it.
    pub read: bool,
}

/// What is shown on the phones of one channel: the newest messages, a count of all that were ever
/// accepted, and live updates.
#[derive(Debug)]
pub struct Screen {
    inner: Mutex<Shelf>,
    live: broadcast::Sender<Shown>,
}

#[derive(Debug)]
struct Shelf {
    newest: VecDeque<Shown>,
    keep: usize,
    accepted: u64,
}

impl Screen {
    /// An empty screen that keeps the newest `keep` messages.
    #[must_use]
    pub fn new(keep: usize) -> Self {
        let inner = Mutex::new(Shelf { newest: VecDeque::new(), keep, accepted: 0 });
        Self { inner, live: broadcast::channel(1024).0 }
    }

    /// Keeps the newest `most` messages from now on.
    pub fn keep(&self, most: usize) {
        self.inner().keep = most;
    }

    /// Shows a message; its `number` is set here and returned. For sandboxes.
    pub fn show(&self, mut shown: Shown) -> u64 {
        let mut inner = self.inner();
        inner.accepted += 1;
        shown.number = inner.accepted;
        inner.newest.push_back(shown.clone());
        while inner.newest.len() > inner.keep {
            inner.newest.pop_front();
        }
        drop(inner);
        let number = shown.number;
        // Nobody watching is no error.
        let _ = self.live.send(shown);
        number
    }

    /// Marks a message as read and returns it; `None` if it is not on the screen any more.
    pub fn mark_read(&self, number: u64) -> Option<Shown> {
        let mut inner = self.inner();
        let found = inner.newest.iter_mut().find(|shown| shown.number == number)?;
        found.read = true;
        let shown = found.clone();
        drop(inner);
        let _ = self.live.send(shown.clone());
        Some(shown)
    }

    /// The newest messages, oldest first; those of one address, or all.
    #[must_use]
    pub fn messages(&self, address: Option<&str>) -> Vec<Shown> {
        let of = |shown: &&Shown| address.is_none_or(|only| shown.address == only);
        self.inner().newest.iter().filter(of).cloned().collect()
    }

    /// How many messages were ever accepted.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.inner().accepted
    }

    /// Messages as they are shown, and again when they are read.
    #[must_use]
    pub fn watch(&self) -> broadcast::Receiver<Shown> {
        self.live.subscribe()
    }

    fn inner(&self) -> MutexGuard<'_, Shelf> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
