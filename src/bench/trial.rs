//! One measurement: an installation, its gateways or the bare loop, and the phases it goes through.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::task::JoinSet;

use super::feed::Feed;
use super::installation::Installation;
use super::meter::{Meter, mebibytes};
use super::old_rows::multiply;
use super::process::Process;
use super::report::Column;
use super::servers::Servers;
use super::shape::Shape;
use super::source::{Errand, Source};
use super::stopwatch::Stopwatch;
use super::{Plan, Setup};
use crate::domain::Priority;

/// With nothing new for so long, something is broken.
const PATIENCE: Duration = Duration::from_mins(2);

/// How long to wait where there is nothing new. The source asks no more often, so that it does not
/// become a part of the load.
const PAUSE: Duration = Duration::from_millis(50);

/// How many notifications are published at a leisurely pace, and how many a second.
const IDLE: (usize, f64) = (200, 20.0);

/// Notifications whose rows are copied.
const SEED: usize = 1000;

/// Notifications that are brought to their end before anything is measured: the first on an installation
/// wait for limits that start empty.
const WARM_UP: usize = 200;

/// How long a gateway may take to end in good order.
const ENDED_WITHIN: Duration = Duration::from_secs(30);

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trial {
    pub setup: Setup,
    pub shape: Shape,
    pub replicas: usize,
    /// Old finished notifications that are there before.
    pub old_rows: Option<usize>,
}

/// The notifications of each phase.
#[derive(Debug, PartialEq)]
struct Numbers {
    seed: Range<usize>,
    warm_up: Range<usize>,
    full: Range<usize>,
    half: Range<usize>,
    idle: Range<usize>,
}

impl Numbers {
    fn of(plan: &Plan, trial: Trial) -> Self {
        let seed = if trial.old_rows.is_some() { SEED } else { 0 };
        let full_only = plan.quick || !trial.shape.is_sent();
        let (half, idle) = if full_only { (0, 0) } else { (plan.count.div_ceil(4), plan.count.min(IDLE.0)) };
        let mut end = 0;
        let mut next = |count| {
            let begin = end;
            end += count;
            begin..end
        };
        Self {
            seed: next(seed),
            warm_up: next(plan.count.min(WARM_UP)),
            full: next(plan.count),
            half: next(half),
            idle: next(idle),
        }
    }

    fn all(&self) -> Range<usize> {
        self.seed.start..self.idle.end
    }

    /// Those of the gateways that are measured.
    fn after_seed(&self) -> Range<usize> {
        self.warm_up.start..self.idle.end
    }
}

impl Trial {
    pub fn new(setup: Setup, shape: Shape) -> Self {
        Self { setup, shape, replicas: 1, old_rows: None }
    }

    /// Measures, and takes away what it made, also when the run is stopped.
    pub async fn measure(self, plan: &Plan, name: String) -> anyhow::Result<Column> {
        at_an_installation(plan, self.setup, async |place| self.measure_at(place, plan, name).await).await
    }

    async fn measure_at(self, place: &Installation, plan: &Plan, name: String) -> anyhow::Result<Column> {
        let numbers = Numbers::of(plan, self);
        let mut column = Column::new(name);
        column.set("notifications", Some(float(numbers.full.len())));
        let mut stage = Stage::new(place, self.shape, numbers.all().end);
        if self.setup == Setup::Bare {
            stage.open_bare().await?;
        } else {
            stage.open().await?;
            self.grow_old(&mut stage, &numbers, plan).await?;
            plan.say(&format!("{}: importing {} citizens", column.name, numbers.after_seed().len()));
            place.import(self.shape, numbers.after_seed()).await?;
            stage.start(self.replicas).await?;
        }
        stage.phase(numbers.warm_up.clone(), None).await?;
        stage.phases(&numbers, plan, &mut column).await?;
        if let (Some(servers), Setup::Cluster) = (&place.servers, self.setup) {
            column.set("database_mib", servers.size().await.ok().map(mebibytes));
        }
        Ok(column)
    }

