//! Claimed work: leased, given back, or sent to the next step.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;
use vestnik_contract::ChannelId;

use crate::domain::{Priority, Reason};
use crate::ledger::people;
use crate::ledger::rules::Rules;
use crate::ledger::store::{Lease, Tx, WorkRow};
use crate::ledger::writes::{Held, Writes, new_key};
use crate::ledger::{Ledger, LedgerError};
use crate::notice::{Cascade, Input};

impl Ledger {
    /// Leases due work of a lane, at most `limit` rows, of `lowest` priority or more urgent.
    pub async fn claim(
        &self,
        channel: &ChannelId,
        lowest: Priority,
        limit: u32,
        lease: Duration,
    ) -> Result<Vec<WorkRow>, LedgerError> {
        let mut tx = self.store.begin().await?;
        let until = tx.now() + SignedDuration::try_from(lease).unwrap_or(SignedDuration::ZERO);
        let rows = tx.claim(channel.as_str(), lowest, limit, Lease { id: new_key(), until }).await?;
        if !rows.is_empty() {
            tx.commit().await?;
        }
        Ok(rows)
    }

    /// Gives claimed work back unstarted: it is due again at once.
    pub async fn release(&self, claimed: &[WorkRow]) -> Result<(), LedgerError> {
        let mut tx = self.store.begin().await?;
        people::lock_rows(&mut *tx, claimed.iter().map(|row| row.citizen)).await?;
        let mut rows = still_leased(&mut *tx, claimed).await?;
        for row in &mut rows {
            row.lease = None;
        }
        tx.put_work(&rows).await?;
        Ok(tx.commit().await?)
    }

    /// Sends claimed work to the next step of its plan, because its route is paused.
    pub async fn reroute(&self, claimed: &[WorkRow], rules: &Rules) -> Result<(), LedgerError> {
        let mut tx = self.store.begin().await?;
        people::lock_rows(&mut *tx, claimed.iter().map(|row| row.citizen)).await?;
        let ids: Vec<_> = still_leased(&mut *tx, claimed).await?.iter().map(|row| row.notice).collect();
        let (now, mut writes) = (tx.now(), Writes::default());
        let cascade = Cascade { retry: rules.policy.retry, idempotent: false };
        for row in tx.notices(&ids).await? {
            let mut held = Held::of(row)?;
            writes.advance(&mut held, Input::Skip(Reason::RoutePaused), now, &cascade);
            writes.save(&held, None)?;
        }
        self.settle(tx, writes).await
    }
}

/// The claimed rows that are still held under the same lease, with no attempt started, in the order in
/// which they were given.
pub(super) async fn still_leased(tx: &mut dyn Tx, claimed: &[WorkRow]) -> Result<Vec<WorkRow>, LedgerError> {
    let ids: Vec<_> = claimed.iter().map(|row| row.notice).collect();
    let mut now: BTreeMap<_, _> = tx.work(&ids).await?.into_iter().map(|row| (row.notice, row)).collect();
    let lease = |row: &WorkRow| row.lease.map(|lease| lease.id);
    let held = |row: &&WorkRow| {
        now.get(&row.notice).is_some_and(|now| now.attempt.is_none() && lease(now) == lease(row))
    };
    let held: Vec<_> = claimed.iter().filter(held).map(|row| row.notice).collect();
    Ok(held.into_iter().filter_map(|notice| now.remove(&notice)).collect())
}
