//! `vestnik guard`: which templates too many citizens decline on which channel, and their release.

mod list;
mod release;

use clap::Subcommand;

pub(super) use list::standing;

use super::{Common, Exit};

/// What `guard` takes.
#[derive(Debug, Subcommand)]
pub(super) enum GuardCommand {
    /// List the templates that something is or was wrong with on a channel.
    #[command(after_help = "Examples:
  vestnik guard list
  vestnik guard list --json | jq '.[] | select(.standing == \"paused\")'

A template is named by its measure; gateway:introduction is the introduction before a first message. The numbers are those for which it stands as it does; `vestnik report \
effectiveness` has all of them. \"on trial\" is what would be paused if [guard] in policy.toml were enforced.")]
    List {
        /// Print JSON, for scripts
        #[arg(long)]
        json: bool,
    },
    /// Let a template be sent again on a channel where the guard paused it.
    #[command(override_usage = "vestnik guard release CHANNEL TEMPLATE --reason TEXT --as PERSON")]
    #[command(after_help = "Example:
  vestnik guard release sms birth_grant \\
    --as \"Olena Koval\" --reason \"the text says now who writes\"

Nothing but this ends a pause. What was declined before does not count any more. Ends with 3 if it is not \
paused there, and with 2 if there is no such channel or template.")]
    Release(release::ReleaseArgs),
}

pub(super) async fn run(common: &Common, command: &GuardCommand) -> anyhow::Result<Exit> {
    match command {
        GuardCommand::List { json } => list::run(common, *json).await,
        GuardCommand::Release(args) => release::run(common, args).await,
    }
}
