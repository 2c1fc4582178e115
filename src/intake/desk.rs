//! The desk where every way in hands its messages over: a batch in, an answer for each out, and what
//! is not taken kept as a dead letter.

use std::sync::Arc;

use tracing::{error, info};
use uuid::Uuid;

use super::json::MAX_BODY;
use super::naming::named_id;
use super::parse::{Envelope, parse};
use super::refusal::Refusal;
use super::routing::CANCEL;
use crate::config::sources::Sources;
use crate::domain::{Catalogue, LifeEventId, Priority, RefusalReason, SourceId};
use crate::ledger::retry::{by_halves, soon};
use crate::ledger::{Answer, DeadLetter, Ledger, LedgerError, Rules, Submission};

/// A message that has arrived.
#[derive(Debug, Clone, Copy)]
pub struct Arrived<'a> {
    /// Its body.
    pub body: &'a [u8],
    /// What came with it.
    pub envelope: Envelope<'a>,
    /// The way it came, for a dead letter: `amqp`, `http` or `file`.
    pub origin: &'static str,
}

/// Takes messages. Clones share everything.
#[derive(Clone)]
pub struct Desk {
    ledger: Arc<Ledger>,
    rules: Arc<Rules>,
    sources: Arc<Sources>,
}

impl Desk {
    /// A desk of this ledger under this configuration.
    #[must_use]
    pub fn new(ledger: Arc<Ledger>, rules: Arc<Rules>, sources: Arc<Sources>) -> Self {
        Self { ledger, rules, sources }
    }

    /// The ledger that messages go into.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The registered sources.
    #[must_use]
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Takes a batch. The answers are in the order of the messages, and true once this returns:
    /// what was accepted and what was refused are both on record. An error means that the ledger is
    /// away: nothing was promised to anybody, and the same batch can be brought again.
    pub async fn take(&self, batch: &[Arrived<'_>]) -> Result<Vec<Result<Answer, Refusal>>, LedgerError> {
        let mut verdicts: Vec<_> = batch.iter().map(|one| self.read(one).map(Some)).collect();
        let good: Vec<_> = verdicts.iter_mut().filter_map(|one| one.as_mut().ok()?.take()).collect();
        let mut answers = self.accept(&good).await?.into_iter();
        let verdicts: Vec<_> = verdicts
            .into_iter()
            .map(|one| one.and_then(|_| answers.next().unwrap_or_else(|| Err(internal()))))
            .collect();
        self.bury(batch, &verdicts).await?;
        Ok(verdicts)
    }

    /// Puts the dead letters of those that are refused on record, and tells of each.
    async fn bury(
        &self,
        batch: &[Arrived<'_>],
        verdicts: &[Result<Answer, Refusal>],
    ) -> Result<(), LedgerError> {
        let refused =
            batch.iter().zip(verdicts).filter_map(|(one, verdict)| Some((one, verdict.as_ref().err()?)));
        let (letters, refusals): (Vec<_>, Vec<_>) =
            refused.map(|(one, refusal)| (self.letter(one, refusal), refusal)).unzip();
        let ids = soon(|| self.ledger.bury(&letters)).await?;
        for ((letter, refusal), id) in letters.iter().zip(refusals).zip(ids) {
            told(letter, refusal, id);
        }
        Ok(())
    }

    fn read(&self, one: &Arrived<'_>) -> Result<Submission, Refusal> {
        parse(one.body, &one.envelope, &self.sources, &self.rules.catalogue)
    }

    /// Accepts in as few transactions as it can. A batch that fails for a reason that will not pass
    /// is halved until the one message is found, which is refused alone.
    async fn accept(&self, batch: &[Submission]) -> Result<Vec<Result<Answer, Refusal>>, LedgerError> {
        let mut answers = Vec::with_capacity(batch.len());
        for (_, outcome) in by_halves(batch, |part| soon(move || self.ledger.accept(part, &self.rules))).await
        {
            match outcome {
                Ok(taken) => answers.extend(taken.into_iter().map(verdict)),
                Err(error) if error.is_transient() => return Err(error),
                Err(error) => {
                    error!(error = &error as &dyn std::error::Error, "a message cannot be accepted");
                    answers.push(Err(internal()));
                }
            }
        }
        Ok(answers)
    }

    /// A routing key as a dead letter keeps it: one with a word that nobody knows may hold anything,
    /// and is left out.
    pub(super) fn routing(&self, key: &str) -> String {
        if is_known(key, &self.sources, &self.rules.catalogue) { key.to_owned() } else { String::new() }
    }

    fn letter(&self, one: &Arrived<'_>, refusal: &Refusal) -> DeadLetter {
        DeadLetter {
            origin: one.origin,
            source: one.envelope.proof.source(&self.sources),
            routing: one.envelope.routing_key.map(|key| self.routing(key)).unwrap_or_default(),
            reason: refusal.reason.as_str().to_owned(),
            detail: refusal.place_and_detail(),
            body: one.body[..one.body.len().min(MAX_BODY)].to_vec(),
        }
    }
}

/// The log's line and the count of a refusal whose dead letter is on record. A source that complains
/// names its notification, an operator goes on from there by the dead letter.
fn told(letter: &DeadLetter, refusal: &Refusal, id: Uuid) {
    let (reason, origin) = (refusal.reason.as_str(), letter.origin);
    let source = letter.source.as_ref().map_or("unknown", SourceId::as_str);
    let notification = named_id(&letter.body).map(tracing::field::display);
    let pointer = &refusal.pointer;
    info!(reason, %pointer, source, notification, dead_letter = %id, origin, "a message is refused");
    metrics::counter!("vestnik_refused_total", "reason" => reason, "source" => source.to_owned())
        .increment(1);
}

fn verdict(answer: Answer) -> Result<Answer, Refusal> {
    if answer == Answer::Conflict {
        let detail = "expected the content that was taken before under this source and id, or another id";
        return Err(Refusal::at(RefusalReason::Conflict, "/id", detail));
    }
    Ok(answer)
}

fn internal() -> Refusal {
    Refusal::whole(RefusalReason::Internal, "the gateway could not take it; it can be replayed")
}

/// Whether a routing key is made of words that the gateway knows.
fn is_known(key: &str, sources: &Sources, catalogue: &Catalogue) -> bool {
    let Ok([priority, source, event]) = <[&str; 3]>::try_from(key.split('.').collect::<Vec<_>>()) else {
        return false;
    };
    Priority::ALL.iter().any(|one| one.as_str() == priority)
        && SourceId::new(source).is_ok_and(|source| sources.get(&source).is_some())
        && (event == CANCEL
            || LifeEventId::new(event).is_ok_and(|event| catalogue.life_events.contains_key(&event)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::fixture::{catalogue, sources};

    #[test]
    fn only_routing_keys_of_words_that_are_known_are_kept() {
        let is_known = |key: &str| is_known(key, &sources(), &catalogue());
        for key in ["normal.family_fund.child_birth", "urgent.emergency.disability", "bulk.portal.cancel"] {
            assert!(is_known(key), "{key}");
        }
        for key in [
            "",
            "normal.family_fund",
            "normal.family_fund.child_birth.x",
            "normal.ivan_petrov.child_birth",
            "normal.family_fund.ivan_petrov",
            "ivan_petrov.family_fund.child_birth",
            "normal.family_fund.Иван\0",
        ] {
            assert!(!is_known(key), "{key:?}");
        }
    }
}
