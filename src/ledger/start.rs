//! Claim and start: from due work to the moment of sending.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use vestnik_contract::{Address, Channel, ChannelId, Message};

use super::facts::NotificationFacts;
use super::people::{self, People, Person};
use super::rules::{Rules, locale_for};
use super::store::{Lease, NotificationRow, Tx, WorkRow};
use super::words::Words;
use super::writes::{Held, Writes, new_key};
use super::{Ledger, LedgerError};
use crate::domain::{
    AttemptId, CitizenKey, FinalState, Locale, Notice, NoticeId, NotificationKey, Priority, Reason, Recheck,
};
use crate::notice::{Body, Cascade, Input, ItemText, RenderError, Rendered};
use crate::policy::{self, ItemFacts, RecheckInput};

/// A message whose attempt has been started: it must be sent now, and its outcome finished.
#[derive(Debug)]
pub struct Outgoing {
    /// The notice.
    pub notice: NoticeId,
    /// Whose it is.
    pub citizen: CitizenKey,
    /// The attempt.
    pub attempt: AttemptId,
    /// Its priority.
    pub priority: Priority,
    /// What to send.
    pub message: Message,
}

impl Ledger {
    /// Leases due work of a lane, at most `limit` rows, of `lowest` priority or more urgent.
    pub async fn claim(
        &self,
        channel: &ChannelId,
        lowest: Priority,
        limit: u32,
        lease: Duration,
    ) -> Result<Vec<WorkRow>, LedgerError> {
        let mut tx = self.store.begin().await?;
        let until = tx.now() + SignedDuration::try_from(lease).unwrap_or(SignedDuration::ZERO);
        let rows = tx.claim(channel.as_str(), lowest, limit, Lease { id: new_key(), until }).await?;
        if !rows.is_empty() {
            tx.commit().await?;
        }
        Ok(rows)
    }

    /// The moment of sending: asks policy again about each claimed notice, and writes "attempt
    /// started" for those that may go. The others are deferred, skipped or closed. Work whose
    /// lease was lost meanwhile is left alone.
    pub async fn start(&self, claimed: &[WorkRow], rules: &Rules) -> Result<Vec<Outgoing>, LedgerError> {
        let mut tx = self.store.begin().await?;
        let mut people = people::lock(&mut *tx, &self.keys, claimed.iter().map(|row| row.citizen)).await?;
        let work = still_leased(&mut *tx, claimed).await?;
        let ids: Vec<_> = work.iter().map(|row| row.notice).collect();
        let mut held = BTreeMap::new();
        for row in tx.notices(&ids).await? {
            held.insert(row.id, Held::of(row)?);
        }
        let keys: Vec<_> = held.values().flat_map(|held| open_items(&held.notice)).collect();
        let notifications = tx.notifications(&keys).await?;
        let (people, mut writes) = (&mut people, Writes::default());
        let mut start = Start::new(self, rules, tx.now(), people, &notifications, &mut writes);
        let mut outgoing = Vec::new();
        for row in work {
            let Some(held) = held.get_mut(&row.notice) else { continue };
            let started = start.one(held)?;
            let row = started.as_ref().map(|one| WorkRow { attempt: Some(one.attempt), ..row });
            start.writes.save(held, row)?;
            outgoing.extend(started);
        }
        self.settle(tx, writes).await?;
        Ok(outgoing)
    }
}

impl Ledger {
    /// Gives claimed work back unstarted: it is due again at once.
    pub async fn release(&self, claimed: &[WorkRow]) -> Result<(), LedgerError> {
        let mut tx = self.store.begin().await?;
        people::lock_rows(&mut *tx, claimed.iter().map(|row| row.citizen)).await?;
        let mut rows = still_leased(&mut *tx, claimed).await?;
        for row in &mut rows {
            row.lease = None;
        }
        tx.put_work(&rows).await?;
        Ok(tx.commit().await?)
    }

    /// Sends claimed work to the next step of its plan, because its route is paused.
    pub async fn reroute(&self, claimed: &[WorkRow], rules: &Rules) -> Result<(), LedgerError> {
        let mut tx = self.store.begin().await?;
        people::lock_rows(&mut *tx, claimed.iter().map(|row| row.citizen)).await?;
        let ids: Vec<_> = still_leased(&mut *tx, claimed).await?.iter().map(|row| row.notice).collect();
        let (now, mut writes) = (tx.now(), Writes::default());
        let cascade = Cascade { retry: rules.policy.retry, idempotent: false };
        for row in tx.notices(&ids).await? {
            let mut held = Held::of(row)?;
            writes.advance(&mut held, Input::Skip(Reason::RoutePaused), now, &cascade);
            writes.save(&held, None)?;
        }
        self.settle(tx, writes).await
    }
}

