//! A connection, with time-outs of our own.

use std::fmt;
use std::time::Duration;

use lapin::protocol::{AMQPErrorKind, AMQPHardError, AMQPSoftError};
use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties, ErrorKind};
use secrecy::{ExposeSecret, SecretString};
use vestnik_contract::Obstacle;

use super::topology::Names;

/// How long the broker may take to answer one request, a publish with its confirm included.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a connection may take.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);

/// Seconds between heartbeats, where the URL does not say: a dead peer is noticed within twice that.
const HEARTBEAT: u16 = 20;

/// What goes wrong with the broker. Holds no credentials and no message.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// The URL.
    #[error("the broker's URL cannot be read; expected such as amqps://user:password@host/vhost")]
    Url,
    /// It did not answer.
    #[error("the broker did not answer within {0:?}")]
    TimedOut(Duration),
    /// It, the network, or the client library, said no.
    #[error("the broker: {0}")]
    Amqp(#[from] lapin::Error),
    /// It did not take responsibility for a message.
    #[error("the broker did not take a message")]
    Nacked,
    /// A name or a routing key is longer than 255 bytes.
    #[error("a name is too long for the broker")]
    TooLong,
    /// The connection is gone.
    #[error("the connection to the broker was lost")]
    ConnectionLost,
    /// It ended a consumer, because its queue was deleted or moved.
    #[error("the broker ended a consumer")]
    ConsumerEnded,
}

impl BrokerError {
    /// What is wrong, for the log: what stands in between where that is known, and else the error.
    #[must_use]
    pub fn in_words(&self) -> String {
        self.obstacle().map_or_else(|| self.to_string(), |obstacle| obstacle.to_string())
    }

    /// The routing key that the broker does not let us publish under, where it says so. RabbitMQ
    /// names it in the reply text alone: "access to topic '…' in exchange '…' in vhost …"
    /// (`rabbit_access_control:check_topic_access`).
    #[must_use]
    pub fn refused_key(&self) -> Option<&str> {
        let Self::Amqp(error) = self else { return None };
        let ErrorKind::ProtocolError(error) = error.kind() else { return None };
        let refused = matches!(error.kind(), AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED));
        let text = error.get_message().as_str();
        let (_, after) = refused.then(|| text.split_once(" access to topic '"))??;
        Some(after.split_once("' in exchange ")?.0)
    }

    /// What stands between us and the broker, where it can be told.
    #[must_use]
    pub fn obstacle(&self) -> Option<Obstacle> {
        match self {
            Self::TimedOut(_) => Some(Obstacle::TimedOut),
            Self::ConnectionLost => Some(Obstacle::Cut),
            Self::Amqp(error) => of_amqp(error.kind()),
            Self::Url | Self::Nacked | Self::TooLong | Self::ConsumerEnded => None,
        }
    }
}

fn of_amqp(kind: &ErrorKind) -> Option<Obstacle> {
    match kind {
        ErrorKind::IOError(error) => Obstacle::of(&**error),
        ErrorKind::MissingHeartbeatError => Some(Obstacle::TimedOut),
        ErrorKind::ParsingError(_) | ErrorKind::InvalidProtocolVersion(_) => Some(Obstacle::Protocol),
        // A wrong user or password is ACCESS-REFUSED, a virtual host that there is not NOT-ALLOWED.
        ErrorKind::ProtocolError(error) => match error.kind() {
            AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED)
            | AMQPErrorKind::Hard(AMQPHardError::NOTALLOWED) => Some(Obstacle::Credentials),
            _ => None,
        },
        _ => None,
    }
}

/// Where the broker is, as whom it is used, and by which names.
#[derive(Clone)]
pub struct Broker {
    url: SecretString,
    names: Names,
}

impl Broker {
    /// A broker at this AMQP URL, with its user, password and virtual host. Nothing is connected yet;
    /// fails on a URL that is none.
    pub fn new(url: SecretString, names: Names) -> Result<Self, BrokerError> {
        let broker = Self { url, names };
        broker.uri()?;
        Ok(broker)
    }

    /// The names of exchanges and queues.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The user of the URL, which the broker accepts as `user_id` of what is published. Fails as
    /// [`new`](Self::new) does.
    pub fn user(&self) -> Result<String, BrokerError> {
        Ok(self.uri()?.authority.userinfo.username)
    }

    /// Connects once. `purpose` names the connection in the broker's own lists. Nothing recovers by
    /// itself: acknowledgements belong to the channel that delivered, so whoever used a broken
    /// connection has to begin anew.
    pub async fn connect(&self, purpose: &str) -> Result<Connection, BrokerError> {
        let mut uri = self.uri()?;
        uri.query.heartbeat.get_or_insert(HEARTBEAT);
        let name = format!("vestnik {purpose}").into();
        let properties = ConnectionProperties::default().with_connection_name(name);
        tokio::time::timeout(CONNECT_PATIENCE, Connection::connect_uri(uri, properties))
            .await
            .map_err(|_| BrokerError::TimedOut(CONNECT_PATIENCE))?
            .map_err(BrokerError::Amqp)
    }

    fn uri(&self) -> Result<AMQPUri, BrokerError> {
        self.url.expose_secret().parse().map_err(|_| BrokerError::Url)
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker").field("names", &self.names).finish_non_exhaustive()
    }
}

/// Waits for the broker's answer, and not for ever.
pub async fn within<T>(answer: impl Future<Output = lapin::Result<T>>) -> Result<T, BrokerError> {
    let answer = tokio::time::timeout(PATIENCE, answer).await;
    Ok(answer.map_err(|_| BrokerError::TimedOut(PATIENCE))??)
}

#[cfg(test)]
mod tests {
    use lapin::protocol::AMQPError;

    use super::*;

    #[test]
    fn a_refused_routing_key_is_read_from_the_brokers_words() {
        let refusal = |text: &str| {
            let kind = AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED);
            BrokerError::Amqp(ErrorKind::ProtocolError(AMQPError::new(kind, text.into())).into())
        };
        let one = "ACCESS_REFUSED - access to topic 'normal.other.x' in exchange 'v' in vhost '/' refused for user 'u'";
        assert_eq!(refusal(one).refused_key(), Some("normal.other.x"));
        let all = "ACCESS_REFUSED - access to exchange 'v' in vhost '/' refused for user 'u'";
        assert_eq!(refusal(all).refused_key(), None);
        assert_eq!(refusal("ACCESS_REFUSED - access to topic 'normal.oth").refused_key(), None);
    }

    #[test]
    fn a_url_is_checked_and_never_shown() {
        let names = Names::default();
        let broker = Broker::new("amqp://fund:geheim@host/%2f".into(), names.clone()).unwrap();
        assert_eq!(broker.user().unwrap(), "fund");
        assert!(!format!("{broker:?}").contains("geheim"));
        for bad in ["", "host", "http://host", "amqp://geheim@host:port/"] {
            let error = Broker::new(bad.into(), names.clone()).unwrap_err();
            assert!(!error.to_string().contains("geheim"), "{error}");
        }
    }
}
