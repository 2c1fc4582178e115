//! The relay: every status, and whatever the registry's owner is told, published on RabbitMQ.
//!
//! One process at a time has the duty. It reads the timeline from where the last one stopped, and
//! remembers how far it came only when the broker has confirmed: each status is published at least
//! once, and those of one notification in order.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use uuid::Uuid;

use super::message::StatusMessage;
use super::registry::RegistryMessage;
use crate::broker::{Broker, BrokerError, Confirmed, Outgoing, Publisher, wait_after};
use crate::ledger::pace::Pace;
use crate::ledger::retry::{in_words, insist, soon};
use crate::ledger::{Ledger, LedgerError, Relayed};
use crate::telemetry::Absence;

/// How statuses are published.
#[derive(Debug, Clone)]
pub struct Options {
    /// The broker.
    pub broker: Broker,
    /// Timeline entries read at once.
    pub batch: u32,
    /// Publishes under way at once.
    pub window: usize,
    /// How long to wait at most before looking for new entries.
    pub poll: Duration,
    /// For how long the duty is held without a sign of life.
    pub lease: Duration,
}

impl Options {
    /// The usual ways with a broker.
    #[must_use]
    pub fn new(broker: Broker) -> Self {
        Self {
            broker,
            batch: 500,
            window: 256,
            poll: Duration::from_millis(500),
            lease: Duration::from_mins(1),
        }
    }
}

/// Publishes statuses.
pub struct Relay {
    ledger: Arc<Ledger>,
    options: Options,
    woken: watch::Receiver<()>,
    connected: watch::Sender<bool>,
    holder: Uuid,
    held: Option<Held>,
}

/// The duty, as it was taken or prolonged last.
#[derive(Debug, Clone, Copy)]
struct Held {
    since: Instant,
    after: Relayed,
}

/// Why a round failed. Whatever it was, the statuses are still in the timeline.
#[derive(Debug, thiserror::Error)]
enum RelayError {
    #[error(transparent)]
    Broker(#[from] BrokerError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl RelayError {
    fn in_words(&self) -> String {
        match self {
            Self::Broker(error) => error.in_words(),
            Self::Ledger(error) => in_words(error),
        }
    }
}

impl Relay {
    /// A relay that has not begun yet, and whether it is connected to the broker.
    #[must_use]
    pub fn new(ledger: Arc<Ledger>, options: Options) -> (Self, watch::Receiver<bool>) {
        let (connected, seen) = watch::channel(false);
        (
            Self {
                woken: ledger.news_of_entries(),
                ledger,
                options,
                connected,
                holder: Uuid::now_v7(),
                held: None,
            },
            seen,
        )
    }

    /// Works until `stopping`, then lets go of the duty.
    pub async fn run(mut self, stopping: CancellationToken) {
        let (absence, mut waiting) = (Absence::new("RabbitMQ, where statuses are published,"), None);
        let mut failures = 0;
        while !stopping.is_cancelled() {
            let Err(error) = self.session(&stopping).await else { continue };
            self.held = None;
            if self.connected.send_replace(false) {
                (failures, waiting) = (0, None);
            }
            failures += 1;
            let why = error.in_words();
            match &waiting {
                None => waiting = Some(absence.wait(&why)),
                Some(waiter) => waiter.still(&why),
            }
            let wait = wait_after(failures);
            stopping.run_until_cancelled(tokio::time::sleep(wait)).await;
        }
        self.connected.send_replace(false);
        if let Err(error) = soon(|| self.ledger.leave_relay(self.holder)).await {
            warn!(error = &error as &dyn std::error::Error, "the relay's duty is held until its lease ends");
        }
    }

    /// One connection, until it breaks or the process stops.
    async fn session(&mut self, stopping: &CancellationToken) -> Result<(), RelayError> {
        let connecting = Publisher::connect(&self.options.broker, "status");
        let Some(publisher) = stopping.run_until_cancelled(connecting).await else { return Ok(()) };
        let publisher = publisher?;
        publisher.declare(self.options.broker.names()).await?;
        self.connected.send_replace(true);
        info!("statuses can be published");
        let mut pace = Pace::default();
        while !stopping.is_cancelled() {
            pace.turn().await;
            if !publisher.is_connected() {
                return Err(BrokerError::ConnectionLost.into());
            }
            if !self.round(&publisher, stopping).await? {
                let idle = tokio::time::timeout(self.options.poll, self.woken.changed());
                let woken = stopping.run_until_cancelled(idle).await;
                if let Some(Ok(Err(_))) = woken {
                    // Nobody wakes us any more: look now and then all the same.
                    stopping.run_until_cancelled(tokio::time::sleep(self.options.poll)).await;
                }
            }
        }
        Ok(publisher.close().await?)
    }

