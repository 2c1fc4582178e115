//! `vestnik scam`: what citizens say was not from us.

mod list;
mod show;

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::arguments::{By, id, line};
use super::office::{Office, moment};
use super::{Common, Exit, NotThere};
use crate::ledger::ScamReport;

/// What `scam` takes.
#[derive(Debug, Subcommand)]
pub(super) enum ScamCommand {
    /// List the reports, the newest first, without what is in them.
    #[command(after_help = "Examples:
  vestnik scam list                           # those that nobody has closed
  vestnik scam list --all --json | jq -r '.[] | .id + \" \" + .way'

Citizens report by a reply (МОШЕННИКИ, ШАХРАЇ, SCAM, НЕ ВЫ and what they got), and on the portal.")]
    List(list::ListArgs),
    /// Show one report: the text that seemed to be from us, and from whom it came.
    #[command(after_help = "Example:
  vestnik scam show 01a2011f-f6d7-743a-acdb-dfff3e624def

It may hold personal data. What somebody reported who was erased is gone. Links and numbers in it are the \
forger's: open none. Ends with 3 if there is no such report.")]
    Show(show::ShowArgs),
    /// Close a report that was looked into.
    #[command(after_help = "Example:
  vestnik scam close 01a2011f-f6d7-743a-acdb-dfff3e624def \\
    --note \"passed on to the police, 118\" --as \"Olena Koval\"

Ends with 3 if there is no such report that is open.")]
    Close(CloseArgs),
}

/// What `scam close` takes.
#[derive(Debug, Args)]
pub(super) struct CloseArgs {
    /// The report's id, as `vestnik scam list` shows it
    #[arg(value_parser = id)]
    id: Uuid,
    /// What was done
    #[arg(long, value_name = "TEXT", value_parser = line)]
    note: String,
    #[command(flatten)]
    by: By,
}

pub(super) async fn run(common: &Common, command: &ScamCommand) -> anyhow::Result<Exit> {
    match command {
        ScamCommand::List(args) => list::run(common, args).await,
        ScamCommand::Show(args) => show::run(common, args).await,
        ScamCommand::Close(args) => close(common, args).await,
    }
}

async fn close(common: &Common, args: &CloseArgs) -> anyhow::Result<Exit> {
    let office = Office::open(common).await?;
    if !office.ledger.close_scam_report(args.id, &args.by.person, &args.note).await? {
        return Err(not_there(args.id, "open report").into());
    }
    println!("{} is closed.", args.id);
    Ok(Exit::Well)
}

fn not_there(id: Uuid, what: &str) -> NotThere {
    NotThere(format!("there is no {what} {id}; `vestnik scam list --all` shows those that there are"))
}

/// When a report was closed, by whom and why.
fn closed(report: &ScamReport) -> Option<String> {
    let (at, person, note) = (report.closed_at?, report.person.as_deref()?, report.note.as_deref()?);
    Some(format!("{} by {person}: {note}", moment(at)))
}
