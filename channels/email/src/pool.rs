//! A few sessions, used again and again.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};
use vestnik_contract::{SendError, SendErrorKind, Server};

use crate::mail::Mail;
use crate::session::{Relay, Session};
use crate::verdict::Stage;

/// Opens no more sessions than it has places, and keeps those that can be used again.
pub(crate) struct Pool {
    relay: Relay,
    places: Semaphore,
    resting: Mutex<Vec<Session>>,
}

impl Pool {
    pub(crate) fn new(relay: Relay, places: u16) -> Self {
        Self { relay, places: Semaphore::new(places.into()), resting: Mutex::default() }
    }

    /// The relay that is asked.
    pub(crate) fn server(&self) -> &Server {
        &self.relay.server
    }

    /// Hands one mail over; waits for a place first. A call that is dropped closes its session.
    pub(crate) async fn send(&self, mail: &Mail, stage: &mut Stage) -> Result<(), SendError> {
        let _place = self.place().await?;
        let mut session = match self.rested().await {
            Some(session) => session,
            None => Session::open(&self.relay).await?,
        };
        let sent = session.send(mail, stage).await;
        if session.is_sound() {
            self.resting().push(session);
        }
        sent
    }

    /// Opens a session of its own and closes it in good order.
    pub(crate) async fn probe(&self) -> Result<(), SendError> {
        let _place = self.place().await?;
        Session::open(&self.relay).await?.close().await
    }

    async fn place(&self) -> Result<SemaphorePermit<'_>, SendError> {
        self.places
            .acquire()
            .await
            .map_err(|closed| SendError::new(SendErrorKind::Unavailable).source(closed))
    }

    /// The session that rested least and is still open.
    async fn rested(&self) -> Option<Session> {
        loop {
            let next = self.resting().pop();
            let mut session = next?;
            if session.is_fresh().await {
                return Some(session);
            }
        }
    }

    fn resting(&self) -> MutexGuard<'_, Vec<Session>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
