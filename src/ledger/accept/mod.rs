//! Accept: a batch of messages from sources becomes notifications, notices and work, in one
//! transaction.

mod at_once;
mod notices;
mod taking_in;
mod window;
mod yielding;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::guard::{self, Guarded};
use super::introductions::{self, Introductions};
use super::news::Fresh;
use super::people::{self, People};
use super::rules::Rules;
use super::store::{
    CodeRow, IdempotencyRow, InboxRow, NoticeRow, NotificationRow, ReservationRow, Tx, UnreachedPlace,
    WorkRow,
};
use super::writes::{Held, Writes, work_of};
use super::{Ledger, LedgerError, StoreError};
use crate::domain::{CitizenKey, FinalState, NoticeId, Notification, NotificationKey, Reason, SourceRef};
use crate::notice::{Cascade, Input};
use crate::policy::ChannelFacts;
use notices::Notices;
use window::open_to_others;

/// What a source asks for.
#[derive(Debug, Clone)]
pub struct Submission {
    /// What it is.
    pub ask: Ask,
    /// What it says, in one spelling, to tell a repeat from a conflict.
    pub body: Vec<u8>,
}

/// The kinds of messages that sources send.
#[derive(Debug, Clone)]
pub enum Ask {
    /// Tell this citizen; where `supersedes` is given, instead of that earlier notification.
    Notify {
        /// The notification.
        notification: Box<Notification>,
        /// The source's id of the notification it replaces.
        supersedes: Option<String>,
    },
    /// Take a notification back; also before it came.
    Cancel(SourceRef),
}

/// What became of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is new and has been taken.
    Accepted(NotificationKey),
    /// It was taken before, and said the same.
    Repeated(NotificationKey),
    /// Its (source, id) was taken before and said something else: refused.
    Conflict,
    /// The notification is taken back: it had not been sent.
    Cancelled,
    /// The cancel came too late: the notification was sent, or had ended otherwise.
    CancelTooLate,
    /// The cancel was kept for a notification that has not come yet.
    CancelKept,
}

impl Ledger {
    /// Takes a batch. The answers are in the order of the submissions, and true once this returns.
    pub async fn accept(&self, batch: &[Submission], rules: &Rules) -> Result<Vec<Answer>, LedgerError> {
        let mut tx = self.store.begin().await?;
        let citizens = self.citizens_of(&mut *tx, batch).await?;
        let people = people::lock(&mut *tx, &self.keys, citizens.iter().copied()).await?;
        let references: Vec<_> = batch.iter().flat_map(references).collect();
        let known = tx.idempotency(&references).await?;
        let known = known.into_iter().map(|row| (row.reference.clone(), row)).collect();
        let now = tx.now();
        let mut intake = Intake::new(self, rules, now, people, known);
        intake.load_guarded(&mut *tx).await?;
        intake.load_cancelled(&mut *tx, batch, &citizens).await?;
        intake.load_windows(&mut *tx, batch).await?;
        intake.load_holders(&mut *tx).await?;
        let answers = batch.iter().map(|one| intake.take(one)).collect::<Result<Vec<_>, _>>()?;
        let started = intake.start_at_once(&mut *tx).await?;
        let fresh = intake.write(&mut *tx).await?;
        self.commit(tx, &fresh).await?;
        for (slot, outgoing) in started {
            slot.send(outgoing);
        }
        Ok(answers)
    }

    /// The citizens whose rows the batch has to lock: those it speaks to, and those of the
    /// notifications that it takes back.
    async fn citizens_of(
        &self,
        tx: &mut dyn Tx,
        batch: &[Submission],
    ) -> Result<BTreeSet<CitizenKey>, LedgerError> {
        let mut keys: BTreeSet<_> = batch
            .iter()
            .filter_map(|one| match &one.ask {
                Ask::Notify { notification, .. } => Some(self.keys.citizen(&notification.citizen)),
                Ask::Cancel(_) => None,
            })
            .collect();
        let cancelled: Vec<_> = batch.iter().filter_map(cancels).collect();
        let known = tx.idempotency(&cancelled).await?;
        let notifications: Vec<_> = known.iter().filter_map(|row| row.notification).collect();
        keys.extend(tx.notifications(&notifications).await?.iter().map(|row| row.citizen));
        Ok(keys)
    }
}

