//! `vestnik consent history`.

use clap::Args;

use super::{UNKNOWN, citizen};
use crate::cli::office::{Office, print_json};
use crate::cli::table::Table;
use crate::cli::{Common, Exit, NotThere};
use crate::domain::wording::escaped_lines;
use crate::domain::{CitizenId, Locale};
use crate::ledger::codes::Code as _;
use crate::ledger::{History, Record};
use crate::web::citizens::view;

/// What `consent history` takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct HistoryArgs {
    /// The citizen, as the sources name them
    #[arg(value_name = "CITIZEN", value_parser = citizen)]
    citizen: CitizenId,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(common: &Common, args: &HistoryArgs) -> anyhow::Result<Exit> {
    let office = Office::open(common).await?;
    let found = office.ledger.consent_history(&args.citizen).await?;
    let history = found.ok_or_else(|| NotThere(UNKNOWN.to_owned()))?;
    if args.json {
        print_json(&view::history(&history))?;
    } else {
        let agency = office.loaded.identity.agency.get(Locale::En);
        print!("{}", head(agency, &args.citizen, &history));
        print!("{}", history.records.iter().map(in_lines).collect::<String>());
    }
    Ok(Exit::well_if(history.whole))
}

/// Who says so, of whom, when, and whether it can be relied on.
fn head(agency: &str, citizen: &CitizenId, history: &History) -> Table {
    let count = history.records.len();
    let mut table = Table::plain();
    table.row(["agency", agency]);
    table.row(["citizen", citizen.expose()]);
    table.row(["printed", &history.at.to_string()]);
    table.row(["records", &count.to_string()]);
    let whole = if history.whole {
        "the records are just those that were written: none was changed, removed or added"
    } else {
        "NOT WHOLE: records were changed, removed or added; `vestnik consent verify` says which"
    };
    table.row(["verified", whole]);
    for number in &history.unreadable {
        table.row(["left out", &format!("{}, which cannot be understood any more", named(*number))]);
    }
    if let Some(at) = history.erased_at {
        table.row(["erased", &format!("{at}: evidence, wording and actor are gone")]);
    }
    table
}

fn named(number: Option<i64>) -> String {
    number.map_or("older than the chain".to_owned(), |number| format!("record {number}"))
}

/// One record, below the others.
fn in_lines(record: &Record) -> String {
    let Record { number, recorded_at, consent } = record;
    let mut table = Table::plain();
    let (channel, topic) = (view::channel(consent.channel.as_ref()), view::scope(consent.topic.as_ref()));
    let mut row = |name: &str, value: &str| table.row([format!("  {name}"), escaped_lines(value)]);
    row("said", &consent.at.to_string());
    row("recorded", &recorded_at.to_string());
    row("by way of", consent.origin.code());
    row("evidence", if consent.evidence.is_empty() { "erased" } else { &consent.evidence });
    row("wording", consent.wording.as_deref().unwrap_or("not told"));
    row("language", consent.locale.map_or("not told", |locale| locale.code()));
    row("written by", consent.actor.as_deref().unwrap_or("not told"));
    let number = named(*number);
    format!("\n{number}: {} for channel {channel}, topic {topic}\n{table}", consent.action.code())
}
