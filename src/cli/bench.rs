//! `vestnik bench`.

use clap::Args;
use clap::builder::PossibleValue;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::arguments::{number, url};
use super::{Common, Exit, Mistake};
use crate::bench::{Addresses, Group, Plan, Setup, Shape, run as measure, run_bare_loop};

/// Measure how many notifications a second this machine takes, how soon they leave, and at what cost.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  vestnik bench                                      # all setups in all shapes
  vestnik bench --only cluster --shape mixed --quick # one figure, soon
  vestnik bench --replicas 2 --old-rows 0,1000000 --backlog 100000 --json

Real gateways are started one after the other, with the five providers' sides beside them and rate limits \
lifted. A citizen gets one notification. With --replicas, --old-rows or --backlog those are measured in \
place of the setups and shapes, unless these are named too.

Setups: `bare` takes from RabbitMQ, posts to Viber's side and acknowledges, without a gateway; `cluster` is \
the gateway from RabbitMQ with PostgreSQL, and Redis where one is given; `embedded` the gateway over HTTP \
with SQLite. Without servers only `embedded` can be measured.

Of the servers nothing is used but a database and queues of the benchmark's own, which are removed at the \
end, also after Ctrl-C. `tests/run --bench` starts servers for it. docs/performance.md says what each \
figure means.")]
pub(super) struct BenchArgs {
    /// Notifications at full speed, and as many citizens, 1 to 2000000
    #[arg(long, value_name = "COUNT", default_value_t = 20_000, value_parser = number::<u32>(1, 2_000_000))]
    count: u32,
    /// Only these setups
    #[arg(long, value_name = "SETUP", value_delimiter = ',', value_enum)]
    only: Vec<Setup>,
    /// Only these shapes of load
    #[arg(long, value_name = "SHAPE", value_delimiter = ',', value_enum)]
    shape: Vec<Shape>,
    /// Measure at full speed only, not at half load and idle
    #[arg(long)]
    quick: bool,
    /// So many gateways on the same servers, beside one, 2 to 16
    #[arg(long, value_name = "COUNT", value_parser = number::<u8>(2, 16), requires = "postgres")]
    replicas: Option<u8>,
    /// With so many old notifications in the ledger, to the nearest 1000; the first is what the others are
    /// compared with
    #[arg(
        long,
        value_name = "COUNT",
        value_delimiter = ',',
        value_parser = number::<u32>(0, 100_000_000),
        requires = "postgres"
    )]
    old_rows: Vec<u32>,
    /// Urgent notifications behind so many bulk ones
    #[arg(long, value_name = "COUNT", value_parser = number::<u32>(1, 5_000_000), requires = "postgres")]
    backlog: Option<u32>,
    /// Print JSON in place of tables
    #[arg(long)]
    json: bool,
    /// PostgreSQL, with a user who may create databases
    #[arg(
        long,
        value_name = "URL",
        env = "VESTNIK_TEST_POSTGRES_URL",
        hide_env_values = true,
        value_parser = url,
        requires = "amqp"
    )]
    postgres: Option<Url>,
    /// RabbitMQ, with user, password and virtual host
    #[arg(
        long,
        value_name = "URL",
        env = "VESTNIK_TEST_AMQP_URL",
        hide_env_values = true,
        value_parser = url,
        requires = "postgres"
    )]
    amqp: Option<Url>,
    /// Redis, where the gateways are to share their limits
    #[arg(
        long,
        value_name = "URL",
        env = "VESTNIK_TEST_REDIS_URL",
        hide_env_values = true,
        value_parser = url,
        requires = "postgres"
    )]
    redis: Option<Url>,
    /// Be the bare loop; the benchmark starts it
    #[arg(long, hide = true)]
    bare_loop: bool,
}

impl clap::ValueEnum for Setup {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}

impl clap::ValueEnum for Shape {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}

pub(super) async fn run(common: &Common, args: &BenchArgs) -> anyhow::Result<Exit> {
    if args.bare_loop {
        run_bare_loop().await?;
        return Ok(Exit::Well);
    }
    let plan = plan(common, args)?;
    if cfg!(debug_assertions) {
        eprintln!("This is a debug build: its figures say little. Use `cargo run --release -- bench`.");
    }
    let _signals = stop_on_signals(&plan.stopping)?;
    let show = |group: &Group| {
        if !args.json {
            println!("{group}");
        }
    };
    let report = measure(&plan, show).await?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    }
    Ok(Exit::Well)
}

fn plan(common: &Common, args: &BenchArgs) -> anyhow::Result<Plan> {
    let addresses = |(postgres, amqp): (&Url, &Url)| Addresses {
        postgres: postgres.clone(),
        amqp: amqp.clone(),
        redis: args.redis.clone(),
    };
    let servers = args.postgres.as_ref().zip(args.amqp.as_ref()).map(addresses);
    let (setups, shapes) = comparison(args, servers.is_some())?;
    Ok(Plan {
        config: common.config.clone(),
        servers,
        count: args.count.try_into()?,
        quick: args.quick,
        setups,
        shapes,
        replicas: args.replicas.map(usize::from),
        old_rows: args.old_rows.iter().map(|count| usize::try_from(*count)).collect::<Result<_, _>>()?,
        backlog: args.backlog.map(usize::try_from).transpose()?,
        stopping: CancellationToken::new(),
        progress: |text| eprintln!("{text}"),
    })
}

/// The setups and shapes to compare; none where only other parts were asked for.
fn comparison(args: &BenchArgs, with_servers: bool) -> anyhow::Result<(Vec<Setup>, Vec<Shape>)> {
    let named = !args.only.is_empty() || !args.shape.is_empty();
    let others = args.replicas.is_some() || !args.old_rows.is_empty() || args.backlog.is_some();
    if others && !named {
        return Ok((Vec::new(), Vec::new()));
    }
    if let Some(setup) = args.only.iter().find(|setup| setup.needs_servers() && !with_servers) {
        let what = format!("--only {}: expected --postgres and --amqp too", setup.name());
        return Err(Mistake(what).into());
    }
    let wanted = |setup: &Setup| match args.only.as_slice() {
        [] => with_servers || !setup.needs_servers(),
        only => only.contains(setup),
    };
    let setups: Vec<_> = Setup::ALL.into_iter().filter(wanted).collect();
    let shapes = match args.shape.as_slice() {
        // It has one shape, whatever is asked for.
        _ if setups == [Setup::Bare] => vec![Shape::One],
        [] => Shape::ALL.to_vec(),
        shapes => shapes.to_vec(),
    };
    Ok((setups, shapes))
}

/// What runs, and what stands on the servers, must not stay behind.
fn stop_on_signals(stopping: &CancellationToken) -> std::io::Result<JoinSet<()>> {
    let mut waiting = JoinSet::new();
    for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
        let (mut asked, stopping) = (signal(kind)?, stopping.clone());
        waiting.spawn(async move {
            asked.recv().await;
            stopping.cancel();
        });
    }
    Ok(waiting)
}
