//! A lane: the dispatcher of one channel. It claims due work ahead of the calls, starts what the
//! limits and the free calls allow, calls the adapter for each, and hands the outcomes to the recorder.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::error;
use vestnik_contract::{Channel, RouteId};

use super::breaker::Admission;
use super::calls::{Calls, FreeSlots};
use super::hand::Hand;
use super::limits::{Sharing, Turn};
use super::pauses::{Paused, Pauses};
use super::route::{Route, RouteAlarm, RouteHealth};
use super::starter::Starts;
use crate::clock::Clock;
use crate::domain::Priority;
use crate::ledger::retry::insist;
use crate::ledger::slots::Behind;
use crate::ledger::store::WorkRow;
use crate::ledger::{Finished, Ledger, LedgerError, Rules};

/// How a lane works.
#[derive(Debug, Clone)]
pub struct LaneOptions {
    /// Calls to the provider at once.
    pub concurrency: usize,
    /// Calls of these that are kept for urgent work.
    pub kept_for_urgent: usize,
    /// Rows claimed ahead of the calls.
    pub ahead: usize,
    /// For how long work is leased; longer than the channel's call time-out.
    pub lease: Duration,
    /// Messages a second on the route.
    pub per_second: Option<NonZeroU32>,
    /// Messages a minute to one citizen.
    pub per_citizen_per_minute: Option<NonZeroU32>,
    /// How long to wait at most before looking for due work again.
    pub poll: Duration,
}

/// What all lanes share.
#[derive(Clone)]
pub struct LaneContext {
    /// The ledger.
    pub ledger: Arc<Ledger>,
    /// The configuration in force.
    pub rules: Arc<Rules>,
    /// The time.
    pub clock: Clock,
    /// The pauses on record.
    pub pauses: watch::Receiver<Pauses>,
    /// Starts what is about to be sent.
    pub starts: Starts,
    /// With whom limits are shared; nobody: this process keeps them alone.
    pub sharing: Option<Sharing>,
    /// Takes outcomes.
    pub outcomes: mpsc::Sender<Finished>,
    /// Takes routes that have to be paused.
    pub alarms: mpsc::Sender<RouteAlarm>,
}

/// The dispatcher of one channel's route.
pub struct Lane {
    context: LaneContext,
    options: LaneOptions,
    route: Arc<Route>,
    hand: Hand,
    calls: Arc<Calls>,
    behind: Option<Behind>,
    behind_since: Option<Instant>,
    /// Whether the route was paused when it was looked at last.
    was_paused: bool,
    /// When work was claimed last.
    looked: Instant,
}

/// After a failure of the ledger.
const PAUSE_ON_ERROR: Duration = Duration::from_millis(500);

/// Before a lease is over: what is still unstarted then is given back to be claimed anew.
const LEASE_MARGIN: Duration = Duration::from_secs(5);

/// How long a busy lane goes without looking for something more urgent than it has in hand.
const BUSY: Duration = Duration::from_millis(100);

/// How long what comes in waits for a lane that is behind.
const SLOW: Duration = Duration::from_secs(1);

/// A lane held back by a limit lets at least so long pass, to start a few at once: it is behind in any case.
const HELD_BACK: Duration = Duration::from_millis(10);

/// What the route may be given.
enum Given {
    Nothing,
    /// Calls under way at once.
    Calls(usize),
    /// Its work goes to the next step of each plan.
    Rerouted,
}

/// What a lane waits for before its next round.
enum Next {
    News,
    /// So many free calls.
    Free(usize),
    /// A limit.
    After(Duration),
}

impl Lane {
    /// A lane for this route of a channel.
    #[must_use]
    pub fn new(
        context: LaneContext,
        options: LaneOptions,
        route: RouteId,
        channel: Arc<dyn Channel>,
    ) -> Self {
        let route = Arc::new(Route::new(channel, route));
        let calls = Arc::new(Calls::new(context.clone(), &options, route.clone()));
        Self {
            context,
            options,
            route,
            hand: Hand::default(),
            calls,
            behind: None,
            behind_since: None,
            was_paused: false,
            looked: Instant::now(),
        }
    }

