//! Exchanges and queues: their names, how they are declared and removed.

use lapin::options::{
    ExchangeDeclareOptions, ExchangeDeleteOptions, QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, ExchangeKind};
use vestnik_contract::is_id;

use super::connection::{BrokerError, within};
use crate::domain::Priority;

/// How often a message is delivered before the broker puts it aside. A message is given back only by
/// a process that dies or loses its connection, so this many say that it kills whoever reads it.
const DELIVERY_LIMIT: i64 = 20;

/// The names of exchanges and queues; each begins with the installation's prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    prefix: String,
}

/// A prefix that is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a prefix is 1 to 64 characters of a-z, 0-9, _ and -")]
pub struct InvalidPrefix;

impl Default for Names {
    /// Names that begin with `vestnik`.
    fn default() -> Self {
        Self { prefix: "vestnik".to_owned() }
    }
}

impl Names {
    /// Names that begin with this prefix.
    pub fn new(prefix: &str) -> Result<Self, InvalidPrefix> {
        if is_id(prefix) { Ok(Self { prefix: prefix.to_owned() }) } else { Err(InvalidPrefix) }
    }

    /// The topic exchange that sources publish to.
    #[must_use]
    pub fn notifications(&self) -> String {
        format!("{}.notifications", self.prefix)
    }

    /// The topic exchange that statuses are published on.
    #[must_use]
    pub fn status(&self) -> String {
        format!("{}.status", self.prefix)
    }

    /// The topic exchange that inbounds and appeals are published on.
    #[must_use]
    pub fn inbound(&self) -> String {
        format!("{}.inbound", self.prefix)
    }

    /// The exchange, and its one queue, of what the broker itself puts aside.
    #[must_use]
    pub fn dead(&self) -> String {
        format!("{}.dead", self.prefix)
    }

    /// The queue of the messages of a priority.
    #[must_use]
    pub fn intake(&self, priority: Priority) -> String {
        format!("{}.intake.{}", self.prefix, priority.as_str())
    }
}

/// Declares everything, which changes nothing where it is there already. Fails where something of the
/// same name has other properties.
pub async fn declare(channel: &Channel, names: &Names) -> Result<(), BrokerError> {
    let put_aside = names.dead();
    exchange(channel, &put_aside, ExchangeKind::Fanout, FieldTable::default()).await?;
    queue(channel, &put_aside, &[]).await?;
    bind(channel, &put_aside, &put_aside, "").await?;

    let alternate = table(&[("alternate-exchange", text(&put_aside))]);
    exchange(channel, &names.notifications(), ExchangeKind::Topic, alternate).await?;
    for topic in [names.status(), names.inbound()] {
        exchange(channel, &topic, ExchangeKind::Topic, FieldTable::default()).await?;
    }
    for priority in Priority::ALL {
        let name = names.intake(priority);
        // A full or failing `dead` queue holds a message back instead of losing it.
        let arguments = [
            ("x-delivery-limit", AMQPValue::LongLongInt(DELIVERY_LIMIT)),
            ("x-dead-letter-exchange", text(&put_aside)),
            ("x-dead-letter-strategy", text("at-least-once")),
            ("x-overflow", text("reject-publish")),
        ];
        queue(channel, &name, &arguments).await?;
        bind(channel, &name, &names.notifications(), &format!("{}.*.*", priority.as_str())).await?;
    }
    Ok(())
}

/// Removes everything that [`declare`] made, with the messages in it.
pub async fn remove(channel: &Channel, names: &Names) -> Result<(), BrokerError> {
    let queues = Priority::ALL.map(|priority| names.intake(priority)).into_iter().chain([names.dead()]);
    for queue in queues {
        within(channel.queue_delete(queue.into(), QueueDeleteOptions::default())).await?;
    }
    for exchange in [names.notifications(), names.status(), names.inbound(), names.dead()] {
        within(channel.exchange_delete(exchange.into(), ExchangeDeleteOptions::default())).await?;
    }
    Ok(())
}

async fn exchange(
    channel: &Channel,
    name: &str,
    kind: ExchangeKind,
    arguments: FieldTable,
) -> Result<(), BrokerError> {
    let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    within(channel.exchange_declare(name.into(), kind, options, arguments)).await
}

async fn queue(channel: &Channel, name: &str, arguments: &[(&str, AMQPValue)]) -> Result<(), BrokerError> {
    let mut arguments = table(arguments);
    arguments.insert("x-queue-type".into(), text("quorum"));
    within(channel.queue_declare(name.into(), QueueDeclareOptions::durable(), arguments)).await?;
    Ok(())
}

async fn bind(channel: &Channel, queue: &str, exchange: &str, key: &str) -> Result<(), BrokerError> {
    let (options, none) = (QueueBindOptions::default(), FieldTable::default());
    within(channel.queue_bind(queue.into(), exchange.into(), key.into(), options, none)).await
}

fn table(entries: &[(&str, AMQPValue)]) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in entries {
        table.insert((*name).into(), value.clone());
    }
    table
}

fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_begin_with_the_prefix() {
        let names = Names::new("vestnik-test").unwrap();
        assert_eq!(names.intake(Priority::Urgent), "vestnik-test.intake.urgent");
        assert_eq!(Names::default().dead(), "vestnik.dead");
        assert_eq!(Names::new("a.b"), Err(InvalidPrefix));
        assert_eq!(Names::new(&"a".repeat(65)), Err(InvalidPrefix));
    }
}