    /// Publishes a batch; whether there may be more to do at once.
    async fn round(
        &mut self,
        publisher: &Publisher,
        stopping: &CancellationToken,
    ) -> Result<bool, RelayError> {
        let Some(Held { since, after }) = self.hold(stopping).await? else { return Ok(false) };
        let (ledger, batch) = (self.ledger.clone(), self.options.batch);
        let entries = insist(stopping, || ledger.entries_after(after.statuses, None, batch)).await?;
        let events = insist(stopping, || ledger.registry_events_after(after.events, batch)).await?;
        if entries.is_empty() && events.is_empty() {
            return Ok(false);
        }
        let after = Relayed {
            statuses: entries.last().map_or(after.statuses, |(last, _)| *last),
            events: events.last().map_or(after.events, |last| last.position),
        };
        let statuses = entries.iter().filter_map(|(at, entry)| {
            let status = StatusMessage::of(*at, entry)?;
            Some((entry.notification, Told::new(status.routing_key(), status.entry.clone(), &status)))
        });
        let events = events.iter().filter_map(|event| {
            let event = RegistryMessage::of(event)?;
            let told = Told::new(event.routing_key(), event.event.clone(), &event);
            Some((event.citizen.expose().to_owned(), told))
        });
        for layer in layers(statuses).into_iter().chain(layers(events)) {
            // Whoever takes the duty over after the lease must not be followed by older statuses.
            if since.elapsed() > self.options.lease / 2 {
                self.held = None;
                return Ok(true);
            }
            self.publish(publisher, layer).await?;
        }
        let since = Instant::now();
        let (holder, lease) = (self.holder, self.options.lease);
        let saved = insist(stopping, || ledger.save_relay(holder, lease, after)).await?;
        self.held = saved.then_some(Held { since, after });
        Ok(true)
    }

    /// The duty; taken or prolonged only when a third of the lease is over, because that is a write.
    async fn hold(&mut self, stopping: &CancellationToken) -> Result<Option<Held>, RelayError> {
        let fresh = self.held.is_some_and(|held| held.since.elapsed() < self.options.lease / 3);
        if !fresh {
            let (ledger, holder, lease) = (&self.ledger, self.holder, self.options.lease);
            let (since, taken) = insist(stopping, async || {
                let since = Instant::now();
                Ok((since, ledger.take_relay(holder, lease).await?))
            })
            .await?;
            self.held = taken.map(|after| Held { since, after });
        }
        Ok(self.held)
    }

    /// Publishes statuses of different notifications, or events of different citizens, in any order, and waits for all confirms. One
    /// that nobody has a queue for is counted and is no obstacle: the feed has it.
    async fn publish(&self, publisher: &Publisher, layer: Vec<Told>) -> Result<(), RelayError> {
        let (count, exchange) = (layer.len() as u64, self.options.broker.names().status());
        let unroutable = stream::iter(layer)
            .map(|told| publisher.publish(told.outgoing(&exchange)))
            .buffer_unordered(self.options.window.max(1))
            .try_fold(0, |sum, one| async move { Ok(sum + u64::from(one == Confirmed::Unroutable)) })
            .await?;
        metrics::counter!("vestnik_statuses_published_total").increment(count);
        metrics::counter!("vestnik_statuses_unroutable_total").increment(unroutable);
        Ok(())
    }
}

/// A status or an event, ready to be published.
struct Told {
    routing_key: String,
    id: String,
    body: Vec<u8>,
}

impl Told {
    fn new(routing_key: String, id: String, message: &impl Serialize) -> Self {
        // It is plain data of ours: it has no form that JSON cannot hold.
        Self { routing_key, id, body: serde_json::to_vec(message).unwrap_or_default() }
    }

    fn outgoing(self, exchange: &str) -> Outgoing {
        Outgoing {
            exchange: exchange.to_owned(),
            routing_key: self.routing_key,
            body: self.body,
            message_id: Some(self.id),
            user_id: None,
        }
    }
}

/// Splits statuses so that no part holds two of one notification, and the parts one after the other
/// hold those of each in order.
fn layers<K: Ord, T>(statuses: impl Iterator<Item = (K, T)>) -> Vec<Vec<T>> {
    let mut depth = BTreeMap::new();
    let mut layers: Vec<Vec<T>> = Vec::new();
    for (notification, status) in statuses {
        let at = depth.entry(notification).or_insert(0_usize);
        if *at == layers.len() {
            layers.push(Vec::new());
        }
        layers[*at].push(status);
        *at += 1;
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_keep_the_order_of_each_notification() {
        let statuses = ["a1", "b1", "a2", "c1", "a3", "b2"];
        let layers = layers(statuses.into_iter().map(|status| (&status[..1], status)));
        assert_eq!(layers, [vec!["a1", "b1", "c1"], vec!["a2", "b2"], vec!["a3"]]);
    }
}