    /// How it stands with its provider.
    #[must_use]
    pub fn health(&self) -> RouteHealth {
        self.route.health(self.context.pauses.clone(), self.context.clock.clone())
    }

    /// Works until `stopping`, then gives back what it has not started and waits for the calls under
    /// way.
    pub async fn run(mut self, stopping: CancellationToken) {
        let (ledger, channel) = (&self.context.ledger, self.route.channel.id());
        let mut news = ledger.news_of_work(channel);
        ledger.send_at_once(channel.clone(), Arc::new(FreeSlots(Arc::downgrade(&self.calls))));
        while !stopping.is_cancelled() {
            let next = self.round(&stopping).await.unwrap_or_else(|error| self.failed(&error));
            self.calls.set_idle(matches!(next, Next::News));
            self.tell_behind(matches!(next, Next::Free(_)));
            stopping.run_until_cancelled(self.rest(next, &mut news)).await;
        }
        self.calls.set_idle(false);
        self.tell_behind(false);
        let rest = self.hand.take_all();
        if let Err(error) = self.give_back(rest, &stopping).await {
            self.failed(&error);
        }
        self.calls.close().await;
    }

    /// Says whether there is more to send than calls are free, so that not much more comes in. One that
    /// is held back by a limit is not waited for, nor one that stays behind: its provider is slow.
    fn tell_behind(&mut self, behind: bool) {
        let now = Instant::now();
        self.behind_since = behind.then(|| self.behind_since.unwrap_or(now));
        let waited_for = self.behind_since.is_some_and(|since| now - since < SLOW);
        match (waited_for, &self.behind) {
            (true, None) => self.behind = Some(self.context.ledger.lane_is_behind()),
            (false, Some(_)) => self.behind = None,
            _ => {}
        }
    }

    fn failed(&self, error: &LedgerError) -> Next {
        let channel = self.route.channel.id();
        error!(%channel, error = error as &dyn std::error::Error, "a lane could not work");
        Next::After(PAUSE_ON_ERROR)
    }

    async fn rest(&self, next: Next, news: &mut watch::Receiver<()>) {
        // Whether what was waited for came or the time was over, the next round looks.
        match next {
            Next::News => drop(tokio::time::timeout(self.options.poll, news.changed()).await),
            Next::Free(calls) => drop(tokio::time::timeout(BUSY, self.calls.until_free(calls)).await),
            Next::After(wait) => tokio::time::sleep(wait).await,
        }
    }

    /// Claims, starts and calls once; what to wait for before the next time.
    async fn round(&mut self, stopping: &CancellationToken) -> Result<Next, LedgerError> {
        let calls = match self.given() {
            Given::Calls(calls) => calls,
            Given::Rerouted => return self.reroute(stopping).await,
            Given::Nothing => {
                let rest = self.hand.take_all();
                self.give_back(rest, stopping).await?;
                return Ok(Next::News);
            }
        };
        let overdue = self.hand.take_overdue(Instant::now());
        self.give_back(overdue, stopping).await?;
        let more = self.claim(stopping).await?;
        if self.hand.first().is_some() {
            self.calls.set_idle(false);
        }
        let under_way = self.calls.count();
        let kept = self.calls.kept_for_urgent(calls);
        let room = |priority| {
            let calls = if priority == Priority::Urgent { calls } else { calls - kept };
            calls.saturating_sub(under_way)
        };
        let mut limits = self.calls.limits.lock().await;
        let (passing, wait) = self.hand.pass(&mut limits, room, self.calls.ahead()).await;
        drop(limits);
        self.start(passing).await;
        Ok(self.next(calls, more, wait))
    }

    /// Starts what has passed, and calls for each in its turn.
    async fn start(&self, passing: Vec<(WorkRow, Turn)>) {
        let turns: HashMap<_, _> = passing.iter().map(|(row, turn)| (row.notice, *turn)).collect();
        let rows = passing.into_iter().map(|(row, _)| row).collect();
        for outgoing in self.context.starts.start(rows).await {
            if let Some(turn) = turns.get(&outgoing.notice) {
                self.calls.call(outgoing, *turn).await;
            }
        }
    }

