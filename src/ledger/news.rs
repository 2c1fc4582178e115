//! News: whoever commits due work or timeline entries tells those who wait for them in this process, and
//! keeps it for whoever tells the other processes. It is a hint, which may be lost on the way to them: who
//! waits looks now and then all the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, watch};
use vestnik_contract::ChannelId;

use super::Ledger;
use super::store::{TIMER, WorkRow};

/// Who waits for what.
#[derive(Default)]
pub(super) struct News {
    lanes: Mutex<BTreeMap<String, watch::Sender<()>>>,
    entries: watch::Sender<()>,
    references: watch::Sender<()>,
    pauses: watch::Sender<()>,
    /// What other processes were not told yet.
    untold: Mutex<Fresh>,
    more: Notify,
    /// Receipts came before the references that they name.
    early: AtomicBool,
}

/// What a commit brings. It says what kind of thing there is to do, and nothing of whom it is for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fresh {
    /// The lanes that have something to do now.
    pub lanes: BTreeSet<String>,
    /// Whether there are new timeline entries.
    pub entries: bool,
    /// Whether there are new references, which receipts may name that came before them.
    pub references: bool,
    /// Whether pauses were set or ended.
    pub pauses: bool,
}

impl Fresh {
    /// Takes note of work that is written.
    pub(super) fn work(&mut self, rows: &[WorkRow], now: Timestamp) {
        for row in rows.iter().filter(|row| row.due_at <= now && row.lease.is_none()) {
            if !self.lanes.contains(&row.lane) {
                self.lanes.insert(row.lane.clone());
            }
        }
    }

    /// Adds what another commit brings.
    pub fn add(&mut self, other: &Self) {
        self.lanes.extend(other.lanes.iter().cloned());
        self.entries |= other.entries;
        self.references |= other.references;
        self.pauses |= other.pauses;
    }
}

impl News {
    fn of_lane(&self, lane: &str) -> watch::Receiver<()> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.entry(lane.to_owned()).or_default().subscribe()
    }

    /// Tells what was committed here.
    pub fn tell(&self, fresh: &Fresh) {
        self.wake(fresh);
        if *fresh != Fresh::default() {
            self.untold.lock().unwrap_or_else(PoisonError::into_inner).add(fresh);
            self.more.notify_one();
        }
    }

    /// Wakes who waits for it in this process.
    fn wake(&self, fresh: &Fresh) {
        let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        for lane in fresh.lanes.iter().filter_map(|lane| lanes.get(lane)) {
            lane.send_replace(());
        }
        if fresh.entries {
            self.entries.send_replace(());
        }
        if fresh.references && self.early.swap(false, Ordering::Relaxed) {
            self.references.send_replace(());
        }
        if fresh.pauses {
            self.pauses.send_replace(());
        }
    }

    /// Takes note that receipts are kept until the references that they name are committed.
    pub fn receipts_are_early(&self) {
        self.early.store(true, Ordering::Relaxed);
    }

    fn tell_all(&self) {
        let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.values().for_each(|lane| lane.send_replace(()));
        self.entries.send_replace(());
        self.references.send_replace(());
        self.pauses.send_replace(());
    }
}

impl Ledger {
    /// Changes whenever work is committed that is due on a channel.
    #[must_use]
    pub fn news_of_work(&self, channel: &ChannelId) -> watch::Receiver<()> {
        self.news.of_lane(channel.as_str())
    }

    /// Changes whenever the timers may have something to do before their next poll.
    #[must_use]
    pub fn news_of_timers(&self) -> watch::Receiver<()> {
        self.news.of_lane(TIMER)
    }

    /// Changes whenever timeline entries are committed.
    #[must_use]
    pub fn news_of_entries(&self) -> watch::Receiver<()> {
        self.news.entries.subscribe()
    }

    /// Changes when references are committed that receipts may name which came before them.
    #[must_use]
    pub fn news_of_references(&self) -> watch::Receiver<()> {
        self.news.references.subscribe()
    }

    /// Changes when a pause is set or ended.
    #[must_use]
    pub fn news_of_pauses(&self) -> watch::Receiver<()> {
        self.news.pauses.subscribe()
    }

    /// Waits until this process has committed something that others may wait for, and gives all of it
    /// since the last time. One task asks.
    pub async fn next_news(&self) -> Fresh {
        loop {
            let fresh = std::mem::take(&mut *self.news.untold.lock().unwrap_or_else(PoisonError::into_inner));
            if fresh != Fresh::default() {
                return fresh;
            }
            self.news.more.notified().await;
        }
    }

    /// Wakes who waits for what another process committed.
    pub fn heed(&self, fresh: &Fresh) {
        self.news.wake(fresh);
    }

    /// Lets everybody who waits for news look at once, as when the clock has been moved.
    pub fn remind(&self) {
        self.news.tell_all();
    }
}

#[cfg(test)]
mod tests {
    use vestnik_contract::{ChannelId, SendErrorKind};

    use crate::ledger::fixture::{World, notification, notify, refused};

    #[tokio::test]
    async fn those_are_told_who_have_something_to_do_and_nobody_else() {
        let world = World::sqlite().await;
        world.citizen("anna", &["sms", "viber"]).await;
        let channel = |id: &str| ChannelId::new(id).unwrap();
        let (mut sms, mut viber) =
            (world.ledger.news_of_work(&channel("sms")), world.ledger.news_of_work(&channel("viber")));
        let mut entries = world.ledger.news_of_entries();
        let mut told = || {
            let all = [&mut sms, &mut viber, &mut entries];
            all.map(|one| {
                let news = one.has_changed().unwrap();
                one.mark_unchanged();
                news
            })
        };
        assert_eq!(told(), [false, false, false]);
        world.submit(&[notify(notification("1", "anna"))]).await;
        assert_eq!(told(), [true, false, true]);
        let started = world.start("sms").await;
        assert_eq!(told(), [false, false, true]);
        world.finish("sms", &started[0], refused(SendErrorKind::Rejected)).await;
        assert_eq!(told(), [false, true, true], "the next step is due");
        world.ledger.remind();
        assert_eq!(told(), [true, true, true]);
    }
}