    /// Has some notifications brought to their end, and their rows copied.
    async fn grow_old(self, stage: &mut Stage<'_>, numbers: &Numbers, plan: &Plan) -> anyhow::Result<()> {
        let Some(old_rows) = self.old_rows else { return Ok(()) };
        stage.place.import(self.shape, numbers.seed.clone()).await?;
        stage.start(1).await?;
        stage.phase(numbers.seed.clone(), None).await?;
        // One that is killed would keep its duties for a while, and the measured one do without them.
        for gateway in stage.gateways.drain(..) {
            gateway.terminate(ENDED_WITHIN).await?;
        }
        let servers = stage.place.servers.as_ref().context("old rows need PostgreSQL")?;
        let copies = (old_rows / SEED).saturating_sub(1);
        let told = |made: usize| plan.say(&format!("{} of {old_rows} old notifications", (made + 1) * SEED));
        if copies > 0 { multiply(servers, copies, told).await } else { Ok(()) }
    }
}

/// Builds an installation, works on it, and removes it whatever came of that.
pub(super) async fn at_an_installation<T>(
    plan: &Plan,
    setup: Setup,
    work: impl AsyncFnOnce(&Installation) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let stopped = || bail!("the benchmark was stopped");
    if plan.stopping.is_cancelled() {
        return stopped();
    }
    let place = Installation::build(&plan.config, setup, plan.servers.as_ref()).await?;
    let worked = plan.stopping.run_until_cancelled(work(&place)).await.unwrap_or_else(stopped);
    let removed = place.remove().await;
    let worked = worked?;
    removed.map(|()| worked)
}

/// What runs on an installation.
pub(super) struct Stage<'a> {
    pub place: &'a Installation,
    shape: Shape,
    pub watch: Arc<Stopwatch>,
    /// The gateways, or the bare loop.
    pub gateways: Vec<Process>,
    token: String,
    /// The bare loop tells nobody anything.
    feed: Option<Feed>,
    /// With how many notifications earlier phases were done.
    done_before: usize,
    _watching: JoinSet<()>,
}

/// What became of a phase.
struct Phase {
    took: Duration,
    published_after: Duration,
    source: Option<Duration>,
}

impl<'a> Stage<'a> {
    pub fn new(place: &'a Installation, shape: Shape, count: usize) -> Self {
        let watch = Arc::new(Stopwatch::new(count));
        let watching = place.watch_screens(&watch);
        Self {
            place,
            shape,
            watch,
            gateways: Vec::new(),
            token: String::new(),
            feed: None,
            done_before: 0,
            _watching: watching,
        }
    }

    /// Prepares the ledger.
    pub async fn open(&mut self) -> anyhow::Result<()> {
        self.place.migrate().await?;
        self.token = self.place.token().await?;
        self.feed = Some(self.place.feed(&self.token, self.shape)?);
        Ok(())
    }

    async fn open_bare(&mut self) -> anyhow::Result<()> {
        self.gateways.push(self.place.start_bare_loop().await?);
        Ok(())
    }

    pub async fn start(&mut self, replicas: usize) -> anyhow::Result<()> {
        self.gateways = self.place.start_gateways(replicas).await?;
        Ok(())
    }

    pub fn publish(
        &self,
        numbers: Range<usize>,
        priority: Priority,
        per_second: Option<f64>,
    ) -> anyhow::Result<Source> {
        let way = self.place.way(&self.token)?;
        Source::start(way, Errand { shape: self.shape, numbers, priority, per_second }, self.watch.clone())
    }

