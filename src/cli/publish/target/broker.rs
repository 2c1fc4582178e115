//! A broker as the target.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex as Plain, MutexGuard, PoisonError};

use anyhow::{Context as _, anyhow};
use tokio::sync::Mutex;
use url::Url;
use vestnik_contract::Obstacle;

use super::{Failure, Fate};
use crate::broker::{Broker, BrokerError, Confirmed, Names, Outgoing, Publisher};
use crate::cli::Mistake;
use crate::intake::routing_key;

/// A broker, with a connection that is made anew when it breaks.
pub(super) struct BrokerTarget {
    pub broker: Broker,
    open: Mutex<Option<Open>>,
    /// How many connections there have been.
    opened: AtomicU64,
    /// The routing keys that the broker does not let us publish under.
    refused: Plain<HashSet<String>>,
}

#[derive(Clone)]
struct Open {
    publisher: Publisher,
    /// Tells one connection from the next.
    number: u64,
}

impl BrokerTarget {
    pub fn new(to: &Url, prefix: &str, environment: &dyn Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let mut url = to.clone();
        let unusable = |()| anyhow!("--to: expected a URL with a host");
        if let Some(user) = environment("VESTNIK_AMQP_USER") {
            url.set_username(&user).map_err(unusable)?;
        }
        if let Some(password) = environment("VESTNIK_AMQP_PASSWORD") {
            url.set_password(Some(&password)).map_err(unusable)?;
        }
        let names = Names::new(prefix).context("--prefix")?;
        let broker = Broker::new(url.to_string().into(), names).context("--to")?;
        Ok(Self::to(broker))
    }

    /// This broker.
    pub fn to(broker: Broker) -> Self {
        Self { broker, open: Mutex::default(), opened: AtomicU64::default(), refused: Plain::default() }
    }

    /// Sends a message and has it confirmed. One that no queue is there for is refused as well: with
    /// the gateway's own exchanges that cannot be.
    ///
    /// A broker that refuses a routing key closes the channel, and with it goes the answer to all that
    /// is under way there: those are sent anew at once. Each round learns one more key, so they end.
    pub async fn try_once(&self, body: &[u8]) -> Result<Fate, Failure> {
        let key = match routing_key(body) {
            Ok(key) => key,
            Err(refusal) => return Ok(Fate::Refused(refusal.to_string())),
        };
        loop {
            if self.refused().contains(&key) {
                return Ok(Fate::Refused(format!(
                    "forbidden: the broker lets us publish nothing under {key}"
                )));
            }
            match self.publish(self.message(&key, body).map_err(failure)?).await {
                Ok(Confirmed::Routed) => return Ok(Fate::Taken),
                Ok(Confirmed::Unroutable) => {
                    return Ok(Fate::Refused("unroutable: the broker has no queue for it".to_owned()));
                }
                Err(error) => match error.refused_key() {
                    Some(key) => self.refused().insert(key.to_owned()),
                    None => return Err(failure(error)),
                },
            };
        }
    }

    fn refused(&self) -> MutexGuard<'_, HashSet<String>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn message(&self, key: &str, body: &[u8]) -> Result<Outgoing, BrokerError> {
        Ok(Outgoing {
            exchange: self.broker.names().notifications(),
            routing_key: key.to_owned(),
            body: body.to_vec(),
            message_id: None,
            user_id: Some(self.broker.user()?),
        })
    }

    async fn publish(&self, message: Outgoing) -> Result<Confirmed, BrokerError> {
        let open = self.open().await?;
        let confirmed = open.publisher.publish(message).await;
        if confirmed.is_err() {
            self.forget(open.number).await;
        }
        confirmed
    }

    async fn open(&self) -> Result<Open, BrokerError> {
        let mut slot = self.open.lock().await;
        if let Some(open) = slot.as_ref().filter(|open| open.publisher.is_connected()) {
            return Ok(open.clone());
        }
        let publisher = Publisher::connect(&self.broker, "publish").await?;
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        Ok(slot.insert(Open { publisher, number }).clone())
    }

    /// Lets a connection go that failed, unless another message has done so already.
    async fn forget(&self, number: u64) {
        let mut slot = self.open.lock().await;
        if slot.as_ref().is_some_and(|open| open.number == number) {
            *slot = None;
        }
    }
}

/// What an error of the broker means for the run.
fn failure(error: BrokerError) -> Failure {
    let obstacle = error.obstacle();
    if obstacle != Some(Obstacle::Credentials) {
        return Failure::Passing(obstacle.map_or_else(|| error.into(), anyhow::Error::new), None);
    }
    let expected = "expected a user and a password in the environment variables VESTNIK_AMQP_USER and \
                    VESTNIK_AMQP_PASSWORD that may publish there, and the virtual host in --to";
    Failure::Lasting(Mistake(format!("the broker refuses us: {expected}")).into())
}
