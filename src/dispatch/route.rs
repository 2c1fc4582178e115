//! A route to a provider: whether it may be used now, one call to it, and what the call tells of it.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::{mpsc, watch};
use tracing::{error, info};
use vestnik_contract::{Accepted, Channel, ChannelId, Message, RouteId, SendError, SendErrorKind, Standing};

use super::breaker::{Admission, Breaker, SpikeWatch};
use super::pauses::Pauses;
use crate::clock::Clock;
use crate::ledger::{Finished, Outgoing};

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

/// Whether a route's provider answers, for those who ask how the process is.
#[derive(Clone)]
pub struct RouteHealth {
    /// Channel and route, such as `sms/main`.
    pub name: String,
    channel: Arc<dyn Channel>,
    route: RouteId,
    health: Arc<Mutex<(Breaker, SpikeWatch)>>,
    pauses: watch::Receiver<Pauses>,
    clock: Clock,
}

impl RouteHealth {
    /// What keeps messages from going out: the route is paused, what the adapter keeps open with the
    /// provider does not stand, or the last calls were not answered. A route on which nothing has to stand, and that was
    /// not used yet, is taken to be well.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        let answers = self.health.lock().unwrap_or_else(PoisonError::into_inner).0.answers();
        let paused = self.pauses.borrow().of(self.channel.id(), &self.route, self.clock.now());
        match self.channel.standing() {
            Standing::Opening | Standing::Ready | Standing::Elsewhere(None) if paused.is_some() => {
                Some("paused: `vestnik channel list` says by whom and why".to_owned())
            }
            Standing::Broken(error) => Some(error.to_string()),
            Standing::Opening => Some("not open yet: the provider has not answered so far".to_owned()),
            Standing::Ready => (!answers).then(|| "the provider does not answer".to_owned()),
            Standing::Elsewhere(trouble) => trouble,
        }
    }
}

/// A channel's adapter on one route.
pub(super) struct Route {
    pub channel: Arc<dyn Channel>,
    pub id: RouteId,
    health: Arc<Mutex<(Breaker, SpikeWatch)>>,
}

impl Route {
    pub fn new(channel: Arc<dyn Channel>, id: RouteId) -> Self {
        Self { channel, id, health: Arc::default() }
    }

    /// Channel and route, such as `sms/main`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.channel.id(), self.id)
    }

    /// How it stands with its provider.
    pub fn health(&self, pauses: watch::Receiver<Pauses>, clock: Clock) -> RouteHealth {
        RouteHealth {
            name: self.name(),
            channel: self.channel.clone(),
            route: self.id.clone(),
            health: self.health.clone(),
            pauses,
            clock,
        }
    }

    /// What it may be given at `now`: nothing while other processes are the ones who can send.
    pub fn admission(&self, now: jiff::Timestamp) -> Admission {
        if !self.channel.standing().takes_work() {
            return Admission::Nothing;
        }
        self.health.lock().unwrap_or_else(PoisonError::into_inner).0.admit(now)
    }

    /// Somebody has looked at the route, and lets it go on.
    pub fn forget_spike(&self) {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).1.reset();
    }

    /// One call to the provider, from a started attempt to its outcome. Alarms that it raises go to
    /// `alarms`.
    pub async fn call(
        &self,
        outgoing: Outgoing,
        time_out: Duration,
        clock: &Clock,
        alarms: &mpsc::Sender<RouteAlarm>,
    ) -> Finished {
        let mut result = self.send(&outgoing.message, time_out).await;
        let alarm = self.record(&result, clock.now());
        if let Some(what) = alarm {
            let (channel, route) = (self.channel.id().clone(), self.id.clone());
            // The alarm's reader lives as long as the lanes; without it the process is ending.
            let _ = alarms.send(RouteAlarm { channel, route, what }).await;
        }
        if alarm == Some(Alarm::UnreachableSpike) {
            result = believe_less(result);
        }
        self.finished(outgoing, result)
    }

    /// The outcome of a call that our own limits never let out: it waits, and that is no try.
    pub fn held_back(&self, outgoing: Outgoing) -> Finished {
        self.finished(outgoing, Err(SendError::new(SendErrorKind::Throttled)))
    }

    fn finished(&self, outgoing: Outgoing, result: Result<Accepted, SendError>) -> Finished {
        Finished {
            notice: outgoing.notice,
            citizen: outgoing.citizen,
            attempt: outgoing.attempt,
            channel: self.channel.id().clone(),
            route: self.id.clone(),
            recipient: outgoing.message.recipient,
            result,
        }
    }

    async fn send(&self, message: &Message, time_out: Duration) -> Result<Accepted, SendError> {
        let answer = AssertUnwindSafe(self.channel.send(message)).catch_unwind();
        match tokio::time::timeout(time_out, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_panic)) => {
                error!(channel = %self.channel.id(), "an adapter panicked");
                Err(SendError::new(SendErrorKind::Ambiguous))
            }
            Err(_elapsed) => Err(SendError::new(SendErrorKind::Ambiguous)),
        }
    }

    /// Counts an outcome and takes it into account; the alarm it raises.
    fn record(&self, result: &Result<Accepted, SendError>, now: jiff::Timestamp) -> Option<Alarm> {
        let outcome = result.as_ref().map(|_| ()).map_err(SendError::kind);
        self.count(outcome);
        let (channel, route) = (self.channel.id(), &self.id);
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        let (answered, was_open) = (health.0.answers(), health.0.is_open());
        health.0.record(outcome, now);
        match (answered, health.0.answers(), result) {
            // Without its sources: what a library says of a failure may name an address of a citizen.
            (true, false, Err(error)) => error!(%channel, %route, %error, "the provider does not answer"),
            (false, true, _) => info!(%channel, %route, "the provider answers again"),
            _ => {}
        }
        if was_open != health.0.is_open() {
            info!(%channel, %route, open = health.0.is_open(), "circuit breaker");
        }
        if health.1.record(outcome) {
            return Some(Alarm::UnreachableSpike);
        }
        (outcome == Err(SendErrorKind::Misconfigured)).then_some(Alarm::Misconfigured)
    }

    fn count(&self, outcome: Result<(), SendErrorKind>) {
        let outcome = outcome.map_or_else(SendErrorKind::as_str, |()| "accepted");
        let (channel, route) = (self.channel.id().to_string(), self.id.to_string());
        metrics::counter!("vestnik_sends_total", "channel" => channel, "route" => route, "outcome" => outcome)
            .increment(1);
    }
}

/// In a spike no address is closed.
fn believe_less(result: Result<Accepted, SendError>) -> Result<Accepted, SendError> {
    result.map_err(|_| SendError::new(SendErrorKind::Misconfigured).code("spike"))
}
