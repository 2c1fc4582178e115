//! The parts put together: a ledger, lanes, timers, and what comes in and goes out. `serve` and the
//! demonstration run the same gateway.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};
use vestnik_contract::{Callbacks, Channel, ChannelId, Driver, EventSource, RouteId, SetupError, Turn};

use crate::callbacks::{Pump, Refusal};
use crate::clock::Clock;
use crate::config::Loaded;
use crate::config::channels::{ConnectedChannel, LaneSettings};
use crate::config::error::ConfigErrors;
use crate::config::gateway::{LedgerSettings, Redis, Retention};
use crate::dispatch::{
    Alarm, Lane, LaneContext, LaneOptions, Pauses, RouteAlarm, RouteHealth, Shares, Sharing, Starts, starter,
    timers,
};
use crate::duties::{self, Duty};
use crate::ledger::keys::WeakMasterKey;
use crate::ledger::postgres::{PostgresStore, TimeSource};
use crate::ledger::retry::insist;
use crate::ledger::sqlite::SqliteStore;
use crate::ledger::store::Store;
use crate::ledger::{Horizons, Keyring, Ledger, LedgerError, Rules, StoreError, recorder};
use crate::lifecycle::Lifecycle;
use crate::notice::CheckKey;
use crate::replicas::{Hints, InvalidUrl, Link};

