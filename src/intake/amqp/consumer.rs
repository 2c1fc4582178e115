//! One queue's consumer: batches in, acknowledgements out.

use futures_util::{FutureExt as _, StreamExt as _};
use lapin::Channel;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicCancelOptions, BasicConsumeOptions};
use lapin::types::FieldTable;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::gate::Gate;
use super::put_aside;
use super::window::Window;
use crate::broker::{BrokerError, wait_after, within};
use crate::domain::Priority;
use crate::intake::desk::{Arrived, Desk};
use crate::intake::parse::{Envelope, Proof};
use crate::ledger::LedgerError;
use crate::ledger::pace::Pace;
use crate::ledger::retry::in_words;
use crate::telemetry::{Absence, Waiter};

/// Of the ledger, for all that is held in the hands of consumers.
static HELD: Absence = Absence::new("the ledger, for which messages from RabbitMQ are held,");

/// What is done with a queue's messages.
pub(super) enum Handler {
    /// They are taken in.
    Messages(Priority, Desk),
    /// The broker put them aside; they become dead letters.
    PutAside(Desk),
}

/// Consumes one queue on one channel.
pub(super) struct Consumer {
    pub channel: Channel,
    pub queue: String,
    pub handler: Handler,
    pub gate: watch::Receiver<Gate>,
    pub batch: usize,
}

impl Consumer {
    /// Consumes until `stopping`, or until the channel breaks.
    pub async fn run(mut self, stopping: CancellationToken) -> Result<(), BrokerError> {
        while stopping.run_until_cancelled(self.until_open(true)).await.is_some() {
            self.consume(&stopping).await?;
        }
        Ok(())
    }

    /// Waits until the gate stands open, or until it does not.
    async fn until_open(&mut self, open: bool) {
        let priority = self.handler.priority();
        let changed = self.gate.wait_for(|gate| gate.is_open(priority) == open).await.is_ok();
        if !changed {
            // Nobody moves the gate any more: the process is ending.
            std::future::pending::<()>().await;
        }
    }

    /// Takes batches until the gate closes or the process stops. Then the broker sends no more, and
    /// what is in hand is finished: a message given back would count as delivered in vain.
    async fn consume(&mut self, stopping: &CancellationToken) -> Result<(), BrokerError> {
        let (options, none) = (BasicConsumeOptions::default(), FieldTable::default());
        let consumer = self.channel.basic_consume(self.queue.as_str().into(), "".into(), options, none);
        let consumer = within(consumer).await?;
        let tag = consumer.tag();
        let (mut messages, mut pace) = (consumer.fuse().peekable(), Pace::default());
        let mut window = self.handler.window(self.batch);
        loop {
            pace.turn().await;
            tokio::select! {
                biased;
                () = stopping.cancelled() => break,
                () = self.until_open(false) => break,
                message = Pin::new(&mut messages).peek() => message.ok_or(BrokerError::ConsumerEnded)?,
            };
            let most = match &mut window {
                Some(window) => window.open().await,
                None => self.batch,
            };
            let batch = messages.by_ref().take(most).ready_chunks(most).next().now_or_never().flatten();
            if !self.take(batch.unwrap_or_default(), stopping).await? {
                return Ok(());
            }
        }
        within(self.channel.basic_cancel(tag, BasicCancelOptions::default())).await?;
        let mut rest = messages.ready_chunks(self.batch);
        while let Some(batch) = rest.next().await {
            if !self.take(batch, stopping).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Hands a batch over and acknowledges it, with all before it, once that is on record. While the
    /// ledger is away the batch is held; at the end of the process it is left to come again, and
    /// nothing after it may be acknowledged: then this gives `false`.
    async fn take(
        &self,
        batch: Vec<lapin::Result<Delivery>>,
        stopping: &CancellationToken,
    ) -> Result<bool, BrokerError> {
        let batch = batch.into_iter().collect::<lapin::Result<Vec<_>>>()?;
        let Some(last) = batch.last().map(|delivery| delivery.delivery_tag) else { return Ok(true) };
        let (mut failures, mut waiting) = (0, None);
        while let Err(error) = self.handler.take(&batch).await {
            failures += 1;
            match &waiting {
                None => waiting = Some(HELD.wait(&in_words(&error))),
                Some(waiter) => waiter.still(&in_words(&error)),
            }
            let wait = stopping.run_until_cancelled(tokio::time::sleep(wait_after(failures))).await;
            if wait.is_none() {
                return Ok(false);
            }
            if !self.channel.status().connected() {
                return Err(BrokerError::ConnectionLost);
            }
        }
        waiting.into_iter().for_each(Waiter::over);
        within(self.channel.basic_ack(last, BasicAckOptions { multiple: true })).await?;
        Ok(true)
    }
}

impl Handler {
    /// By which the gate lets its messages in. Dead letters make no work.
    fn priority(&self) -> Priority {
        match self {
            Self::Messages(priority, _) => *priority,
            Self::PutAside(_) => Priority::Urgent,
        }
    }

    /// How much is taken in at once. What is urgent waits for no lane, and dead letters concern none.
    fn window(&self, most: usize) -> Option<Window> {
        match self {
            Self::Messages(Priority::Urgent, _) | Self::PutAside(_) => None,
            Self::Messages(_, desk) => Some(Window::new(most, desk.ledger().lanes_behind())),
        }
    }

    async fn take(&self, batch: &[Delivery]) -> Result<(), LedgerError> {
        match self {
            Self::Messages(priority, desk) => {
                let arrived: Vec<_> = batch.iter().map(arrived).collect();
                desk.take(&arrived).await?;
                let count = batch.len() as u64;
                metrics::counter!("vestnik_received_total", "priority" => priority.as_str()).increment(count);
                Ok(())
            }
            Self::PutAside(desk) => {
                let letters: Vec<_> = batch.iter().map(|one| put_aside::letter(one, desk)).collect();
                let ids = desk.ledger().bury(&letters).await?;
                letters.iter().zip(ids).for_each(|(letter, id)| put_aside::told(letter, id));
                Ok(())
            }
        }
    }
}

fn arrived(delivery: &Delivery) -> Arrived<'_> {
    Arrived { body: &delivery.data, envelope: envelope(delivery), origin: "amqp" }
}

/// What came with a delivery.
pub(super) fn envelope(delivery: &Delivery) -> Envelope<'_> {
    let user = delivery.properties.user_id().as_ref().map(lapin::types::ShortString::as_str);
    Envelope { proof: Proof::AmqpUser(user), routing_key: Some(delivery.routing_key.as_str()) }
}
