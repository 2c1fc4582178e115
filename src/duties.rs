//! Jobs that only one process does at a time, under a fenced lease in the ledger.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::error;
use uuid::Uuid;

use crate::ledger::retry::insist;
use crate::ledger::{Forgotten, Horizons, Ledger, LedgerError};

/// A job that one process at a time does, and the others stand by to take over.
pub struct Duty {
    /// The ledger.
    pub ledger: Arc<Ledger>,
    /// What the job is called in the ledger.
    pub name: String,
    /// How often to look whether the job is free.
    pub look_every: Duration,
}

/// For how long a job is held without a sign of life.
const HELD: Duration = Duration::from_secs(30);

impl Duty {
    /// Has the job done while this process holds it, until `stopping`, when `job` has to come to its end
    /// by itself. Calls `stand_by` while another process holds it. A process that cannot prolong its lease
    /// in time lets the job drop.
    pub async fn run<J: Future<Output = ()>>(
        self,
        mut job: impl FnMut() -> J,
        stand_by: impl Fn(),
        stopping: &CancellationToken,
    ) {
        let holder = Uuid::now_v7();
        while !stopping.is_cancelled() {
            if self.hold(holder).await {
                tokio::select! {
                    () = job() => {}
                    () = self.until_lost(holder) => {}
                }
            } else {
                stand_by();
                stopping.run_until_cancelled(tokio::time::sleep(self.look_every)).await;
            }
        }
        // One that cannot be let go is free when its lease is over.
        let _ = self.ledger.hold_duty(&self.name, holder, Duration::ZERO).await;
    }

    async fn hold(&self, holder: Uuid) -> bool {
        let held = self.ledger.hold_duty(&self.name, holder, HELD);
        matches!(tokio::time::timeout(HELD / 3, held).await, Ok(Ok(true)))
    }

    async fn until_lost(&self, holder: Uuid) {
        loop {
            tokio::time::sleep(HELD / 3).await;
            if !self.hold(holder).await {
                return;
            }
        }
    }
}

/// Rows of each kind in one transaction: few, so that nobody waits for it.
const BATCH: u32 = 500;

/// Between one batch and the next while there is more to forget.
const BETWEEN: Duration = Duration::from_millis(200);

/// Between looks when there was nothing more.
const EVERY: Duration = Duration::from_mins(5);

/// For how long the duty is held without a sign of life.
const LEASE: Duration = Duration::from_mins(15);

/// The duty of forgetting: until `stopping`, what is past its horizon goes in small batches.
pub async fn forget(ledger: Arc<Ledger>, horizons: Horizons, stopping: CancellationToken) {
    let holder = Uuid::now_v7();
    while !stopping.is_cancelled() {
        let batch = insist(&stopping, || ledger.forget(holder, LEASE, horizons, BATCH)).await;
        let wait = pace(&batch);
        match batch {
            Ok(forgotten) => count(forgotten.unwrap_or_default()),
            Err(error) => {
                error!(error = &error as &dyn std::error::Error, "what is past cannot be forgotten");
            }
        }
        stopping.run_until_cancelled(tokio::time::sleep(wait)).await;
    }
}

fn pace(batch: &Result<Option<Forgotten>, LedgerError>) -> Duration {
    let full = |(_, rows): (&str, u64)| rows >= u64::from(BATCH);
    let more = matches!(batch, Ok(Some(forgotten)) if forgotten.by_kind().into_iter().any(full));
    if more { BETWEEN } else { EVERY }
}

fn count(forgotten: Forgotten) {
    for (kind, rows) in forgotten.by_kind() {
        metrics::counter!("vestnik_forgotten_total", "kind" => kind).increment(rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_batch_is_followed_soon_and_anything_else_after_a_while() {
        let some = |references| Forgotten { references, ..Forgotten::default() };
        assert_eq!(pace(&Ok(Some(some(u64::from(BATCH))))), BETWEEN);
        assert_eq!(pace(&Ok(Some(some(u64::from(BATCH) - 1)))), EVERY);
        assert_eq!(pace(&Ok(None)), EVERY, "another process has the duty");
        assert_eq!(pace(&Err(LedgerError::NotInCatalogue)), EVERY);
    }
}
