//! The finisher: outcomes from all lanes, put on record in batches.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tracing::{error, warn};

use super::wake::Wake;
use crate::ledger::{Finished, Ledger, LedgerError, Rules};

/// Outcomes in one commit at most.
const BATCH: usize = 500;

/// The first wait after the ledger failed; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// No wait is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Puts outcomes on record until every lane is gone. A batch takes what is waiting and waits for
/// nothing. While the ledger is away, outcomes are kept and tried again: the process must be cut to
/// lose one, and then its attempt is ambiguous.
pub async fn run(mut outcomes: mpsc::Receiver<Finished>, ledger: Arc<Ledger>, rules: Arc<Rules>, wake: Wake) {
    let mut batch = Vec::with_capacity(BATCH);
    while outcomes.recv_many(&mut batch, BATCH).await > 0 {
        finish(&batch, &ledger, &rules).await;
        batch.clear();
        wake.wake();
    }
}

async fn finish(batch: &[Finished], ledger: &Ledger, rules: &Rules) {
    let mut wait = FIRST_WAIT;
    let mut parts = vec![batch];
    while let Some(part) = parts.pop() {
        match ledger.finish(part, rules).await {
            Ok(()) => {}
            Err(error) if error.is_transient() => {
                warn!(error = &error as &dyn std::error::Error, "outcomes wait for the ledger");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LONGEST_WAIT);
                parts.push(part);
            }
            Err(error) => parts.extend(halves(part, &error)),
        }
    }
}

/// A batch that fails for a reason that will not pass is split until the one outcome is alone.
fn halves<'a>(part: &'a [Finished], error: &LedgerError) -> Vec<&'a [Finished]> {
    if let [only] = part {
        let error = error as &dyn std::error::Error;
        error!(notice = %only.notice, error, "an outcome cannot be put on record: its attempt will be ambiguous");
        return Vec::new();
    }
    let (one, other) = part.split_at(part.len() / 2);
    vec![one, other]
}
