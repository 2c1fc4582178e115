//! The source, which publishes. It has a thread of its own, so that what it costs can be told apart
//! from what the providers' sides cost.

use std::ops::Range;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::StatusCode;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::{CancellationToken, DropGuard};
use url::Url;

use super::load::{notification, routing_key};
use super::shape::Shape;
use super::stopwatch::Stopwatch;
use super::system::own_threads;
use crate::broker::{Broker, Confirmed, Outgoing, Publisher};
use crate::clock::Clock;
use crate::domain::Priority;

/// Messages under way at once, as `vestnik publish` has them.
const WINDOW: usize = 200;

/// How long to wait before a gateway that is too busy is asked again.
const TOO_BUSY: Duration = Duration::from_millis(100);

/// The name of the source's thread.
const THREAD: &str = "bench-source";
/// The thread that the broker's library has for a connection. No other one is open in this process
/// while the source publishes.
const OF_THE_BROKER: &str = "lapin-io-loop";

/// How notifications reach the gateway.
#[derive(Debug, Clone)]
pub(super) enum Way {
    Broker(Broker),
    Http { to: Url, token: String },
}

/// What is published.
#[derive(Clone)]
pub(super) struct Errand {
    pub shape: Shape,
    pub numbers: Range<usize>,
    pub priority: Priority,
    /// So many a second; `None`: as fast as they are taken.
    pub per_second: Option<f64>,
}

/// A source at work. Dropped, it stops.
pub(super) struct Source {
    thread: JoinHandle<anyhow::Result<Option<Duration>>>,
    _stop: DropGuard,
}

impl Source {
    pub fn start(way: Way, errand: Errand, watch: Arc<Stopwatch>) -> anyhow::Result<Self> {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = std::thread::Builder::new().name(THREAD.to_owned()).spawn(move || {
            let publishing = stopped.run_until_cancelled(publish(way, errand, watch));
            runtime.block_on(publishing).unwrap_or_else(|| bail!("the source was stopped"))
        })?;
        Ok(Self { thread, _stop: stop.drop_guard() })
    }

    pub fn has_ended(&self) -> bool {
        self.thread.is_finished()
    }

    /// What its threads used of the processor, where the system is Linux; call it when it has ended.
    pub fn result(self) -> anyhow::Result<Option<Duration>> {
        self.thread.join().map_err(|_| anyhow!("the source panicked"))?.context("the source")
    }
}

async fn publish(way: Way, errand: Errand, watch: Arc<Stopwatch>) -> anyhow::Result<Option<Duration>> {
    let target = Target::open(way).await?;
    let began = Instant::now();
    let (target_ref, errand_ref, watch_ref) = (&target, &errand, &watch);
    let sends = stream::iter(errand.numbers.clone().enumerate())
        .then(|(nth, number)| async move {
            if let Some(per_second) = errand_ref.per_second {
                sleep_until(began + moment(nth, per_second)).await;
            }
            number
        })
        .map(|number| async move {
            watch_ref.publish(number, Clock::system().now());
            target_ref.send(errand_ref, number).await
        });
    sends.buffer_unordered(WINDOW).try_collect::<()>().await?;
    let used = own_threads(|name| name == THREAD || name == OF_THE_BROKER);
    target.close().await?;
    Ok(used)
}

/// When, after the beginning, the nth notification is due at this rate.
#[expect(clippy::cast_precision_loss, reason = "a benchmark of 2^52 notifications is not run")]
fn moment(nth: usize, per_second: f64) -> Duration {
    Duration::from_secs_f64(nth as f64 / per_second)
}

enum Target {
    Broker { broker: Broker, publisher: Publisher, user: String },
    Http { client: reqwest::Client, to: Url, token: String },
}

impl Target {
    async fn open(way: Way) -> anyhow::Result<Self> {
        Ok(match way {
            Way::Broker(broker) => {
                let publisher = Publisher::connect(&broker, "bench").await?;
                let user = broker.user()?;
                Self::Broker { broker, publisher, user }
            }
            Way::Http { to, token } => Self::Http { client: reqwest::Client::new(), to, token },
        })
    }

    async fn send(&self, errand: &Errand, number: usize) -> anyhow::Result<()> {
        let body = notification(errand.shape, number, errand.priority);
        match self {
            Self::Broker { broker, publisher, user } => {
                let message = Outgoing {
                    exchange: broker.names().notifications(),
                    routing_key: routing_key(errand.shape, errand.priority),
                    body,
                    message_id: None,
                    user_id: Some(user.clone()),
                };
                if publisher.publish(message).await? == Confirmed::Unroutable {
                    bail!("the broker has no queue for a notification");
                }
            }
            Self::Http { client, to, token } => {
                let request = || client.post(to.clone()).header("content-type", "application/json");
                let post = || request().bearer_auth(token).body(body.clone()).send();
                let mut answer = post().await?;
                while answer.status() == StatusCode::SERVICE_UNAVAILABLE {
                    tokio::time::sleep(TOO_BUSY).await;
                    answer = post().await?;
                }
                answer.error_for_status()?;
            }
        }
        Ok(())
    }

    async fn close(self) -> anyhow::Result<()> {
        if let Self::Broker { publisher, .. } = self {
            publisher.close().await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_spreads_notifications_evenly() {
        let moments: Vec<_> = (0..4).map(|nth| moment(nth, 20.0).as_millis()).collect();
        assert_eq!(moments, [0, 50, 100, 150]);
    }
}
