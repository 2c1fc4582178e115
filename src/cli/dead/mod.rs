//! `vestnik dead`: messages that could not be taken.

mod replay;
mod show;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::Common;
use super::office::Office;

/// What `dead` takes.
#[derive(Debug, Subcommand)]
pub(super) enum DeadCommand {
    /// List the dead letters, the newest first. Their bodies are not shown.
    #[command(after_help = "Examples:
  vestnik dead list --limit 20
  vestnik dead list --json | jq -r '.[] | select(.reason == \"invalid_params\") | .id'")]
    List(show::ListArgs),
    /// Show one with its body, which may hold personal data.
    #[command(after_help = "Example:
  vestnik dead show 01a2011f-f6d7-743a-acdb-dfff3e624def")]
    Show {
        /// The dead letter's id, as `vestnik dead list` shows it
        id: Uuid,
        /// Print JSON, for scripts
        #[arg(long)]
        json: bool,
    },
    /// Try to take them once more, as they came: after the catalogue, the source's permissions or the
    /// gateway were mended.
    #[command(after_help = "Examples:
  vestnik dead replay 01a2011f-f6d7-743a-acdb-dfff3e624def
  vestnik dead list --json | jq -r '.[].id' | xargs vestnik dead replay

What is taken leaves the list, what is refused stays in it. A message that was taken in the meantime
is not taken twice. Ends with 1 if any is refused.")]
    Replay(replay::ReplayArgs),
    /// Delete them for good.
    #[command(after_help = "Example:
  vestnik dead drop 01a2011f-f6d7-743a-acdb-dfff3e624def")]
    Drop(Ids),
}

/// Dead letters by their ids.
#[derive(Debug, Args)]
pub(super) struct Ids {
    /// The dead letters' ids, as `vestnik dead list` shows them
    #[arg(value_name = "ID", required = true)]
    ids: Vec<Uuid>,
}

pub(super) async fn run(common: &Common, command: &DeadCommand) -> anyhow::Result<ExitCode> {
    match command {
        DeadCommand::List(args) => show::list(common, args).await,
        DeadCommand::Show { id, json } => show::show(common, *id, *json).await,
        DeadCommand::Replay(args) => replay::run(common, args).await,
        DeadCommand::Drop(ids) => drop_all(common, ids).await,
    }
}

async fn drop_all(common: &Common, Ids { ids }: &Ids) -> anyhow::Result<ExitCode> {
    let office = Office::open(common).await?;
    let mut code = ExitCode::SUCCESS;
    for id in ids {
        if office.ledger.drop_dead_letter(*id).await? {
            println!("{id} is deleted.");
        } else {
            println!("{id}: there is no such dead letter.");
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}