/// Those of new notifications that ended at once and reach nobody.
fn unreached(rows: &[NotificationRow]) -> Vec<UnreachedPlace> {
    let ended = rows.iter().filter_map(|row| Some((row.closed?, row.key)));
    ended.filter(|((state, ..), _)| state.is_unreached()).map(|((.., at), key)| (at, key)).collect()
}

/// The earlier notification that a submission takes back.
fn cancels(submission: &Submission) -> Option<SourceRef> {
    match &submission.ask {
        Ask::Cancel(reference) => Some(reference.clone()),
        Ask::Notify { notification, supersedes } => {
            let id = supersedes.clone()?;
            Some(SourceRef { source: notification.reference.source.clone(), id })
        }
    }
}

/// Every reference that a submission names.
fn references(submission: &Submission) -> Vec<SourceRef> {
    let mut references: Vec<_> = cancels(submission).into_iter().collect();
    if let Ask::Notify { notification, .. } = &submission.ask {
        references.push(notification.reference.clone());
    }
    references
}

/// A batch on its way in.
struct Intake<'a> {
    ledger: &'a Ledger,
    rules: &'a Rules,
    now: Timestamp,
    facts: Vec<ChannelFacts>,
    people: People,
    /// What the guard has paused.
    guarded: Guarded,
    /// Who was introduced where it has paused introductions.
    introductions: Introductions,
    known: BTreeMap<SourceRef, IdempotencyRow>,
    changed: BTreeMap<SourceRef, IdempotencyRow>,
    held: Notices,
    notice_of: BTreeMap<NotificationKey, NoticeId>,
    /// How notifications that the batch takes back had ended before.
    closed: BTreeMap<NotificationKey, FinalState>,
    new_notices: Vec<NoticeId>,
    touched: Vec<NoticeId>,
    notifications: Vec<NotificationRow>,
    inbox: Vec<InboxRow>,
    /// The check codes that are shown for the first time.
    codes: Vec<CodeRow>,
    new_work: Vec<WorkRow>,
    reserve: Vec<ReservationRow>,
    writes: Writes,
}

impl<'a> Intake<'a> {
    fn new(
        ledger: &'a Ledger,
        rules: &'a Rules,
        now: Timestamp,
        people: People,
        known: BTreeMap<SourceRef, IdempotencyRow>,
    ) -> Self {
        Self {
            ledger,
            rules,
            now,
            facts: rules.facts(),
            people,
            guarded: Guarded::default(),
            introductions: Introductions::default(),
            known,
            changed: BTreeMap::new(),
            held: Notices::default(),
            notice_of: BTreeMap::new(),
            closed: BTreeMap::new(),
            new_notices: Vec::new(),
            touched: Vec::new(),
            notifications: Vec::new(),
            inbox: Vec::new(),
            codes: Vec::new(),
            new_work: Vec::new(),
            reserve: Vec::new(),
            writes: Writes::default(),
        }
    }

    /// Loads what the guard has paused, and whom that concerns.
    async fn load_guarded(&mut self, tx: &mut dyn Tx) -> Result<(), LedgerError> {
        self.guarded = guard::guarded(tx, self.rules).await?;
        let asked = introductions::asked_where_paused(self.rules, &self.guarded, self.people.keys());
        self.introductions = Introductions::load(tx, &asked).await?;
        Ok(())
    }

    /// Loads the notices of notifications that the batch takes back. One that another process took in
    /// after this one looked may be of a citizen who is not locked: the batch is then to be tried again.
    async fn load_cancelled(
        &mut self,
        tx: &mut dyn Tx,
        batch: &[Submission],
        locked: &BTreeSet<CitizenKey>,
    ) -> Result<(), LedgerError> {
        let keys: Vec<_> = batch
            .iter()
            .filter_map(cancels)
            .filter_map(|reference| self.known.get(&reference)?.notification)
            .collect();
        for row in tx.notifications(&keys).await? {
            if !locked.contains(&row.citizen) {
                return Err(StoreError::overtaken().into());
            }
            self.notice_of.extend(row.notice.map(|notice| (row.key, notice)));
            self.closed.extend(row.closed.map(|(state, ..)| (row.key, state)));
        }
        let ids: Vec<_> = self.notice_of.values().copied().collect();
        self.held.load(tx, &ids).await
    }

