//! `vestnik bench`.

use clap::Args;
use url::Url;

use super::arguments::{number, url};
use super::{Common, Exit};
use crate::bench::{Measured, Setup, measure};

/// Measure how many notifications a second this machine takes from their source to their end.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  vestnik bench --count 50000

Real gateways are started one after the other, each with the five providers' sides beside it, with rate \
limits lifted: one on SQLite with notifications over HTTP, and, where both servers are named, one on \
PostgreSQL with notifications over RabbitMQ. Each citizen gets one notification, in turn over the five \
channels. Of the servers nothing is used but a database and queues of the benchmark's own, which are \
removed at the end. `tests/run --bench` starts servers for it.")]
pub(super) struct BenchArgs {
    /// Notifications, and as many citizens, 1 to 5000000
    #[arg(long, value_name = "COUNT", default_value_t = 20_000, value_parser = number::<u32>(1, 5_000_000))]
    count: u32,
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
}

pub(super) async fn run(common: &Common, args: &BenchArgs) -> anyhow::Result<Exit> {
    let mut setups = vec![Setup::Embedded];
    if let (Some(postgres), Some(amqp)) = (&args.postgres, &args.amqp) {
        setups.push(Setup::Servers { postgres: postgres.clone(), amqp: amqp.clone() });
    }
    if cfg!(debug_assertions) {
        eprintln!("This is a debug build: its figures say little. Use `cargo run --release -- bench`.");
    }
    println!("{HEADING}");
    for setup in &setups {
        let measured = measure(&common.config, setup, args.count.try_into()?).await?;
        println!("{}", line(setup, &measured));
    }
    Ok(Exit::Well)
}

const HEADING: &str = "setup                    notifications  per second  taken in after  all final after  peak memory  CPU per 1000";

fn line(setup: &Setup, measured: &Measured) -> String {
    let (memory, processor) = match measured.usage {
        Some(usage) => {
            let each = usage.processor.as_secs_f64() * 1e3
                / f64::from(u32::try_from(measured.count).unwrap_or(u32::MAX));
            (format!("{} MiB", usage.peak_memory >> 20), format!("{each:.2} s"))
        }
        None => ("unknown".to_owned(), "unknown".to_owned()),
    };
    format!(
        "{:<23} {:>14} {:>11.0} {:>13.1} s {:>14.1} s {memory:>12} {processor:>13}",
        setup.title(),
        measured.count,
        measured.per_second(),
        measured.taken_in.as_secs_f64(),
        measured.took.as_secs_f64(),
    )
}
