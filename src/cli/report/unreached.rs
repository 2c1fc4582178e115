//! `vestnik report unreached`.

use std::collections::BTreeMap;

use clap::Args;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::cli::arguments::name;
use crate::cli::office::{Office, moment, print_json, span};
use crate::cli::table::Table;
use crate::cli::{Common, Exit, Mistake};
use crate::domain::{MeasureId, SourceId};
use crate::ledger::Unreached;
use crate::reports::unreached::{Begin, Only, as_csv, page};

/// What `report unreached` takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct UnreachedArgs {
    /// How far to look back, such as 12h or 90d
    #[arg(long, value_name = "SPAN", default_value = "30d", value_parser = span)]
    since: Span,
    /// Only those of this source
    #[arg(long, value_name = "SOURCE", value_parser = name::<SourceId>("family_fund"))]
    source: Option<SourceId>,
    /// Only those about this measure
    #[arg(long, value_name = "MEASURE", value_parser = name::<MeasureId>("birth_grant"))]
    measure: Option<MeasureId>,
    /// List the citizens as well
    #[arg(long)]
    list: bool,
    /// Print the list as comma-separated values
    #[arg(long, conflicts_with_all = ["list", "json"])]
    csv: bool,
    /// Print the list as JSON, for scripts
    #[arg(long)]
    json: bool,
}

/// Those looked at in one go.
const PAGE: u32 = 1_000;

pub(super) async fn run(common: &Common, args: &UnreachedArgs) -> anyhow::Result<Exit> {
    let office = Office::open(common).await?;
    args.source.as_ref().map_or(Ok(()), |source| office.source(source))?;
    let since = before(office.clock.now(), args.since)?;
    let only = Only { source: args.source.clone(), measure: args.measure.clone() };
    let list = all(&office, since, &only).await?;
    if let Some(measure) = args.measure.as_ref().filter(|_| list.is_empty()) {
        // Nobody is no good news where it was a slip of the pen. An older catalogue's measure may be found.
        office.measure(measure)?;
    }
    if args.json {
        print_json(&list)?;
    } else if args.csv {
        print!("{}", as_csv(&list, true)?);
    } else if list.is_empty() {
        println!("Nobody was left unreached since {}.", moment(since));
    } else if args.list {
        print!("{}", listed(&list));
    } else {
        print!("{}", counted(&list));
    }
    Ok(Exit::Well)
}

/// The moment a span ago; a day has the length that it has in UTC.
fn before(now: Timestamp, span: Span) -> Result<Timestamp, Mistake> {
    let begin = now.to_zoned(TimeZone::UTC).checked_sub(span);
    begin
        .map(|begin| begin.timestamp())
        .map_err(|_| Mistake("expected a span of time such as 30d".to_owned()))
}

async fn all(office: &Office, since: Timestamp, only: &Only) -> anyhow::Result<Vec<Unreached>> {
    let (mut list, mut begin) = (Vec::new(), Begin::at(since));
    loop {
        let read = page(&office.ledger, begin, only, PAGE).await?;
        list.extend(read.unreached);
        let Some(next) = read.next else { return Ok(list) };
        begin = Begin::after(&next)?;
    }
}

fn counted(list: &[Unreached]) -> Table {
    let mut counts = BTreeMap::new();
    for one in list {
        *counts.entry((one.next.owner, one.next.action, one.reason.as_str())).or_insert(0_u64) += 1;
    }
    let mut table = Table::new(["count", "because of", "owner", "what comes next"]);
    for ((owner, action, reason), count) in counts {
        table.row([&*count.to_string(), reason, owner.as_str(), action]);
    }
    table
}

fn listed(list: &[Unreached]) -> Table {
    let mut table = Table::new(["since", "citizen", "measure", "because of", "what comes next"]);
    for one in list {
        // Without a citizen there is the source's own id to go by.
        let unknown = || format!("unknown; {}/{}", one.reference.source, one.reference.id);
        let citizen = one.citizen.as_ref().map_or_else(unknown, |citizen| citizen.expose().to_owned());
        let since = one.since.strftime("%Y-%m-%d").to_string();
        let next = format!("{}: {}", one.next.owner.as_str(), one.next.action);
        table.row([&*since, &citizen, &one.measure, one.reason.as_str(), &next]);
    }
    table
}
