//! A lane: the dispatcher of one channel. It claims due work, waits for the limits, starts, calls
//! the adapter with bounded concurrency, and hands the outcomes to the finisher.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};
use vestnik_contract::{Accepted, Channel, ChannelId, RouteId, SendError, SendErrorKind};

use super::breaker::{Admission, Breaker, SpikeWatch};
use super::limits::Limits;
use super::pauses::{Paused, Pauses};
use super::wake::Wake;
use crate::clock::Clock;
use crate::domain::Priority;
use crate::ledger::retry::{by_halves, insist};
use crate::ledger::store::WorkRow;
use crate::ledger::{Finished, Ledger, LedgerError, Outgoing, Rules};

/// How a lane works.
#[derive(Debug, Clone)]
pub struct LaneOptions {
    /// Calls to the provider at once.
    pub concurrency: usize,
    /// Calls of these that are kept for urgent work.
    pub kept_for_urgent: usize,
    /// Rows claimed at once.
    pub batch: u32,
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
    /// Tells that there may be due work.
    pub wake: Wake,
    /// The pauses on record.
    pub pauses: watch::Receiver<Pauses>,
    /// Takes outcomes.
    pub outcomes: mpsc::Sender<Finished>,
    /// Takes routes that have to be paused.
    pub alarms: mpsc::Sender<RouteAlarm>,
}

/// A route that must not be used until somebody has looked at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteAlarm {
    /// The channel.
    pub channel: ChannelId,
    /// The route.
    pub route: RouteId,
    /// What is wrong with it.
    pub what: Alarm,
}

/// What is wrong with a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarm {
    /// The provider refuses our credentials or settings.
    Misconfigured,
    /// The provider calls most addresses unreachable all of a sudden.
    UnreachableSpike,
}

/// The dispatcher of one channel's route.
pub struct Lane {
    context: LaneContext,
    options: LaneOptions,
    route: Arc<Route>,
    limits: Limits,
    slots: Arc<Semaphore>,
    calls: JoinSet<()>,
    /// Whether the route was paused when it was looked at last.
    was_paused: bool,
}

struct Route {
    channel: Arc<dyn Channel>,
    id: RouteId,
    health: Arc<Mutex<(Breaker, SpikeWatch)>>,
}

/// Whether a route's provider answers, for those who ask how the process is.
#[derive(Clone)]
pub struct RouteHealth {
    /// Channel and route, such as `sms/main`.
    pub name: String,
    health: Arc<Mutex<(Breaker, SpikeWatch)>>,
}

impl RouteHealth {
    /// Whether the provider answered of late; a route that was not used yet is taken to be well.
    #[must_use]
    pub fn answers(&self) -> bool {
        !self.health.lock().unwrap_or_else(PoisonError::into_inner).0.is_open()
    }
}

/// After a failure of the ledger.
const PAUSE_ON_ERROR: Duration = Duration::from_millis(500);

/// Rows started in one commit at most.
const START_BATCH: usize = 128;

/// Before a lease is over: what is still unstarted then is left to be claimed anew.
const LEASE_MARGIN: Duration = Duration::from_secs(5);

impl Lane {
    /// A lane for this route of a channel.
    #[must_use]
    pub fn new(
        context: LaneContext,
        options: LaneOptions,
        route: RouteId,
        channel: Arc<dyn Channel>,
    ) -> Self {
        let limits = Limits::new(options.per_second, options.per_citizen_per_minute);
        let slots = Arc::new(Semaphore::new(options.concurrency.max(1)));
        let route = Arc::new(Route { channel, id: route, health: Arc::default() });
        Self { context, options, route, limits, slots, calls: JoinSet::new(), was_paused: false }
    }

    /// How it stands with its provider.
    #[must_use]
    pub fn health(&self) -> RouteHealth {
        let name = format!("{}/{}", self.route.channel.id(), self.route.id);
        RouteHealth { name, health: self.route.health.clone() }
    }

