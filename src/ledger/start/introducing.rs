//! Introducing: whoever was never written to on a channel is first told who writes there.

use jiff::Timestamp;
use vestnik_contract::ChannelId;

use super::Start;
use crate::domain::{Mode, Notice, NoticeKind, TrialRule, Would};
use crate::ledger::LedgerError;
use crate::ledger::asking::Asked;
use crate::ledger::check;
use crate::ledger::introductions::Introducing;
use crate::ledger::store::IntroducedRow;
use crate::ledger::writes::Held;
use crate::notice::Input;
use crate::policy::{self, Introduced, Place};

impl Start<'_> {
    /// Puts a step off that is ready to go but comes after an introduction, which is made where there is
    /// none. Gives whether it waits. Where the rule is only reported on, its timeline says what the rule
    /// would have done.
    pub(super) fn waits_for_introduction(&mut self, held: &mut Held) -> Result<bool, LedgerError> {
        let notice = &held.notice;
        let asked = Asked::of(notice, self.guarded, &self.introductions);
        let (Some(person), Some(asked)) = (self.people.get(&notice.citizen), asked) else {
            return Ok(false);
        };
        let channel = asked.step.planned.channel.clone();
        let Some(introduced) = self.introductions.of(notice.citizen, &channel) else { return Ok(false) };
        let Some(comes) = policy::first(&asked.input(person, self.rules, self.now), introduced) else {
            return Ok(false);
        };
        let Place { due_at: until, reserve } = comes.then;
        if self.rules.policy.introduction.mode == Mode::Report {
            if comes.introduction.is_some() {
                let rule = TrialRule::Introduction;
                self.apply(held, Input::Would(Would::moved(rule, Some(until))));
            }
            return Ok(false);
        }
        if let Some(place) = comes.introduction
            && !self.introduce(notice, &channel, place)?
        {
            return Ok(false);
        }
        self.apply(held, Input::Defer { until, reason: comes.reason, reserve });
        Ok(true)
    }

    /// Makes the introduction that comes before a notice; whether it could be made.
    fn introduce(&mut self, before: &Notice, channel: &ChannelId, place: Place) -> Result<bool, LedgerError> {
        let Notice { citizen, priority, expires_at, deadline, .. } = *before;
        let Some(person) = self.people.get_mut(&citizen) else { return Ok(false) };
        let on_behalf_of = before.source().cloned();
        let introducing = Introducing { channel, place, priority, expires_at, deadline, on_behalf_of };
        let Some(held) = introducing.notice(person, self.rules)? else { return Ok(false) };
        let notice = held.notice.id;
        self.writes.make(&held, check::row(self.rules, notice, None, self.now))?;
        person.moved(None, place.reserve);
        self.introductions.set(citizen, channel, Introduced::Underway);
        self.writes.introduced(IntroducedRow {
            citizen,
            channel: channel.clone(),
            at: None,
            notice: Some(notice),
            person: None,
        });
        Ok(true)
    }

    /// Whether this is an introduction that another one, which had more haste, came before. One that was
    /// tried itself is what stands on record, and is tried again.
    pub(super) fn was_introduced(&self, notice: &Notice) -> bool {
        let untried = notice.steps.iter().all(|step| step.attempts.is_empty());
        let known = notice.channel().and_then(|channel| self.introductions.of(notice.citizen, channel));
        notice.kind == NoticeKind::Introduction && untried && matches!(known, Some(Introduced::At(_)))
    }

    /// Puts on record that a citizen is written to on a channel: whoever was is introduced from then on. What
    /// answers them says nothing of who is going to write, whatever it is started with.
    pub(super) fn acquaints(&mut self, notice: &Notice) {
        let Some(channel) = notice.channel() else { return };
        let introduces = notice.kind == NoticeKind::Introduction;
        let never = self.introductions.of(notice.citizen, channel) == Some(Introduced::Never);
        let is_first = notice.kind == NoticeKind::Entitlement && never;
        if !introduces && !is_first {
            return;
        }
        let since = if introduces { self.now } else { Timestamp::MIN };
        self.introductions.set(notice.citizen, channel, Introduced::At(since));
        self.writes.introduced(IntroducedRow {
            citizen: notice.citizen,
            channel: channel.clone(),
            at: Some(self.now),
            notice: introduces.then_some(notice.id),
            person: None,
        });
    }
}
