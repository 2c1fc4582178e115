//! Accept: a batch of messages from sources becomes notifications, notices and work, in one
//! transaction.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use vestnik_contract::{ChannelId, TextLength};

use super::news::Fresh;
use super::people::{self, People};
use super::rules::{Rules, locale_for};
use super::slots::Slot;
use super::start::{Outgoing, Start};
use super::store::{
    IdempotencyRow, InboxRow, Lease, NoticeRow, NotificationRow, ReservationRow, Tx, WorkRow,
};
use super::writes::{Held, Writes, lone_entry, new_key, work_of};
use super::{Ledger, LedgerError, NotificationFacts, StoreError};
use crate::domain::{
    CitizenKey, Decision, Ending, FinalState, Happening, Item, Measure, Notice, NoticeId, NoticeKind,
    Notification, NotificationKey, Outcome, Plan, Reason, SourceRef, Step, StepState, Trace,
};
use crate::notice::{Body, Cascade, Input, ItemText};
use crate::policy::{self, ChannelFacts, DecideInput, Facts, Zones};

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
        intake.load_cancelled(&mut *tx, batch, &citizens).await?;
        let answers = batch.iter().map(|one| intake.take(one)).collect::<Result<Vec<_>, _>>()?;
        let started = intake.start_at_once().await?;
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

/// A notification as part of a notice.
fn item(key: NotificationKey, notification: &Notification, measure: &Measure) -> Item {
    Item {
        notification: key,
        reference: notification.reference.clone(),
        topic: measure.topic.clone(),
        class: measure.class(),
        closed: None::<Ending>,
    }
}

/// A message that was started as it came in, and the call that is kept for it.
type Started = (Box<dyn Slot>, Outgoing);

