//! The finisher: outcomes from all lanes, put on record in batches.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::error;

use crate::ledger::pace::Pace;
use crate::ledger::retry::{by_halves, insist};
use crate::ledger::{Finished, Ledger, Rules};

/// Outcomes in one commit at most.
const BATCH: usize = 500;

/// Puts outcomes on record until every lane is gone. While the ledger is away, outcomes are kept and
/// tried again: the process must be cut to lose one, and then its attempt is ambiguous.
pub async fn run(mut outcomes: mpsc::Receiver<Finished>, ledger: Arc<Ledger>, rules: Arc<Rules>) {
    let mut pace = Pace::default();
    loop {
        let batch = pace.take(&mut outcomes, BATCH).await;
        if batch.is_empty() {
            return;
        }
        finish(&batch, &ledger, &rules).await;
    }
}

async fn finish(batch: &[Finished], ledger: &Ledger, rules: &Rules) {
    // Kept until the process is cut: a stop waits for outcomes as it waits for calls.
    let never = CancellationToken::new();
    let parts = by_halves(batch, |part| insist(&never, move || ledger.finish(part, rules))).await;
    for (part, outcome) in parts {
        if let (Some(one), Err(error)) = (part.first(), outcome) {
            let error = &error as &dyn std::error::Error;
            error!(notice = %one.notice, error, "an outcome cannot be put on record: its attempt will be ambiguous");
        }
    }
}
