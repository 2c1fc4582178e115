//! The notice's state machine: the only thing that changes a notice.
//!
//! [`advance`] takes what happened and gives what has to be written besides the notice itself. It
//! is pure: the ledger calls it under the lock of the citizen's row and commits the whole
//! [`Change`], or nothing.

mod calls;
mod ending;
#[cfg(test)]
mod invariants;
mod joining;
mod receipts;
#[cfg(test)]
mod scenarios;

pub use joining::Joining;

use jiff::{SignedDuration, Timestamp, civil::Date};
use vestnik_contract::{ReceiptState, SendErrorKind};

use crate::domain::{
    Attempt, AttemptId, AttemptOutcome, Ending, FinalState, Happening, Notice, Reason, RetrySchedule,
    StepState, Would,
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
        /// Until when its evidence is awaited, where that is not counted by the clock alone.
        wait_until: Option<Timestamp>,
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
    /// A rule that is only reported on would have moved it.
    Would(Would),
    /// The step is not to be sent on its channel.
    Skip(Reason),
    /// Nothing is to be sent any more.
    End(FinalState, Reason),
    /// These items are not to be sent any more, for this reason; the others go on.
    Withdraw(Vec<usize>, Reason),
    /// One more notification is to go with those that wait for it.
    Join(Box<Joining>),
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
    /// What happened to all of it at once, also where there is no item to tell it of.
    pub happened: Vec<Happening>,
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
            Input::Start { attempt, reserve, wait_until } => self.start(attempt, reserve, wait_until),
            Input::Defer { until, reason, reserve } => self.defer(until, reason, reserve),
            Input::Skip(reason) if self.is_due() => self.leave(StepState::Skipped { reason }, reason),
            Input::End(state, reason) if self.is_due() => self.end(state, reason),
            Input::Skip(_) | Input::End(..) => {}
            Input::Would(would) => self.tell(&Happening::Would(would)),
            Input::Withdraw(items, reason) => self.leave_behind(&items, reason),
            Input::Join(joining) => self.join(*joining),
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

    fn start(&mut self, attempt: AttemptId, reserve: Option<Date>, wait_until: Option<Timestamp>) {
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
            wait_until,
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
        if let Some(window) = &mut self.notice.window {
            window.earliest = until;
        }
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

    // ---- entries ----

    /// An entry for every item that has not closed.
    fn tell(&mut self, happening: &Happening) {
        self.change.happened.push(happening.clone());
        for (number, item) in self.notice.items.iter().enumerate() {
            if item.closed.is_none() {
                self.change.entries.push((number, happening.clone()));
            }
        }
    }

    /// An entry for every item that was part of what was sent.
    fn tell_all(&mut self, happening: &Happening) {
        self.change.happened.push(happening.clone());
        let closed = self.notice.closed;
        for (number, item) in self.notice.items.iter().enumerate() {
            if item.closed.is_none() || item.closed == closed {
                self.change.entries.push((number, happening.clone()));
            }
        }
    }
}
