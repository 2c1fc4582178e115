//! The short way: what is due now is started in the transaction that takes it in.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use vestnik_contract::ChannelId;

use super::Intake;
use crate::ledger::LedgerError;
use crate::ledger::introductions::{self, Introductions};
use crate::ledger::slots::Slot;
use crate::ledger::start::{Outgoing, Start};
use crate::ledger::store::{Lease, Tx, WorkRow};
use crate::ledger::writes::{new_key, work_of};

/// A message that was started as it came in, and the call that is kept for it.
type Started = (Box<dyn Slot>, Outgoing);

impl Intake<'_> {
    /// Starts new notices that are due now where a lane of this process has a slot for them.
    pub(super) async fn start_at_once(&mut self, tx: &mut dyn Tx) -> Result<Vec<Started>, LedgerError> {
        let slots = self.slots().await;
        let (ledger, rules, now) = (self.ledger, self.rules, self.now);
        let due = slots.iter().filter_map(|(work, _)| self.held.get(&work.notice));
        let asked = introductions::asked(rules, &self.guarded, due.map(|held| &held.notice));
        let introductions = Introductions::load(tx, &asked).await?;
        let (people, writes) = (&mut self.people, &mut self.writes);
        let mut start = Start::new(ledger, rules, now, people, &self.notifications, &self.guarded, writes)
            .introducing(introductions);
        let mut started = Vec::new();
        for (work, slot) in slots {
            let Some(held) = self.held.get_mut(&work.notice) else { continue };
            let Some(outgoing) = start.one(held)? else { continue };
            let until = now + SignedDuration::try_from(slot.lease()).unwrap_or(SignedDuration::ZERO);
            let lease = Some(Lease { id: new_key(), until });
            self.new_work.push(WorkRow { lease, attempt: Some(outgoing.attempt), ..work });
            started.push((slot, outgoing));
        }
        Ok(started)
    }

    /// The work of new notices that is due now, as far as there are slots for it.
    async fn slots(&self) -> Vec<(WorkRow, Box<dyn Slot>)> {
        let mut due: BTreeMap<&ChannelId, Vec<WorkRow>> = BTreeMap::new();
        for held in self.new_notices.iter().filter_map(|id| self.held.get(id)) {
            let work = work_of(&held.notice).filter(|work| work.due_at <= self.now);
            if let (Some(work), Some(channel)) = (work, held.notice.channel()) {
                due.entry(channel).or_default().push(work);
            }
        }
        let mut kept = Vec::new();
        for (channel, work) in due {
            let Some(lane) = self.ledger.lanes.of(channel) else { continue };
            let asked: Vec<_> = work.iter().map(|work| (work.citizen, work.priority)).collect();
            let slots = lane.take(&asked).await;
            kept.extend(work.into_iter().zip(slots).filter_map(|(work, slot)| Some((work, slot?))));
        }
        kept
    }
}