    /// At full speed, at half of that, and idle.
    async fn phases(&mut self, numbers: &Numbers, plan: &Plan, column: &mut Column) -> anyhow::Result<()> {
        let watched = self.place.servers.as_ref().map(Servers::watched).unwrap_or_default();
        let meter = Meter::start(watched, &self.gateways);
        let full = self.phase(numbers.full.clone(), None).await?;
        meter.stop(&self.gateways, full.source, numbers.full.len(), column);
        let per_second = float(numbers.full.len()) / full.took.as_secs_f64();
        column.set("per_second", Some(per_second));
        column.set("taken_in_s", Some(full.published_after.as_secs_f64()));
        column.set("done_s", Some(full.took.as_secs_f64()));
        plan.say(&format!("{}: {per_second:.0} a second", column.name));
        column.set_latency(["full_p50_ms", "full_p99_ms"], self.watch.latency(numbers.full.clone()));
        if !numbers.idle.is_empty() {
            self.phase(numbers.half.clone(), Some(per_second / 2.0)).await?;
            self.phase(numbers.idle.clone(), Some(IDLE.1)).await?;
            column.set_latency(["half_p50_ms", "half_p99_ms"], self.watch.latency(numbers.half.clone()));
            column.set_latency(["idle_p50_ms", "idle_p99_ms"], self.watch.latency(numbers.idle.clone()));
        }
        Ok(())
    }

    /// Publishes, and waits until all is done that there is to do.
    async fn phase(&mut self, numbers: Range<usize>, per_second: Option<f64>) -> anyhow::Result<Phase> {
        let count = numbers.len();
        let (began, mut last_news) = (Instant::now(), Instant::now());
        let source = self.publish(numbers, Priority::Normal, per_second)?;
        let (mut done, mut published_after) = (0, None);
        while done < count || !source.has_ended() {
            let now = self.done().await? - self.done_before;
            if now == done {
                tokio::time::sleep(PAUSE).await;
            } else {
                (done, last_news) = (now, Instant::now());
            }
            if published_after.is_none() && source.has_ended() {
                published_after = Some(began.elapsed());
            }
            self.check(last_news).with_context(|| format!("{done} of {count} notifications were done"))?;
        }
        let took = began.elapsed();
        self.done_before += count;
        let published_after = published_after.unwrap_or(took);
        Ok(Phase { took, published_after, source: source.result()? })
    }

    /// With how many notifications everything is done.
    async fn done(&mut self) -> anyhow::Result<usize> {
        match &mut self.feed {
            Some(feed) => {
                feed.read_on().await?;
                Ok(feed.done())
            }
            None => Ok(self.watch.arrivals()),
        }
    }

    pub fn check(&mut self, last_news: Instant) -> anyhow::Result<()> {
        for gateway in &mut self.gateways {
            if gateway.has_ended()? {
                bail!("a gateway, or the bare loop, ended");
            }
        }
        if last_news.elapsed() > PATIENCE {
            bail!("nothing happened for {} s", PATIENCE.as_secs());
        }
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "a benchmark of 2^52 notifications is not run")]
pub(super) fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;

    fn plan(quick: bool) -> Plan {
        Plan {
            config: "config".into(),
            servers: None,
            count: 10,
            quick,
            setups: Vec::new(),
            shapes: Vec::new(),
            replicas: None,
            old_rows: Vec::new(),
            backlog: None,
            stopping: CancellationToken::new(),
            progress: |_| {},
        }
    }

    #[test]
    fn each_phase_has_notifications_of_its_own() {
        let trial = Trial::new(Setup::Cluster, Shape::Mixed);
        let whole = Numbers::of(&plan(false), trial);
        let expected = Numbers { seed: 0..0, warm_up: 0..10, full: 10..20, half: 20..23, idle: 23..33 };
        assert_eq!(whole, expected);
        let quick = Numbers::of(&plan(true), trial);
        assert_eq!(quick, Numbers { half: 20..20, idle: 20..20, ..expected });
        assert_eq!(Numbers::of(&plan(false), Trial::new(Setup::Cluster, Shape::Deferred)), quick);
        let old = Numbers::of(&plan(true), Trial { old_rows: Some(5000), ..trial });
        assert_eq!((old.seed.clone(), old.after_seed(), old.all()), (0..1000, 1000..1020, 0..1020));
    }
}
