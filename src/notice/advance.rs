//! The notice's state machine: the only thing that changes a notice.
//!
//! [`advance`] takes what happened and gives what has to be written besides the notice itself. It
//! is pure: the ledger calls it under the lock of the citizen's row and commits the whole
//! [`Change`], or nothing.

use jiff::{SignedDuration, Timestamp, civil::Date};
use vestnik_contract::{Permanence, ReceiptState, SendErrorKind};

use super::retry::wait_after;
use crate::domain::{
    Attempt, AttemptId, AttemptOutcome, Awaits, Ending, Evidence, FinalState, Happening, Notice, Reason,
    RetrySchedule, StepState,
};

/// Something that happened to a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The check just before sending said go: this is the moment of sending.
    Start {
        /// The call that begins.
        attempt: AttemptId,
        /// The local day it takes from the contact budget, where it counts.
        reserve: Option<Date>,
    },
    /// The check said: not now.
    Defer {
        /// When it is due instead.
        until: Timestamp,
        /// Why.
        reason: Reason,
        /// The local day it reserves instead, where it counts.
        reserve: Option<Date>,
    },
    /// The step is not to be sent on its channel.
    Skip(Reason),
    /// Nothing is to be sent any more.
    End(FinalState, Reason),
    /// These items are not to be sent any more: their consent was withdrawn.
    Withdraw(Vec<usize>),
    /// The provider took a call.
    Accepted {
        /// The call.
        attempt: AttemptId,
        /// How many references the provider gave.
        parts: u32,
    },
    /// A call did not succeed.
    Failed {
        /// The call.
        attempt: AttemptId,
        /// What kind of failure.
        kind: SendErrorKind,
        /// The provider's code.
        code: Option<String>,
        /// How long the provider asks to wait.
        retry_after: Option<SignedDuration>,
    },
    /// A receipt raised what is known of one part of a call's message.
    Receipt {
        /// The call.
        attempt: AttemptId,
        /// What was known of the part before.
        before: Option<ReceiptState>,
        /// What the receipt says.
        state: ReceiptState,
    },
    /// The moment that the notice waited for has come.
    Timer,
    /// The source takes these items back.
    Cancel(Vec<usize>, Reason),
}

/// What has to be written besides the notice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// Timeline entries, each for an item by its number.
    pub entries: Vec<(usize, Happening)>,
    /// Places in the contact budget to take or to move, by step.
    pub reserve: Vec<(usize, Date)>,
    /// Places in the contact budget to give back, by step.
    pub release: Vec<usize>,
    /// Items whose final state was set or raised.
    pub endings: Vec<(usize, Ending)>,
    /// The address on the channel of this step cannot be reached any more.
    pub close_address: Option<usize>,
    /// The route that was used refuses us: it has to be paused.
    pub misconfigured: bool,
}

/// The rules that the machine follows.
#[derive(Debug, Clone, Copy)]
pub struct Cascade {
    /// When to try again.
    pub retry: RetrySchedule,
    /// Whether the current step's channel may be asked again after a call without an answer.
    pub idempotent: bool,
}

/// How long to wait when a provider throttles without saying how long.
const THROTTLE: SignedDuration = SignedDuration::from_secs(5);

/// No wait that a provider asks for is longer.
const LONGEST_THROTTLE: SignedDuration = SignedDuration::from_hours(1);

/// Applies what happened. Inputs that come twice or too late change nothing that is final.
pub fn advance(notice: &mut Notice, input: Input, now: Timestamp, cascade: &Cascade) -> Change {
    let mut machine = Machine { notice, now, cascade, change: Change::default() };
    machine.take(input);
    machine.change
}

struct Machine<'a> {
    notice: &'a mut Notice,
    now: Timestamp,
    cascade: &'a Cascade,
    change: Change,
}

