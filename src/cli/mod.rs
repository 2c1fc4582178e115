//! The commands, one file each.

mod import;
mod lines;
mod migrate;
mod publish;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{Loaded, Overrides};

/// Vestnik: one sender, five channels, and the truth about every notification.
///
/// Upstream services publish entitlement notifications; Vestnik decides by consent, preference and
/// law whether, where and when to speak to a citizen, and delivers over Viber, Telegram, SMS, email
/// and the portal inbox.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// The folder with the configuration.
    #[arg(long, global = true, env = "VESTNIK_CONFIG", default_value = "config", value_name = "FOLDER")]
    pub config: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gateway until a signal stops it.
    Serve,
    Publish(publish::PublishArgs),
    Import(import::ImportArgs),
    /// Bring the ledger's database to this release's schema.
    Migrate,
}

/// A mistake of whoever called, as opposed to a failure: usage, configuration, input.
pub const MISTAKE: u8 = 2;

/// Runs a command and gives what the process says to whoever started it.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    // The one TLS provider; a second call cannot happen, so its error says nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    crate::lifecycle::report_panics_without_payload();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::Error::new(error).context("the runtime cannot start")),
    };
    match runtime.block_on(command(cli)) {
        Ok(code) => code,
        Err(error) => failed(&error),
    }
}

async fn command(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Serve => serve::run(&cli.common).await,
        Command::Publish(args) => publish::run(&args).await,
        Command::Import(args) => import::run(&args, &cli.common).await,
        Command::Migrate => migrate::run(&cli.common).await,
    }
}

/// Says what went wrong, with what lies below it.
fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error:#}");
    let mistake = error.downcast_ref::<crate::config::error::ConfigErrors>().is_some();
    if mistake { ExitCode::from(MISTAKE) } else { ExitCode::FAILURE }
}

/// Loads the configuration with what the environment puts in its place.
pub(crate) fn load(common: &Common) -> anyhow::Result<Loaded> {
    let overrides = Overrides::from_environment(std::env::vars());
    Ok(Loaded::read(&common.config, &overrides)?)
}
