//! One window: what comes in joins a notice to the same citizen that still waits, or waits itself.

use std::collections::BTreeSet;

use super::{Ask, Intake, Submission};
use crate::domain::{CitizenKey, Decision, Item, Measure, Mode, NoticeId, Notification, Window};
use crate::ledger::LedgerError;
use crate::ledger::store::Tx;
use crate::ledger::writes::Held;
use crate::notice::{Cascade, Input, Joining};
use crate::policy::{self, DecideInput, Joined};

/// In which notice a notification goes.
pub(super) enum Place {
    /// In one of its own, which may wait for others.
    Own(Option<Window>),
    /// In this one, which waits.
    With(NoticeId, Box<Joined>),
}

impl Place {
    /// The notice that was there before and that it goes with.
    pub(super) fn notice(&self) -> Option<NoticeId> {
        match self {
            Self::With(notice, _) => Some(*notice),
            Self::Own(_) => None,
        }
    }
}

impl Intake<'_> {
    /// Loads the notices that wait for others, of citizens for whom something comes that may join them.
    /// Where the rule is not put to work, or nothing may, nothing is asked.
    pub(super) async fn load_windows(
        &mut self,
        tx: &mut dyn Tx,
        batch: &[Submission],
    ) -> Result<(), LedgerError> {
        if self.rules.policy.bundling.mode != Mode::Enforce {
            return Ok(());
        }
        let citizens: BTreeSet<_> = batch.iter().filter_map(|one| self.may_join(one)).collect();
        let citizens: Vec<_> = citizens.into_iter().collect();
        let ids = tx.windows(&citizens).await?;
        self.held.load(tx, &ids).await
    }

    /// The citizen of a notification that may join others.
    fn may_join(&self, one: &Submission) -> Option<CitizenKey> {
        let Ask::Notify { notification, .. } = &one.ask else { return None };
        let measure = self.rules.catalogue.measure(&notification.life_event, &notification.measure)?;
        let citizen = self.ledger.keys.citizen(&notification.citizen);
        let person = &self.people.get(&citizen)?.citizen;
        let (class, topic) = (measure.class(), &measure.topic);
        let may = policy::may_wait(&self.rules.policy, class, notification.priority, person, topic);
        may.then_some(citizen)
    }

    /// Decides with whom a notification goes: with those that wait for it, where it fits, or else with
    /// whoever comes next, where it may wait.
    pub(super) fn place(
        &mut self,
        notification: &Notification,
        measure: &Measure,
        citizen: CitizenKey,
    ) -> Option<(Decision, Place)> {
        if let Some((notice, joined)) = self.joins(notification, measure, citizen) {
            return Some((joined.decision.clone(), Place::With(notice, Box::new(joined))));
        }
        let decision = policy::decide(&self.asked(notification, measure, citizen)?);
        let decision = self.with_room_made(notification, measure, citizen, decision);
        let (decision, window) = policy::open(&self.asked(notification, measure, citizen)?, decision);
        Some((decision, Place::Own(window)))
    }

    fn joins(
        &self,
        notification: &Notification,
        measure: &Measure,
        citizen: CitizenKey,
    ) -> Option<(NoticeId, Joined)> {
        let input = self.asked(notification, measure, citizen)?;
        let DecideInput { policy, class, citizen: person, topic, .. } = input;
        if !policy::may_wait(policy, class, input.facts.priority, person, topic) {
            return None;
        }
        self.held.of(citizen).find_map(|notice| Some((notice.id, policy::join(&input, notice)?)))
    }

    /// Puts a notification into the notice that it goes with.
    pub(super) fn put_with(
        &mut self,
        notice: NoticeId,
        item: Item,
        notification: &Notification,
        joined: &Joined,
    ) {
        let Some(citizen) = self.held.get(&notice).map(|held| held.notice.citizen) else { return };
        let (expires_at, deadline) = self.limits(notification, citizen);
        self.notice_of.insert(item.notification, notice);
        let Joined { window, due_at, reserve, .. } = *joined;
        let joining = Joining {
            item,
            priority: notification.priority,
            expires_at,
            not_before: notification.not_before,
            deadline,
            window,
            due_at,
            reserve,
        };
        self.apply(notice, Input::Join(Box::new(joining)));
    }

    /// Moves a notice that was there before, and keeps the places in the contact budget that follow.
    pub(super) fn apply(&mut self, notice: NoticeId, input: Input) {
        let Some(held) = self.held.get_mut(&notice) else { return };
        let before = held.notice.step().and_then(|step| step.reserved);
        let cascade = Cascade { retry: self.rules.policy.retry, idempotent: false };
        self.writes.advance(held, input, self.now, &cascade);
        let after = held.notice.step().and_then(|step| step.reserved);
        if let Some(person) = self.people.get_mut(&held.notice.citizen) {
            person.moved(before, after);
        }
        self.touched.push(notice);
    }
}

/// The notices among these that wait for others.
pub(super) fn open_to_others<'a>(held: impl Iterator<Item = &'a Held>) -> Vec<(CitizenKey, NoticeId)> {
    let open = held.map(|held| &held.notice).filter(|notice| notice.is_open_to_others());
    open.map(|notice| (notice.citizen, notice.id)).collect()
}
