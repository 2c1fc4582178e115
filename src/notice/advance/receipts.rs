//! What is heard after the answer: receipts, and the moment by which they had to come.

use vestnik_contract::{Permanence, ReceiptState, SendErrorKind};

use super::Machine;
use crate::domain::{Attempt, AttemptId, AttemptOutcome, Awaits, Evidence, Happening, Reason, StepState};

impl Machine<'_> {
    pub(super) fn receipt(&mut self, attempt: AttemptId, before: Option<ReceiptState>, state: ReceiptState) {
        if state == ReceiptState::Complained {
            // Nobody complains of what did not arrive.
            self.receipt(attempt, before, ReceiptState::Delivered);
            self.complained(attempt);
            return;
        }
        let Some((step, number)) = self.notice.find(attempt) else { return };
        let made = &mut self.notice.steps[step].attempts[number];
        let evidence = made.evidence();
        count_part(made, before, state);
        let Some(outcome) = receipted(made, state) else { return };
        made.outcome = AttemptOutcome::Receipted(outcome);
        let risen = made.evidence() > evidence;
        let channel = self.notice.steps[step].planned.channel.clone();
        match outcome {
            ReceiptState::Delivered | ReceiptState::Complained => {
                self.tell_all(&Happening::Delivered { channel });
                self.arrived(step, risen, Reason::ReceiptDelivered);
            }
            ReceiptState::Read => {
                self.tell_all(&Happening::Read { channel });
                self.arrived(step, risen, Reason::ReceiptRead);
            }
            ReceiptState::Unreachable(permanence) => {
                if permanence == Permanence::Permanent {
                    self.change.close_address = Some(step);
                }
                self.refused_later(
                    step,
                    attempt,
                    SendErrorKind::Unreachable(permanence),
                    Reason::Unreachable,
                );
            }
            ReceiptState::Rejected => {
                self.refused_later(step, attempt, SendErrorKind::Rejected, Reason::Rejected);
            }
            ReceiptState::Expired => {
                let kind = SendErrorKind::Unreachable(Permanence::Soft);
                self.refused_later(step, attempt, kind, Reason::Unreachable);
            }
        }
    }

    /// The citizen does not want to be written to there.
    fn complained(&mut self, attempt: AttemptId) {
        let Some((step, _)) = self.notice.find(attempt) else { return };
        let channel = self.notice.steps[step].planned.channel.clone();
        self.tell_all(&Happening::Complained { channel });
        self.change.close_address = Some(step);
    }

    fn arrived(&mut self, step: usize, risen: bool, reason: Reason) {
        if self.notice.closed.is_some() {
            if risen {
                self.amend(reason);
            }
            return;
        }
        let of = &self.notice.steps[step];
        if of.evidence() >= awaited(of.planned.awaits) {
            self.settle(step, reason);
        } else if step == self.notice.current && self.is_due() {
            // A resend of a call without an answer was due: it is not needed any more.
            self.wait(step);
        }
    }

    fn refused_later(&mut self, step: usize, attempt: AttemptId, kind: SendErrorKind, reason: Reason) {
        let channel = self.notice.steps[step].planned.channel.clone();
        self.tell_all(&Happening::Failed { channel, attempt, kind, code: None });
        if self.is_awaited(attempt) {
            self.give_up(reason);
        }
    }

    pub(super) fn timer(&mut self) {
        let Some(step) = self.notice.step() else { return };
        let due = matches!(step.state, StepState::Awaiting { until } if until <= self.now);
        if self.notice.closed.is_some() || !due {
            return;
        }
        let reason = if step.evidence() == Evidence::Unknown { Reason::Ambiguous } else { Reason::NoReceipt };
        self.give_up(reason);
    }
}

fn awaited(awaits: Awaits) -> Evidence {
    match awaits {
        Awaits::Accepted => Evidence::Accepted,
        Awaits::Delivered => Evidence::Delivered,
        Awaits::Read => Evidence::Read,
    }
}

/// Counts a part that came further than it was known to be.
fn count_part(attempt: &mut Attempt, before: Option<ReceiptState>, state: ReceiptState) {
    let arrived = |state| {
        matches!(state, Some(ReceiptState::Delivered | ReceiptState::Read | ReceiptState::Complained))
    };
    if arrived(Some(state)) && !arrived(before) {
        attempt.parts_delivered += 1;
    }
    if state == ReceiptState::Read && before != Some(ReceiptState::Read) {
        attempt.parts_read += 1;
    }
}

/// What a receipt for one part makes of the whole attempt; `None` while other parts are missing,
/// or where as much is known already.
fn receipted(attempt: &Attempt, state: ReceiptState) -> Option<ReceiptState> {
    let parts = attempt.parts.max(1);
    let (outcome, says) = match state {
        ReceiptState::Read if attempt.parts_read >= parts => (ReceiptState::Read, Evidence::Read),
        ReceiptState::Read | ReceiptState::Delivered if attempt.parts_delivered >= parts => {
            (ReceiptState::Delivered, Evidence::Delivered)
        }
        ReceiptState::Read | ReceiptState::Delivered => return None,
        failed => (failed, Evidence::None),
    };
    let open = matches!(
        attempt.outcome,
        AttemptOutcome::Started | AttemptOutcome::Ambiguous | AttemptOutcome::Accepted
    );
    (open || says > attempt.evidence()).then_some(outcome)
}
