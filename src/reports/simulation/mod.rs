//! Before a rule is changed: the recorded past replayed by the rules in force and by others, and what
//! differs.

mod totals;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use totals::{Delays, Tally, Totals};

use crate::domain::{Catalogue, CitizenKey};
use crate::ledger::replay::{Lives, Owned, accepted_since};
use crate::ledger::{Ledger, LedgerError};
use crate::policy::replay::{Change, Fate, Life, Recorded, Rulebook, replay};

/// Notifications that are looked for in one go.
const SEARCHED: u32 = 10_000;

/// Notifications that are replayed in one go, with all others of the same citizen.
const REPLAYED: usize = 1_000;

/// A replay by two sets of rules.
pub struct Simulation<'a> {
    /// Where the past is recorded.
    pub ledger: &'a Ledger,
    /// What was told, for both.
    pub catalogue: &'a Catalogue,
    /// The rules in force.
    pub before: &'a Rulebook,
    /// The rules to be tried.
    pub after: &'a Rulebook,
    /// The beginning of the past.
    pub since: Timestamp,
}

/// How far a simulation is.
pub enum Progress<'a> {
    /// So many notifications were found.
    Found(u64),
    /// So many of them were replayed.
    Replayed {
        /// So many.
        done: u64,
        /// Of so many.
        of: u64,
        /// The last of them that the rules change something for.
        changed: &'a [Changed],
    },
}

/// A notification that other rules change something for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// As it was recorded.
    pub recorded: Recorded,
    /// What becomes of it by the rules in force.
    pub before: Fate,
    /// What becomes of it by the others.
    pub after: Fate,
    /// What differs.
    pub change: Change,
}

impl Simulation<'_> {
    /// Replays all of it, in pages, each in a transaction of its own that only reads.
    pub async fn run(&self, mut tell: impl FnMut(Progress<'_>)) -> Result<Totals, LedgerError> {
        let owned = self.accepted(&mut tell).await?;
        let mut totals = Totals::default();
        let (mut done, of) = (0, owned.len() as u64);
        for page in pages(&owned) {
            let Lives { lives, left_out } = self.ledger.lives(page, self.since, self.catalogue).await?;
            totals.left_out.add(left_out);
            let mut changed = Vec::new();
            for life in &lives {
                changed.extend(self.compare(life, &mut totals));
            }
            done += page.len() as u64;
            tell(Progress::Replayed { done, of, changed: &changed });
        }
        Ok(totals)
    }

    /// All that was accepted, citizen by citizen.
    async fn accepted(&self, tell: &mut impl FnMut(Progress<'_>)) -> Result<Vec<Owned>, LedgerError> {
        let (mut owned, mut after) = (Vec::new(), accepted_since(self.since));
        loop {
            let (found, next) = self.ledger.accepted_after(after, self.since, SEARCHED).await?;
            owned.extend(found);
            tell(Progress::Found(owned.len() as u64));
            let Some(next) = next else { break };
            after = next;
        }
        owned.sort_unstable();
        Ok(owned)
    }

    fn compare(&self, life: &Life, totals: &mut Totals) -> Vec<Changed> {
        let (before, after) = (replay(life, self.before), replay(life, self.after));
        totals.citizen(before.contacts, after.contacts);
        let fates = before.fates.into_iter().zip(after.fates);
        let compared = life.notifications.iter().zip(fates).filter_map(|(recorded, (before, after))| {
            let change = Change::between(&before, &after);
            totals.notification(recorded, change.as_ref());
            Some(Changed { recorded: recorded.clone(), before, after, change: change? })
        });
        compared.collect()
    }
}

/// Pages of about the same length, none of which parts what is one citizen's.
fn pages(owned: &[Owned]) -> impl Iterator<Item = &[Owned]> {
    let mut rest = owned;
    std::iter::from_fn(move || {
        let last: CitizenKey = rest.get(REPLAYED - 1).or(rest.last())?.0;
        let (page, more) = rest.split_at(rest.partition_point(|(citizen, _)| *citizen <= last));
        rest = more;
        Some(page)
    })
}

const HEADINGS: [&str; 11] = [
    "received_at",
    "source",
    "id",
    "measure",
    "change",
    "channel_before",
    "sent_before",
    "channel_after",
    "sent_after",
    "ends_after",
    "reason",
];

/// What changed as comma-separated values.
pub fn as_csv(changed: &[Changed]) -> Result<String, csv::Error> {
    super::csv::rows(changed.iter().map(cells))
}

/// The headings of that list.
pub fn csv_headings() -> Result<String, csv::Error> {
    super::csv::rows([HEADINGS.map(str::to_owned)])
}

fn cells(Changed { recorded, before, after, change }: &Changed) -> [String; 11] {
    let sent = |fate: &Fate| match fate {
        Fate::Sent { at, channel } => (channel.to_string(), at.to_string()),
        Fate::Ended { .. } => Default::default(),
    };
    let (channel_before, sent_before) = sent(before);
    let (channel_after, sent_after) = sent(after);
    // Of what is sent now and was not, the reason is the one that fell.
    let (ends, reason) = match (before, after) {
        (_, Fate::Ended { state, reason }) => (state.as_str(), reason.as_str()),
        (Fate::Ended { reason, .. }, Fate::Sent { .. }) => ("", reason.as_str()),
        _ => ("", ""),
    };
    [
        recorded.at.to_string(),
        recorded.reference.source.to_string(),
        recorded.reference.id.clone(),
        recorded.measure.clone(),
        change.as_str().to_owned(),
        channel_before,
        sent_before,
        channel_after,
        sent_after,
        ends.to_owned(),
        reason.to_owned(),
    ]
}

/// By measure or by source: how many, and what changes for them.
pub type Tallies = BTreeMap<String, Tally>;

#[cfg(test)]
mod tests;
