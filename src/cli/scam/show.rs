//! `vestnik scam show`.

use clap::Args;
use serde::Serialize;
use uuid::Uuid;

use crate::cli::arguments::id;
use crate::cli::office::{Office, moment, print_json};
use crate::cli::table::Table;
use crate::cli::{Common, Exit};
use crate::domain::wording::escaped_lines;
use crate::ledger::{Scam, ScamReport};

/// What `scam show` takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct ShowArgs {
    /// The report's id, as `vestnik scam list` shows it
    #[arg(value_parser = id)]
    id: Uuid,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

/// A report with what is in it.
#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    report: ScamReport,
    /// Absent where it is gone with the citizen who reported it.
    #[serde(flatten)]
    scam: Option<Scam>,
}

pub(super) async fn run(common: &Common, args: &ShowArgs) -> anyhow::Result<Exit> {
    let office = Office::open(common).await?;
    let found = office.ledger.scam_report(args.id).await?;
    let (report, scam) = found.ok_or_else(|| super::not_there(args.id, "report"))?;
    if args.json {
        print_json(&Whole { report, scam })?;
        return Ok(Exit::Well);
    }
    let sender = scam.as_ref().and_then(|scam| scam.sender.as_deref()).unwrap_or("not told");
    let mut table = Table::plain();
    table.row(["id", &report.id.to_string()]);
    table.row(["came", &format!("{} by {}", moment(report.at), report.way)]);
    table.row(["from", if report.known { "a citizen" } else { "nobody we know" }]);
    table.row(["looked like", &escaped_lines(sender)]);
    table.row(["closed", super::closed(&report).as_deref().unwrap_or("no")]);
    print!("{table}");
    match scam {
        Some(scam) => println!("\n{}", escaped_lines(&scam.text)),
        None => println!("\nWhat was in it is gone: the citizen who reported it was erased."),
    }
    Ok(Exit::Well)
}
