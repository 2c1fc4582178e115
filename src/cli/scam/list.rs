//! `vestnik scam list`.

use clap::Args;
use uuid::Uuid;

use crate::cli::arguments::{id, number};
use crate::cli::office::{Office, moment, none, print_json};
use crate::cli::table::Table;
use crate::cli::{Common, Exit};
use crate::ledger::ScamReport;

/// What `scam list` takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct ListArgs {
    /// Those that are closed too
    #[arg(long)]
    all: bool,
    /// How many at most, 1 to 10000
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = number::<u32>(1, 10_000))]
    limit: u32,
    /// Only those older than this one: the last id of the list before
    #[arg(long, value_name = "ID", value_parser = id)]
    before: Option<Uuid>,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(common: &Common, args: &ListArgs) -> anyhow::Result<Exit> {
    let office = Office::open(common).await?;
    let reports = office.ledger.scam_reports(args.before, !args.all, args.limit).await?;
    if args.json {
        print_json(&reports)?;
    } else if reports.is_empty() {
        println!("{}", none(if args.all { "scam reports" } else { "open scam reports" }, args.before));
    } else {
        print!("{}", table(&reports));
        if reports.len() == args.limit as usize {
            println!("There may be more: --before {}", reports[reports.len() - 1].id);
        }
    }
    Ok(Exit::Well)
}

fn table(reports: &[ScamReport]) -> Table {
    let mut table = Table::new(["id", "came", "by", "from", "closed"]);
    for report in reports {
        table.row([
            report.id.to_string(),
            moment(report.at),
            report.way.clone(),
            if report.known { "a citizen" } else { "nobody we know" }.to_owned(),
            super::closed(report).unwrap_or_else(|| "open".to_owned()),
        ]);
    }
    table
}
