//! The commands, one file each.

mod arguments;
mod bearer;
#[cfg(feature = "demo")]
mod bench;
mod channel;
mod check;
mod citizen;
mod code;
mod consent;
mod dead;
#[cfg(feature = "demo")]
mod demo;
mod exit;
mod explain;
mod guard;
mod import;
mod introduce;
mod lines;
mod migrate;
mod office;
mod provider;
mod publish;
mod report;
#[cfg(feature = "demo")]
mod sandbox;
mod scam;
mod schema;
mod secrets;
mod serve;
mod simulate;
mod table;
mod token;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::error::ConfigErrors;
use crate::config::{Loaded, Overrides};
use crate::gateway::StartError;
use crate::telemetry::close_log;

pub use exit::Exit;
pub(crate) use exit::{Mistake, NotThere};

/// Vestnik: one sender, five channels, and the truth about every notification.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = about())]
pub struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// The folder with the configuration
    #[arg(
        long,
        global = true,
        env = "VESTNIK_CONFIG",
        hide_env_values = true,
        default_value = "config",
        value_name = "FOLDER",
        help_heading = "For every command"
    )]
    pub config: PathBuf,
}

/// What stands below the list of commands.
fn about() -> String {
    format!(
        "Upstream services publish entitlement notifications; Vestnik decides by consent, preference and law \
         whether, where and when to speak to a citizen, and delivers over Viber, Telegram, SMS, email and the \
         portal inbox.

Examples:
  vestnik demo                    # see it at work, on this machine alone
  vestnik check --probe           # is the configuration right, are the providers there?
  vestnik serve                   # run the gateway
  vestnik explain SOURCE/ID       # why has it not gone?
  vestnik channel pause --help    # the help of a command

Environment:
  VESTNIK_CONFIG       the folder with the configuration, unless --config names it
  VESTNIK__FILE__KEY   a setting in place of a file's, such as
                       VESTNIK__CHANNELS__SMS__ENABLED=false
  VESTNIK_LOG          what `serve` logs, such as vestnik::dispatch=debug
  Secrets are read from the variables and files that the configuration names.

Exit codes:
{}",
        Exit::table()
    )
}

#[derive(Debug, Subcommand)]
enum Command {
    #[cfg(feature = "demo")]
    Demo(demo::DemoArgs),
    #[cfg(feature = "demo")]
    Bench(Box<bench::BenchArgs>),
    #[cfg(feature = "demo")]
    Sandbox(sandbox::SandboxArgs),
    Serve(serve::ServeArgs),
    /// Check the configuration, the catalogue and the templates, and with --probe the providers.
    Check(check::CheckArgs),
    Publish(publish::PublishArgs),
    Import(import::ImportArgs),
    Introduce(introduce::IntroduceArgs),
    /// Tell in plain words what became of a notification, and why.
    Explain(explain::ExplainArgs),
    /// Look up which message of ours carries a check code, for a caller who asks.
    Code(code::CodeArgs),
    /// List, pause, resume and test the channels.
    #[command(subcommand)]
    Channel(channel::ChannelCommand),
    /// List the templates that too many decline on a channel, and release what was paused.
    #[command(subcommand)]
    Guard(guard::GuardCommand),
    /// Look at messages that could not be taken, try them again, delete them.
    #[command(subcommand)]
    Dead(dead::DeadCommand),
    /// Erase a citizen, prove an address, or record a death.
    #[command(subcommand)]
    Citizen(citizen::CitizenCommand),
    /// Show consent records as evidence, and verify that they are what was written.
    #[command(subcommand)]
    Consent(consent::ConsentCommand),
    /// Look at what citizens say was not from us, and close what was looked into.
    #[command(subcommand)]
    Scam(scam::ScamCommand),
    Simulate(simulate::SimulateArgs),
    /// Tell who was not reached, what works where, and what the contact budget did.
    #[command(subcommand)]
    Report(report::ReportCommand),
    /// Create, list and revoke tokens of the HTTP API.
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Print the JSON Schema of the messages that sources send.
    #[command(after_help = "Example:
  vestnik schema > vestnik-message.schema.json

Needs no configuration and no secret.")]
    Schema,
    /// Bring the ledger's database to this release's schema.
    #[command(after_help = "Example:
  vestnik migrate

For PostgreSQL: run it before the first `serve`, after each new release, and after restoring a dump. \
An embedded ledger needs no such step. Where there is nothing to do it does nothing.")]
    Migrate,
}