fn open_items(notice: &Notice) -> impl Iterator<Item = NotificationKey> + '_ {
    notice.open_items().map(|item| item.notification)
}

/// The claimed rows that are still held under the same lease, with no attempt started, in the order in
/// which they were given.
async fn still_leased(tx: &mut dyn Tx, claimed: &[WorkRow]) -> Result<Vec<WorkRow>, LedgerError> {
    let ids: Vec<_> = claimed.iter().map(|row| row.notice).collect();
    let mut now: BTreeMap<_, _> = tx.work(&ids).await?.into_iter().map(|row| (row.notice, row)).collect();
    let lease = |row: &WorkRow| row.lease.map(|lease| lease.id);
    let held = |row: &&WorkRow| {
        now.get(&row.notice).is_some_and(|now| now.attempt.is_none() && lease(now) == lease(row))
    };
    let held: Vec<_> = claimed.iter().filter(held).map(|row| row.notice).collect();
    Ok(held.into_iter().filter_map(|notice| now.remove(&notice)).collect())
}

/// A batch at the moment of sending.
pub(super) struct Start<'a> {
    ledger: &'a Ledger,
    rules: &'a Rules,
    now: Timestamp,
    people: &'a mut People,
    notifications: BTreeMap<NotificationKey, &'a NotificationRow>,
    writes: &'a mut Writes,
}

/// A message that may go, and whether anything speaks against it now.
type Ready = Result<(Address, Rendered, Locale), Reason>;

impl<'a> Start<'a> {
    /// A batch of these people's notices, whose notifications these are.
    pub fn new(
        ledger: &'a Ledger,
        rules: &'a Rules,
        now: Timestamp,
        people: &'a mut People,
        notifications: &'a [NotificationRow],
        writes: &'a mut Writes,
    ) -> Self {
        let notifications = notifications.iter().map(|row| (row.key, row)).collect();
        Self { ledger, rules, now, people, notifications, writes }
    }

    /// Starts the current step of a notice, or defers, skips or closes it. Saving it is the caller's.
    pub fn one(&mut self, held: &mut Held) -> Result<Option<Outgoing>, LedgerError> {
        let Some(person) = self.people.get(&held.notice.citizen) else {
            self.apply(held, Input::End(FinalState::Unreachable, Reason::NoSuchCitizen));
            return Ok(None);
        };
        // Where no step is left to send, the work row is a leftover, and the notice's state mends it.
        let Some(recheck) = self.recheck(&held.notice, person) else { return Ok(None) };
        match recheck {
            Recheck::Go { reserve, left_out } => {
                let items = open_numbers(&held.notice, left_out.iter().map(|(number, _)| *number));
                if !items.is_empty() {
                    self.apply(held, Input::Withdraw(items));
                }
                return self.go(held, reserve);
            }
            Recheck::Defer { until, reason, reserve } => {
                self.apply(held, Input::Defer { until, reason, reserve });
            }
            Recheck::Skip(reason) => self.apply(held, Input::Skip(reason)),
            Recheck::Close(state, reason) => self.apply(held, Input::End(state, reason)),
        }
        Ok(None)
    }

    fn recheck(&self, notice: &Notice, person: &Person) -> Option<Recheck> {
        let step = notice.step().filter(|_| notice.closed.is_none())?;
        let items: Vec<_> = notice.open_items().map(ItemFacts::from).collect();
        let later: Vec<_> =
            notice.steps[notice.current + 1..].iter().map(|step| step.planned.channel.clone()).collect();
        Some(policy::recheck(&RecheckInput {
            channel: &step.planned.channel,
            later: &later,
            kind: notice.kind,
            items: &items,
            priority: notice.priority,
            expires_at: notice.expires_at,
            not_before: notice.not_before,
            reserved: step.reserved,
            citizen: &person.citizen,
            policy: &self.rules.policy,
            jurisdiction: self.rules.jurisdiction(&person.citizen.profile.jurisdiction),
            history: &person.history,
            now: self.now,
        }))
    }

