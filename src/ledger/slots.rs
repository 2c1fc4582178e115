//! Sending at once: where a lane has calls free and nobody waits before it, a new notice is started in
//! the very transaction that takes it in. It is then not claimed, and nothing of it is read back. A lane
//! that is behind says so, for whoever takes in more.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;
use vestnik_contract::ChannelId;

use super::start::Outgoing;
use crate::domain::{CitizenKey, Priority};

/// Gives the free slots of a lane of this process.
#[async_trait]
pub trait Slots: Send + Sync {
    /// For each message that is to go to a citizen at once, a slot; `None` where somebody waits already, a
    /// limit holds it back, the route may not be used now, or no call is free. Citizens are locked
    /// meanwhile: the answer must not wait for anything slow.
    async fn take(&self, asked: &[(CitizenKey, Priority)]) -> Vec<Option<Box<dyn Slot>>>;
}

/// A free call of a lane, kept for one message. Dropped unused it is free again.
pub trait Slot: Send {
    /// For how long the work is leased: longer than the call may take.
    fn lease(&self) -> Duration;

    /// Sends the message, whose attempt is on record as started, and hands its outcome to the recorder.
    fn send(self: Box<Self>, outgoing: Outgoing);
}

/// The lanes of this process.
#[derive(Default)]
pub(super) struct Lanes {
    slots: RwLock<BTreeMap<ChannelId, Arc<dyn Slots>>>,
    behind: watch::Sender<usize>,
}

impl Lanes {
    /// Who gives the slots of a channel's lane.
    pub fn of(&self, channel: &ChannelId) -> Option<Arc<dyn Slots>> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner).get(channel).cloned()
    }
}

/// A lane has more to send than calls free, as long as this is kept.
#[derive(Debug)]
pub struct Behind(watch::Sender<usize>);

impl Drop for Behind {
    fn drop(&mut self) {
        self.0.send_modify(|lanes| *lanes = lanes.saturating_sub(1));
    }
}

impl super::Ledger {
    /// New notices on this channel may be sent at once by this lane of the process.
    pub fn send_at_once(&self, channel: ChannelId, slots: Arc<dyn Slots>) {
        self.lanes.slots.write().unwrap_or_else(PoisonError::into_inner).insert(channel, slots);
    }

    /// A lane of this process has fallen behind its calls.
    #[must_use]
    pub fn lane_is_behind(&self) -> Behind {
        self.lanes.behind.send_modify(|lanes| *lanes += 1);
        Behind(self.lanes.behind.clone())
    }

    /// How many lanes of this process are behind.
    #[must_use]
    pub fn lanes_behind(&self) -> watch::Receiver<usize> {
        self.lanes.behind.subscribe()
    }
}
