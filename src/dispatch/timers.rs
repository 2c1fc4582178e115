//! What the ledger does in its own time: notices whose moment has come, attempts that were abandoned,
//! receipts that came before what they name.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::ledger::retry::insist;
use crate::ledger::{Ledger, LedgerError, Rules};

/// Rows in one commit at most.
const BATCH: u32 = 500;

/// Early receipts are matched at most so often: under load many at once.
const PACE: Duration = Duration::from_millis(50);

/// Moves notices whose moment has come, and turns abandoned attempts into ambiguous ones, until
/// `stopping`; looks at least every `poll`.
pub async fn run(ledger: Arc<Ledger>, rules: Arc<Rules>, poll: Duration, stopping: CancellationToken) {
    let mut news = ledger.news_of_timers();
    while !stopping.is_cancelled() {
        match insist(&stopping, || advance(&ledger, &rules)).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => error!(error = &error as &dyn std::error::Error, "timers could not be advanced"),
        }
        rest(poll, &mut news, &stopping).await;
    }
}

/// Matches receipts with what they name once that is on record, until `stopping`; looks at least every
/// `poll`.
pub async fn match_receipts(
    ledger: Arc<Ledger>,
    rules: Arc<Rules>,
    poll: Duration,
    stopping: CancellationToken,
) {
    let mut news = ledger.news_of_references();
    while !stopping.is_cancelled() {
        match insist(&stopping, || ledger.match_orphans(BATCH, &rules)).await {
            Ok(0) => rest(poll, &mut news, &stopping).await,
            Ok(_) => {}
            Err(error) => {
                error!(error = &error as &dyn std::error::Error, "receipts could not be matched");
                rest(poll, &mut news, &stopping).await;
            }
        }
        stopping.run_until_cancelled(tokio::time::sleep(PACE)).await;
    }
}

async fn rest(poll: Duration, news: &mut watch::Receiver<()>, stopping: &CancellationToken) {
    // News or none: the next round looks.
    let _ = stopping.run_until_cancelled(tokio::time::timeout(poll, news.changed())).await;
}

/// Whether there was anything to do.
async fn advance(ledger: &Ledger, rules: &Rules) -> Result<bool, LedgerError> {
    let advanced = ledger.advance(BATCH, rules).await?;
    if advanced.abandoned > 0 {
        info!(attempts = advanced.abandoned, "attempts without an outcome are ambiguous now");
        metrics::counter!("vestnik_ambiguous_total").increment(advanced.abandoned as u64);
    }
    Ok(advanced.timers + advanced.abandoned > 0)
}