    /// What the route may be given now.
    fn given(&mut self) -> Given {
        let now = self.context.clock.now();
        let paused = self.context.pauses.borrow().of(self.route.channel.id(), &self.route.id, now);
        if std::mem::replace(&mut self.was_paused, paused.is_some()) && paused.is_none() {
            self.route.forget_spike();
        }
        match paused {
            Some(Paused::Hold) => return Given::Nothing,
            Some(Paused::Reroute) => return Given::Rerouted,
            None => {}
        }
        match self.route.admission(now) {
            Admission::All => Given::Calls(self.calls.most()),
            Admission::Probe => Given::Calls(1),
            Admission::NotBefore(_) | Admission::Nothing => Given::Nothing,
        }
    }

    /// Fills the hand; while it is well filled, with urgent work only and not at every round. Gives
    /// whether more may be due.
    async fn claim(&mut self, stopping: &CancellationToken) -> Result<bool, LedgerError> {
        let ahead = self.options.ahead.max(1);
        let well_filled = self.hand.count(Priority::Bulk) > ahead / 2;
        if well_filled && self.looked.elapsed() < BUSY {
            return Ok(true);
        }
        self.looked = Instant::now();
        let lowest = if well_filled { Priority::Urgent } else { Priority::Bulk };
        let room = ahead.saturating_sub(self.hand.count(lowest));
        let claimed = self.claim_some(lowest, room, stopping).await?;
        let more = claimed.len() == room;
        let lease = self.options.lease;
        self.hand.take_in(claimed, Instant::now() + lease.saturating_sub(LEASE_MARGIN).max(lease / 2));
        Ok(more)
    }

    async fn claim_some(
        &self,
        lowest: Priority,
        most: usize,
        stopping: &CancellationToken,
    ) -> Result<Vec<WorkRow>, LedgerError> {
        let Ok(limit @ 1..) = u32::try_from(most) else { return Ok(Vec::new()) };
        let (ledger, channel) = (&self.context.ledger, self.route.channel.id());
        insist(stopping, || ledger.claim(channel, lowest, limit, self.options.lease)).await
    }

    /// Sends what is due to the next step of its plan.
    async fn reroute(&mut self, stopping: &CancellationToken) -> Result<Next, LedgerError> {
        let mut rows = self.hand.take_all();
        rows.extend(self.claim_some(Priority::Bulk, self.options.ahead, stopping).await?);
        if rows.is_empty() {
            return Ok(Next::News);
        }
        let LaneContext { ledger, rules, .. } = &self.context;
        insist(stopping, || ledger.reroute(&rows, rules)).await?;
        Ok(Next::Free(0))
    }

    async fn give_back(&self, rows: Vec<WorkRow>, stopping: &CancellationToken) -> Result<(), LedgerError> {
        if rows.is_empty() {
            return Ok(());
        }
        insist(stopping, || self.context.ledger.release(&rows)).await
    }

    /// What to wait for after a round. With more in hand than free calls a few calls have to end first:
    /// so a few are started in one commit, not each in one of its own.
    fn next(&self, calls: usize, more: bool, wait: Option<Duration>) -> Next {
        let Some(first) = self.hand.first() else {
            return if more { Next::Free(1) } else { Next::News };
        };
        if let Some(wait) = wait {
            return Next::After(wait.max(self.calls.ahead() / 4).clamp(HELD_BACK, BUSY));
        }
        if first == Priority::Urgent {
            return Next::Free(1);
        }
        let kept = self.calls.kept_for_urgent(calls);
        let few = ((calls - kept) / 2).clamp(1, self.hand.count(Priority::Bulk));
        let not_to_be_used = self.calls.most() - calls;
        Next::Free(not_to_be_used + kept + few)
    }
}

#[cfg(test)]
mod tests;
