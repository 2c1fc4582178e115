//! `vestnik consent verify`.

use clap::Args;

use super::{UNKNOWN, citizen};
use crate::cli::office::Office;
use crate::cli::table::counted;
use crate::cli::{Common, Exit, NotThere};
use crate::domain::CitizenId;
use crate::ledger::{Found, Ledger, Verified};

/// What `consent verify` takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyArgs {
    /// Only this citizen's records
    #[arg(value_name = "CITIZEN", value_parser = citizen)]
    citizen: Option<CitizenId>,
}

/// Citizens whose records are read at once.
const PAGE: u32 = 1_000;

/// Findings that are told one by one.
const TOLD: usize = 100;

pub(super) async fn run(common: &Common, args: &VerifyArgs) -> anyhow::Result<Exit> {
    let office = Office::open(common).await?;
    let verified = match &args.citizen {
        Some(citizen) => {
            let found = office.ledger.verify_consents(citizen).await?;
            found.ok_or_else(|| NotThere(UNKNOWN.to_owned()))?
        }
        None => all(&office.ledger).await?,
    };
    for Found { citizen, id, finding } in verified.findings.iter().take(TOLD) {
        let id = id.as_ref().map_or("erased", CitizenId::expose);
        println!("{id}, key {citizen}\n    {finding}");
    }
    let more = verified.findings.len().saturating_sub(TOLD);
    if more > 0 {
        println!("and {more} more");
    }
    println!("{}", summary(&verified));
    Ok(Exit::well_if(verified.findings.is_empty()))
}

async fn all(ledger: &Ledger) -> anyhow::Result<Verified> {
    let (mut verified, mut after) = (Verified::default(), None);
    loop {
        let (page, last) = ledger.verify_consents_after(after, PAGE).await?;
        verified.add(page);
        if last.is_none() {
            return Ok(verified);
        }
        after = last;
    }
}

fn summary(verified: &Verified) -> String {
    let Verified { citizens, records, older, findings } = verified;
    let older = match older {
        0 => String::new(),
        older => format!(", {older} of them older than the chain"),
    };
    let found = match findings.len() {
        0 => "nothing is wrong".to_owned(),
        1 => "one thing is wrong".to_owned(),
        many => format!("{many} things are wrong"),
    };
    let (records, citizens) = (counted(*records, "consent record"), counted(*citizens, "citizen"));
    format!("{records} of {citizens}{older}: {found}.")
}