/// Why a gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    /// A secret that the configuration names.
    #[error("gateway.toml: {}: expected {}", .0.setting, .0.expected)]
    Setup(SetupError),
    /// The master key.
    #[error("gateway.toml: ledger.master_key")]
    MasterKey(#[from] WeakMasterKey),
    /// The ledger's database.
    #[error("the ledger cannot be opened")]
    Store(#[from] StoreError),
    /// The ledger.
    #[error("the ledger cannot be used")]
    Ledger(#[from] LedgerError),
    /// The URL of Redis.
    #[error("gateway.toml: redis.url: {0}")]
    Redis(#[from] InvalidUrl),
    /// Neither or both databases are named.
    #[error("gateway.toml: ledger: expected one of sqlite and postgres")]
    OneLedger,
}

/// Opens the ledger that the configuration names, if it was written under this master key. An
/// embedded one is brought to this release's schema by itself; one on PostgreSQL, which other
/// processes may be using, by `vestnik migrate`.
pub async fn open_ledger(settings: &LedgerSettings, clock: &Clock) -> Result<Arc<Ledger>, StartError> {
    let keys = Keyring::new(settings.master_key.resolve("ledger.master_key")?.expose_secret())?;
    let store: Arc<dyn Store> = open_store(settings, clock).await?;
    if settings.sqlite.is_some() {
        store.migrate().await?;
    } else {
        store.check_schema().await?;
    }
    let ledger = Arc::new(Ledger::new(store, Arc::new(keys)));
    ledger.check_master_key().await?;
    Ok(ledger)
}

/// Opens the database and looks at nothing in it.
pub async fn open_store(settings: &LedgerSettings, clock: &Clock) -> Result<Arc<dyn Store>, StartError> {
    match (&settings.sqlite, &settings.postgres) {
        (Some(path), None) => Ok(Arc::new(SqliteStore::open(path, clock.clone()).await?)),
        (None, Some(url)) => {
            let url = url.resolve("ledger.postgres")?;
            Ok(Arc::new(PostgresStore::connect(&url, settings.connections, TimeSource::Database)?))
        }
        _ => Err(StartError::OneLedger),
    }
}

// Not derived: the error would be its own cause, and be told twice.
impl From<SetupError> for StartError {
    fn from(error: SetupError) -> Self {
        Self::Setup(error)
    }
}

impl StartError {
    /// Whether the database is away, and the same start may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Store(error) => error.is_transient(),
            Self::Ledger(error) => error.is_transient(),
            Self::Config(_) | Self::Setup(_) | Self::MasterKey(_) | Self::Redis(_) | Self::OneLedger => false,
        }
    }
}

/// A gateway at work.
pub struct Gateway {
    /// The ledger.
    pub ledger: Arc<Ledger>,
    /// The configuration in force.
    pub rules: Arc<Rules>,
    /// Who understands the providers' HTTP callbacks, by channel and route.
    pub callbacks: BTreeMap<(ChannelId, RouteId), Arc<dyn Callbacks>>,
    /// How it stands with each provider that is sent to.
    pub routes: Vec<RouteHealth>,
    /// With whom limits are shared and hints exchanged.
    pub sharing: Option<Sharing>,
    drivers: JoinSet<()>,
    horizons: Horizons,
    /// Channels that nothing is sent on yet.
    connected: Vec<ConnectedChannel>,
}

/// With whom limits are shared, by these settings.
/// The way to the Redis of these settings, which is not connected yet.
pub fn redis_link(settings: &Redis) -> Result<Link, StartError> {
    Ok(Link::new(&settings.url.resolve("redis.url")?, &settings.installation)?)
}

fn sharing(settings: &Redis) -> Result<Sharing, StartError> {
    let Redis { replicas, reserve_percent, .. } = settings;
    let link = redis_link(settings)?;
    let replicas = NonZeroU32::new((*replicas).into()).unwrap_or(NonZeroU32::MIN);
    Ok(Sharing { link, shares: Shares { replicas, reserve_percent: *reserve_percent } })
}

/// Tells the running processes at once what a command has just committed, where they share a Redis.
/// Without one, and while it is away, they see it at their next poll.
pub async fn tell_others(settings: Option<&Redis>, ledger: Arc<Ledger>) -> Result<(), StartError> {
    if let Some(settings) = settings {
        Hints::new(sharing(settings)?.link, ledger).tell_once().await;
    }
    Ok(())
}

/// How long the lanes wait at most before they look for due work again.
const POLL: Duration = Duration::from_millis(500);

/// How often the pauses on record are read.
const PAUSES_EVERY: Duration = Duration::from_secs(1);

/// Outcomes and alarms under way at once.
const QUEUE: usize = 4096;

/// How long drivers have to say goodbye to their providers.
const GOODBYE: Duration = Duration::from_secs(3);

/// How often a process that stands by looks whether a duty is free.
const STAND_BY: Duration = Duration::from_secs(5);

/// How often a process that may not send looks whether it is its turn: citizens wait for it.
const NEXT_TURN: Duration = Duration::from_secs(2);

/// For how long a route that refuses us is left alone before it is tried again.
const PAUSE: jiff::SignedDuration = jiff::SignedDuration::from_mins(1);

impl Gateway {
    /// Connects the channels and [sends](Self::send).
    pub fn start(
        loaded: Loaded,
        ledger: Arc<Ledger>,
        clock: &Clock,
        lifecycle: &Lifecycle,
    ) -> Result<Self, StartError> {
        let mut gateway = Self::connect(loaded, ledger, clock)?;
        gateway.send(clock, lifecycle);
        Ok(gateway)
    }

    /// Connects the channels. Nothing is sent and no provider is spoken to yet: enough to take in
    /// notifications, and to answer requests and callbacks.
    pub fn connect(loaded: Loaded, ledger: Arc<Ledger>, clock: &Clock) -> Result<Self, StartError> {
        let connected = loaded.connect(&clock.function())?;
        let channels =
            connected.iter().map(|one| (one.channel.clone(), one.adapter.channel.clone())).collect();
        let callbacks = connected.iter().filter_map(|one| {
            Some(((one.channel.clone(), one.route.clone()), one.adapter.callbacks.clone()?))
        });
        Ok(Self {
            callbacks: callbacks.collect(),
            routes: Vec::new(),
            sharing: loaded.gateway.redis.as_ref().map(sharing).transpose()?,
            drivers: JoinSet::new(),
            horizons: horizons(loaded.gateway.retention),
            rules: Arc::new(rules(loaded, channels, ledger.keys())),
            ledger,
            connected,
        })
    }

    /// Keeps up the way to Redis, where one is configured, and exchanges hints, as tasks of `lifecycle`.
    pub fn share(&self, lifecycle: &Lifecycle) {
        if let Some(Sharing { link, .. }) = &self.sharing {
            lifecycle.spawn("redis", link.clone().keep(lifecycle.stopping()));
            let hints = Hints::new(link.clone(), self.ledger.clone());
            lifecycle.spawn("hints", hints.run(lifecycle.stopping()));
        }
    }

    /// Starts the lanes, the starter, the recorder and the timers as tasks of `lifecycle`.
    pub fn send(&mut self, clock: &Clock, lifecycle: &Lifecycle) {
        let (ledger, rules, stopping) = (&self.ledger, &self.rules, lifecycle.stopping());
        let (starts, starts_in) = Starts::new();
        let (outcomes, outcomes_in) = mpsc::channel(QUEUE);
        let (alarms, alarms_in) = mpsc::channel(QUEUE);
        let (pauses, pauses_in) = watch::channel(Pauses::default());
        let context = LaneContext {
            ledger: ledger.clone(),
            rules: rules.clone(),
            clock: clock.clone(),
            pauses: pauses_in,
            starts,
            sharing: self.sharing.clone(),
            outcomes,
            alarms,
        };
        let starter = starter::run(starts_in, ledger.clone(), rules.clone(), stopping.clone());
        lifecycle.spawn("starter", starter);
        lifecycle.spawn("recorder", recorder::run(outcomes_in, ledger.clone(), rules.clone()));
        lifecycle.spawn("timers", timers::run(ledger.clone(), rules.clone(), POLL, stopping.clone()));
        let receipts = timers::match_receipts(ledger.clone(), rules.clone(), POLL, stopping.clone());
        lifecycle.spawn("early receipts", receipts);
        lifecycle.spawn("pauses", read_pauses(ledger.clone(), pauses, stopping.clone()));
        lifecycle.spawn("retention", duties::forget(ledger.clone(), self.horizons, stopping.clone()));
        lifecycle.spawn("drift", duties::count_drift(ledger.clone(), rules.clone(), stopping.clone()));
        lifecycle.spawn("guard", duties::guard(ledger.clone(), rules.clone(), stopping.clone()));
        lifecycle.spawn("alarms", pause_routes(alarms_in, ledger.clone(), clock.clone(), stopping));
        for one in std::mem::take(&mut self.connected) {
            self.add(one, &context, lifecycle);
        }
    }

    fn add(&mut self, one: ConnectedChannel, context: &LaneContext, lifecycle: &Lifecycle) {
        let ConnectedChannel { channel, route, lane, adapter } = one;
        if let Some(driver) = adapter.driver {
            self.drive((&channel, &route), driver, adapter.turn, lifecycle);
        }
        if let Some(source) = adapter.events {
            self.read_events((channel.clone(), route.clone()), source, context, lifecycle);
        }
        let options = lane_options(lane, &*adapter.channel);
        let lane = Lane::new(context.clone(), options, route, adapter.channel);
        self.routes.push(lane.health());
        lifecycle.spawn(format!("lane {channel}"), lane.run(lifecycle.stopping()));
    }

    /// Has a route's driver do its work; where one process of all may, when it is this one's turn.
    fn drive(
        &mut self,
        (channel, route): (&ChannelId, &RouteId),
        driver: Driver,
        turn: Option<Turn>,
        lifecycle: &Lifecycle,
    ) {
        let Some(turn) = turn else {
            self.drivers.spawn(driver);
            return;
        };
        let name = format!("session {channel}/{route}");
        let duty = Duty { ledger: self.ledger.clone(), name, look_every: NEXT_TURN };
        let stopping = lifecycle.stopping();
        self.drivers.spawn(async move { duties::take_turns(duty, driver, turn, &stopping).await });
    }

    /// Reads a provider that pushes on its own connection or is polled. One that refuses us there
    /// raises the same alarm as one that refuses a message.
    fn read_events(
        &self,
        (channel, route): (ChannelId, RouteId),
        source: Arc<dyn EventSource>,
        context: &LaneContext,
        lifecycle: &Lifecycle,
    ) {
        let (refusals, mut refused) = mpsc::channel(1);
        let alarms = context.alarms.clone();
        let (pump_name, refusals_name) = (format!("events of {channel}"), format!("refusals of {channel}"));
        let (ledger, rules) = (self.ledger.clone(), self.rules.clone());
        let pump = Pump { ledger, rules, channel, route, source, refusals, look_every: STAND_BY };
        lifecycle.spawn(refusals_name, async move {
            while let Some(Refusal { channel, route }) = refused.recv().await {
                // Without a reader of alarms the process is ending.
                let _ = alarms.send(RouteAlarm { channel, route, what: Alarm::Misconfigured }).await;
            }
        });
        lifecycle.spawn(pump_name, pump.run(lifecycle.stopping()));
    }

    /// Lets go of the providers, once the tasks of the lifecycle have ended: sessions are closed
    /// politely where the provider answers in time.
    pub async fn close(self) {
        let Self { mut drivers, ledger, rules, callbacks, routes, connected, .. } = self;
        drop((ledger, rules, callbacks, routes, connected));
        let all = async { while drivers.join_next().await.is_some() {} };
        if tokio::time::timeout(GOODBYE, all).await.is_err() {
            warn!("a provider did not answer our goodbye");
        }
    }
}

/// The configuration as the ledger's verbs see it.
#[must_use]
pub fn rules(loaded: Loaded, channels: BTreeMap<ChannelId, Arc<dyn Channel>>, keys: &Keyring) -> Rules {
    let Loaded { version, gateway, policy, jurisdictions, strict, catalogue, renderer, .. } = loaded;
    let in_use: Vec<_> = channels.values().map(|channel| &**channel).collect();
    let allow_list = gateway.allow_list.map(|list| list.in_one_form(&in_use));
    Rules {
        version,
        policy,
        jurisdictions,
        strict,
        catalogue,
        renderer,
        check_key: CheckKey::new(keys.check_code_secret()),
        channels,
        public_url: gateway.http.public_url,
        allow_list,
    }
}

fn horizons(retention: Retention) -> Horizons {
    let days = |days: u16| jiff::SignedDuration::from_hours(24 * i64::from(days));
    Horizons {
        references: days(retention.idempotency_days),
        receipts: days(retention.unmatched_receipt_days),
        codes: days(retention.check_code_days),
        scam_reports: days(retention.scam_report_days),
        tallies: days(retention.tally_days),
    }
}

fn lane_options(lane: LaneSettings, channel: &dyn Channel) -> LaneOptions {
    let provider = channel.capabilities();
    let nonzero = |limit: Option<u32>| limit.and_then(NonZeroU32::new);
    let per_second = lane.per_second.or(nonzero(provider.per_second));
    LaneOptions {
        concurrency: lane.concurrency.into(),
        kept_for_urgent: lane.kept_for_urgent.into(),
        ahead: ahead(lane.concurrency.into(), per_second),
        lease: Duration::from_secs(lane.lease_seconds.into()),
        per_second,
        per_citizen_per_minute: lane.per_citizen_per_minute.or(nonzero(provider.per_address_per_minute)),
        poll: POLL,
    }
}

/// How many rows a lane claims ahead of its calls: no more than a limit lets through in some seconds. The rest
/// is left to other processes, to sources that come later, and to whoever takes over after a crash.
fn ahead(concurrency: usize, per_second: Option<NonZeroU32>) -> usize {
    const SECONDS: usize = 4;
    let of_limit = per_second.and_then(|limit| usize::try_from(limit.get()).ok());
    let at_most = of_limit.map_or(usize::MAX, |limit| limit.saturating_mul(SECONDS).max(16));
    (concurrency.max(64) * 2).min(at_most)
}

/// Reads the pauses on record again and again. While the ledger is away those read last hold.
async fn read_pauses(ledger: Arc<Ledger>, pauses: watch::Sender<Pauses>, stopping: CancellationToken) {
    let mut news = ledger.news_of_pauses();
    while !stopping.is_cancelled() {
        match insist(&stopping, || ledger.pauses()).await {
            Ok(rows) => {
                let now = Pauses::new(rows);
                pauses.send_if_modified(|then| {
                    let changed = *then != now;
                    *then = now;
                    changed
                });
            }
            Err(error) => error!(error = &error as &dyn std::error::Error, "the pauses cannot be read"),
        }
        let _ = stopping.run_until_cancelled(tokio::time::timeout(PAUSES_EVERY, news.changed())).await;
    }
}

/// Pauses the routes that raise an alarm, until the lanes are gone.
async fn pause_routes(
    mut alarms: mpsc::Receiver<RouteAlarm>,
    ledger: Arc<Ledger>,
    clock: Clock,
    stopping: CancellationToken,
) {
    while let Some(RouteAlarm { channel, route, what }) = alarms.recv().await {
        let (reason, until) = match what {
            Alarm::Misconfigured => (REFUSED, Some(clock.now() + PAUSE)),
            Alarm::UnreachableSpike => (SPIKE, None),
        };
        let route_name = format!("{channel}/{route}");
        let pause = || ledger.pause_by_gateway(&channel, &route, reason, until);
        match insist(&stopping, pause).await {
            Ok(true) => {
                error!(route = route_name, reason, "the route is paused");
                metrics::counter!("vestnik_route_pauses_total", "channel" => channel.to_string())
                    .increment(1);
            }
            Ok(false) => {}
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                error!(route = route_name, reason, error, "the route's pause is not on record");
            }
        }
    }
}

/// Why a route is paused whose provider refuses us.
const REFUSED: &str = "the provider refuses our credentials or settings; `vestnik check --probe` says more";

/// Why a route is paused whose provider calls most addresses unreachable.
const SPIKE: &str = "the provider calls most addresses unreachable all of a sudden; no address is closed \
                     for it. Ask the provider, then resume the route";
