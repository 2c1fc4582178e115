//! Advance: notices whose moment has come, and attempts whose lease ran out.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;
use vestnik_contract::SendErrorKind;

use super::people;
use super::rules::Rules;
use super::store::{Lease, TIMER, Tx, WorkRow};
use super::writes::{Held, Writes, new_key};
use super::{Ledger, LedgerError};
use crate::domain::{Notice, Priority};
use crate::notice::{Cascade, Input};

/// What an `advance` found to do.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Advanced {
    /// Notices whose waiting was over.
    pub timers: usize,
    /// Attempts without an outcome whose lease ran out: nobody knows whether they were accepted.
    pub abandoned: usize,
}

/// For how long the rows of a run are kept from other processes.
const LEASE: Duration = Duration::from_secs(30);

impl Ledger {
    /// Moves notices whose timer is due, and turns attempts whose process died into ambiguous ones:
    /// at most `limit` of each.
    pub async fn advance(&self, limit: u32, rules: &Rules) -> Result<Advanced, LedgerError> {
        let timers = self.claim_timers(limit).await?;
        let mut tx = self.store.begin().await?;
        let abandoned = tx.abandoned(limit).await?;
        if timers.is_empty() && abandoned.is_empty() {
            return Ok(Advanced::default());
        }
        people::lock_rows(&mut *tx, timers.iter().chain(&abandoned).map(|row| row.citizen)).await?;
        let abandoned = still_as(&mut *tx, abandoned).await?;
        let timers = still_as(&mut *tx, timers).await?;
        let ids: Vec<_> = timers.iter().chain(&abandoned).map(|row| row.notice).collect();
        let mut held = BTreeMap::new();
        for row in tx.notices(&ids).await? {
            held.insert(row.id, Held::of(row)?);
        }
        let (now, mut writes) = (tx.now(), Writes::default());
        let inputs = timers
            .iter()
            .map(|row| (row, Input::Timer))
            .chain(abandoned.iter().filter_map(|row| Some((row, ambiguous(row)?))));
        for (row, input) in inputs {
            if let Some(held) = held.get_mut(&row.notice) {
                let cascade = cascade(&held.notice, rules);
                writes.advance(held, input, now, &cascade);
            }
        }
        for held in held.values() {
            writes.save(held, None)?;
        }
        self.settle(tx, writes).await?;
        Ok(Advanced { timers: timers.len(), abandoned: abandoned.len() })
    }

    async fn claim_timers(&self, limit: u32) -> Result<Vec<WorkRow>, LedgerError> {
        let mut tx = self.store.begin().await?;
        let until = tx.now() + SignedDuration::try_from(LEASE).unwrap_or(SignedDuration::ZERO);
        let rows = tx.claim(TIMER, Priority::Bulk, limit, Lease { id: new_key(), until }).await?;
        if !rows.is_empty() {
            tx.commit().await?;
        }
        Ok(rows)
    }
}

/// The rows that nobody changed since they were read.
async fn still_as(tx: &mut dyn Tx, rows: Vec<WorkRow>) -> Result<Vec<WorkRow>, LedgerError> {
    let ids: Vec<_> = rows.iter().map(|row| row.notice).collect();
    let mut now = tx.work(&ids).await?;
    now.retain(|row| rows.contains(row));
    Ok(now)
}

fn ambiguous(row: &WorkRow) -> Option<Input> {
    let attempt = row.attempt?;
    Some(Input::Failed { attempt, kind: SendErrorKind::Ambiguous, code: None, retry_after: None })
}

fn cascade(notice: &Notice, rules: &Rules) -> Cascade {
    Cascade { retry: rules.policy.retry, idempotent: rules.idempotent(notice.channel()) }
}
