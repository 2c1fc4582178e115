//! Messages from RabbitMQ.
//!
//! One consumer, on a channel of its own, for each priority, and one for what the broker put aside.
//! Each takes what is waiting, up to a batch, and acknowledges it only after the ledger has committed
//! what became of it. While the ledger is away nothing is fetched, and what is in hand stays in hand;
//! while too much work is open, bulk waits first, then normal, and urgent never.
//!
//! Nothing recovers by itself: when a connection breaks, all that was delivered on it and not
//! acknowledged comes again on the next one, and the ledger knows it again.

mod consumer;
mod gate;
mod put_aside;
mod window;

#[cfg(test)]
mod tests;

use std::time::Duration;

use lapin::Connection;
use lapin::options::BasicQosOptions;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::info;

use self::consumer::{Consumer, Handler};
pub use self::gate::Marks;
use self::gate::{Gate, watch_work};
use super::desk::Desk;
use crate::broker::{Broker, BrokerError, declare, wait_after, within};
use crate::domain::Priority;
use crate::telemetry::Absence;

/// How messages are taken from the broker.
#[derive(Debug, Clone)]
pub struct Options {
    /// The broker.
    pub broker: Broker,
    /// Messages that may be in hand at once, for each priority.
    pub prefetch: u16,
    /// Messages in one batch at most.
    pub batch: usize,
    /// How much work may be open.
    pub marks: Marks,
    /// How often the open work is looked at.
    pub look_every: Duration,
}

impl Options {
    /// The usual ways with a broker.
    #[must_use]
    pub fn new(broker: Broker, marks: Marks) -> Self {
        Self { broker, prefetch: 1000, batch: 500, marks, look_every: Duration::from_millis(500) }
    }
}

/// How it stands with the intake, for those who ask whether the process is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Health {
    /// The broker answers.
    pub connected: bool,
    /// Messages of this priority and the more urgent ones may come in, the others wait at the broker:
    /// too much work is open. `None` while the ledger does not answer, and then all of them wait.
    pub lowest: Option<Priority>,
}

/// Takes messages from RabbitMQ.
pub struct AmqpIntake {
    desk: Desk,
    options: Options,
    health: watch::Sender<Health>,
}

impl AmqpIntake {
    /// An intake that has not begun yet, and how it stands with it.
    #[must_use]
    pub fn new(desk: Desk, options: Options) -> (Self, watch::Receiver<Health>) {
        let (health, seen) = watch::channel(Health::default());
        (Self { desk, options, health }, seen)
    }

    /// Works until `stopping`; then finishes and acknowledges what is in hand.
    pub async fn run(self, stopping: CancellationToken) {
        let (gates, gate) = watch::channel(Gate::default());
        let look = watch_work(&self.desk, &self.options, &gates, &self.health, &stopping);
        tokio::join!(look, self.keep_consuming(gate, &stopping));
    }

    /// Connects again and again.
    async fn keep_consuming(&self, gate: watch::Receiver<Gate>, stopping: &CancellationToken) {
        let (absence, mut waiting) = (Absence::new("RabbitMQ, from which messages come,"), None);
        let mut failures = 0;
        while !stopping.is_cancelled() {
            let Err(error) = self.session(gate.clone(), stopping).await else { continue };
            let was_connected = self.set_connected(false);
            if was_connected {
                (failures, waiting) = (0, None);
            }
            failures += 1;
            match &waiting {
                None => waiting = Some(absence.wait(&error.in_words())),
                Some(waiter) => waiter.still(&error.in_words()),
            }
            let wait = wait_after(failures);
            stopping.run_until_cancelled(tokio::time::sleep(wait)).await;
        }
        self.set_connected(false);
    }

    /// One connection, until it breaks or the process stops.
    async fn session(
        &self,
        gate: watch::Receiver<Gate>,
        stopping: &CancellationToken,
    ) -> Result<(), BrokerError> {
        let Some(connection) = stopping.run_until_cancelled(self.options.broker.connect("intake")).await
        else {
            return Ok(());
        };
        let connection = connection?;
        let channel = within(connection.create_channel()).await?;
        declare(&channel, self.options.broker.names()).await?;
        let mut consumers = JoinSet::new();
        // A channel that is dropped closes itself, which the closing of the connection would run into.
        let mut channels = Vec::new();
        for (queue, handler) in self.queues() {
            let consumer = self.consumer(&connection, queue, handler, &gate).await?;
            channels.push(consumer.channel.clone());
            consumers.spawn(consumer.run(stopping.clone()));
        }
        self.set_connected(true);
        info!("messages come from the broker");
        while let Some(ended) = consumers.join_next().await {
            ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?;
        }
        within(connection.close(200, "goodbye".into())).await
    }

    /// The queue of each priority and that of what the broker put aside, with what is done with each.
    fn queues(&self) -> impl Iterator<Item = (String, Handler)> + '_ {
        let names = self.options.broker.names();
        let messages = |priority| (names.intake(priority), Handler::Messages(priority, self.desk.clone()));
        let put_aside = (names.dead(), Handler::PutAside(self.desk.clone()));
        Priority::ALL.into_iter().map(messages).chain([put_aside])
    }

    async fn consumer(
        &self,
        connection: &Connection,
        queue: String,
        handler: Handler,
        gate: &watch::Receiver<Gate>,
    ) -> Result<Consumer, BrokerError> {
        let channel = within(connection.create_channel()).await?;
        within(channel.basic_qos(self.options.prefetch, BasicQosOptions::default())).await?;
        Ok(Consumer { channel, queue, handler, gate: gate.clone(), batch: self.options.batch.max(1) })
    }

    /// Sets whether the broker answers; gives whether it did before.
    fn set_connected(&self, connected: bool) -> bool {
        let mut before = false;
        self.health.send_if_modified(|health| {
            before = std::mem::replace(&mut health.connected, connected);
            before != connected
        });
        before
    }
}
