//! `vestnik serve`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, ValueEnum};
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::info;
use url::Url;

use super::{Common, Exit, load, secrets};
use crate::broker::{Broker, Names};
use crate::clock::Clock;
use crate::config::Loaded;
use crate::config::gateway::{BackPressure, Broker as BrokerSettings, LedgerSettings};
use crate::config::sources::Sources;
use crate::dispatch::RouteHealth;
use crate::gateway::{Gateway, open_ledger};
use crate::intake::Desk;
use crate::intake::amqp::{self, AmqpIntake, Marks};
use crate::ledger::Ledger;
use crate::ledger::retry::{in_words, insist, is_waited_for};
use crate::lifecycle::Lifecycle;
use crate::replicas::Link;
use crate::status::{Options as RelayOptions, Relay};
use crate::telemetry::{Absence, Metrics, open_log};
use crate::web::{self, Door, Probe, WebParts, WebState};

/// Run the gateway until a signal stops it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  vestnik serve
  vestnik serve --roles lanes
  VESTNIK_LOG=debug vestnik --config /etc/vestnik serve

Several processes may work on one PostgreSQL, each with all roles or with some: `intake` takes messages \
from RabbitMQ and publishes statuses there, `lanes` sends and speaks to providers, `web` answers the HTTP \
API and callbacks. /healthz, /readyz and /metrics are answered by each.

Needs all secrets. The log goes to standard error. SIGTERM or Ctrl-C lets what is under way finish, \
for `grace_seconds` of gateway.toml at most; a second one ends it at once. Nothing is lost either way. \
Ends with 0 if all had finished, with 1 if not.")]
pub(super) struct ServeArgs {
    /// What this process does
    #[arg(
        long,
        value_name = "ROLE,…",
        value_delimiter = ',',
        env = "VESTNIK_ROLES",
        hide_env_values = true,
        default_values_t = [Role::Intake, Role::Lanes, Role::Web]
    )]
    roles: Vec<Role>,
}

/// A part of the gateway's work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Role {
    Intake,
    Lanes,
    Web,
}

impl ServeArgs {
    fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Intake => "intake",
            Self::Lanes => "lanes",
            Self::Web => "web",
        })
    }
}

pub(super) async fn run(common: &Common, args: &ServeArgs) -> anyhow::Result<Exit> {
    let loaded = load(common)?;
    open_log(loaded.gateway.log.format, "")?;
    crate::lifecycle::report_panics_without_payload();
    let clock = Clock::system();
    secrets::all_there(&loaded, &clock)?;
    let lifecycle = Lifecycle::new();
    let settings = loaded.gateway.clone();
    let sources = Arc::new(loaded.sources.clone());
    let metrics = Metrics::install()?;
    lifecycle.spawn("metrics", metrics.clone().keep(lifecycle.stopping()));
    let listen = settings.http.listen;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let listen = listener.local_addr()?;
    let door = Door::closed();
    lifecycle.spawn("http", web::serve(listener, door.router(), lifecycle.stopping()));
    let grace = Duration::from_secs(settings.grace_seconds.into());
    let ledger = tokio::select! {
        opened = open(&loaded, &clock) => opened?,
        ending = lifecycle.run_until_signal(grace) => return Ok(Exit::from(ending?)),
    };
    let mut gateway = Gateway::connect(loaded, ledger, &clock)?;
    gateway.share(&lifecycle);
    if args.has(Role::Lanes) {
        gateway.send(&clock, &lifecycle);
    }
    let mut probes = vec![ledger_probe()];
    probes.extend(gateway.routes.iter().cloned().map(provider_probe));
    probes.extend(gateway.sharing.as_ref().map(|sharing| redis_probe(sharing.link.clone())));
    if let Some(broker) = settings.broker.as_ref().filter(|_| args.has(Role::Intake)) {
        probes.push(join_broker(broker, settings.back_pressure, &gateway, &sources, &lifecycle)?);
    }
    let state = WebState::new(WebParts {
        ledger: gateway.ledger.clone(),
        rules: gateway.rules.clone(),
        sources,
        clock,
        callbacks: gateway.callbacks.clone(),
        client_address_header: settings.http.client_address_header.clone(),
        back_pressure: settings.back_pressure,
        metrics: Some(metrics),
        probes,
    });
    door.open(if args.has(Role::Web) { web::router(state) } else { web::health_router(state) });
    introduce(&gateway, &settings.ledger, &args.roles).await;
    info!(config = %gateway.rules.version, %listen, "vestnik is at work");
    let ending = lifecycle.run_until_signal(grace).await?;
    // What stands behind it holds the channels, which close their sessions once nobody holds them.
    drop(door);
    gateway.close().await;
    info!(?ending, "vestnik has stopped");
    Ok(ending.into())
}

