//! What the SMSC brought and the gateway has not committed yet.
//!
//! A `deliver_sm` is answered only when the gateway acknowledges it. Until then it is kept here, in
//! a queue of limited length, even when the session that brought it ends. The SMSC then brings it
//! again in a later session with another sequence number; it is known by its content and only its
//! answer moves to the new session, so that the gateway hears it once. This matters for citizens'
//! words above all: SMPP gives them no id of their own.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use vestnik_contract::{Event, EventBatch};

use crate::deliver::Heard;
use crate::fragments::{Fragment, Fragments};

/// How many events one batch has at most.
const BATCH: usize = 200;
/// How long the parts of a reply wait for each other.
const PARTS: Duration = Duration::from_secs(5);

/// What became of a `deliver_sm` that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offered {
    /// It waits for the gateway; it is answered later.
    Kept,
    /// The gateway has it already: answer now.
    Known,
    /// There is no room: the SMSC shall try again later.
    Full,
}

/// The answers that an acknowledgement of the gateway allows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Acknowledged {
    /// The session that they belong to.
    pub(crate) session: u64,
    /// The sequence numbers to answer.
    pub(crate) sequences: Vec<u32>,
}

/// A `deliver_sm` that is to be answered.
#[derive(Debug)]
pub(crate) struct Bearer {
    pub(crate) session: u64,
    pub(crate) sequence: u32,
    pub(crate) fingerprint: u64,
}

/// An event, with what brought it: several for a reply of several parts.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) bearers: Vec<Bearer>,
    pub(crate) event: Event,
}

#[derive(Default)]
struct Shelf {
    /// The session of now, or of last; 0 before the first.
    session: u64,
    bound: bool,
    waiting: VecDeque<Arrival>,
    handed: Vec<Arrival>,
    fragments: Fragments,
    token: u64,
    /// Fingerprints of what was acknowledged while its session was gone.
    settled: VecDeque<u64>,
}

pub(crate) struct Inbox {
    kept: Mutex<Shelf>,
    filled: Notify,
    capacity: usize,
}

impl Inbox {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { kept: Mutex::default(), filled: Notify::new(), capacity }
    }

    /// A session begins; `session` is greater than all before.
    pub(crate) fn begin(&self, session: u64) {
        let mut kept = self.kept();
        kept.session = session;
        kept.bound = true;
    }

    /// The session has ended.
    pub(crate) fn end(&self) {
        self.kept().bound = false;
    }

    /// Takes what the session of now brought. `fingerprint` is the same for the same content.
    pub(crate) fn offer(&self, sequence: u32, fingerprint: u64, heard: Heard) -> Offered {
        let mut kept = self.kept();
        if let Some(at) = kept.settled.iter().position(|settled| *settled == fingerprint) {
            kept.settled.remove(at);
            return Offered::Known;
        }
        let session = kept.session;
        if let Some(known) = kept.brought_before(fingerprint) {
            (known.session, known.sequence) = (session, sequence);
            return Offered::Kept;
        }
        if kept.waiting.len() + kept.handed.len() + kept.fragments.len() >= self.capacity {
            return Offered::Full;
        }
        kept.take(Bearer { session, sequence, fingerprint }, heard);
        drop(kept);
        self.filled.notify_one();
        Offered::Kept
    }

    /// Parts of replies that waited for the others for long enough wait no more.
    pub(crate) fn give_up_waiting(&self, now: Instant) {
        let mut kept = self.kept();
        let Some(moment) = now.checked_sub(PARTS) else { return };
        let overdue = kept.fragments.overdue(moment);
        if !overdue.is_empty() {
            kept.waiting.extend(overdue);
            self.filled.notify_one();
        }
    }

    /// The next events. A batch that was not acknowledged is handed out again.
    pub(crate) async fn next(&self) -> EventBatch {
        loop {
            let filled = self.filled.notified();
            if let Some(batch) = self.kept().batch() {
                return batch;
            }
            filled.await;
        }
    }

    /// The gateway has committed this batch. `None` for a token of no batch, or where the session
    /// is gone and nobody can be answered.
    pub(crate) fn acknowledge(&self, token: u64) -> Option<Acknowledged> {
        let mut kept = self.kept();
        if kept.token != token || kept.handed.is_empty() {
            return None;
        }
        let (session, bound) = (kept.session, kept.bound);
        let handed = std::mem::take(&mut kept.handed);
        let bearers = handed.into_iter().flat_map(|it| it.bearers);
        let (now, gone): (Vec<_>, Vec<_>) = bearers.partition(|it| bound && it.session == session);
        kept.settled.extend(gone.iter().map(|it| it.fingerprint));
        let too_many = kept.settled.len().saturating_sub(self.capacity);
        kept.settled.drain(..too_many);
        let sequences: Vec<_> = now.iter().map(|it| it.sequence).collect();
        (!sequences.is_empty()).then_some(Acknowledged { session, sequences })
    }

    fn kept(&self) -> MutexGuard<'_, Shelf> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    /// The same content of an earlier session, not acknowledged yet. Arrivals are in the order of
    /// their sessions until one is brought again, so a look at the ends is not enough.
    fn brought_before(&mut self, fingerprint: u64) -> Option<&mut Bearer> {
        let session = self.session;
        let arrived = self.handed.iter_mut().chain(&mut self.waiting).flat_map(|it| &mut it.bearers);
        let all = arrived.chain(self.fragments.bearers());
        all.filter(|it| it.session < session).find(|it| it.fingerprint == fingerprint)
    }

    /// Puts an event, or the reply that is whole with this part, into the queue.
    fn take(&mut self, bearer: Bearer, heard: Heard) {
        match (heard.event, heard.part) {
            (Event::Inbound(inbound), Some(part)) if part.total > 1 => {
                let fragment = Fragment { bearer, part, inbound, since: Instant::now() };
                let whole = self.fragments.add(fragment);
                self.waiting.extend(whole);
            }
            (event, _) => self.waiting.push_back(Arrival { bearers: vec![bearer], event }),
        }
    }

    fn batch(&mut self) -> Option<EventBatch> {
        if self.handed.is_empty() {
            let many = self.waiting.len().min(BATCH);
            self.handed = self.waiting.drain(..many).collect();
            self.token += 1;
        }
        let events: Vec<_> = self.handed.iter().map(|it| it.event.clone()).collect();
        (!events.is_empty()).then_some(EventBatch { token: self.token, events })
    }
}

