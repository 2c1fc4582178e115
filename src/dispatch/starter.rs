//! The starter: what the lanes are about to send, written as started in batches.
//!
//! A start costs the ledger a dozen statements, whatever their number of rows. So the lanes do not
//! start by themselves: what they bring while one batch is written makes the next.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::FutureExt as _;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::error;

use crate::domain::NoticeId;
use crate::ledger::pace::Pace;
use crate::ledger::retry::{by_halves, insist};
use crate::ledger::store::WorkRow;
use crate::ledger::{Ledger, LedgerError, Outgoing, Rules};

/// Lanes whose rows go into one commit at most; each brings as many as it has free calls.
const LANES: usize = 16;

/// Where lanes bring what they are about to send.
#[derive(Clone)]
pub struct Starts(mpsc::Sender<Asked>);

/// What a lane waits for.
pub struct Asked {
    rows: Vec<WorkRow>,
    answer: oneshot::Sender<Vec<Outgoing>>,
}

impl Starts {
    /// A place to bring rows to, and what [`run`] is to read.
    #[must_use]
    pub fn new() -> (Self, mpsc::Receiver<Asked>) {
        let (sender, receiver) = mpsc::channel(LANES);
        (Self(sender), receiver)
    }

    /// Starts claimed rows. Gives what has to be sent now, in their order. The rest was deferred, skipped
    /// or closed, or is left to its lease because it could not be started.
    pub async fn start(&self, rows: Vec<WorkRow>) -> Vec<Outgoing> {
        if rows.is_empty() {
            return Vec::new();
        }
        let (answer, answered) = oneshot::channel();
        if self.0.send(Asked { rows, answer }).await.is_err() {
            return Vec::new();
        }
        answered.await.unwrap_or_default()
    }
}

/// Starts what lanes bring until every lane is gone. While the ledger is away it tries again, until
/// `stopping`.
pub async fn run(
    mut asked: mpsc::Receiver<Asked>,
    ledger: Arc<Ledger>,
    rules: Arc<Rules>,
    stopping: CancellationToken,
) {
    let mut pace = Pace::default();
    loop {
        let batch = pace.take(&mut asked, LANES).await;
        if batch.is_empty() {
            return;
        }
        let (rows, answers): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|Asked { rows, answer }| (rows, answer)).unzip();
        let lanes: BTreeMap<NoticeId, usize> = (0..)
            .zip(&rows)
            .flat_map(|(lane, rows)| rows.iter().map(move |row| (row.notice, lane)))
            .collect();
        let mut started: Vec<Vec<Outgoing>> = answers.iter().map(|_| Vec::new()).collect();
        for outgoing in start(&rows.concat(), &ledger, &rules, &stopping).await {
            if let Some(lane) = lanes.get(&outgoing.notice) {
                started[*lane].push(outgoing);
            }
        }
        for (answer, started) in answers.into_iter().zip(started) {
            // A lane that has gone away meanwhile was cut: its attempts will be ambiguous.
            let _ = answer.send(started);
        }
    }
}

/// Starts rows of any lanes. One that cannot be started at all stands in the way of no other.
async fn start(
    rows: &[WorkRow],
    ledger: &Ledger,
    rules: &Rules,
    stopping: &CancellationToken,
) -> Vec<Outgoing> {
    let parts = by_halves(rows, |part| insist(stopping, || ledger.start(part, rules)).boxed()).await;
    let mut started = Vec::with_capacity(rows.len());
    for (part, outcome) in parts {
        match outcome {
            Ok(outgoing) => started.extend(outgoing),
            Err(error) => tell(part, &error),
        }
    }
    started
}

fn tell(part: &[WorkRow], error: &LedgerError) {
    let notice = part.first().map(|row| tracing::field::display(row.notice));
    error!(
        notice,
        rows = part.len(),
        error = error as &dyn std::error::Error,
        "rows cannot be started and are left to their lease"
    );
}
