//! The benchmark: how many notifications a second this machine takes from their source to their end,
//! and how much memory the gateway needs for it.
//!
//! It runs the commands that an operator runs, each as a process of its own: `import` brings the
//! citizens, `serve` is the gateway, `publish` is the source. The five providers' sides answer from
//! this process and share the machine with the gateway.

mod installation;
mod load;
mod process;
mod servers;

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use installation::Installation;
pub use process::Usage;

use crate::clock::Clock;

/// Which servers the gateway works with.
#[derive(Debug, Clone)]
pub enum Setup {
    /// The embedded ledger, and notifications over HTTP.
    Embedded,
    /// PostgreSQL, and notifications over RabbitMQ.
    Servers {
        /// PostgreSQL, as a user who may create databases.
        postgres: url::Url,
        /// RabbitMQ, as a user who may configure, write and read the virtual host.
        amqp: url::Url,
    },
}

impl Setup {
    /// What it is called in the report.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match self {
            Self::Embedded => "SQLite and HTTP",
            Self::Servers { .. } => "PostgreSQL and RabbitMQ",
        }
    }
}

/// What was measured.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// Notifications, all of them final.
    pub count: usize,
    /// From the first publish until the last is final.
    pub took: Duration,
    /// From the first publish until the last was taken in.
    pub taken_in: Duration,
    /// What the gateway's process used; `None` where the system does not tell.
    pub usage: Option<Usage>,
}

impl Measured {
    /// Notifications per second, from the first publish to the last end.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a benchmark of 2^52 notifications is not run")]
    pub fn per_second(&self) -> f64 {
        self.count as f64 / self.took.as_secs_f64()
    }
}

/// With nothing new for so long, something is broken.
const PATIENCE: Duration = Duration::from_mins(2);

/// How long the gateway may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// Sends `count` notifications to as many citizens through a gateway with this setup, on the
/// configuration of this folder with its rate limits lifted.
pub async fn measure(config: &std::path::Path, setup: &Setup, count: usize) -> anyhow::Result<Measured> {
    let place = Installation::build(config, setup).await?;
    let measured = measure_at(&place, count).await;
    let removed = place.remove().await.context("what the benchmark made on the servers");
    let measured = measured?;
    removed.map(|()| measured)
}

async fn measure_at(place: &Installation, count: usize) -> anyhow::Result<Measured> {
    let (citizens, notifications) = (place.folder.path("citizens"), place.folder.path("notifications"));
    std::fs::write(&citizens, load::citizens(count, Clock::system().now()))?;
    std::fs::write(&notifications, load::notifications(count))?;
    place.command(&["migrate"])?.run()?;
    place.command(&["import"])?.argument(&citizens).run()?;
    let token = place.token()?;
    let mut gateway = place.command(&["serve"])?.start()?;
    place.until_ready(&mut gateway, READY_WITHIN).await?;

    let began = Instant::now();
    let mut source = place.publish(&token)?.argument(&notifications).start()?;
    let mut taken_in = None;
    let mut feed = place.feed(&token)?;
    let mut last_news = Instant::now();
    while feed.ended() < count {
        if feed.read_on().await? {
            last_news = Instant::now();
        } else {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        if taken_in.is_none() && source.has_ended()? {
            taken_in = Some(began.elapsed());
        }
        if gateway.has_ended()? || last_news.elapsed() > PATIENCE {
            bail!("{} of {count} notifications came to an end, and then nothing more", feed.ended());
        }
    }
    let took = began.elapsed();
    let usage = gateway.usage();
    Ok(Measured { count, took, taken_in: taken_in.unwrap_or(took), usage })
}
