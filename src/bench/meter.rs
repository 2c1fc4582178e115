//! What each process uses while something is measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;

use super::process::Process;
use super::report::Column;
use super::system::{Tree, own_processor};

/// The servers that are watched, where they run on this machine.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Watched {
    pub broker: Option<Tree>,
    pub database: Option<Tree>,
}

/// How often the servers' memory is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// Measures from its start on.
pub(super) struct Meter {
    watched: Watched,
    before: Used,
    peaks: Arc<Peaks>,
    _sampling: JoinSet<()>,
}

#[derive(Default)]
struct Peaks {
    broker: AtomicU64,
    database: AtomicU64,
}

/// Processor time used so far.
#[derive(Debug, Clone, Copy, Default)]
struct Used {
    gateway: Option<Duration>,
    broker: Option<Duration>,
    database: Option<Duration>,
    ourselves: Option<Duration>,
}

impl Meter {
    pub fn start(watched: Watched, gateways: &[Process]) -> Self {
        let peaks = Arc::new(Peaks::default());
        let mut sampling = JoinSet::new();
        sampling.spawn(sample(watched, Arc::clone(&peaks)));
        Self { watched, before: Used::by_now(watched, gateways), peaks, _sampling: sampling }
    }

    /// Writes down what this many notifications took, of which the source used so much itself.
    pub fn stop(self, gateways: &[Process], source: Option<Duration>, count: usize, column: &mut Column) {
        let now = Used::by_now(self.watched, gateways);
        let grown = |now: Option<Duration>, before: Option<Duration>| now?.checked_sub(before?);
        let ourselves = grown(now.ourselves, self.before.ourselves);
        let used = [
            ("cpu_gateway_ms", grown(now.gateway, self.before.gateway)),
            ("cpu_broker_ms", grown(now.broker, self.before.broker)),
            ("cpu_database_ms", grown(now.database, self.before.database)),
            ("cpu_providers_ms", grown(ourselves, source)),
            ("cpu_source_ms", source),
        ];
        for (key, used) in used {
            column.set(key, used.map(|used| each(used, count)));
        }
        let gateway = gateways.iter().filter_map(Process::usage).map(|(memory, _)| memory).max();
        let seen = |peak: &AtomicU64| Some(peak.load(Ordering::Relaxed)).filter(|peak| *peak > 0);
        column.set("peak_gateway_mib", gateway.map(mebibytes));
        column.set("peak_broker_mib", seen(&self.peaks.broker).map(mebibytes));
        column.set("peak_database_mib", seen(&self.peaks.database).map(mebibytes));
    }
}

impl Used {
    fn by_now(watched: Watched, gateways: &[Process]) -> Self {
        let gateway = gateways.iter().map(|one| one.usage().map(|(_, processor)| processor)).sum();
        Self {
            gateway,
            broker: watched.broker.and_then(Tree::processor),
            database: watched.database.and_then(Tree::processor),
            ourselves: own_processor(),
        }
    }
}

async fn sample(watched: Watched, peaks: Arc<Peaks>) {
    loop {
        for (server, peak) in [(watched.broker, &peaks.broker), (watched.database, &peaks.database)] {
            let memory = server.and_then(Tree::memory).unwrap_or_default();
            peak.fetch_max(memory, Ordering::Relaxed);
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Milliseconds for each of so many.
#[expect(clippy::cast_precision_loss, reason = "a benchmark of 2^52 notifications is not run")]
fn each(used: Duration, count: usize) -> f64 {
    used.as_secs_f64() * 1e3 / count as f64
}

#[expect(clippy::cast_precision_loss, reason = "no machine has 2^52 bytes")]
pub(super) fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
