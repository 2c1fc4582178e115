//! `vestnik report`: what became of the work as a whole.

mod unreached;

use clap::Subcommand;

use super::{Common, Exit};

/// What `report` takes.
#[derive(Debug, Subcommand)]
pub(super) enum ReportCommand {
    /// Count those whom no notification has reached, with what comes next and who does it.
    #[command(after_help = "Examples:
  vestnik report unreached
  vestnik report unreached --list             # with the citizens: personal data
  vestnik report unreached --csv > list.csv   # the same for a spreadsheet

A citizen is on the list whose notification ended without being delivered, read, or taken by a provider that gives no receipt, unless its source took it back. One leaves it by reading it in the inbox, or when a later notification about the same measure arrives.")]
    Unreached(unreached::UnreachedArgs),
}

pub(super) async fn run(common: &Common, command: &ReportCommand) -> anyhow::Result<Exit> {
    match command {
        ReportCommand::Unreached(args) => unreached::run(common, args).await,
    }
}