    fn take(&mut self, submission: &Submission) -> Result<Answer, LedgerError> {
        let digest = self.ledger.keys.digest(&submission.body);
        match &submission.ask {
            Ask::Cancel(reference) => Ok(self.cancel(reference, Reason::CancelledBySource)),
            Ask::Notify { notification, .. } => {
                let remembered = self.known.get(&notification.reference);
                let mut cancelled = None;
                if let Some(row) = remembered {
                    if let Some(key) = row.notification {
                        let same = row.digest == Some(digest);
                        return Ok(if same { Answer::Repeated(key) } else { Answer::Conflict });
                    }
                    cancelled = row.cancelled;
                }
                if let Some(replaced) = cancels(submission) {
                    self.cancel(&replaced, Reason::Superseded);
                }
                let key = self.notify(notification, cancelled)?;
                self.remember(IdempotencyRow {
                    reference: notification.reference.clone(),
                    digest: Some(digest),
                    notification: Some(key),
                    cancelled,
                    at: self.now,
                });
                Ok(Answer::Accepted(key))
            }
        }
    }

    fn remember(&mut self, row: IdempotencyRow) {
        self.known.insert(row.reference.clone(), row.clone());
        self.changed.insert(row.reference.clone(), row);
    }

    // ---- taking back ----

    fn cancel(&mut self, reference: &SourceRef, reason: Reason) -> Answer {
        let Some(key) = self.known.get(reference).and_then(|row| row.notification) else {
            self.remember(IdempotencyRow {
                reference: reference.clone(),
                digest: None,
                notification: None,
                cancelled: Some(reason),
                at: self.now,
            });
            return Answer::CancelKept;
        };
        let held = self.notice_of.get(&key).and_then(|notice| self.held.get_mut(notice));
        if let Some(held) = held {
            let item = held.notice.items.iter().position(|item| item.notification == key);
            let input = Input::Cancel(item.into_iter().collect(), reason);
            let cascade = Cascade { retry: self.rules.policy.retry, idempotent: false };
            self.writes.advance(held, input, self.now, &cascade);
            self.touched.push(held.notice.id);
        }
        if self.is_cancelled(key) { Answer::Cancelled } else { Answer::CancelTooLate }
    }

    /// Whether a notification ended because its source took it back.
    fn is_cancelled(&self, key: NotificationKey) -> bool {
        let held = self.notice_of.get(&key).and_then(|notice| self.held.get(notice));
        let item = held.and_then(|held| held.notice.items.iter().find(|item| item.notification == key));
        let of_new = self.notifications.iter().find(|row| row.key == key).and_then(|row| row.closed);
        let state = match item {
            Some(item) => item.closed.map(|ending| ending.state),
            None => of_new.map(|closed| closed.0).or_else(|| self.closed.get(&key).copied()),
        };
        state == Some(FinalState::Cancelled)
    }

    async fn write(mut self, tx: &mut dyn Tx) -> Result<Fresh, LedgerError> {
        let new = self.new_notices.iter().filter_map(|id| self.held.get(id));
        self.new_work.extend(new.filter_map(|held| work_of(&held.notice)));
        let rows = |ids: &[NoticeId]| -> Result<Vec<NoticeRow>, LedgerError> {
            ids.iter().filter_map(|id| self.held.get(id)).map(Held::row).collect()
        };
        let new_notices = rows(&self.new_notices)?;
        let windows = open_to_others(self.new_notices.iter().filter_map(|id| self.held.get(id)));
        for id in &self.touched {
            if let Some(held) = self.held.get(id) {
                self.writes.save(held, None)?;
            }
        }
        let changed: Vec<_> = self.changed.into_values().collect();
        tx.put_idempotency(&changed).await?;
        tx.add_notifications(&self.notifications).await?;
        tx.add_unreached(&unreached(&self.notifications)).await?;
        tx.add_notices(&new_notices).await?;
        tx.open_windows(&windows).await?;
        tx.add_inbox(&self.inbox).await?;
        tx.add_codes(&self.codes).await?;
        tx.put_work(&self.new_work).await?;
        tx.put_reservations(&self.reserve).await?;
        let mut fresh = self.writes.flush(tx).await?;
        fresh.work(&self.new_work, self.now);
        Ok(fresh)
    }
}
