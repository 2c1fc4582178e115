//! One more notification joins a notice that waits for others, and items that leave it before the rest.

use jiff::{Timestamp, civil::Date};

use super::Machine;
use crate::domain::{Ending, Evidence, FinalState, Happening, Item, Priority, Reason, StepState, Window};

/// A notification that joins, and what becomes of the notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joining {
    /// The notification.
    pub item: Item,
    /// Its priority.
    pub priority: Priority,
    /// After this moment it is not sent any more.
    pub expires_at: Timestamp,
    /// Before this moment it is not sent.
    pub not_before: Option<Timestamp>,
    /// By when the citizen has to act on it.
    pub deadline: Option<Timestamp>,
    /// The window of all of them.
    pub window: Window,
    /// When they are all due.
    pub due_at: Timestamp,
    /// The local day of their one place in the contact budget, where they take one.
    pub reserve: Option<Date>,
}

impl Machine<'_> {
    /// Once something of the notice was sent, or it is not waiting for others, nothing joins it.
    pub(super) fn join(&mut self, joining: Joining) {
        if !self.notice.is_open_to_others() {
            return;
        }
        let Joining { item, priority, expires_at, not_before, deadline, window, due_at, reserve } = joining;
        let current = self.notice.current;
        let step = &mut self.notice.steps[current];
        let before = std::mem::replace(&mut step.state, StepState::Due { at: due_at });
        let channel = step.planned.channel.clone();
        if before != (StepState::Due { at: due_at }) {
            self.tell(&Happening::Deferred { channel, reason: Reason::Bundled, until: due_at });
        }
        self.reserve(current, reserve);
        let own_end = self.notice.expires_at;
        for item in &mut self.notice.items {
            item.expires_at.get_or_insert(own_end);
        }
        self.notice.items.push(Item { expires_at: Some(expires_at), ..item });
        self.notice.window = Some(window);
        self.notice.priority = self.notice.priority.min(priority);
        self.notice.expires_at = own_end.max(expires_at);
        self.notice.not_before = self.notice.not_before.max(not_before);
        self.notice.deadline = self.notice.deadline.into_iter().chain(deadline).min();
    }

    /// These items are left out of what is still to be sent. What was sent before with them in it is
    /// known of them too; of what was not, the inbox is what is left.
    pub(super) fn leave_behind(&mut self, items: &[usize], reason: Reason) {
        let sent = self.notice.evidence();
        let state = match sent.as_state().filter(|_| sent > Evidence::None) {
            Some(state) => state,
            None if reason == Reason::Expired => FinalState::Expired,
            None if self.notice.inbox => FinalState::InboxOnly,
            None => FinalState::Suppressed,
        };
        self.close_items(items, Ending { state, reason });
    }
}
