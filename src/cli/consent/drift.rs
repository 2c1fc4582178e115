//! `vestnik consent drift`.

use clap::Args;

use crate::cli::office::{Office, moment, print_json};
use crate::cli::table::Table;
use crate::cli::{Common, Exit};
use crate::ledger::Drift;

/// What `consent drift` takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct DriftArgs {
    /// List the citizens as well
    #[arg(long)]
    list: bool,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

/// Closed addresses that are read at once.
const PAGE: u32 = 1_000;

pub(super) async fn run(common: &Common, args: &DriftArgs) -> anyhow::Result<Exit> {
    let office = Office::open(common).await?;
    if args.list {
        list(&office, args.json).await?;
        return Ok(Exit::Well);
    }
    let report = office.ledger.count_drift(&office.loaded.catalogue).await?;
    if args.json {
        print_json(&report)?;
    } else if report.counts.is_empty() {
        println!("No provider has closed an address on a channel that its citizen wants.");
    } else {
        let mut table = Table::new(["channel", "closed as", "wanted by", "addresses"]);
        for one in &report.counts {
            let addresses = one.addresses.to_string();
            table.row([one.channel.as_str(), &one.reason, one.wanted.as_str(), &addresses]);
        }
        print!("{table}");
    }
    Ok(Exit::Well)
}

async fn list(office: &Office, json: bool) -> anyhow::Result<()> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let (page, last) = office.ledger.drift_after(after, PAGE, &office.loaded.catalogue).await?;
        all.extend(page);
        if last.is_none() {
            break;
        }
        after = last;
    }
    if json {
        return print_json(&all);
    }
    print!("{}", table(&all));
    Ok(())
}

fn table(drift: &[Drift]) -> Table {
    let mut table = Table::new(["channel", "closed as", "since", "wanted by", "citizen"]);
    for one in drift {
        let since = moment(one.since);
        let wanted = one.wanted.as_str();
        table.row([one.channel.as_str(), &one.reason, &since, wanted, one.citizen.expose()]);
    }
    table
}
