//! Polling for updates.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use vestnik_contract::{EventBatch, EventSource, SendError, Standing};

use crate::client::Api;
use crate::request;
use crate::updates::{Page, page};

/// The updates of one bot, by long polling.
pub(crate) struct Updates {
    api: Arc<Api>,
    poll_seconds: u16,
    place: Mutex<Place>,
    polling: Arc<Polling>,
}

/// How the last poll ended; nothing before the first has. Well, where another process polls.
#[derive(Default)]
pub(crate) struct Polling(Mutex<Option<Result<(), SendError>>>);

impl Polling {
    /// How it stands, for an operator.
    pub(crate) fn standing(&self) -> Standing {
        match &*self.last() {
            None => Standing::Opening,
            Some(Ok(())) => Standing::Ready,
            Some(Err(error)) => Standing::Broken(error.summary()),
        }
    }

    fn is_broken(&self) -> bool {
        matches!(*self.last(), Some(Err(_)))
    }

    fn is_well(&self) -> bool {
        matches!(*self.last(), Some(Ok(())))
    }

    fn ended(&self, how: Result<(), SendError>) {
        *self.last() = Some(how);
    }

    fn last(&self) -> MutexGuard<'_, Option<Result<(), SendError>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How far we are. Telegram forgets what is before the offset of a poll, so an offset is named only
/// after [`EventSource::acknowledge`], and then until a poll with it has been answered. It is not
/// named for longer: after a quiet week Telegram numbers its updates anew, perhaps from below.
#[derive(Default)]
struct Place {
    /// The offset that would confirm the batch handed out last.
    handed_out: Option<u32>,
    /// The offset to name in the next poll.
    confirm: Option<u32>,
}

impl Updates {
    /// Updates by polls that Telegram may hold open for `poll_seconds`.
    pub(crate) fn new(api: Arc<Api>, poll_seconds: u16, polling: Arc<Polling>) -> Self {
        Self { api, poll_seconds, place: Mutex::default(), polling }
    }

    /// One poll, of which is known afterwards how it ended.
    async fn poll(&self) -> Result<Option<Page>, SendError> {
        let page = self.ask().await.map_err(|error| self.api.at(error.harmless()));
        self.polling.ended(page.as_ref().map(drop).map_err(SendError::summary));
        page
    }

    /// A poll is held open only where the one before it was answered: how it stands is to be known at
    /// once, and not when the first citizen writes.
    async fn ask(&self) -> Result<Option<Page>, SendError> {
        let offset = self.place().confirm;
        let seconds = if self.polling.is_well() { self.poll_seconds } else { 0 };
        let request = request::get_updates(offset, seconds);
        let patience = Duration::from_secs(seconds.into());
        let answer = self.api.call_waiting(&request, patience).await?;
        let page = page(&answer)?;
        let mut place = self.place();
        if place.confirm == offset {
            place.confirm = None;
        }
        place.handed_out = page.as_ref().map(|page| page.next_offset);
        Ok(page)
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl EventSource for Updates {
    async fn next(&self) -> Result<EventBatch, SendError> {
        loop {
            let was_broken = self.polling.is_broken();
            match self.poll().await? {
                Some(page) => {
                    return Ok(EventBatch { token: page.next_offset.into(), events: page.events });
                }
                // That it is well again is news, also while nobody writes.
                None if was_broken => return Ok(EventBatch { token: 0, events: Vec::new() }),
                None => {}
            }
        }
    }

    async fn acknowledge(&self, token: u64) -> Result<(), SendError> {
        let mut place = self.place();
        if place.handed_out.map(u64::from) == Some(token) {
            place.confirm = place.handed_out.take();
        }
        Ok(())
    }

    /// "Conflict: terminated by other getUpdates request" is the answer to all but one
    /// (<https://core.telegram.org/bots/api#getupdates>).
    fn is_exclusive(&self) -> bool {
        true
    }

    fn stand_by(&self) {
        self.polling.ended(Ok(()));
    }
}
