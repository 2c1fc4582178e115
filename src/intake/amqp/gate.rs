//! The gate: which priorities may come in, by how much work is open and by whether the ledger is
//! there at all.

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Health, Options};
use crate::domain::Priority;
use crate::intake::desk::Desk;
use crate::ledger::StoreError;

/// How much work may be open before messages have to wait at the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// Above it bulk messages wait.
    pub bulk: u64,
    /// Above it normal messages wait as well. Urgent ones never do.
    pub normal: u64,
}

/// Which messages may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Gate {
    urgent: bool,
    normal: bool,
    bulk: bool,
}

impl Gate {
    /// The gate for so much open work. What is closed opens again only when a tenth of the mark is
    /// free, so that consumers do not come and go with every batch.
    fn of(open_work: u64, marks: Marks, before: Self) -> Self {
        let below = |mark: u64, open: bool| open_work <= if open { mark } else { mark - mark / 10 };
        Self {
            urgent: true,
            normal: below(marks.normal, before.normal),
            bulk: below(marks.bulk.min(marks.normal), before.bulk),
        }
    }

    /// Whether messages of this priority may come in.
    pub(super) fn is_open(self, priority: Priority) -> bool {
        match priority {
            Priority::Urgent => self.urgent,
            Priority::Normal => self.normal,
            Priority::Bulk => self.bulk,
        }
    }
}

/// Looks at the open work again and again and sets the gate, until `stopping`. While the ledger does
/// not answer, the gate is closed.
pub(super) async fn watch_work(
    desk: &Desk,
    options: &Options,
    gate: &watch::Sender<Gate>,
    health: &watch::Sender<Health>,
    stopping: &CancellationToken,
) {
    while !stopping.is_cancelled() {
        let before = *gate.borrow();
        let work = open_work(desk).await;
        let now = work.as_ref().map_or(Gate::default(), |work| Gate::of(*work, options.marks, before));
        if now != before {
            tell(&work, now);
            gate.send_replace(now);
        }
        let seen = (work.is_ok(), work.is_ok() && !now.bulk, work.is_ok() && !now.normal);
        health.send_if_modified(|health| {
            let before = (health.ledger, health.bulk_waits, health.normal_waits);
            (health.ledger, health.bulk_waits, health.normal_waits) = seen;
            before != seen
        });
        stopping.run_until_cancelled(tokio::time::sleep(options.look_every)).await;
    }
}

async fn open_work(desk: &Desk) -> Result<u64, StoreError> {
    let mut tx = desk.ledger().store().read().await?;
    Ok(tx.open_work().await?.iter().map(|(_, count)| count).sum())
}

fn tell(work: &Result<u64, StoreError>, gate: Gate) {
    match work {
        Ok(open) => info!(open, normal = gate.normal, bulk = gate.bulk, "which messages may come in"),
        Err(error) => {
            warn!(error = error as &dyn std::error::Error, "the ledger is away: messages wait at the broker");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bulk_waits_first_then_normal_and_urgent_never() {
        let marks = Marks { bulk: 100, normal: 200 };
        let table = [
            // Open work, the gate before, and then normal and bulk.
            (0, Gate::default(), (true, true)),
            (100, Gate { urgent: true, normal: true, bulk: true }, (true, true)),
            (101, Gate { urgent: true, normal: true, bulk: true }, (true, false)),
            (95, Gate { urgent: true, normal: true, bulk: false }, (true, false)),
            (90, Gate { urgent: true, normal: true, bulk: false }, (true, true)),
            (201, Gate { urgent: true, normal: true, bulk: false }, (false, false)),
            (u64::MAX, Gate::default(), (false, false)),
        ];
        for (open, before, (normal, bulk)) in table {
            let gate = Gate::of(open, marks, before);
            assert_eq!(gate, Gate { urgent: true, normal, bulk }, "{open} open");
        }
        let swapped = Gate::of(150, Marks { bulk: 200, normal: 100 }, Gate::default());
        assert!(!swapped.bulk, "bulk never passes where normal waits");
    }
}
