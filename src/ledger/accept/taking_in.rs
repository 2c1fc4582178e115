//! Taking in: one notification is decided, and what follows from the decision is gathered for the batch.

use jiff::Timestamp;
use vestnik_contract::TextLength;

use super::Intake;
use super::window::Place;
use crate::domain::{
    CitizenKey, Counted, Decision, Ending, FinalState, Happening, Item, Measure, Notice, NoticeId,
    NoticeKind, Notification, NotificationKey, Outcome, Plan, Reason, Step, StepState, Trace,
};
use crate::ledger::rules::locale_for;
use crate::ledger::store::{InboxRow, NotificationRow, ReservationRow};
use crate::ledger::writes::{Held, lone_entry, new_key};
use crate::ledger::{LedgerError, NotificationFacts, check, inbox};
use crate::notice::{Body, ItemText};
use crate::policy::{self, DecideInput, Facts, Zones};

impl Intake<'_> {
    /// Takes a new notification in; where it was taken back before it came, says so.
    pub(super) fn notify(
        &mut self,
        notification: &Notification,
        cancelled: Option<Reason>,
    ) -> Result<NotificationKey, LedgerError> {
        let key = NotificationKey(new_key());
        // The inbox entry shares the id of the notice that it opens: both carry the same check code.
        let id = NoticeId(new_key());
        let citizen = self.ledger.keys.citizen(&notification.citizen);
        let measure = self.rules.catalogue.measure(&notification.life_event, &notification.measure);
        let measure = measure.ok_or(LedgerError::NotInCatalogue)?;
        let (decision, place) = self.decide(notification, measure, citizen, cancelled);
        let mut row = self.notification_row(key, citizen, notification, measure)?;
        self.tell(key, notification, &decision);
        self.count(notification, &decision);
        if decision.inbox {
            let goes_in = place.notice().unwrap_or(id);
            self.add_inbox(id, goes_in, key, citizen, notification, measure)?;
        }
        let pushed = matches!(decision.outcome, Outcome::Push(_));
        // What goes with others is checked by their code.
        if place.notice().is_none() && (pushed || decision.inbox) {
            self.codes.push(check::row(self.rules, id, (!pushed).then_some(key), self.now));
        }
        match (decision.outcome, place) {
            (Outcome::Close { state, reason }, _) => {
                row.closed = Some((state, reason, self.now));
                let closed = Happening::Closed { state, reason };
                self.writes.entry(lone_entry(key, &notification.reference, self.now, closed));
            }
            (Outcome::Push(_), Place::With(notice, joined)) => {
                row.notice = Some(notice);
                self.put_with(notice, item(key, notification, measure), notification, &joined);
            }
            (Outcome::Push(plan), Place::Own(window)) => {
                let item = item(key, notification, measure);
                let notice = self.notice(id, citizen, notification, item, plan, decision.inbox);
                row.notice = Some(notice.id);
                self.hold(Notice { window, ..notice });
            }
        }
        self.notifications.push(row);
        Ok(key)
    }

    fn decide(
        &mut self,
        notification: &Notification,
        measure: &Measure,
        citizen: CitizenKey,
        cancelled: Option<Reason>,
    ) -> (Decision, Place) {
        let close = |state, reason| {
            let outcome = Outcome::Close { state, reason };
            (Decision { outcome, inbox: false, trace: Trace::default() }, Place::Own(None))
        };
        if let Some(reason) = cancelled {
            return close(FinalState::Cancelled, reason);
        }
        self.place(notification, measure, citizen)
            .unwrap_or_else(|| close(FinalState::Unreachable, Reason::NoSuchCitizen))
    }

    /// All that policy decides by; `None` where nobody knows the citizen.
    pub(super) fn asked<'b>(
        &'b self,
        notification: &Notification,
        measure: &'b Measure,
        citizen: CitizenKey,
    ) -> Option<DecideInput<'b>> {
        let person = self.people.get(&citizen)?;
        Some(DecideInput {
            facts: Facts::from(notification),
            topic: &measure.topic,
            class: measure.class(),
            guarded: self.guarded.of(Some(&measure.id)),
            introductions: self.introductions.paused(&self.guarded, citizen),
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

    /// Counts what the contact budget did.
    fn count(&mut self, notification: &Notification, decision: &Decision) {
        let mut deferrals = decision.trace.deferrals.iter().map(|(reason, _)| *reason);
        let (what, by_budget, channel) = match &decision.outcome {
            Outcome::Close { reason, .. } => {
                (Counted::BudgetSuppressed, *reason == Reason::ContactBudget, None)
            }
            Outcome::Push(plan) => {
                let deferred = deferrals.any(|reason| reason == Reason::ContactBudget);
                (Counted::BudgetDeferred, deferred, Some(&plan.steps[0].channel))
            }
        };
        if by_budget {
            let (source, measure) = (&notification.reference.source, notification.measure.clone());
            self.writes.tally.add(Some(source), channel, measure.into(), what);
        }
    }

    fn add_inbox(
        &mut self,
        id: NoticeId,
        goes_in: NoticeId,
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
        let code = self.rules.check_key.code(goes_in);
        let words = self.rules.renderer.render(Body::Items(&[item]), code, locale, TextLength::Long)?;
        let content = inbox::seal(&person.key, &words)?;
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
        let (expires_at, deadline) = self.limits(notification, citizen);
        Notice {
            id,
            citizen,
            kind: NoticeKind::Entitlement,
            priority: notification.priority,
            items: vec![item],
            on_behalf_of: None,
            steps,
            current: 0,
            not_before: notification.not_before,
            expires_at,
            deadline,
            window: None,
            answers: None,
            inbox,
            config: self.rules.version.clone(),
            closed: None,
        }
    }

    /// Until when it is sent, and by when the citizen has to act. Only a known citizen's notification
    /// becomes a notice, so the citizen is there.
    pub(super) fn limits(
        &self,
        notification: &Notification,
        citizen: CitizenKey,
    ) -> (Timestamp, Option<Timestamp>) {
        self.people.get(&citizen).map_or((self.now, None), |person| {
            let jurisdiction = self.rules.jurisdiction(&person.citizen.profile.jurisdiction);
            let zones = Zones::of(&person.citizen, jurisdiction);
            let facts = Facts::from(notification);
            let expires_at = policy::expiry(&facts, &self.rules.policy, &zones, self.now);
            (expires_at, policy::deadline(&facts, &zones, self.now))
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
        self.held.keep(Held { notice, words: Vec::new() });
    }
}

/// A notification as part of a notice.
fn item(key: NotificationKey, notification: &Notification, measure: &Measure) -> Item {
    Item {
        notification: key,
        reference: notification.reference.clone(),
        measure: Some(measure.id.clone()),
        topic: measure.topic.clone(),
        class: measure.class(),
        expires_at: None,
        closed: None::<Ending>,
    }
}
