//! Publishing with confirms.

use std::sync::Arc;

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::ShortString;
use lapin::{BasicProperties, Channel, Confirmation, Connection};

use super::connection::{Broker, BrokerError, within};
use super::topology::{Names, declare};

/// A message to publish.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// The exchange.
    pub exchange: String,
    /// The routing key.
    pub routing_key: String,
    /// The body: JSON.
    pub body: Vec<u8>,
    /// Names the message for whoever gets it twice.
    pub message_id: Option<String>,
    /// The user that publishes, for the broker to check and to vouch for.
    pub user_id: Option<String>,
}

/// What the broker says of a message that it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed {
    /// It is in every queue that it belongs into.
    Routed,
    /// There was no queue for it.
    Unroutable,
}

/// Publishes on a connection of its own. Clones share it.
#[derive(Clone)]
pub struct Publisher {
    connection: Arc<Connection>,
    channel: Channel,
}

impl Publisher {
    /// Connects to the broker; `purpose` names the connection there.
    pub async fn connect(broker: &Broker, purpose: &str) -> Result<Self, BrokerError> {
        let connection = Arc::new(broker.connect(purpose).await?);
        let channel = within(connection.create_channel()).await?;
        within(channel.confirm_select(ConfirmSelectOptions::default())).await?;
        Ok(Self { connection, channel })
    }

    /// Declares what has to be there to publish to.
    pub async fn declare(&self, names: &Names) -> Result<(), BrokerError> {
        declare(&self.channel, names).await
    }

    /// Whether it can still publish. A broken connection stays broken.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.channel.status().connected()
    }

    /// Publishes a persistent message and waits until the broker has taken it for good. Several may
    /// be under way at once; they are sent in the order in which they are first polled.
    pub async fn publish(&self, message: Outgoing) -> Result<Confirmed, BrokerError> {
        let properties = properties(&message)?;
        let (exchange, key) = (short(message.exchange)?, short(message.routing_key)?);
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let confirmation = within(async {
            self.channel.basic_publish(exchange, key, options, &message.body, properties).await?.await
        });
        match confirmation.await? {
            Confirmation::Ack(None) => Ok(Confirmed::Routed),
            Confirmation::Ack(Some(_)) => Ok(Confirmed::Unroutable),
            Confirmation::Nack(_) | Confirmation::NotRequested => Err(BrokerError::Nacked),
        }
    }

    /// Says goodbye to the broker.
    pub async fn close(self) -> Result<(), BrokerError> {
        within(self.connection.close(200, "goodbye".into())).await
    }
}

/// Delivery mode 2 of AMQP 0-9-1: kept through a restart of the broker.
const PERSISTENT: u8 = 2;

fn properties(message: &Outgoing) -> Result<BasicProperties, BrokerError> {
    let mut properties = BasicProperties::default()
        .with_content_type("application/json".into())
        .with_delivery_mode(PERSISTENT);
    if let Some(id) = &message.message_id {
        properties = properties.with_message_id(short(id.clone())?);
    }
    if let Some(user) = &message.user_id {
        properties = properties.with_user_id(short(user.clone())?);
    }
    Ok(properties)
}

fn short(text: String) -> Result<ShortString, BrokerError> {
    ShortString::try_new(text).map_err(|_| BrokerError::TooLong)
}