    /// Works until `stopping`, then waits for the calls under way.
    pub async fn run(mut self, stopping: CancellationToken) {
        let mut wake = self.context.wake.listen();
        while !stopping.is_cancelled() {
            while self.calls.try_join_next().is_some() {}
            match self.round(&stopping).await {
                Ok(true) => {}
                Ok(false) => {
                    let idle = tokio::time::timeout(self.options.poll, wake.changed());
                    let _ = stopping.run_until_cancelled(idle).await;
                }
                Err(error) => {
                    let channel = self.route.channel.id();
                    error!(%channel, error = &error as &dyn std::error::Error, "a lane could not work");
                    stopping.run_until_cancelled(tokio::time::sleep(PAUSE_ON_ERROR)).await;
                }
            }
        }
        while self.calls.join_next().await.is_some() {}
    }

    /// Claims and sends once; whether there may be more to do at once.
    async fn round(&mut self, stopping: &CancellationToken) -> Result<bool, LedgerError> {
        let Some(room) = self.room(stopping).await else { return Ok(false) };
        let channel = self.route.channel.id().clone();
        let LaneContext { ledger, rules, wake, .. } = &self.context;
        let lease = self.options.lease;
        let rows = insist(stopping, || ledger.claim(&channel, room.lowest, room.limit, lease)).await?;
        if rows.is_empty() {
            return Ok(false);
        }
        if room.reroute {
            insist(stopping, || ledger.reroute(&rows, rules)).await?;
            wake.wake();
        } else {
            self.send_all(rows, stopping).await?;
        }
        Ok(true)
    }

    /// How much may be claimed now; `None` for nothing before the next wake-up.
    async fn room(&mut self, stopping: &CancellationToken) -> Option<Room> {
        let now = self.context.clock.now();
        let paused = self.context.pauses.borrow().of(self.route.channel.id(), &self.route.id, now);
        let batch = self.options.batch.max(1);
        if std::mem::replace(&mut self.was_paused, paused.is_some()) && paused.is_none() {
            self.route.forget_spike();
        }
        match paused {
            Some(Paused::Hold) => return None,
            Some(Paused::Reroute) => {
                return Some(Room { lowest: Priority::Bulk, limit: batch, reroute: true });
            }
            None => {}
        }
        let one = match self.route.admission(now) {
            Admission::All => false,
            Admission::Probe => true,
            Admission::NotBefore(_) => return None,
        };
        // A free slot first: what is claimed can then be started at once.
        let slot = stopping.run_until_cancelled(self.slots.acquire()).await?;
        drop(slot);
        let free = self.slots.available_permits().max(1);
        let kept = self.options.kept_for_urgent.min(self.options.concurrency.saturating_sub(1));
        let (lowest, free) =
            if free > kept { (Priority::Bulk, free - kept) } else { (Priority::Urgent, free) };
        let limit = if one { 1 } else { batch.min(u32::try_from(free).unwrap_or(u32::MAX)) };
        Some(Room { lowest, limit, reroute: false })
    }

    /// Starts claimed rows as the limits let them pass, and calls the adapter for each.
    async fn send_all(
        &mut self,
        rows: Vec<WorkRow>,
        stopping: &CancellationToken,
    ) -> Result<(), LedgerError> {
        let patience = self.options.lease.saturating_sub(LEASE_MARGIN).max(self.options.lease / 2);
        let deadline = tokio::time::Instant::now() + patience;
        let mut waiting = VecDeque::from(rows);
        while !waiting.is_empty() {
            let turn = stopping.run_until_cancelled(self.limits.ready()).await;
            if turn.is_none() || tokio::time::Instant::now() >= deadline {
                let rest: Vec<_> = waiting.into();
                return insist(stopping, || self.context.ledger.release(&rest)).await;
            }
            let (passing, wait) =
                self.limits.pass(&mut waiting, |row| row.citizen, START_BATCH, self.options.poll);
            if passing.is_empty() {
                stopping.run_until_cancelled(tokio::time::sleep(wait)).await;
                continue;
            }
            self.start(&passing, stopping).await?;
        }
        self.limits.forget_old();
        Ok(())
    }