/// Runs a command and gives what the process says to whoever started it.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    // The one TLS provider; a second call cannot happen, so its error says nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    crate::lifecycle::report_panics_without_payload();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::Error::new(error).context("the runtime cannot start")).into(),
    };
    let ended = runtime.block_on(command(cli));
    // What went wrong is told after the log's last line.
    close_log();
    ended.unwrap_or_else(|error| failed(&error)).into()
}

async fn command(cli: Cli) -> anyhow::Result<Exit> {
    match cli.command {
        #[cfg(feature = "demo")]
        Command::Demo(args) => demo::run(&cli.common, &args).await,
        #[cfg(feature = "demo")]
        Command::Bench(args) => bench::run(&cli.common, &args).await,
        #[cfg(feature = "demo")]
        Command::Sandbox(args) => sandbox::run(&args).await,
        Command::Serve(args) => serve::run(&cli.common, &args).await,
        Command::Check(args) => check::run(&cli.common, &args).await,
        Command::Publish(args) => publish::run(&args).await,
        Command::Import(args) => import::run(&args, &cli.common).await,
        Command::Introduce(args) => introduce::run(&cli.common, &args).await,
        Command::Explain(args) => explain::run(&cli.common, &args).await,
        Command::Code(args) => code::run(&cli.common, &args).await,
        Command::Channel(command) => channel::run(&cli.common, &command).await,
        Command::Guard(command) => guard::run(&cli.common, &command).await,
        Command::Dead(command) => dead::run(&cli.common, &command).await,
        Command::Citizen(command) => citizen::run(&cli.common, &command).await,
        Command::Consent(command) => consent::run(&cli.common, &command).await,
        Command::Scam(command) => scam::run(&cli.common, &command).await,
        Command::Simulate(args) => simulate::run(&cli.common, &args).await,
        Command::Report(command) => report::run(&cli.common, &command).await,
        Command::Token(command) => token::run(&cli.common, &command).await,
        Command::Schema => schema::run(),
        Command::Migrate => migrate::run(&cli.common).await,
    }
}

/// Says what went wrong, with what lies below it.
fn failed(error: &anyhow::Error) -> Exit {
    let errors = error.chain().find_map(|cause| match cause.downcast_ref() {
        Some(StartError::Config(errors)) => Some(errors),
        _ => cause.downcast_ref::<ConfigErrors>(),
    });
    match errors {
        Some(errors) => {
            let count = errors.iter().count();
            let things = if count == 1 { "One thing has".to_owned() } else { format!("{count} things have") };
            eprintln!("{errors}\n\n{things} to be put right.");
        }
        None => eprintln!("{}", table::wrap(&format!("error: {error:#}"), 100).join("\n")),
    }
    Exit::of(error)
}

/// Loads the configuration with what the environment puts in its place. A variable that is no text
/// is none of ours.
pub(crate) fn load(common: &Common) -> anyhow::Result<Loaded> {
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Ok(Loaded::read(&common.config, &Overrides::from_environment(variables))?)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    /// Every command that does something, with its name.
    fn leaves(command: clap::Command, path: &str) -> Vec<(String, clap::Command)> {
        let name = format!("{path} {}", command.get_name());
        let below: Vec<_> =
            command.get_subcommands().filter(|one| one.get_name() != "help").cloned().collect();
        if below.is_empty() {
            return vec![(name, command)];
        }
        below.into_iter().flat_map(|one| leaves(one, &name)).collect()
    }

    #[test]
    fn every_command_has_examples_and_one_layout_that_fits_a_terminal_of_80_columns() {
        let mut whole = Cli::command().term_width(80);
        whole.build();
        for (name, mut command) in leaves(whole, "") {
            let help = command.render_help().to_string();
            let longer = command.get_arguments().any(|argument| argument.get_long_help().is_some());
            assert!(!longer && command.get_long_about().is_none(), "{name} has another layout");
            assert!(help.contains("\nExample"), "{name} has no example");
            assert!(help.lines().all(|line| line.chars().count() <= 80), "{name}: {help}");
            let after = command.get_after_help().unwrap().to_string();
            let fits = |line: &str| !line.starts_with(' ') || line.chars().count() <= 80;
            assert!(after.lines().all(fits), "{name}: a line would be broken:\n{after}");
        }
    }
}