impl Machine<'_> {
    fn take(&mut self, input: Input) {
        match input {
            Input::Start { attempt, reserve } => self.start(attempt, reserve),
            Input::Defer { until, reason, reserve } => self.defer(until, reason, reserve),
            Input::Skip(reason) if self.is_due() => self.leave(StepState::Skipped { reason }, reason),
            Input::End(state, reason) if self.is_due() => self.close(state, reason),
            Input::Skip(_) | Input::End(..) => {}
            Input::Withdraw(items) => {
                let ending = Ending { state: FinalState::Suppressed, reason: Reason::ConsentWithdrawn };
                self.close_items(&items, ending);
            }
            Input::Accepted { attempt, parts } => self.accepted(attempt, parts),
            Input::Failed { attempt, kind, code, retry_after } => {
                self.failed(attempt, kind, code, retry_after);
            }
            Input::Receipt { attempt, before, state } => self.receipt(attempt, before, state),
            Input::Timer => self.timer(),
            Input::Cancel(items, reason) => self.cancel(&items, reason),
        }
    }

    // ---- before the call ----

    fn is_due(&self) -> bool {
        self.notice.closed.is_none()
            && self.notice.step().is_some_and(|step| matches!(step.state, StepState::Due { .. }))
    }

    fn start(&mut self, attempt: AttemptId, reserve: Option<Date>) {
        if !self.is_due() {
            return;
        }
        let (now, current) = (self.now, self.notice.current);
        let step = &mut self.notice.steps[current];
        step.state = StepState::Started;
        step.tries += 1;
        step.attempts.push(Attempt {
            id: attempt,
            started_at: now,
            outcome: AttemptOutcome::Started,
            code: None,
            parts: 0,
            parts_delivered: 0,
            parts_read: 0,
        });
        let channel = step.planned.channel.clone();
        self.reserve(current, reserve);
        self.tell(&Happening::Started { channel, attempt });
    }

    fn defer(&mut self, until: Timestamp, reason: Reason, reserve: Option<Date>) {
        if !self.is_due() {
            return;
        }
        let current = self.notice.current;
        let step = &mut self.notice.steps[current];
        step.state = StepState::Due { at: until };
        let channel = step.planned.channel.clone();
        self.reserve(current, reserve);
        self.tell(&Happening::Deferred { channel, reason, until });
    }

    fn reserve(&mut self, step: usize, day: Option<Date>) {
        let held = &mut self.notice.steps[step].reserved;
        if *held == day {
            return;
        }
        *held = day;
        match day {
            Some(day) => self.change.reserve.push((step, day)),
            None => self.change.release.push(step),
        }
    }

    // ---- after the call ----

    fn accepted(&mut self, attempt: AttemptId, parts: u32) {
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
    fn is_awaited(&self, attempt: AttemptId) -> bool {
        self.is_newest(attempt) && !self.was_taken()
    }

    /// Whether a call of the current step is known to have been taken.
    fn was_taken(&self) -> bool {
        self.notice.step().is_some_and(|step| step.evidence() >= Evidence::Accepted)
    }

    fn wait(&mut self, step: usize) {
        let step = &mut self.notice.steps[step];
        // Waiting is counted from the sending, so that a late answer does not prolong it.
        let since = step.attempts.last().map_or(self.now, |attempt| attempt.started_at);
        let until = since + SignedDuration::from_secs(i64::from(step.planned.wait_seconds));
        step.state = StepState::Awaiting { until };
    }

    fn failed(
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

    fn give_up(&mut self, reason: Reason) {
        self.leave(StepState::Failed { reason }, reason);
    }

    // ---- receipts and timers ----

    fn receipt(&mut self, attempt: AttemptId, before: Option<ReceiptState>, state: ReceiptState) {
        let Some((step, number)) = self.notice.find(attempt) else { return };
        let made = &mut self.notice.steps[step].attempts[number];
        let evidence = made.evidence();
        count_part(made, before, state);
        let Some(outcome) = receipted(made, state) else { return };
        made.outcome = AttemptOutcome::Receipted(outcome);
        let risen = made.evidence() > evidence;
        let channel = self.notice.steps[step].planned.channel.clone();
        match outcome {
            ReceiptState::Delivered => {
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

    fn timer(&mut self) {
        let Some(step) = self.notice.step() else { return };
        let due = matches!(step.state, StepState::Awaiting { until } if until <= self.now);
        if self.notice.closed.is_some() || !due {
            return;
        }
        let reason = if step.evidence() == Evidence::Unknown { Reason::Ambiguous } else { Reason::NoReceipt };
        self.give_up(reason);
    }

    // ---- from step to step, and to the end ----

    /// The step did what was asked: the notice closes, and what was not started never will be.
    fn settle(&mut self, step: usize, reason: Reason) {
        self.notice.steps[step].state = StepState::Done;
        let state = self.notice.evidence().as_state().unwrap_or(FinalState::Unknown);
        self.close(state, reason);
    }

    /// The current step is over without success: the next one's turn, or the end.
    fn leave(&mut self, state: StepState, reason: Reason) {
        let current = self.notice.current;
        let step = &mut self.notice.steps[current];
        step.state = state;
        let channel = step.planned.channel.clone();
        if step.evidence() == Evidence::None {
            self.reserve(current, None);
        }
        self.notice.current += 1;
        let next = self.notice.channel().cloned();
        self.tell(&Happening::StepEnded { channel, reason, next });
        if let Some(next) = self.notice.steps.get_mut(current + 1) {
            next.state = StepState::Due { at: self.now };
        } else {
            let (state, reason) = self.outcome(reason);
            self.close(state, reason);
        }
    }

    /// How a notice ends whose steps are all over: by the most that is known, else by what went
    /// wrong.
    fn outcome(&self, last: Reason) -> (FinalState, Reason) {
        if let Some(state) = self.notice.evidence().as_state() {
            return (state, last);
        }
        let failures = || {
            self.notice.steps.iter().filter_map(|step| match step.state {
                StepState::Failed { reason } => Some(reason),
                _ => None,
            })
        };
        match failures().next_back() {
            Some(_) if failures().all(|reason| reason == Reason::Rejected) => {
                (FinalState::Rejected, Reason::Rejected)
            }
            Some(reason) => (FinalState::Unreachable, reason),
            None if self.notice.inbox => (FinalState::InboxOnly, last),
            None if last == Reason::ConsentWithdrawn => (FinalState::Suppressed, last),
            None => (FinalState::Unreachable, last),
        }
    }

    fn close(&mut self, state: FinalState, reason: Reason) {
        if self.notice.closed.is_some() {
            return;
        }
        let ending = Ending { state, reason };
        self.notice.closed = Some(ending);
        self.stop_steps(ending);
        for number in 0..self.notice.items.len() {
            self.close_item(number, ending);
        }
    }

    /// Steps that were not started never will be, because enough is known of the others or for the
    /// reason of the end; their places in the budget are given back.
    fn stop_steps(&mut self, ending: Ending) {
        let sent = ending.state.evidence() > Evidence::None;
        let reason = if sent { Reason::NotNeeded } else { ending.reason };
        for number in 0..self.notice.steps.len() {
            let step = &mut self.notice.steps[number];
            if matches!(step.state, StepState::Planned | StepState::Due { .. }) {
                step.state = StepState::Skipped { reason };
            }
            if step.evidence() == Evidence::None {
                self.reserve(number, None);
            }
        }
    }

    fn close_item(&mut self, number: usize, ending: Ending) {
        let item = &mut self.notice.items[number];
        if item.closed.is_none() {
            item.closed = Some(ending);
            self.change.endings.push((number, ending));
            let Ending { state, reason } = ending;
            self.change.entries.push((number, Happening::Closed { state, reason }));
        }
    }

    /// Evidence that came after the end raises it; nothing else changes it.
    fn amend(&mut self, reason: Reason) {
        let (Some(closed), Some(state)) = (self.notice.closed, self.notice.evidence().as_state()) else {
            return;
        };
        if state.evidence() <= closed.state.evidence() {
            return;
        }
        let ending = Ending { state, reason };
        self.notice.closed = Some(ending);
        for (number, item) in self.notice.items.iter_mut().enumerate() {
            // An item that closed on its own was not part of what was sent.
            if item.closed == Some(closed) {
                item.closed = Some(ending);
                self.change.endings.push((number, ending));
                self.change.entries.push((number, Happening::Amended { state, reason }));
            }
        }
    }

    fn cancel(&mut self, items: &[usize], reason: Reason) {
        // What is under way or was taken cannot be called back.
        let sent = self.notice.evidence() != Evidence::None;
        let ending = Ending { state: FinalState::Cancelled, reason };
        if !sent {
            return self.close_items(items, ending);
        }
        for &number in items {
            if self.notice.items.get(number).is_some() {
                self.change.entries.push((number, Happening::CancelTooLate));
            }
        }
    }

    fn close_items(&mut self, items: &[usize], ending: Ending) {
        for &number in items {
            if number < self.notice.items.len() {
                self.close_item(number, ending);
            }
        }
        if self.notice.open_items().next().is_none() {
            self.close(ending.state, ending.reason);
        }
    }

    // ---- entries ----

    /// An entry for every item that has not closed.
    fn tell(&mut self, happening: &Happening) {
        for (number, item) in self.notice.items.iter().enumerate() {
            if item.closed.is_none() {
                self.change.entries.push((number, happening.clone()));
            }
        }
    }

    /// An entry for every item that was part of what was sent.
    fn tell_all(&mut self, happening: &Happening) {
        let closed = self.notice.closed;
        for (number, item) in self.notice.items.iter().enumerate() {
            if item.closed.is_none() || item.closed == closed {
                self.change.entries.push((number, happening.clone()));
            }
        }
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
    let arrived = |state| matches!(state, Some(ReceiptState::Delivered | ReceiptState::Read));
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
