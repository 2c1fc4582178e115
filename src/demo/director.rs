//! The director: lets the story's moments come, watches what becomes of them, and lets the clock
//! leap whenever nothing is left to do but wait.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::stage::Stage;
use crate::domain::{AttemptOutcome, Notice, StepState};
use crate::ledger::store::{TIMER, Tx, WorkRow};
use crate::ledger::{LedgerError, StoreError};

/// How often the director looks.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long to wait for an answer that is expected of a provider or a phone, before the clock leaps
/// all the same.
const PATIENCE: Duration = Duration::from_secs(3);
/// What is due within this time is not waited for by leaping.
const SOON: SignedDuration = SignedDuration::from_millis(250);

/// Leads through the day.
pub(super) struct Director {
    stage: Arc<Stage>,
    /// How many of the story's moments have come.
    begun: usize,
    /// What was seen last: messages on all screens.
    shown: u64,
    changed_at: Instant,
    /// Somebody did something, and nothing has come of it yet.
    expecting: bool,
    /// Set once the day is over and everything has ended.
    over: watch::Sender<bool>,
}

/// What keeps the clock from leaping, or where it may leap to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stillness {
    /// Work is being done, or is due.
    Busy,
    /// A provider or a phone will answer. The moment is the next that something is due at.
    Answering(Option<Timestamp>),
    /// Everything waits for this moment, or nothing is left to wait.
    Waiting(Option<Timestamp>),
}

impl Director {
    pub(super) fn new(stage: Arc<Stage>) -> Self {
        Self {
            stage,
            begun: 0,
            shown: 0,
            changed_at: Instant::now(),
            expecting: false,
            over: watch::Sender::new(false),
        }
    }

    /// Tells when the day is over and everything has ended.
    pub(super) fn over(&self) -> watch::Receiver<bool> {
        self.over.subscribe()
    }

    /// Leads until `stopping`.
    pub(super) async fn run(mut self, stopping: CancellationToken) -> anyhow::Result<()> {
        while !stopping.is_cancelled() {
            self.turn().await?;
            stopping.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await;
        }
        Ok(())
    }

    async fn turn(&mut self) -> anyhow::Result<()> {
        self.watch().await?;
        if self.next_moment().is_some_and(|at| at <= self.stage.clock.now()) {
            return self.begin_moment().await;
        }
        if self.expecting && self.changed_at.elapsed() < PATIENCE {
            return Ok(());
        }
        if self.stage.is_leaping() {
            self.leap().await?;
        }
        Ok(())
    }

    async fn watch(&mut self) -> Result<(), LedgerError> {
        let shown = self.stage.phones.sandboxes().accepted();
        if self.stage.look().await? || shown != self.shown {
            self.shown = shown;
            self.changed_at = Instant::now();
            self.expecting = false;
            self.stage.stir();
        }
        Ok(())
    }

    fn next_moment(&self) -> Option<Timestamp> {
        self.stage.story.moments.get(self.begun).map(|moment| moment.at)
    }

    async fn begin_moment(&mut self) -> anyhow::Result<()> {
        let stage = self.stage.clone();
        let Some(moment) = stage.story.moments.get(self.begun) else { return Ok(()) };
        self.begun += 1;
        stage.publish(&moment.messages).await?;
        for act in &moment.acts {
            stage.act(act).await?;
        }
        self.expecting = !moment.acts.is_empty();
        self.changed_at = Instant::now();
        Ok(())
    }

    /// Leaps to the next moment at which something is due. The look and the leap are made under the
    /// ledger's write lock, so that no call can be started in between: its lease would be over.
    async fn leap(&mut self) -> Result<(), LedgerError> {
        let mut tx = self.stage.ledger.store().begin().await?;
        let next = match self.stillness(&mut *tx).await? {
            Stillness::Busy => return Ok(()),
            Stillness::Answering(_) if self.changed_at.elapsed() < PATIENCE => return Ok(()),
            Stillness::Answering(next) | Stillness::Waiting(next) => next,
        };
        let moment = self.next_moment();
        if let Some(next) = next.into_iter().chain(moment).min() {
            self.stage.leap_to(next_minute(next));
            self.changed_at = Instant::now();
        } else {
            let ended = self.stage.board().borrow().all_ended();
            self.over.send_if_modified(|over| ended && !std::mem::replace(over, ended));
        }
        drop(tx);
        Ok(())
    }

    async fn stillness(&self, tx: &mut dyn Tx) -> Result<Stillness, StoreError> {
        let keys: Vec<_> = self.stage.board().borrow().iter().filter_map(|course| course.key).collect();
        let notifications = tx.notifications(&keys).await?;
        let notices: Vec<_> = notifications.into_iter().filter_map(|row| row.notice).collect();
        let work = tx.work(&notices).await?;
        let now = self.stage.clock.now();
        if work.iter().any(|row| row.lease.is_some() || row.due_at <= now + SOON) {
            return Ok(Stillness::Busy);
        }
        let next = work.iter().map(|row| row.due_at).min();
        let open: u64 = tx.open_work(u64::MAX).await?;
        let unseen = open > work.len() as u64;
        if unseen || self.expects_answer(tx, &work).await? {
            return Ok(Stillness::Answering(next));
        }
        Ok(Stillness::Waiting(next))
    }

    /// Whether some message was taken by a provider that will tell more of it.
    async fn expects_answer(&self, tx: &mut dyn Tx, work: &[WorkRow]) -> Result<bool, StoreError> {
        let waiting: Vec<_> = work.iter().filter(|row| row.lane == TIMER).map(|row| row.notice).collect();
        let rows = tx.notices(&waiting).await?;
        let notices = rows.iter().filter_map(|row| serde_json::from_str::<Notice>(&row.notice).ok());
        Ok(notices.into_iter().any(|notice| self.will_be_answered(&notice)))
    }

    fn will_be_answered(&self, notice: &Notice) -> bool {
        let Some(step) = notice.step() else { return false };
        let channel = &step.planned.channel;
        let taken = step.attempts.last().is_some_and(|one| one.outcome == AttemptOutcome::Accepted);
        let tells =
            self.stage.rules.channels.get(channel).is_some_and(|one| one.capabilities().receipt_delivered);
        matches!(step.state, StepState::Awaiting { .. })
            && taken
            && tells
            && !self.stage.is_silent(notice.citizen, channel)
    }
}

/// Moments are told to the minute, and what is due a moment later comes with it.
fn next_minute(at: Timestamp) -> Timestamp {
    at.round(TimestampRound::new().smallest(Unit::Minute).mode(RoundMode::Ceil)).unwrap_or(at)
}
