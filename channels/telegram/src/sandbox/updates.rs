//! The updates that wait for the bot.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;

/// Updates that are kept; the oldest give way, as they do at Telegram after a day.
const KEEP: usize = 100_000;

/// Updates in order, until a poll confirms them.
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    /// Counts polls: a newer one ends an older one.
    polls: watch::Sender<u64>,
    /// Counts updates, to wake the poll.
    arrivals: watch::Sender<u64>,
}

struct Waiting {
    updates: VecDeque<(u64, Value)>,
    next: u64,
}

/// What a poll brought.
pub(super) enum Polled {
    Updates(Vec<Value>),
    /// Another poll took its place.
    Replaced,
}

impl Queue {
    /// An empty queue whose first update has this number.
    pub(super) fn new(first: u64) -> Self {
        let waiting = Waiting { updates: VecDeque::new(), next: first };
        Self { waiting: Mutex::new(waiting), polls: watch::channel(0).0, arrivals: watch::channel(0).0 }
    }

    /// Adds an update of this kind.
    pub(super) fn push(&self, kind: &str, said: &Value) {
        let mut waiting = self.waiting();
        let id = waiting.next;
        waiting.next += 1;
        if waiting.updates.len() == KEEP {
            waiting.updates.pop_front();
        }
        waiting.updates.push_back((id, json!({ "update_id": id, kind: said })));
        drop(waiting);
        self.arrivals.send_modify(|count| *count += 1);
    }

    /// Confirms what is before `offset`, and waits up to `patience` for at most `limit` updates.
    pub(super) async fn poll(&self, offset: i64, limit: usize, patience: Duration) -> Polled {
        self.polls.send_modify(|count| *count += 1);
        let mut polls = self.polls.subscribe();
        let mut arrivals = self.arrivals.subscribe();
        self.confirm(offset);
        let arrived =
            async { while self.waiting().updates.is_empty() && arrivals.changed().await.is_ok() {} };
        tokio::select! {
            biased;
            _ = polls.changed() => return Polled::Replaced,
            () = arrived => {}
            () = tokio::time::sleep(patience) => {}
        }
        let waiting = self.waiting();
        Polled::Updates(waiting.updates.iter().take(limit).map(|(_, update)| update.clone()).collect())
    }

    /// Forgets the updates before `offset`; a negative one counts from the end.
    fn confirm(&self, offset: i64) {
        let mut waiting = self.waiting();
        let keep = match usize::try_from(offset.unsigned_abs()) {
            Ok(last) if offset < 0 => last.min(waiting.updates.len()),
            _ => waiting.updates.iter().filter(|(id, _)| i128::from(*id) >= i128::from(offset)).count(),
        };
        let confirmed = waiting.updates.len() - keep;
        waiting.updates.drain(..confirmed);
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
