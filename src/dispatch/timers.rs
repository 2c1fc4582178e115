//! The timers' loop: notices whose moment has come, abandoned attempts, receipts that came early.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::wake::Wake;
use crate::ledger::retry::insist;
use crate::ledger::{Ledger, LedgerError, Rules};

/// Rows in one commit at most.
const BATCH: u32 = 500;

/// Runs until `stopping`, looking at least every `poll`.
pub async fn run(
    ledger: Arc<Ledger>,
    rules: Arc<Rules>,
    wake: Wake,
    poll: Duration,
    stopping: CancellationToken,
) {
    let mut woken = wake.listen();
    while !stopping.is_cancelled() {
        match insist(&stopping, || round(&ledger, &rules, &wake)).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => error!(error = &error as &dyn std::error::Error, "timers could not be advanced"),
        }
        let idle = tokio::time::timeout(poll, woken.changed());
        let _ = stopping.run_until_cancelled(idle).await;
    }
}

/// Whether there was anything to do.
async fn round(ledger: &Ledger, rules: &Rules, wake: &Wake) -> Result<bool, LedgerError> {
    let advanced = ledger.advance(BATCH, rules).await?;
    if advanced.abandoned > 0 {
        info!(attempts = advanced.abandoned, "attempts without an outcome are ambiguous now");
        metrics::counter!("vestnik_ambiguous_total").increment(advanced.abandoned as u64);
    }
    let matched = ledger.match_orphans(BATCH, rules).await?;
    let busy = advanced.timers + advanced.abandoned + matched > 0;
    if busy {
        wake.wake();
    }
    Ok(busy)
}