/// A batch on its way in.
struct Intake<'a> {
    ledger: &'a Ledger,
    rules: &'a Rules,
    now: Timestamp,
    facts: Vec<ChannelFacts>,
    people: People,
    known: BTreeMap<SourceRef, IdempotencyRow>,
    changed: BTreeMap<SourceRef, IdempotencyRow>,
    held: BTreeMap<NoticeId, Held>,
    notice_of: BTreeMap<NotificationKey, NoticeId>,
    /// How notifications that the batch takes back had ended before.
    closed: BTreeMap<NotificationKey, FinalState>,
    new_notices: Vec<NoticeId>,
    touched: Vec<NoticeId>,
    notifications: Vec<NotificationRow>,
    inbox: Vec<InboxRow>,
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
            known,
            changed: BTreeMap::new(),
            held: BTreeMap::new(),
            notice_of: BTreeMap::new(),
            closed: BTreeMap::new(),
            new_notices: Vec::new(),
            touched: Vec::new(),
            notifications: Vec::new(),
            inbox: Vec::new(),
            new_work: Vec::new(),
            reserve: Vec::new(),
            writes: Writes::default(),
        }
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
        for row in tx.notices(&ids).await? {
            self.held.insert(row.id, Held::of(row)?);
        }
        Ok(())
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

    // ---- taking in ----

    fn notify(
        &mut self,
        notification: &Notification,
        cancelled: Option<Reason>,
    ) -> Result<NotificationKey, LedgerError> {
        let key = NotificationKey(new_key());
        // The inbox entry shares the notice's id: both carry the same check code.
        let id = NoticeId(new_key());
        let citizen = self.ledger.keys.citizen(&notification.citizen);
        let measure = self.rules.catalogue.measure(&notification.life_event, &notification.measure);
        let measure = measure.ok_or(LedgerError::NotInCatalogue)?;
        let decision = self.decide(notification, measure, citizen, cancelled);
        let mut row = self.notification_row(key, citizen, notification, measure)?;
        self.tell(key, notification, &decision);
        if decision.inbox {
            self.add_inbox(id, key, citizen, notification, measure)?;
        }
        match decision.outcome {
            Outcome::Close { state, reason } => {
                row.closed = Some((state, reason, self.now));
                let closed = Happening::Closed { state, reason };
                self.writes.entry(lone_entry(key, &notification.reference, self.now, closed));
            }
            Outcome::Push(plan) => {
                let item = item(key, notification, measure);
                let notice = self.notice(id, citizen, notification, item, plan, decision.inbox);
                row.notice = Some(notice.id);
                self.hold(notice);
            }
        }
        self.notifications.push(row);
        Ok(key)
    }

    fn decide(
        &self,
        notification: &Notification,
        measure: &Measure,
        citizen: CitizenKey,
        cancelled: Option<Reason>,
    ) -> Decision {
        let close = |state, reason| Decision {
            outcome: Outcome::Close { state, reason },
            inbox: false,
            trace: Trace::default(),
        };
        if let Some(reason) = cancelled {
            return close(FinalState::Cancelled, reason);
        }
        let Some(person) = self.people.get(&citizen) else {
            return close(FinalState::Unreachable, Reason::NoSuchCitizen);
        };
        policy::decide(&DecideInput {
            facts: Facts::from(notification),
            topic: &measure.topic,
            class: measure.class(),
            citizen: &person.citizen,
            policy: &self.rules.policy,
            jurisdiction: self.rules.jurisdiction(&person.citizen.profile.jurisdiction),
            history: &person.history,
            channels: &self.facts,
            now: self.now,
        })
    }

    fn notification_row(
        &self,
        key: NotificationKey,
        citizen: CitizenKey,
        notification: &Notification,
        measure: &Measure,
    ) -> Result<NotificationRow, LedgerError> {
        let params = match self.people.get(&citizen) {
            Some(person) => NotificationFacts::of(notification).seal(&person.key)?,
            None => Vec::new(),
        };
        Ok(NotificationRow {
            key,
            reference: notification.reference.clone(),
            citizen,
            notice: None,
            life_event: notification.life_event.to_string(),
            measure: notification.measure.to_string(),
            template: i32::try_from(measure.template.id.version).unwrap_or(i32::MAX),
            campaign: notification.campaign.clone(),
            priority: notification.priority,
            params,
            received_at: self.now,
            closed: None,
        })
    }

    fn tell(&mut self, key: NotificationKey, notification: &Notification, decision: &Decision) {
        let (plan, due_at) = match &decision.outcome {
            Outcome::Push(plan) => {
                (plan.steps.iter().map(|step| step.channel.clone()).collect(), Some(plan.due_at))
            }
            Outcome::Close { .. } => (Vec::new(), None),
        };
        let decided = Happening::Decided {
            trace: decision.trace.clone(),
            plan,
            due_at,
            inbox: decision.inbox,
            config: self.rules.version.clone(),
        };
        self.writes.entry(lone_entry(key, &notification.reference, self.now, decided));
        if let Outcome::Push(Plan { deferred: Some(reason), due_at, steps, .. }) = &decision.outcome {
            let deferred =
                Happening::Deferred { channel: steps[0].channel.clone(), reason: *reason, until: *due_at };
            self.writes.entry(lone_entry(key, &notification.reference, self.now, deferred));
        }
    }

    fn add_inbox(
        &mut self,
        id: NoticeId,
        key: NotificationKey,
        citizen: CitizenKey,
        notification: &Notification,
        measure: &Measure,
    ) -> Result<(), LedgerError> {
        let Some(person) = self.people.get(&citizen) else { return Ok(()) };
        let item = ItemText {
            template: &measure.template,
            params: &notification.params,
            act_by: notification.act_by,
        };
        let locale = locale_for(&person.citizen, Some(&measure.topic));
        let code = self.rules.check_key.code(id);
        let words = self.rules.renderer.render(Body::Items(&[item]), code, locale, TextLength::Long)?;
        let content = super::inbox::seal(&person.key, &words)?;
        self.inbox.push(InboxRow {
            id: id.0,
            citizen,
            notification: key,
            content,
            at: self.now,
            read_at: None,
        });
        Ok(())
    }

    fn notice(
        &self,
        id: NoticeId,
        citizen: CitizenKey,
        notification: &Notification,
        item: Item,
        plan: Plan,
        inbox: bool,
    ) -> Notice {
        let mut steps: Vec<_> = plan.steps.into_iter().map(Step::planned).collect();
        steps[0].state = StepState::Due { at: plan.due_at };
        steps[0].reserved = plan.reserve;
        Notice {
            id,
            citizen,
            kind: NoticeKind::Entitlement,
            priority: notification.priority,
            items: vec![item],
            steps,
            current: 0,
            not_before: notification.not_before,
            expires_at: self.expiry(notification, citizen),
            inbox,
            config: self.rules.version.clone(),
            closed: None,
        }
    }

    /// Only a known citizen's notification becomes a notice, so the citizen is there.
    fn expiry(&self, notification: &Notification, citizen: CitizenKey) -> Timestamp {
        self.people.get(&citizen).map_or(self.now, |person| {
            let jurisdiction = self.rules.jurisdiction(&person.citizen.profile.jurisdiction);
            let zones = Zones::of(&person.citizen, jurisdiction);
            policy::expiry(&Facts::from(notification), &self.rules.policy, &zones, self.now)
        })
    }

    /// Keeps a new notice, its work and its place in the contact budget, so that what follows in
    /// the batch sees them.
    fn hold(&mut self, notice: Notice) {
        if let (Some(day), Some(person)) = (notice.steps[0].reserved, self.people.get_mut(&notice.citizen)) {
            *person.history.days.entry(day).or_default() += 1;
            self.reserve.push(ReservationRow { notice: notice.id, step: 0, citizen: notice.citizen, day });
        }
        self.notice_of.extend(notice.items.iter().map(|item| (item.notification, notice.id)));
        self.new_notices.push(notice.id);
        self.held.insert(notice.id, Held { notice, words: Vec::new() });
    }

    /// Starts new notices that are due now where a lane of this process has a slot for them.
    async fn start_at_once(&mut self) -> Result<Vec<Started>, LedgerError> {
        let slots = self.slots().await;
        let (ledger, rules, now) = (self.ledger, self.rules, self.now);
        let (people, writes) = (&mut self.people, &mut self.writes);
        let mut start = Start::new(ledger, rules, now, people, &self.notifications, writes);
        let mut started = Vec::new();
        for (work, slot) in slots {
            let Some(held) = self.held.get_mut(&work.notice) else { continue };
            let Some(outgoing) = start.one(held)? else { continue };
            let until = now + SignedDuration::try_from(slot.lease()).unwrap_or(SignedDuration::ZERO);
            let lease = Some(Lease { id: new_key(), until });
            self.new_work.push(WorkRow { lease, attempt: Some(outgoing.attempt), ..work });
            started.push((slot, outgoing));
        }
        Ok(started)
    }

    /// The work of new notices that is due now, as far as there are slots for it.
    async fn slots(&self) -> Vec<(WorkRow, Box<dyn Slot>)> {
        let mut due: BTreeMap<&ChannelId, Vec<WorkRow>> = BTreeMap::new();
        for held in self.new_notices.iter().filter_map(|id| self.held.get(id)) {
            let work = work_of(&held.notice).filter(|work| work.due_at <= self.now);
            if let (Some(work), Some(channel)) = (work, held.notice.channel()) {
                due.entry(channel).or_default().push(work);
            }
        }
        let mut kept = Vec::new();
        for (channel, work) in due {
            let Some(lane) = self.ledger.lanes.of(channel) else { continue };
            let asked: Vec<_> = work.iter().map(|work| (work.citizen, work.priority)).collect();
            let slots = lane.take(&asked).await;
            kept.extend(work.into_iter().zip(slots).filter_map(|(work, slot)| Some((work, slot?))));
        }
        kept
    }

    async fn write(mut self, tx: &mut dyn Tx) -> Result<Fresh, LedgerError> {
        let new = self.new_notices.iter().filter_map(|id| self.held.get(id));
        self.new_work.extend(new.filter_map(|held| work_of(&held.notice)));
        let rows = |ids: &[NoticeId]| -> Result<Vec<NoticeRow>, LedgerError> {
            ids.iter().filter_map(|id| self.held.get(id)).map(Held::row).collect()
        };
        let new_notices = rows(&self.new_notices)?;
        for id in &self.touched {
            if let Some(held) = self.held.get(id) {
                self.writes.save(held, None)?;
            }
        }
        let changed: Vec<_> = self.changed.into_values().collect();
        tx.put_idempotency(&changed).await?;
        tx.add_notifications(&self.notifications).await?;
        tx.add_notices(&new_notices).await?;
        tx.add_inbox(&self.inbox).await?;
        tx.put_work(&self.new_work).await?;
        tx.put_reservations(&self.reserve).await?;
        let mut fresh = self.writes.flush(tx).await?;
        fresh.work(&self.new_work, self.now);
        Ok(fresh)
    }
}
