//! After a call to the provider: what its answer, or the lack of one, leads to.

use jiff::SignedDuration;
use vestnik_contract::{Permanence, SendErrorKind};

use super::Machine;
use crate::domain::{AttemptId, AttemptOutcome, Awaits, Evidence, Happening, Reason, StepState};
use crate::notice::retry::wait_after;

/// How long to wait when a provider throttles without saying how long.
const THROTTLE: SignedDuration = SignedDuration::from_secs(5);

/// No wait that a provider asks for is longer.
const LONGEST_THROTTLE: SignedDuration = SignedDuration::from_hours(1);

impl Machine<'_> {
    pub(super) fn accepted(&mut self, attempt: AttemptId, parts: u32) {
        let Some((step, number)) = self.notice.find(attempt) else { return };
        let made = &mut self.notice.steps[step].attempts[number];
        if !matches!(made.outcome, AttemptOutcome::Started | AttemptOutcome::Ambiguous) {
            return;
        }
        made.outcome = AttemptOutcome::Accepted;
        made.parts = parts;
        let channel = self.notice.steps[step].planned.channel.clone();
        self.tell_all(&Happening::Sent { channel, attempt, parts });
        if self.notice.closed.is_some() {
            return self.amend(Reason::NoReceipt);
        }
        // Also where a resend of a call without an answer was due: it is not needed any more.
        if step != self.notice.current || !(self.is_under_way() || self.is_due()) {
            return;
        }
        if self.notice.steps[step].planned.awaits == Awaits::Accepted {
            self.settle(step, Reason::NoReceiptGiven);
        } else {
            self.wait(step);
        }
    }

    fn is_under_way(&self) -> bool {
        let state = self.notice.step().map(|step| step.state);
        matches!(state, Some(StepState::Started | StepState::Awaiting { .. }))
    }

    /// Whether this is the newest call of the current step, and the step is under way.
    fn is_newest(&self, attempt: AttemptId) -> bool {
        let newest = self.notice.step().and_then(|step| step.attempts.last());
        self.notice.closed.is_none() && self.is_under_way() && newest.is_some_and(|one| one.id == attempt)
    }

    /// Whether the current step stands or falls with this call: it is the newest, and no earlier one,
    /// which had no answer, was taken after all.
    pub(super) fn is_awaited(&self, attempt: AttemptId) -> bool {
        self.is_newest(attempt) && !self.was_taken()
    }

    /// Whether a call of the current step is known to have been taken.
    fn was_taken(&self) -> bool {
        self.notice.step().is_some_and(|step| step.evidence() >= Evidence::Accepted)
    }

    pub(super) fn wait(&mut self, step: usize) {
        let step = &mut self.notice.steps[step];
        // Waiting is counted from the sending, so that a late answer does not prolong it.
        let newest = step.attempts.last();
        let until = newest.and_then(|attempt| attempt.wait_until).unwrap_or_else(|| {
            let since = newest.map_or(self.now, |attempt| attempt.started_at);
            since + SignedDuration::from_secs(i64::from(step.planned.wait_seconds))
        });
        step.state = StepState::Awaiting { until };
    }

    pub(super) fn failed(
        &mut self,
        attempt: AttemptId,
        kind: SendErrorKind,
        code: Option<String>,
        retry_after: Option<SignedDuration>,
    ) {
        let Some((step, number)) = self.notice.find(attempt) else { return };
        let made = &mut self.notice.steps[step].attempts[number];
        let known = match made.outcome {
            AttemptOutcome::Started => false,
            AttemptOutcome::Ambiguous => true,
            _ => return,
        };
        if known && kind == SendErrorKind::Ambiguous {
            return;
        }
        made.outcome = match kind {
            SendErrorKind::Ambiguous => AttemptOutcome::Ambiguous,
            other => AttemptOutcome::Failed(other),
        };
        made.code.clone_from(&code);
        let channel = self.notice.steps[step].planned.channel.clone();
        self.tell(&Happening::Failed { channel, attempt, kind, code });
        if self.is_awaited(attempt) {
            self.after_failure(step, kind, retry_after);
        } else if self.is_newest(attempt) {
            self.wait(step);
        }
    }

    /// What each kind of failure leads to.
    fn after_failure(&mut self, step: usize, kind: SendErrorKind, retry_after: Option<SignedDuration>) {
        match kind {
            SendErrorKind::Unavailable => match self.next_try(step) {
                Some(wait) => self.again(step, wait),
                None => self.give_up(Reason::ProviderUnavailable),
            },
            SendErrorKind::Throttled => {
                self.uncount(step);
                let wait = retry_after.unwrap_or(THROTTLE).clamp(SignedDuration::ZERO, LONGEST_THROTTLE);
                self.again(step, wait);
            }
            SendErrorKind::Ambiguous if self.cascade.idempotent => match self.next_try(step) {
                Some(wait) => self.again(step, wait),
                None => self.wait(step),
            },
            SendErrorKind::Ambiguous => self.wait(step),
            SendErrorKind::Unreachable(permanence) => {
                if permanence == Permanence::Permanent {
                    self.change.close_address = Some(step);
                }
                self.give_up(Reason::Unreachable);
            }
            SendErrorKind::Rejected => self.give_up(Reason::Rejected),
            SendErrorKind::Misconfigured => {
                self.uncount(step);
                self.change.misconfigured = true;
                self.again(step, SignedDuration::ZERO);
            }
        }
    }

    fn next_try(&self, step: usize) -> Option<SignedDuration> {
        let step = &self.notice.steps[step];
        let seed = step.attempts.last().map_or(self.notice.id.0, |attempt| attempt.id.0);
        wait_after(&self.cascade.retry, step.tries, seed)
    }

    fn uncount(&mut self, step: usize) {
        let tries = &mut self.notice.steps[step].tries;
        *tries = tries.saturating_sub(1);
    }

    fn again(&mut self, step: usize, wait: SignedDuration) {
        let at = self.now + wait;
        self.notice.steps[step].state = StepState::Due { at };
    }

    pub(super) fn give_up(&mut self, reason: Reason) {
        self.leave(StepState::Failed { reason }, reason);
    }
}