/// Says at the start, also at one after a crash, what is worked with and how much is left to do.
async fn introduce(gateway: &Gateway, settings: &LedgerSettings, roles: &[Role]) {
    let channels: Vec<_> = gateway.routes.iter().map(|route| route.name.as_str()).collect();
    let roles: Vec<_> = roles.iter().map(ToString::to_string).collect();
    let (ledger, channels, roles) = (place(settings), channels.join(" "), roles.join(" "));
    // A ledger that went away meanwhile is told of by those who wait for it.
    let open_work = gateway.ledger.open_work(COUNTED).await.ok();
    info!(ledger, open_work, roles, channels, "goes on with the work that is open");
}

/// Open work is counted no further.
const COUNTED: u64 = 1_000_000;

/// Where the ledger is, without its credentials.
fn place(settings: &LedgerSettings) -> String {
    let postgres = || {
        let url = settings.postgres.as_ref()?.resolve("ledger.postgres").ok()?;
        let url: Url = url.expose_secret().parse().ok()?;
        let (host, port) = (url.host_str()?, url.port().unwrap_or(5432));
        Some(format!("postgres {host}:{port}{}", url.path()))
    };
    match &settings.sqlite {
        Some(path) => format!("sqlite {}", path.display()),
        None => postgres().unwrap_or_else(|| "postgres".to_owned()),
    }
}

/// Opens the ledger and records the configuration in it. A database on another machine that is away is
/// waited for; a file of ours that cannot be opened is told at once.
async fn open(loaded: &Loaded, clock: &Clock) -> anyhow::Result<Arc<Ledger>> {
    let settings = &loaded.gateway.ledger;
    let mut wait = FIRST_WAIT;
    let (absence, mut waiting) = (Absence::new("the ledger"), None);
    let ledger = loop {
        match open_ledger(settings, clock).await {
            Err(error) if error.is_transient() && settings.postgres.is_some() => {
                let why = in_words(&error);
                match &waiting {
                    None => waiting = Some(absence.wait(&why)),
                    Some(waiter) => waiter.still(&why),
                }
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LONGEST_WAIT);
            }
            other => break other?,
        }
    };
    if let Some(waiter) = waiting {
        waiter.over();
    }
    insist(&CancellationToken::new(), || ledger.record_config(&loaded.version, &loaded.files)).await?;
    Ok(ledger)
}

/// The first wait for a database that is away at the start; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// No wait is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Takes notifications from RabbitMQ and publishes statuses there. Gives the probe that says whether
/// the broker is there.
fn join_broker(
    settings: &BrokerSettings,
    limits: BackPressure,
    gateway: &Gateway,
    sources: &Arc<Sources>,
    lifecycle: &Lifecycle,
) -> anyhow::Result<Probe> {
    let url = settings.url.resolve("broker.url").context("gateway.toml")?;
    let broker = Broker::new(url, Names::new(&settings.prefix)?)?;
    let desk = Desk::new(gateway.ledger.clone(), gateway.rules.clone(), sources.clone());
    let marks = Marks { bulk: limits.bulk_waits_above, normal: limits.normal_waits_above };
    let (intake, health) = AmqpIntake::new(desk, amqp::Options::new(broker.clone(), marks));
    lifecycle.spawn("intake", intake.run(lifecycle.stopping()));
    let (relay, publishing) = Relay::new(gateway.ledger.clone(), RelayOptions::new(broker));
    lifecycle.spawn("status relay", relay.run(lifecycle.stopping()));
    Ok(broker_probe(health, publishing))
}

/// That the ledger can be read is asked each time; this is about what has to be written.
fn ledger_probe() -> Probe {
    let check = || {
        if is_waited_for() { Err("the work waits for it; the log says why".to_owned()) } else { Ok(()) }
    };
    Probe { name: "ledger".to_owned(), needed: true, check: Arc::new(check) }
}

/// Intake and relay have a connection each.
fn broker_probe(health: watch::Receiver<amqp::Health>, publishing: watch::Receiver<bool>) -> Probe {
    let check = move || match (health.borrow().connected, *publishing.borrow()) {
        (true, true) => Ok(()),
        (true, false) => Err("no statuses can be published on RabbitMQ".to_owned()),
        (false, _) => Err("there is no connection to RabbitMQ; the log says why".to_owned()),
    };
    Probe { name: "broker".to_owned(), needed: true, check: Arc::new(check) }
}

/// Without Redis limits hold all the same, and work is found a little later.
fn redis_probe(link: Link) -> Probe {
    Probe { name: "redis".to_owned(), needed: false, check: Arc::new(move || link.verdict()) }
}

fn provider_probe(route: RouteHealth) -> Probe {
    let name = route.name.clone();
    let check = move || route.trouble().map_or(Ok(()), Err);
    Probe { name, needed: false, check: Arc::new(check) }
}
