//! Jobs that only one process does at a time, under a fenced lease in the ledger.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::error;
use uuid::Uuid;

use crate::ledger::retry::insist;
use crate::ledger::{Forgotten, Horizons, Ledger, LedgerError};

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
