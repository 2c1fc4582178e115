//! News within the process: whoever commits due work or timeline entries tells those who wait for
//! them. It is a hint: other processes commit too, so whoever waits looks now and then all the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;
use vestnik_contract::ChannelId;

use super::Ledger;
use super::store::{TIMER, WorkRow};

/// Who waits for what.
#[derive(Default)]
pub(super) struct News {
    lanes: Mutex<BTreeMap<String, watch::Sender<()>>>,
    entries: watch::Sender<()>,
    references: watch::Sender<()>,
    /// Receipts came before the references that they name.
    early: AtomicBool,
}

/// What a commit brings.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fresh {
    /// The lanes that have something to do now.
    pub lanes: BTreeSet<String>,
    /// Whether there are new timeline entries.
    pub entries: bool,
    /// Whether there are new references, which receipts may name that came before them.
    pub references: bool,
}

impl Fresh {
    /// Takes note of work that is written.
    pub fn work(&mut self, rows: &[WorkRow], now: Timestamp) {
        for row in rows.iter().filter(|row| row.due_at <= now && row.lease.is_none()) {
            if !self.lanes.contains(&row.lane) {
                self.lanes.insert(row.lane.clone());
            }
        }
    }
}

impl News {
    fn of_lane(&self, lane: &str) -> watch::Receiver<()> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.entry(lane.to_owned()).or_default().subscribe()
    }

    /// Tells what was committed.
    pub fn tell(&self, fresh: &Fresh) {
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
    }
}

impl Ledger {
    /// Changes whenever this process commits work that is due on a channel.
    #[must_use]
    pub fn news_of_work(&self, channel: &ChannelId) -> watch::Receiver<()> {
        self.news.of_lane(channel.as_str())
    }

    /// Changes whenever the timers may have something to do before their next poll.
    #[must_use]
    pub fn news_of_timers(&self) -> watch::Receiver<()> {
        self.news.of_lane(TIMER)
    }

    /// Changes whenever this process commits timeline entries.
    #[must_use]
    pub fn news_of_entries(&self) -> watch::Receiver<()> {
        self.news.entries.subscribe()
    }

    /// Changes when references are committed that receipts may name which came before them.
    #[must_use]
    pub fn news_of_references(&self) -> watch::Receiver<()> {
        self.news.references.subscribe()
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