    /// Puts the notice into words and starts its attempt, or skips the step if that cannot be done.
    fn go(
        &mut self,
        held: &mut Held,
        reserve: Option<jiff::civil::Date>,
    ) -> Result<Option<Outgoing>, LedgerError> {
        if held.notice.closed.is_some() {
            return Ok(None);
        }
        let (address, words, locale) = match self.ready(held)? {
            Ok(ready) => ready,
            Err(reason) => {
                self.apply(held, Input::Skip(reason));
                return Ok(None);
            }
        };
        let attempt = AttemptId(new_key());
        self.apply(held, Input::Start { attempt, reserve });
        let notice = &held.notice;
        let unsubscribe = self.rules.unsubscribe(&self.ledger.keys, notice)?;
        let message = Message {
            attempt: first_attempt(notice).unwrap_or(attempt).0,
            recipient: address,
            locale: locale.to_string(),
            title: words.title,
            text: words.text,
            expires_at: Some(notice.expires_at),
            unsubscribe,
        };
        let Notice { id, citizen, priority, .. } = *notice;
        Ok(Some(Outgoing { notice: id, citizen, attempt, priority, message }))
    }

    fn ready(&self, held: &Held) -> Result<Ready, LedgerError> {
        let notice = &held.notice;
        let (Some(person), Some(id)) = (self.people.get(&notice.citizen), notice.channel()) else {
            return Ok(Err(Reason::NoAddress));
        };
        let Some(channel) = self.rules.channels.get(id) else { return Ok(Err(Reason::ChannelOff)) };
        let mut addresses = person.citizen.addresses.iter().filter(|entry| entry.channel == *id);
        let Some(entry) = addresses.find(|entry| entry.closed.is_none()) else {
            return Ok(Err(Reason::NoAddress));
        };
        if let Some(list) = &self.rules.allow_list
            && !list.contains(entry.address.expose())
        {
            return Ok(Err(Reason::NotOnAllowList));
        }
        let locale = locale_for(&person.citizen, notice.open_items().next().map(|item| &item.topic));
        let words = match self.words(held, person, &**channel, locale) {
            Ok(words) => words,
            // What was sealed before its citizen was erased and came back opens no more.
            Err(LedgerError::Words(_) | LedgerError::NotInCatalogue | LedgerError::Seal(_)) => {
                return Ok(Err(Reason::TemplateMissing));
            }
            Err(other) => return Err(other),
        };
        if !channel.measure(&words.text).fits {
            return Ok(Err(Reason::TextTooLong));
        }
        Ok(Ok((entry.address.clone(), words, locale)))
    }

    fn words(
        &self,
        held: &Held,
        person: &Person,
        channel: &dyn Channel,
        locale: Locale,
    ) -> Result<Rendered, LedgerError> {
        let code = self.rules.check_key.code(held.notice.id);
        let length = channel.capabilities().length;
        let render = |body: Body<'_>| -> Result<Rendered, RenderError> {
            self.rules.renderer.render(body, code, locale, length)
        };
        if !held.words.is_empty() {
            let words = Words::open(&person.key, &held.words)?;
            return Ok(render(words.body())?);
        }
        let items = open_items(&held.notice)
            .filter_map(|key| self.notifications.get(&key))
            .map(|row| {
                let template = self.rules.template(row).ok_or(LedgerError::NotInCatalogue)?;
                Ok((template, NotificationFacts::open(&person.key, &row.params)?))
            })
            .collect::<Result<Vec<_>, LedgerError>>()?;
        let items: Vec<_> = items
            .iter()
            .map(|(template, facts)| ItemText { template, params: &facts.params, act_by: facts.act_by })
            .collect();
        Ok(render(Body::Items(&items))?)
    }

    /// Applies an input; a place taken in the contact budget is seen by the rest of the batch.
    fn apply(&mut self, held: &mut Held, input: Input) {
        let before: Vec<_> = held.notice.steps.iter().map(|step| step.reserved).collect();
        let cascade = Cascade {
            retry: self.rules.policy.retry,
            idempotent: self.rules.idempotent(held.notice.channel()),
        };
        self.writes.advance(held, input, self.now, &cascade);
        let Some(person) = self.people.get_mut(&held.notice.citizen) else { return };
        for (step, before) in held.notice.steps.iter().zip(before) {
            person.moved(before, step.reserved);
        }
    }
}

/// The numbers among all items of these numbers among the open ones.
fn open_numbers(notice: &Notice, among_open: impl Iterator<Item = usize>) -> Vec<usize> {
    let open: Vec<_> =
        (0..notice.items.len()).filter(|number| notice.items[*number].closed.is_none()).collect();
    among_open.filter_map(|number| open.get(number).copied()).collect()
}

/// The first attempt of the current step: a resend carries its id, so that a provider that takes
/// an idempotency key knows the message again.
fn first_attempt(notice: &Notice) -> Option<AttemptId> {
    Some(notice.step()?.attempts.first()?.id)
}