#[cfg(test)]
mod tests {
    use vestnik_contract::{Receipt, ReceiptState};

    use super::*;

    fn event(key: &str) -> Heard {
        let event = Event::Receipt(Receipt {
            key: key.into(),
            reference: key.into(),
            recipient: None,
            state: ReceiptState::Delivered,
            code: None,
            at: None,
        });
        Heard { event, part: None }
    }

    fn keys(batch: &EventBatch) -> Vec<&str> {
        batch.events.iter().map(Event::key).collect()
    }

    fn answers(session: u64, sequences: &[u32]) -> Acknowledged {
        Acknowledged { session, sequences: sequences.to_vec() }
    }

    #[tokio::test]
    async fn what_is_not_acknowledged_is_handed_out_again() {
        let inbox = Inbox::new(10);
        inbox.begin(1);
        assert_eq!(inbox.offer(11, 1, event("a")), Offered::Kept);
        let first = inbox.next().await;
        assert_eq!(inbox.offer(12, 2, event("b")), Offered::Kept);
        let again = inbox.next().await;
        assert_eq!((keys(&first), first.token), (keys(&again), again.token));
        assert_eq!(inbox.acknowledge(first.token), Some(answers(1, &[11])));
        assert_eq!(inbox.acknowledge(first.token), None, "a late token is no error");
        let second = inbox.next().await;
        assert_eq!(keys(&second), ["b"]);
        assert_eq!(inbox.acknowledge(first.token), None);
        assert_eq!(inbox.acknowledge(second.token), Some(answers(1, &[12])));
    }

    #[tokio::test]
    async fn what_comes_again_in_a_later_session_is_heard_once() {
        let inbox = Inbox::new(10);
        inbox.begin(1);
        inbox.offer(11, 1, event("a"));
        inbox.offer(12, 2, event("b"));
        inbox.end();
        inbox.begin(2);
        assert_eq!(inbox.offer(2, 1, event("a again")), Offered::Kept);
        let batch = inbox.next().await;
        assert_eq!(keys(&batch), ["a", "b"]);
        assert_eq!(inbox.acknowledge(batch.token), Some(answers(2, &[2])), "b was not brought again yet");
        assert_eq!(inbox.offer(3, 2, event("b again")), Offered::Known);
        assert_eq!(inbox.offer(4, 2, event("b, once more said")), Offered::Kept);
    }

    #[tokio::test]
    async fn the_same_words_twice_in_one_session_are_two() {
        let inbox = Inbox::new(10);
        inbox.begin(1);
        inbox.offer(11, 1, event("a"));
        inbox.offer(12, 1, event("b"));
        assert_eq!(keys(&inbox.next().await), ["a", "b"]);
    }

    #[tokio::test]
    async fn the_queue_has_an_end() {
        let inbox = Inbox::new(2);
        inbox.begin(1);
        inbox.offer(1, 1, event("a"));
        inbox.offer(2, 2, event("b"));
        assert_eq!(inbox.offer(3, 3, event("c")), Offered::Full);
        let batch = inbox.next().await;
        assert_eq!(inbox.offer(3, 3, event("c")), Offered::Full, "what is handed out counts");
        inbox.end();
        assert_eq!(inbox.acknowledge(batch.token), None, "nobody to answer");
        assert_eq!(inbox.offer(3, 3, event("c")), Offered::Kept);
    }
}
