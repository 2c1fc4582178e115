//! Where messages go: a broker or the gateway's own HTTP API.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Response, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;
use vestnik_contract::{Obstacle, Server, http};

use super::watch::Watch;
use crate::broker::{Broker, BrokerError, Confirmed, Names, Outgoing, Publisher, wait_after};
use crate::cli::Mistake;
use crate::cli::bearer::{TOKEN, refused_token, token_of};
use crate::domain::RefusalReason;
use crate::intake::routing_key;
use crate::ledger::Scope;

/// Tries of one message before it is given up.
const TRIES: u32 = 8;

/// How long a message waits at most between its tries, all in all.
fn patience() -> Duration {
    (1..TRIES).map(wait_after).sum()
}

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
pub(super) struct Target {
    way: Way,
    watch: Watch,
}

/// How they go there.
enum Way {
    Broker(Box<BrokerTarget>),
    Http(Box<HttpTarget>),
}

/// Why a try came to nothing.
enum Failure {
    /// It may go well later: what is wrong, and how long the target asks to wait.
    Passing(anyhow::Error, Option<Duration>),
    /// It never will, for no message.
    Lasting(anyhow::Error),
}

impl Target {
    /// The target at this URL, with the credentials of the environment. Nothing is connected yet. What
    /// is to be told of it on the way goes through `say`.
    pub(super) fn new(
        to: &Url,
        prefix: &str,
        environment: &dyn Fn(&str) -> Option<String>,
        say: impl Fn(&str) + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        let way = match to.scheme() {
            "amqp" | "amqps" => Way::Broker(Box::new(BrokerTarget::new(to, prefix, environment)?)),
            "http" | "https" => Way::Http(Box::new(HttpTarget::new(to, environment(TOKEN))?)),
            other => {
                let found = format!("--to: expected amqp, amqps, http or https before ://, found {other}");
                return Err(Mistake(found).into());
            }
        };
        let server = server(to).ok_or_else(|| Mistake("--to: expected an address with a host".to_owned()))?;
        Ok(Self { way, watch: Watch::new(server, patience(), say) })
    }

    /// Sends a message until it is taken or refused. Fails when the target stays away, or takes
    /// nothing from us.
    pub(super) async fn send(&self, body: Vec<u8>) -> anyhow::Result<Fate> {
        let mut tries = 0;
        loop {
            let (error, asked) = match self.try_once(&body).await {
                Ok(fate) => {
                    self.watch.answered();
                    return Ok(fate);
                }
                Err(Failure::Lasting(error)) => return Err(error),
                Err(Failure::Passing(error, asked)) => (error, asked),
            };
            tries += 1;
            if tries == TRIES {
                let gave_up = format!("{} stayed away; given up after {TRIES} tries", self.watch.server());
                return Err(error.context(gave_up));
            }
            self.watch.away(&error);
            tokio::time::sleep(asked.unwrap_or_else(|| wait_after(tries))).await;
        }
    }

    async fn try_once(&self, body: &[u8]) -> Result<Fate, Failure> {
        match &self.way {
            Way::Broker(broker) => broker.try_once(body).await,
            Way::Http(http) => http.try_once(body).await,
        }
    }
}

/// Host and port, which for AMQP is 5672, over TLS 5671
/// (<https://www.rabbitmq.com/docs/uri-spec>).
fn server(to: &Url) -> Option<Server> {
    let port = match to.scheme() {
        "amqp" => Some(5672),
        "amqps" => Some(5671),
        _ => to.port_or_known_default(),
    };
    let host = to.host_str()?.trim_matches(['[', ']']).to_owned();
    Some(Server { host, port: to.port().or(port)? })
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
    async fn try_once(&self, body: &[u8]) -> Result<Fate, Failure> {
        let routing_key = match routing_key(body) {
            Ok(key) => key,
            Err(refusal) => return Ok(Fate::Refused(refusal.to_string())),
        };
        let message = Outgoing {
            exchange: self.broker.names().notifications(),
            routing_key,
            body: body.to_vec(),
            message_id: None,
            user_id: Some(self.broker.user().map_err(failure)?),
        };
        match self.publish(message).await.map_err(failure)? {
            Confirmed::Routed => Ok(Fate::Taken),
            Confirmed::Unroutable => {
                Ok(Fate::Refused("unroutable: the broker has no queue for it".to_owned()))
            }
        }
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

/// The gateway's HTTP API.
pub(super) struct HttpTarget {
    client: Client,
    url: Url,
    token: SecretString,
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
        let client = Client::builder().timeout(PATIENCE).dns_resolver(Arc::new(http::Names)).build()?;
        Ok(Self { client, url, token: token_of(token, Scope::Publish)? })
    }

    async fn try_once(&self, body: &[u8]) -> Result<Fate, Failure> {
        let response = self.post(body.to_vec()).await.map_err(|error| {
            let obstacle = http::obstacle(&error);
            let error = anyhow::Error::new(error.without_url());
            Failure::Passing(obstacle.map_or(error, anyhow::Error::new), None)
        })?;
        match response.status() {
            status if status.is_success() => Ok(Fate::Taken),
            status if is_refusal(status) => refusal(response).await,
            status => Err(Failure::Passing(anyhow!("it answers {status}"), retry_after(&response))),
        }
    }

    async fn post(&self, body: Vec<u8>) -> reqwest::Result<Response> {
        let request = self.client.post(self.url.clone()).header("content-type", "application/json");
        request.bearer_auth(self.token.expose_secret()).body(body).send().await
    }
}

/// Whether the same message will be answered in the same way again.
fn is_refusal(status: StatusCode) -> bool {
    status.is_client_error() && !matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS)
}

/// A refusal of one message, or of all that we could send: a wrong token, a wrong address.
async fn refusal(response: Response) -> Result<Fate, Failure> {
    let status = response.status();
    let Ok(Problem { reason, pointer, detail }) = response.json().await else {
        let answer = format!("--to: no gateway of ours answers there, but {status}; is the address right?");
        return Err(Failure::Lasting(Mistake(answer).into()));
    };
    if OF_THE_TOKEN.iter().any(|of_token| of_token.as_str() == reason) {
        return Err(Failure::Lasting(refused_token(Scope::Publish).into()));
    }
    let place = if pointer.is_empty() { String::new() } else { format!("{pointer}: ") };
    Ok(Fate::Refused(format!("{reason}: {place}{detail}")))
}

/// Reasons that blame the token and no message. One whose source is not the token's own is
/// `forbidden_source`, and blames the message.
const OF_THE_TOKEN: [RefusalReason; 2] = [RefusalReason::Unauthorized, RefusalReason::Forbidden];

/// The wait that the gateway asks for, at most half a minute.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds).min(PATIENCE))
}

#[cfg(test)]
mod tests;
