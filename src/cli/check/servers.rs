//! The servers that the gateway works with: are they there, and do they let us in? Nothing is changed on
//! any of them.

use std::error::Error;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::broker::{Broker, Names};
use crate::clock::Clock;
use crate::config::Loaded;
use crate::config::gateway::{Broker as BrokerSettings, LedgerSettings, Redis};
use crate::gateway::{open_store, redis_link};
use crate::replicas::Link;

/// What a server said.
pub(super) struct Answered {
    pub(super) name: &'static str,
    pub(super) result: Result<&'static str, String>,
}

/// Asks the ledger's database, and RabbitMQ and Redis where they are used.
pub(super) async fn ask(loaded: &Loaded, clock: &Clock, wait: Duration) -> Vec<Answered> {
    let gateway = &loaded.gateway;
    let (ledger, broker, redis) = tokio::join!(
        within(wait, ask_ledger(&gateway.ledger, clock)),
        async { Some(within(wait, ask_broker(gateway.broker.as_ref()?)).await) },
        async { Some(within(wait, ask_redis(gateway.redis.as_ref()?)).await) },
    );
    let all = [("ledger", Some(ledger)), ("RabbitMQ", broker), ("Redis", redis)];
    all.into_iter().filter_map(|(name, result)| Some(Answered { name, result: result? })).collect()
}

async fn within(
    wait: Duration,
    asking: impl Future<Output = Result<&'static str, String>>,
) -> Result<&'static str, String> {
    let answer = tokio::time::timeout(wait, asking).await;
    answer.unwrap_or_else(|_| Err("no answer in time".to_owned()))
}

async fn ask_ledger(settings: &LedgerSettings, clock: &Clock) -> Result<&'static str, String> {
    if settings.sqlite.as_ref().is_some_and(|path| !path.exists()) {
        return Ok("not there yet: `vestnik serve` makes it");
    }
    let store = open_store(settings, clock).await.map_err(|error| in_words(&error))?;
    if settings.sqlite.is_none() {
        store.check_schema().await.map_err(|error| in_words(&error))?;
    }
    store.read().await.map(|_| "").map_err(|error| in_words(&error))
}

async fn ask_broker(settings: &BrokerSettings) -> Result<&'static str, String> {
    let url = settings.url.resolve("broker.url").map_err(|error| error.to_string())?;
    let names = Names::new(&settings.prefix).map_err(|error| error.to_string())?;
    let broker = Broker::new(url, names).map_err(|error| error.in_words())?;
    broker.connect("check").await.map(|_| "").map_err(|error| error.in_words())
}

async fn ask_redis(settings: &Redis) -> Result<&'static str, String> {
    let link = redis_link(settings).map_err(|error| in_words(&error))?;
    let stopping = CancellationToken::new();
    let first = async { link.first_verdict().await.map(|()| "") };
    tokio::select! {
        verdict = first => verdict,
        () = Link::keep(link.clone(), stopping) => Err("no answer".to_owned()),
    }
}

/// An error with what lies below it; none of ours names a secret.
fn in_words(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut below = error.source();
    while let Some(why) = below {
        words.push_str(": ");
        words.push_str(&why.to_string());
        below = why.source();
    }
    words
}
