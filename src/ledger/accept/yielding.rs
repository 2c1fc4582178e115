//! Yielding: what comes in finds no place in a citizen's contact budget, and one of a lower class gives
//! it its own.

use jiff::ToSpan as _;

use super::Intake;
use crate::domain::{
    CitizenKey, Decision, Measure, Mode, Notice, NoticeId, Notification, Outcome, Reason, StepState,
    TrialRule, Would,
};
use crate::ledger::LedgerError;
use crate::ledger::asking::Asked;
use crate::ledger::store::Tx;
use crate::notice::Input;
use crate::policy::{self, Holder, Zones};

impl Intake<'_> {
    /// Loads the notices that hold places of citizens who have none left. Where the rule is off, or
    /// nobody is short of places, nothing is asked.
    pub(super) async fn load_holders(&mut self, tx: &mut dyn Tx) -> Result<(), LedgerError> {
        let rules = self.rules;
        if rules.policy.yielding.mode == Mode::Off {
            return Ok(());
        }
        let tight = self.people.iter().filter(|(_, person)| {
            let law = rules.jurisdiction(&person.citizen.profile.jurisdiction);
            let today = Zones::of(&person.citizen, law).day(self.now);
            policy::is_tight(&person.history, &rules.policy, law, today)
        });
        let tight: Vec<_> = tight.map(|(key, _)| *key).collect();
        if tight.is_empty() {
            return Ok(());
        }
        // A day more than any zone needs.
        let since = self.now.to_zoned(jiff::tz::TimeZone::UTC).date().saturating_sub(1.days());
        let ids = tx.unstarted(&tight, since).await?;
        self.held.load(tx, &ids).await
    }

    /// What is decided once a lower class has yielded, where one does. Where the rule is only reported
    /// on, both timelines say what it would have done.
    pub(super) fn with_room_made(
        &mut self,
        notification: &Notification,
        measure: &Measure,
        citizen: CitizenKey,
        mut decision: Decision,
    ) -> Decision {
        let mode = self.rules.policy.yielding.mode;
        if mode == Mode::Off {
            return decision;
        }
        let Some((holder, room)) = self.room(notification, measure, citizen, &decision) else {
            return decision;
        };
        let rule = TrialRule::Yielding;
        if mode == Mode::Report {
            if let Outcome::Push(plan) = &room.decision.outcome {
                decision.trace.would.push(Would::moved(rule, Some(plan.due_at)));
            }
            self.apply(holder, Input::Would(Would::moved(rule, Some(room.until))));
            return decision;
        }
        let policy::Yield { until, reserve, .. } = room;
        self.apply(holder, Input::Defer { until, reason: Reason::Yielded, reserve });
        room.decision
    }

    /// Who yields, and what becomes of both.
    fn room(
        &self,
        notification: &Notification,
        measure: &Measure,
        citizen: CitizenKey,
        decision: &Decision,
    ) -> Option<(NoticeId, policy::Yield)> {
        let person = self.people.get(&citizen)?;
        let input = self.asked(notification, measure, citizen)?;
        let held = self.held.of(citizen).filter(|notice| is_unstarted(notice));
        let asked: Vec<_> =
            held.filter_map(|notice| Asked::of(notice, &self.guarded, &self.introductions)).collect();
        let holders: Vec<_> = asked
            .iter()
            .filter_map(|asked| {
                let StepState::Due { at } = asked.step.state else { return None };
                let check = asked.input(person, self.rules, self.now);
                Some((asked, Holder { check, class: asked.class()?, day: asked.step.reserved?, due_at: at }))
            })
            .collect();
        let (asked, holders): (Vec<_>, Vec<_>) = holders.into_iter().unzip();
        let made = policy::make_room(&input, decision, &holders)?;
        Some((asked[made.holder].id(), made))
    }
}

/// Whether nothing of it was ever sent: what was started never yields.
fn is_unstarted(notice: &Notice) -> bool {
    notice.steps.iter().all(|step| step.attempts.is_empty())
}
