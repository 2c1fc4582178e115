//! The way from a send to the session and back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use rusmpp::Pdu;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::time::{Instant, timeout_at};
use vestnik_contract::{Obstacle, SendError, SendErrorKind, Standing};

use crate::settings::Sessions;
use crate::status;

/// How the session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// The first connection is being tried.
    Starting,
    /// There is no connection, for this reason where one is known.
    Down(Option<Obstacle>),
    /// The SMSC refused our bind with this status.
    Refused(u32),
    /// Messages can be sent.
    Bound,
    /// Another process has the session: it is not our turn.
    StandingBy,
}

/// What the SMSC answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// `command_status`
    pub(crate) status: u32,
    /// The message id; empty where the answer has none.
    pub(crate) id: String,
}

/// A request on its way to the session. Dropping it answers it: the asker sees from the ticket
/// whether it was written.
pub(crate) struct Request {
    pub(crate) pdu: Pdu,
    pub(crate) ticket: Arc<Ticket>,
    pub(crate) waiting: Waiting,
}

/// Who waits for an answer, with the place in the window that the request takes until then.
pub(crate) struct Waiting {
    reply: oneshot::Sender<Answer>,
    _place: OwnedSemaphorePermit,
}

impl Waiting {
    pub(crate) fn answer(self, answer: Answer) {
        // Who gave up has drawn their own conclusion.
        let _ = self.reply.send(answer);
    }

    /// Whether nobody waits any more.
    pub(crate) fn given_up(&self) -> bool {
        self.reply.is_closed()
    }
}

/// Settles between asker and session whether a request is written or withdrawn; never both. Only
/// so can a time-out say truthfully that nothing was sent.
#[derive(Debug, Default)]
pub(crate) struct Ticket(AtomicU8);

const QUEUED: u8 = 0;
const WRITTEN: u8 = 1;
const WITHDRAWN: u8 = 2;

impl Ticket {
    /// The session is about to write the request. `false` if it was withdrawn.
    pub(crate) fn write(&self) -> bool {
        self.become_(WRITTEN)
    }

    /// The asker gives up. `false` if the request was written, in whole or in part.
    fn withdraw(&self) -> bool {
        self.become_(WITHDRAWN)
    }

    fn become_(&self, next: u8) -> bool {
        self.0.compare_exchange(QUEUED, next, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// Withdraws its request when the asker is dropped before the end.
struct Claim(Arc<Ticket>);

impl Drop for Claim {
    fn drop(&mut self) {
        self.0.withdraw();
    }
}

/// The asking end of the session.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) requests: mpsc::Sender<Request>,
    pub(crate) window: Arc<Semaphore>,
    pub(crate) state: watch::Receiver<State>,
    pub(crate) sessions: Sessions,
}

impl Link {
    /// How the session stands.
    pub(crate) fn standing(&self) -> Standing {
        match *self.state.borrow() {
            State::Starting => Standing::Opening,
            State::Bound => Standing::Ready,
            State::Refused(status) => match status::no_more_sessions(status, self.sessions) {
                Some(told) => Standing::Elsewhere(Some(format!("{told} ({})", status::code(status)))),
                None => Standing::Broken(status::refused_bind(status, self.sessions)),
            },
            State::Down(why) => Standing::Broken(SendError::new(SendErrorKind::Unavailable).obstacle(why)),
            State::StandingBy => Standing::Elsewhere(None),
        }
    }

    /// Whether messages can be sent now. Waits for the first connection, and for no later one.
    async fn ready(&self, deadline: Instant) -> Result<(), SendError> {
        let mut state = self.state.clone();
        let state = timeout_at(deadline, state.wait_for(|state| *state != State::Starting)).await;
        match state.map(|state| state.map(|state| *state)) {
            Ok(Ok(State::Bound)) => Ok(()),
            Ok(Ok(State::Refused(status))) => Err(status::refused_bind(status, self.sessions)),
            Ok(Ok(State::Down(why))) => Err(SendError::new(SendErrorKind::Unavailable).obstacle(why)),
            Err(_late) => Err(SendError::new(SendErrorKind::Unavailable).obstacle(Obstacle::TimedOut)),
            Ok(_) => Err(SendError::new(SendErrorKind::Unavailable)),
        }
    }

    /// Asks the SMSC and waits for its answer. Without one by the deadline, or when the session
    /// breaks, it is Ambiguous if the request was written and Unavailable if not.
    pub(crate) async fn ask(&self, pdu: Pdu, deadline: Instant) -> Result<Answer, SendError> {
        self.ready(deadline).await?;
        let unavailable = || SendError::new(SendErrorKind::Unavailable);
        let place = timeout_at(deadline, self.window.clone().acquire_owned()).await;
        let place = place.map_err(|late| unavailable().source(late))?.map_err(|_| unavailable())?;
        // The wait for a place may have outlived the session.
        self.ready(deadline).await?;
        let claim = Claim(Arc::default());
        let (reply, answer) = oneshot::channel();
        let waiting = Waiting { reply, _place: place };
        let request = Request { pdu, ticket: claim.0.clone(), waiting };
        // The queue has a place for each place of the window, so it is full only when it is closed.
        self.requests.try_send(request).map_err(|_| unavailable())?;
        let obstacle = match timeout_at(deadline, answer).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(_dropped)) => Obstacle::Cut,
            Err(_late) => Obstacle::TimedOut,
        };
        let withdrawn = claim.0.withdraw();
        let kind = if withdrawn { SendErrorKind::Unavailable } else { SendErrorKind::Ambiguous };
        Err(SendError::new(kind).obstacle(obstacle))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_written_or_withdrawn_and_never_both() {
        let written = Ticket::default();
        assert!(written.write() && !written.withdraw() && !written.write());
        let withdrawn = Ticket::default();
        assert!(withdrawn.withdraw() && !withdrawn.write());
    }
}
