//! Where messages go: a broker or the gateway's own HTTP API.

mod broker;
mod http;

use std::time::Duration;

use tokio::time::Instant;
use url::Url;
use vestnik_contract::Server;

use self::broker::BrokerTarget;
use self::http::HttpTarget;
use super::watch::Watch;
use crate::broker::wait_after;
use crate::cli::Mistake;
use crate::cli::bearer::TOKEN;

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// It was taken.
    Taken,
    /// It never will be: why.
    Refused(String),
}

/// Nothing more can be sent.
#[derive(Debug)]
pub(super) struct Stop {
    /// Why.
    pub why: anyhow::Error,
    /// Whether the message was tried without an answer: it may have been taken.
    pub unanswered: bool,
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
#[derive(Debug)]
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
        Ok(Self { way, watch: Watch::new(server, say) })
    }

    /// Sends a message until it is taken or refused. Fails when the target stays away, or takes
    /// nothing from us.
    pub(super) async fn send(&self, body: Vec<u8>) -> Result<Fate, Stop> {
        insist(&self.watch, || self.try_once(&body)).await
    }

    async fn try_once(&self, body: &[u8]) -> Result<Fate, Failure> {
        match &self.way {
            Way::Broker(broker) => broker.try_once(body).await,
            Way::Http(http) => http.try_once(body).await,
        }
    }
}

/// Tries again and again, for as long as [`Watch::PATIENCE`] after the first failure, and waits in
/// between as long as the target asks, or ever longer.
async fn insist<F>(watch: &Watch, mut try_once: impl FnMut() -> F) -> Result<Fate, Stop>
where
    F: Future<Output = Result<Fate, Failure>>,
{
    let (mut tries, mut since) = (0, None);
    loop {
        let (why, asked) = match try_once().await {
            Ok(fate) => {
                watch.answered();
                return Ok(fate);
            }
            Err(Failure::Lasting(why)) => return Err(Stop { why, unanswered: tries > 0 }),
            Err(Failure::Passing(why, asked)) => (why, asked),
        };
        tries += 1;
        let waited = since.get_or_insert_with(Instant::now).elapsed();
        if waited >= Watch::PATIENCE {
            let gave_up = format!("{} stayed away for {} seconds", watch.server(), waited.as_secs());
            return Err(Stop { why: why.context(gave_up), unanswered: true });
        }
        watch.away(&why);
        tokio::time::sleep(asked.map_or_else(|| wait_after(tries), |asked| asked.max(wait_after(1)))).await;
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

#[cfg(test)]
mod tests;