    /// Starts rows and calls the adapter for each. One that cannot be started at all is left to its
    /// lease, and stands in the way of no other.
    async fn start(&mut self, rows: &[WorkRow], stopping: &CancellationToken) -> Result<(), LedgerError> {
        let LaneContext { ledger, rules, wake, .. } = self.context.clone();
        let parts = by_halves(rows, |part| insist(stopping, || ledger.start(part, &rules)).boxed()).await;
        for (part, outcome) in parts {
            match outcome {
                Ok(started) => {
                    if started.len() < part.len() {
                        // What did not start may be due on another lane now.
                        wake.wake();
                    }
                    for outgoing in started {
                        self.call(outgoing).await;
                    }
                }
                Err(error) if error.is_transient() => return Err(error),
                Err(error) => {
                    let notice = part.first().map(|row| row.notice);
                    error!(?notice, error = &error as &dyn std::error::Error, "a notice cannot be started");
                }
            }
        }
        Ok(())
    }

    async fn call(&mut self, outgoing: Outgoing) {
        let Ok(slot) = self.slots.clone().acquire_owned().await else { return };
        let (context, route) = (self.context.clone(), self.route.clone());
        let time_out = self.options.lease.saturating_sub(LEASE_MARGIN / 5);
        self.calls.spawn(call(context, route, outgoing, time_out, slot));
    }
}

struct Room {
    lowest: Priority,
    limit: u32,
    reroute: bool,
}

impl Route {
    fn admission(&self, now: jiff::Timestamp) -> Admission {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).0.admit(now)
    }

    /// Somebody has looked at the route, and lets it go on.
    fn forget_spike(&self) {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).1.reset();
    }

    /// Counts an outcome; the alarm it raises.
    fn record(&self, outcome: Result<(), SendErrorKind>, now: jiff::Timestamp) -> Option<Alarm> {
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        let was_open = health.0.is_open();
        health.0.record(outcome, now);
        if was_open != health.0.is_open() {
            let (channel, route) = (self.channel.id(), &self.id);
            info!(%channel, %route, open = health.0.is_open(), "circuit breaker");
        }
        if health.1.record(outcome) {
            return Some(Alarm::UnreachableSpike);
        }
        (outcome == Err(SendErrorKind::Misconfigured)).then_some(Alarm::Misconfigured)
    }
}

/// One call to the provider, from a started attempt to its outcome.
async fn call(
    context: LaneContext,
    route: Arc<Route>,
    outgoing: Outgoing,
    time_out: Duration,
    slot: OwnedSemaphorePermit,
) {
    let answer = AssertUnwindSafe(route.channel.send(&outgoing.message)).catch_unwind();
    let result = match tokio::time::timeout(time_out, answer).await {
        Ok(Ok(result)) => result,
        Ok(Err(_panic)) => {
            error!(channel = %route.channel.id(), "an adapter panicked");
            Err(SendError::new(SendErrorKind::Ambiguous))
        }
        Err(_elapsed) => Err(SendError::new(SendErrorKind::Ambiguous)),
    };
    drop(slot);
    let outcome = result.as_ref().map(|_| ()).map_err(SendError::kind);
    count(&route, outcome);
    let alarm = route.record(outcome, context.clock.now());
    let result = if alarm == Some(Alarm::UnreachableSpike) { believe_less(result) } else { result };
    if let Some(what) = alarm {
        let (channel, route) = (route.channel.id().clone(), route.id.clone());
        // The alarm's reader lives as long as the lanes; without it the process is ending.
        let _ = context.alarms.send(RouteAlarm { channel, route, what }).await;
    }
    let finished = Finished {
        notice: outgoing.notice,
        citizen: outgoing.citizen,
        attempt: outgoing.attempt,
        channel: route.channel.id().clone(),
        route: route.id.clone(),
        recipient: outgoing.message.recipient.clone(),
        result,
    };
    if context.outcomes.send(finished).await.is_err() {
        error!("an outcome had no reader: its attempt will be ambiguous");
    }
}

/// In a spike no address is closed.
fn believe_less(result: Result<Accepted, SendError>) -> Result<Accepted, SendError> {
    result.map_err(|_| SendError::new(SendErrorKind::Misconfigured).code("spike"))
}

fn count(route: &Route, outcome: Result<(), SendErrorKind>) {
    let outcome = outcome.map_or_else(SendErrorKind::as_str, |()| "accepted");
    let (channel, route) = (route.channel.id().to_string(), route.id.to_string());
    metrics::counter!("vestnik_sends_total", "channel" => channel, "route" => route, "outcome" => outcome)
        .increment(1);
}
