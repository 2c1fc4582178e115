//! `vestnik dead replay`.

use std::sync::Arc;

use clap::Args;
use uuid::Uuid;

use super::Ids;
use super::show::{SOURCES, find};
use crate::cli::arguments::name;
use crate::cli::office::Office;
use crate::cli::table::wrap;
use crate::cli::{Common, Exit};
use crate::config::sources::Sources;
use crate::domain::SourceId;
use crate::gateway::rules;
use crate::intake::{Envelope, Proof, parse};
use crate::ledger::retry::soon;
use crate::ledger::store::DeadRow;
use crate::ledger::{Answer, Ledger, Rules};

/// What `dead replay` takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct ReplayArgs {
    #[command(flatten)]
    ids: Ids,
    /// Whose they are, for those of which nothing proves it; only if you know it
    #[arg(long = "as", value_name = "SOURCE", value_parser = name::<SourceId>("family_fund"))]
    source: Option<SourceId>,
}

pub(super) async fn run(common: &Common, args: &ReplayArgs) -> anyhow::Result<Exit> {
    let office = Office::open_with_channels(common).await?;
    if let Some(source) = &args.source {
        office.source(source)?;
    }
    let letters = letters(&office, &args.ids.ids).await?;
    let Office { loaded, ledger, clock } = office;
    soon(|| ledger.record_config(&loaded.version, &loaded.files)).await?;
    let sources = loaded.sources.clone();
    // Deciding asks the channels what they can do; nothing is sent from here.
    let connected = loaded.connect(&clock.function())?;
    let channels = connected.into_iter().map(|one| (one.channel, one.adapter.channel)).collect();
    let rules = rules(loaded, channels, ledger.keys());
    let desk = Desk { ledger, rules, sources, source: args.source.clone() };
    let mut code = Exit::Well;
    for letter in &letters {
        match desk.take(letter).await? {
            Ok(taken) => println!("{} {taken}.", letter.id),
            Err(refused) => {
                println!("{} stays:\n    {}", letter.id, wrap(&refused, 96).join("\n    "));
                code = Exit::Failed;
            }
        }
    }
    Ok(code)
}

/// All of them, or the mistake of naming one that there is not, before any is taken.
async fn letters(office: &Office, ids: &[Uuid]) -> anyhow::Result<Vec<DeadRow>> {
    let mut letters = Vec::with_capacity(ids.len());
    for id in ids {
        letters.push(find(office, *id).await?);
    }
    Ok(letters)
}

/// Takes dead letters again. What is refused again keeps its dead letter, and gets no second one.
struct Desk {
    ledger: Arc<Ledger>,
    rules: Rules,
    sources: Sources,
    /// Whose those are of which nothing proves it.
    source: Option<SourceId>,
}

impl Desk {
    /// What became of it, or why it stays.
    async fn take(&self, letter: &DeadRow) -> anyhow::Result<Result<String, String>> {
        if !SOURCES.contains(&letter.origin.as_str()) {
            return Ok(Err(format!("a message that came by {} is not a source's", letter.origin)));
        }
        let Some(source) = letter.source.as_ref().or(self.source.as_ref()) else {
            return Ok(Err("nothing proves whose it is; if you know, say it by --as SOURCE".to_owned()));
        };
        let by_broker = matches!(letter.origin.as_str(), "amqp" | "broker");
        let routing_key = Some(letter.routing.as_str()).filter(|key| by_broker && !key.is_empty());
        let envelope = Envelope { proof: Proof::Source(Some(source)), routing_key };
        let submission = match parse(&letter.body, &envelope, &self.sources, &self.rules.catalogue) {
            Ok(submission) => submission,
            Err(refusal) => return Ok(Err(refusal.to_string())),
        };
        let batch = [submission];
        let answer = soon(|| self.ledger.accept(&batch, &self.rules)).await?;
        let taken = match answer.first() {
            Some(Answer::Accepted(_)) => "was taken",
            Some(Answer::Repeated(_)) => "had been taken already",
            Some(Answer::Cancelled | Answer::CancelTooLate | Answer::CancelKept) => "was taken as a cancel",
            Some(Answer::Conflict) | None => {
                return Ok(Err("its source and id were taken with another body".to_owned()));
            }
        };
        // Taken first and removed then: whatever happens in between, it is taken once.
        self.ledger.drop_dead_letter(letter.id).await?;
        Ok(Ok(taken.to_owned()))
    }
}
