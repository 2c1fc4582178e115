//! The gate: which priorities may come in, by how much work is open and by whether the ledger is
//! there at all.

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Health, Options};
use crate::domain::Priority;
use crate::intake::desk::Desk;
use crate::ledger::LedgerError;

/// How much work may be open before messages have to wait at the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// Above it bulk messages wait.
    pub bulk: u64,
    /// Above it normal messages wait as well. Urgent ones never do.
    pub normal: u64,
}

/// Which messages may come in: those of this priority and the more urgent ones. None while the ledger
/// is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Gate {
    pub lowest: Option<Priority>,
}

impl Gate {
    /// The gate for so much open work. What is closed opens again only when a tenth of the mark is
    /// free, so that consumers do not come and go with every batch.
    fn of(open_work: u64, marks: Marks, before: Self) -> Self {
        let below =
            |mark: u64, priority| open_work <= if before.is_open(priority) { mark } else { mark - mark / 10 };
        let lowest = if !below(marks.normal, Priority::Normal) {
            Priority::Urgent
        } else if !below(marks.bulk, Priority::Bulk) {
            Priority::Normal
        } else {
            Priority::Bulk
        };
        Self { lowest: Some(lowest) }
    }

    /// Whether messages of this priority may come in.
    pub(super) fn is_open(self, priority: Priority) -> bool {
        self.lowest.is_some_and(|lowest| priority <= lowest)
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
    let mut told = None;
    while !stopping.is_cancelled() {
        let before = *gate.borrow();
        let most = options.marks.normal.max(options.marks.bulk).saturating_add(1);
        let work = desk.ledger().open_work(most).await;
        let now = work.as_ref().map_or(Gate::default(), |work| Gate::of(*work, options.marks, before));
        if told.replace(now) != Some(now) {
            tell(&work, now);
            gate.send_replace(now);
        }
        health.send_if_modified(|health| std::mem::replace(&mut health.lowest, now.lowest) != now.lowest);
        stopping.run_until_cancelled(tokio::time::sleep(options.look_every)).await;
    }
}

fn tell(work: &Result<u64, LedgerError>, gate: Gate) {
    match work {
        Ok(open) => info!(open, lowest = gate.lowest.map(Priority::as_str), "which messages may come in"),
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
            // Open work, the lowest priority before, and then.
            (0, None, Priority::Bulk),
            (100, Some(Priority::Bulk), Priority::Bulk),
            (101, Some(Priority::Bulk), Priority::Normal),
            (95, Some(Priority::Normal), Priority::Normal),
            (90, Some(Priority::Normal), Priority::Bulk),
            (201, Some(Priority::Normal), Priority::Urgent),
            (190, Some(Priority::Urgent), Priority::Urgent),
            (180, Some(Priority::Urgent), Priority::Normal),
            (u64::MAX, None, Priority::Urgent),
        ];
        for (open, before, then) in table {
            let gate = Gate::of(open, marks, Gate { lowest: before });
            assert_eq!(gate.lowest, Some(then), "{open} open");
        }
        let swapped = Gate::of(150, Marks { bulk: 200, normal: 100 }, Gate::default());
        assert!(!swapped.is_open(Priority::Bulk), "bulk never passes where normal waits");
        assert!(!Gate::default().is_open(Priority::Urgent), "nothing comes in while the ledger is away");
    }
}
