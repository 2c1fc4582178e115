//! From step to step, and to the end.

use super::Machine;
use crate::domain::{Ending, Evidence, FinalState, Happening, Reason, StepState};

impl Machine<'_> {
    /// The step did what was asked: the notice closes, and what was not started never will be.
    pub(super) fn settle(&mut self, step: usize, reason: Reason) {
        self.notice.steps[step].state = StepState::Done;
        let state = self.notice.evidence().as_state().unwrap_or(FinalState::Unknown);
        self.close(state, reason);
    }

    /// The current step is over without success: the next one's turn, or the end.
    pub(super) fn leave(&mut self, state: StepState, reason: Reason) {
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

    /// Nothing more is sent: what is known of the steps that were says more than why no other is.
    pub(super) fn end(&mut self, state: FinalState, reason: Reason) {
        let known = self.notice.evidence().as_state();
        self.close(known.unwrap_or(state), reason);
    }

    pub(super) fn close(&mut self, state: FinalState, reason: Reason) {
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
    pub(super) fn amend(&mut self, reason: Reason) {
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

    pub(super) fn cancel(&mut self, items: &[usize], reason: Reason) {
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

    pub(super) fn close_items(&mut self, items: &[usize], ending: Ending) {
        for &number in items {
            if number < self.notice.items.len() {
                self.close_item(number, ending);
            }
        }
        if self.notice.open_items().next().is_none() {
            self.close(ending.state, ending.reason);
        }
    }
}
