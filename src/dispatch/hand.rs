//! What a lane has in hand: work that it claimed and has not started yet, the most urgent first.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::limits::{Limits, Turn};
use crate::domain::Priority;
use crate::ledger::store::WorkRow;

/// Claimed work, in the order in which it is to be started.
#[derive(Default)]
pub(super) struct Hand {
    rows: VecDeque<Claimed>,
}

struct Claimed {
    row: WorkRow,
    /// When it must be started or given back, because its lease will soon be over.
    until: Instant,
}

impl Hand {
    /// How many rows are of this priority or more urgent.
    pub fn count(&self, lowest: Priority) -> usize {
        self.rows.partition_point(|one| one.row.priority <= lowest)
    }

    /// The priority of the row whose turn is next.
    pub fn first(&self) -> Option<Priority> {
        self.rows.front().map(|one| one.row.priority)
    }

    /// Takes in what was claimed; it has to be started or given back by then.
    pub fn take_in(&mut self, rows: Vec<WorkRow>, until: Instant) {
        if rows.is_empty() {
            return;
        }
        self.rows.extend(rows.into_iter().map(|row| Claimed { row, until }));
        // What came first stays first: a claim is in the order in which sources take turns.
        self.rows.make_contiguous().sort_by_key(|one| one.row.priority);
    }

    /// Takes out, in their order, the rows whose turn it is: `room` tells how many may go for one of a
    /// priority to be among them. Where a limit held somebody back, says how long for.
    pub async fn pass(
        &mut self,
        limits: &mut Limits,
        room: impl Fn(Priority) -> usize,
        ahead: Duration,
    ) -> (Vec<(WorkRow, Turn)>, Option<Duration>) {
        let (citizen, room) = (|one: &Claimed| one.row.citizen, |one: &Claimed| room(one.row.priority));
        let (passing, wait) = limits.pass(&mut self.rows, citizen, room, ahead).await;
        (passing.into_iter().map(|(one, turn)| (one.row, turn)).collect(), wait)
    }

    /// Takes out what cannot be started any more at `now`.
    pub fn take_overdue(&mut self, now: Instant) -> Vec<WorkRow> {
        let (overdue, rest): (VecDeque<_>, _) = self.rows.drain(..).partition(|one| one.until <= now);
        self.rows = rest;
        overdue.into_iter().map(|one| one.row).collect()
    }

    /// Takes out all of it.
    pub fn take_all(&mut self) -> Vec<WorkRow> {
        self.rows.drain(..).map(|one| one.row).collect()
    }
}
