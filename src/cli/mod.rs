//! The commands, one file each.

#[cfg(feature = "demo")]
mod bench;
mod channel;
mod check;
mod dead;
#[cfg(feature = "demo")]
mod demo;
mod explain;
mod import;
mod lines;
mod migrate;
mod office;
mod publish;
mod schema;
mod serve;
mod table;
mod token;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::error::ConfigErrors;
use crate::config::{Loaded, Overrides};
use crate::gateway::StartError;
use crate::ledger::{LedgerError, StoreError};

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
    #[cfg(feature = "demo")]
    Demo(demo::DemoArgs),
    #[cfg(feature = "demo")]
    Bench(bench::BenchArgs),
    /// Run the gateway until a signal stops it.
    Serve,
    /// Check the configuration, the catalogue and the templates, and with --probe the providers.
    Check(check::CheckArgs),
    Publish(publish::PublishArgs),
    Import(import::ImportArgs),
    /// Tell in plain words what became of a notification, and why.
    Explain(explain::ExplainArgs),
    /// List, pause, resume and test the channels.
    #[command(subcommand)]
    Channel(channel::ChannelCommand),
    /// Look at messages that could not be taken, try them again, delete them.
    #[command(subcommand)]
    Dead(dead::DeadCommand),
    /// Create, list and revoke tokens of the HTTP API.
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Print the JSON Schema of the messages that sources send.
    #[command(after_help = "Example:\n  vestnik schema > vestnik-message.schema.json")]
    Schema,
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
        #[cfg(feature = "demo")]
        Command::Demo(args) => demo::run(&cli.common, &args).await,
        #[cfg(feature = "demo")]
        Command::Bench(args) => bench::run(&cli.common, &args).await,
        Command::Serve => serve::run(&cli.common).await,
        Command::Check(args) => check::run(&cli.common, &args).await,
        Command::Publish(args) => publish::run(&args).await,
        Command::Import(args) => import::run(&args, &cli.common).await,
        Command::Explain(args) => explain::run(&cli.common, &args).await,
        Command::Channel(command) => channel::run(&cli.common, &command).await,
        Command::Dead(command) => dead::run(&cli.common, &command).await,
        Command::Token(command) => token::run(&cli.common, &command).await,
        Command::Schema => schema::run(),
        Command::Migrate => migrate::run(&cli.common).await,
    }
}

/// Something that whoever called has to put right, as opposed to a failure.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Mistake(pub(crate) String);

/// Says what went wrong, with what lies below it.
fn failed(error: &anyhow::Error) -> ExitCode {
    let errors = error.chain().find_map(|cause| match cause.downcast_ref() {
        Some(StartError::Config(errors)) => Some(errors),
        _ => cause.downcast_ref::<ConfigErrors>(),
    });
    if let Some(errors) = errors {
        let count = errors.iter().count();
        eprintln!("{errors}\n\nThe configuration has {count} mistake{}.", if count == 1 { "" } else { "s" });
        return ExitCode::from(MISTAKE);
    }
    eprintln!("error: {error:#}");
    if error.chain().any(is_mistake) { ExitCode::from(MISTAKE) } else { ExitCode::FAILURE }
}

fn is_mistake(cause: &(dyn std::error::Error + 'static)) -> bool {
    let settings = |error: &StartError| {
        matches!(error, StartError::Setup(_) | StartError::MasterKey(_) | StartError::OneLedger)
    };
    let ledger = |error: &LedgerError| matches!(error, LedgerError::WrongMasterKey);
    let schema = |error: &StoreError| matches!(error, StoreError::Schema { .. });
    cause.is::<Mistake>()
        || cause.downcast_ref().is_some_and(settings)
        || cause.downcast_ref().is_some_and(ledger)
        || cause.downcast_ref().is_some_and(schema)
}

/// Loads the configuration with what the environment puts in its place. A variable that is no text
/// is none of ours.
pub(crate) fn load(common: &Common) -> anyhow::Result<Loaded> {
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Ok(Loaded::read(&common.config, &Overrides::from_environment(variables))?)
}
