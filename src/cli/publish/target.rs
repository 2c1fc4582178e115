//! Where messages go: a broker or the gateway's own HTTP API.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use crate::broker::{Broker, Confirmed, Names, Outgoing, Publisher, wait_after};
use crate::intake::routing_key;

/// Tries of one message before it is given up, over about half a minute.
const TRIES: u32 = 8;

/// How long an HTTP request may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// It was taken.
    Taken,
    /// It never will be: why.
    Refused(String),
}

/// Where messages go.
pub(super) enum Target {
    Broker(Box<BrokerTarget>),
    Http(HttpTarget),
}

impl Target {
    /// The target at this URL, with the credentials of the environment. Nothing is connected yet.
    pub(super) fn new(
        to: &Url,
        prefix: &str,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> anyhow::Result<Self> {
        match to.scheme() {
            "amqp" | "amqps" => Ok(Self::Broker(Box::new(BrokerTarget::new(to, prefix, environment)?))),
            "http" | "https" => Ok(Self::Http(HttpTarget::new(to, environment("VESTNIK_TOKEN"))?)),
            _ => bail!("--to: expected a URL that begins with amqp, amqps, http or https"),
        }
    }

    /// Sends a message until it is taken or refused. Fails when the target stays away.
    pub(super) async fn send(&self, body: Vec<u8>) -> anyhow::Result<Fate> {
        match self {
            Self::Broker(broker) => broker.send(body).await,
            Self::Http(http) => http.send(body).await,
        }
    }
}

/// A broker, with a connection that is made anew when it breaks.
pub(super) struct BrokerTarget {
    broker: Broker,
    open: Mutex<Option<Open>>,
    /// How many connections there have been.
    opened: AtomicU64,
}

#[derive(Clone)]
struct Open {
    publisher: Publisher,
    /// Tells one connection from the next.
    number: u64,
}

impl BrokerTarget {
    fn new(to: &Url, prefix: &str, environment: &dyn Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
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
        Ok(Self { broker, open: Mutex::new(None), opened: AtomicU64::new(0) })
    }

    /// Sends a message and has it confirmed. One that no queue is there for is refused as well: with
    /// the gateway's own exchanges that cannot be.
    async fn send(&self, body: Vec<u8>) -> anyhow::Result<Fate> {
        let routing_key = match routing_key(&body) {
            Ok(key) => key,
            Err(refusal) => return Ok(Fate::Refused(refusal.to_string())),
        };
        let message = Outgoing {
            exchange: self.broker.names().notifications(),
            routing_key,
            body,
            message_id: None,
            user_id: Some(self.broker.user()?),
        };
        let mut tries = 0;
        loop {
            let error = match self.try_once(message.clone()).await {
                Ok(Confirmed::Routed) => return Ok(Fate::Taken),
                Ok(Confirmed::Unroutable) => {
                    return Ok(Fate::Refused("unroutable: the broker has no queue for it".to_owned()));
                }
                Err(error) => error,
            };
            tries += 1;
            if tries == TRIES {
                return Err(error);
            }
            tokio::time::sleep(wait_after(tries)).await;
        }
    }

    async fn try_once(&self, message: Outgoing) -> anyhow::Result<Confirmed> {
        let open = self.open().await?;
        let confirmed = open.publisher.publish(message).await;
        if confirmed.is_err() {
            self.forget(open.number).await;
        }
        Ok(confirmed?)
    }

    async fn open(&self) -> anyhow::Result<Open> {
        let mut slot = self.open.lock().await;
        if let Some(open) = &*slot {
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

/// The gateway's HTTP API.
pub(super) struct HttpTarget {
    client: Client,
    url: Url,
    token: Option<String>,
}

/// A problem (RFC 9457) as far as it is shown.
#[derive(Deserialize)]
struct Problem {
    reason: String,
    #[serde(default)]
    pointer: String,
    #[serde(default)]
    detail: String,
}

impl HttpTarget {
    fn new(to: &Url, token: Option<String>) -> anyhow::Result<Self> {
        let url = if matches!(to.path(), "" | "/") { to.join("/v1/notifications")? } else { to.clone() };
        Ok(Self { client: Client::builder().timeout(PATIENCE).build()?, url, token })
    }

    async fn send(&self, body: Vec<u8>) -> anyhow::Result<Fate> {
        let mut tries = 0;
        loop {
            let (error, asked) = match self.post(body.clone()).await {
                Ok(response) if is_refusal(response.status()) => return refusal(response).await,
                Ok(response) if response.status().is_success() => return Ok(Fate::Taken),
                Ok(response) => {
                    (anyhow!("the gateway answers {}", response.status()), retry_after(&response))
                }
                Err(error) => (error.without_url().into(), None),
            };
            tries += 1;
            if tries == TRIES {
                return Err(error);
            }
            tokio::time::sleep(asked.unwrap_or_else(|| wait_after(tries))).await;
        }
    }

    async fn post(&self, body: Vec<u8>) -> reqwest::Result<Response> {
        let request =
            self.client.post(self.url.clone()).header("content-type", "application/json").body(body);
        match &self.token {
            Some(token) => request.bearer_auth(token).send().await,
            None => request.send().await,
        }
    }
}

/// Whether the same message will be answered in the same way again.
fn is_refusal(status: StatusCode) -> bool {
    status.is_client_error() && !matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS)
}

/// A refusal that names no reason is not about the message: a wrong token, a wrong address.
async fn refusal(response: Response) -> anyhow::Result<Fate> {
    let status = response.status();
    let Ok(Problem { reason, pointer, detail }) = response.json().await else {
        bail!("the gateway answers {status}; is VESTNIK_TOKEN right, and the address?");
    };
    let place = if pointer.is_empty() { String::new() } else { format!("{pointer}: ") };
    Ok(Fate::Refused(format!("{reason}: {place}{detail}")))
}

/// The wait that the gateway asks for, at most half a minute.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds).min(PATIENCE))
}

#[cfg(test)]
mod tests;
