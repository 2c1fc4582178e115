//! Claim and start: from due work to the moment of sending.

mod claimed;
mod introducing;
mod ready;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use vestnik_contract::Message;

use super::asking::Asked;
use super::guard::{self, Guarded};
use super::introductions::{self, Introductions};
use super::people::{self, People, Person};
use super::rules::Rules;
use super::store::{NotificationRow, WorkRow};
use super::writes::{Held, Writes, new_key};
use super::{Ledger, LedgerError};
use crate::domain::{
    AttemptId, CitizenKey, FinalState, Item, Notice, NoticeId, NotificationKey, Priority, Reason, Recheck,
    Would,
};
use crate::notice::{Cascade, Input};
use crate::policy;
use claimed::still_leased;

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
        let guarded = guard::guarded(&mut *tx, rules).await?;
        let asked = introductions::asked(rules, &guarded, held.values().map(|held| &held.notice));
        let introductions = Introductions::load(&mut *tx, &asked).await?;
        let (people, mut writes) = (&mut people, Writes::default());
        let mut start = Start::new(self, rules, tx.now(), people, &notifications, &guarded, &mut writes)
            .introducing(introductions);
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

fn open_items(notice: &Notice) -> impl Iterator<Item = NotificationKey> + '_ {
    notice.open_items().map(|item| item.notification)
}

/// A batch at the moment of sending.
pub(super) struct Start<'a> {
    ledger: &'a Ledger,
    rules: &'a Rules,
    now: Timestamp,
    people: &'a mut People,
    notifications: BTreeMap<NotificationKey, &'a NotificationRow>,
    guarded: &'a Guarded,
    introductions: Introductions,
    writes: &'a mut Writes,
}

/// What policy says at the moment of sending.
struct Checked {
    says: Recheck,
    /// Until when the evidence of what is sent is awaited, where that is not counted by the clock alone.
    wait_until: Option<Timestamp>,
    /// What a rule that is only reported on would have done.
    would: Vec<Would>,
}

impl<'a> Start<'a> {
    /// A batch of these people's notices, whose notifications these are.
    pub fn new(
        ledger: &'a Ledger,
        rules: &'a Rules,
        now: Timestamp,
        people: &'a mut People,
        notifications: &'a [NotificationRow],
        guarded: &'a Guarded,
        writes: &'a mut Writes,
    ) -> Self {
        let notifications = notifications.iter().map(|row| (row.key, row)).collect();
        let introductions = Introductions::default();
        Self { ledger, rules, now, people, notifications, guarded, introductions, writes }
    }

    /// With these introductions, which come before the first message on a channel.
    pub fn introducing(self, introductions: Introductions) -> Self {
        Self { introductions, ..self }
    }

    /// Starts the current step of a notice, or defers, skips or closes it. Saving it is the caller's.
    pub fn one(&mut self, held: &mut Held) -> Result<Option<Outgoing>, LedgerError> {
        if !self.people.contains_key(&held.notice.citizen) {
            self.apply(held, Input::End(FinalState::Unreachable, Reason::NoSuchCitizen));
            return Ok(None);
        }
        self.leave_expired(held);
        // Where no step is left to send, the work row is a leftover, and the notice's state mends it.
        let person = self.people.get(&held.notice.citizen);
        let Some(Checked { says, wait_until, would }) =
            person.and_then(|person| self.check(&held.notice, person))
        else {
            return Ok(None);
        };
        match says {
            Recheck::Go { reserve, left_out } => {
                for would in would {
                    self.apply(held, Input::Would(would));
                }
                let items = open_numbers(&held.notice, left_out.iter().map(|(number, _)| *number));
                for (item, (_, reason)) in items.into_iter().zip(left_out) {
                    self.apply(held, Input::Withdraw(vec![item], reason));
                }
                return self.go(held, reserve, wait_until);
            }
            Recheck::Defer { until, reason, reserve } => {
                self.apply(held, Input::Defer { until, reason, reserve });
            }
            Recheck::Skip(reason) => self.apply(held, Input::Skip(reason)),
            Recheck::Close(state, reason) => self.apply(held, Input::End(state, reason)),
        }
        Ok(None)
    }

    /// Leaves those items behind whose own time is over, where others go on.
    fn leave_expired(&mut self, held: &mut Held) {
        let over = |item: &Item| {
            item.closed.is_none() && item.expires_at.is_some_and(|end| policy::expired(end, self.now))
        };
        let over: Vec<_> =
            (0..held.notice.items.len()).filter(|number| over(&held.notice.items[*number])).collect();
        if !over.is_empty() {
            self.apply(held, Input::Withdraw(over, Reason::Expired));
        }
    }

    /// What policy says of the step now.
    fn check(&self, notice: &Notice, person: &Person) -> Option<Checked> {
        let asked = Asked::of(notice, self.guarded, &self.introductions)?;
        let input = asked.input(person, self.rules, self.now);
        let says = policy::recheck(&input);
        if !matches!(says, Recheck::Go { .. }) {
            return Some(Checked { says, wait_until: None, would: Vec::new() });
        }
        let wait = SignedDuration::from_secs(i64::from(asked.step.planned.wait_seconds));
        Some(Checked { says, wait_until: policy::wait_until(&input, wait), would: policy::on_trial(&input) })
    }

    /// Puts the notice into words and starts its attempt, unless an introduction comes first; or skips the
    /// step if that cannot be done.
    fn go(
        &mut self,
        held: &mut Held,
        reserve: Option<jiff::civil::Date>,
        wait_until: Option<Timestamp>,
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
        if self.was_introduced(&held.notice) {
            self.apply(held, Input::Skip(Reason::NotNeeded));
            return Ok(None);
        }
        if self.waits_for_introduction(held)? {
            return Ok(None);
        }
        let attempt = AttemptId(new_key());
        self.apply(held, Input::Start { attempt, reserve, wait_until });
        self.acquaints(&held.notice);
        let notice = &held.notice;
        let unsubscribe = self.rules.unsubscribe(&self.ledger.keys, notice)?;
        let message = Message {
            attempt: first_attempt(notice).unwrap_or(attempt).0,
            recipient: address,
            locale: locale.to_string(),
            title: words.title,
            text: words.text,
            expires_at: Some(notice.sent_until()),
            unsubscribe,
        };
        let Notice { id, citizen, priority, .. } = *notice;
        Ok(Some(Outgoing { notice: id, citizen, attempt, priority, message }))
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
