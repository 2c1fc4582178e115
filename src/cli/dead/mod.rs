//! `vestnik dead`: messages that could not be taken.

mod replay;
mod show;

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::arguments::id;
use super::office::Office;
use super::{Common, Exit};

/// What `dead` takes.
#[derive(Debug, Subcommand)]
pub(super) enum DeadCommand {
    /// List the dead letters, the newest first, without their bodies.
    #[command(after_help = "Examples:
  vestnik dead list --limit 20
  vestnik dead list --json | jq -r '.[] | .id + \" \" + .reason'")]
    List(show::ListArgs),
    /// Show one dead letter with its body, which may hold personal data.
    #[command(after_help = "Example:
  vestnik dead show 01a2011f-f6d7-743a-acdb-dfff3e624def

Of a long body the first 4,000 characters are shown; --full shows all of it. Ends with 3 if there is no such dead letter.")]
    Show(show::ShowArgs),
    /// Try once more to take dead letters, as they came.
    #[command(after_help = "Examples:
  vestnik dead replay 01a2011f-f6d7-743a-acdb-dfff3e624def
  vestnik dead list --json | jq -r '.[].id' | xargs vestnik dead replay

For after the catalogue, the source's permissions or the gateway were mended. What is taken leaves the \
list, what is refused stays in it. A message that was taken in the meantime is not taken twice. Ends with \
1 if any is refused, and with 3, before any is taken, if any is not there.")]
    Replay(replay::ReplayArgs),
    /// Delete dead letters for good.
    #[command(after_help = "Example:
  vestnik dead drop 01a2011f-f6d7-743a-acdb-dfff3e624def

Ends with 3 if one of them is not there; the others are deleted all the same.")]
    Drop(Ids),
}

/// Dead letters by their ids.
#[derive(Debug, Args)]
pub(super) struct Ids {
    /// The dead letters' ids, as `vestnik dead list` shows them
    #[arg(value_name = "ID", required = true, value_parser = id)]
    ids: Vec<Uuid>,
}

pub(super) async fn run(common: &Common, command: &DeadCommand) -> anyhow::Result<Exit> {
    match command {
        DeadCommand::List(args) => show::list(common, args).await,
        DeadCommand::Show(args) => show::show(common, args).await,
        DeadCommand::Replay(args) => replay::run(common, args).await,
        DeadCommand::Drop(ids) => drop_all(common, ids).await,
    }
}

async fn drop_all(common: &Common, Ids { ids }: &Ids) -> anyhow::Result<Exit> {
    let office = Office::open(common).await?;
    let mut exit = Exit::Well;
    for id in ids {
        if office.ledger.drop_dead_letter(*id).await? {
            println!("{id} is deleted.");
        } else {
            eprintln!("{id}: there is no such dead letter; `vestnik dead list` shows those that there are.");
            exit = Exit::NotThere;
        }
    }
    Ok(exit)
}
