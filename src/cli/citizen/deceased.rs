//! `vestnik citizen deceased`.

use std::collections::BTreeMap;

use clap::Args;

use crate::cli::arguments::{By, line};
use crate::cli::consent::{UNKNOWN, citizen};
use crate::cli::office::Office;
use crate::cli::{Common, Exit, NotThere, load};
use crate::domain::CitizenId;
use crate::gateway::rules;
use crate::ledger::Testimony;
use crate::ledger::registry::{Death, Registration};

/// What `citizen deceased` takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct DeceasedArgs {
    /// The citizen, as the sources name them
    #[arg(value_name = "CITIZEN", value_parser = citizen)]
    citizen: CitizenId,
    /// The act that says so, such as the number in the register of deaths
    #[arg(long, value_name = "TEXT", value_parser = line)]
    reference: String,
    #[command(flatten)]
    by: By,
    /// Take it back: the citizen lives
    #[arg(long)]
    undo: bool,
}

pub(super) async fn run(common: &Common, args: &DeceasedArgs) -> anyhow::Result<Exit> {
    let office = Office::open(common).await?;
    let known = office.ledger.citizen(&args.citizen).await?.ok_or_else(|| NotThere(UNKNOWN.to_owned()))?;
    let by = Testimony { evidence: args.reference.clone(), actor: Some(args.by.person.clone()) };
    let death = Some(Death { deceased: !args.undo, by });
    let registration = Registration { death, ..Registration::nothing(args.citizen.clone()) };
    // What is not sent asks no channel.
    let rules = rules(load(common)?, BTreeMap::new(), office.ledger.keys());
    let answers = office.ledger.register(&[registration], &rules).await?;
    if let Some(refusal) = answers.into_iter().find_map(Result::err) {
        return Err(NotThere(refusal.to_string()).into());
    }
    office.tell_others().await;
    println!("{}", told(known.deceased_at.is_some(), args.undo));
    Ok(Exit::Well)
}

fn told(was_deceased: bool, undo: bool) -> &'static str {
    match (was_deceased, undo) {
        (false, false) => "It is recorded; nothing is sent to the citizen any more.",
        (true, true) => "It is taken back; what comes from now on is sent to the citizen again.",
        (true, false) => "It was recorded before; nothing has changed.",
        (false, true) => "There was nothing to take back; nothing has changed.",
    }
}
