//! Verify: whether a citizen's consent records are those that were written, all of them and no other. Pure.

use std::fmt;

use serde::Serialize;

use super::Sealed;
use super::chain::{link, next};
use crate::domain::{CitizenId, CitizenKey};
use crate::ledger::keys::{Keyring, SealKey};
use crate::ledger::store::{Chain, ConsentRow, Link, UnreadableRow};

/// What is wrong with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It, or one before it, does not say what was written.
    Changed,
    /// It is not there.
    Removed,
    /// It was not written by the gateway.
    Added,
    /// Its evidence is not the one that was written.
    Evidence,
}

/// Something wrong with a citizen's consent records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Finding {
    /// What.
    pub fault: Fault,
    /// The record's number in the chain; `None` of one that has none.
    pub number: Option<i64>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.number, self.fault) {
            (None, Fault::Changed) => f.write_str("a record older than the chain was changed"),
            (None, _) => f.write_str("a record was added that is not in the chain"),
            (Some(number), Fault::Changed) => write!(f, "record {number}, or one before it, was changed"),
            (Some(number), Fault::Removed) => write!(f, "record {number} was removed"),
            (Some(number), Fault::Added) => write!(f, "record {number} was added by another hand"),
            (Some(number), Fault::Evidence) => write!(f, "the evidence of record {number} was changed"),
        }
    }
}

/// What was verified.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Citizens.
    pub citizens: u64,
    /// Consent records.
    pub records: u64,
    /// Those of them that are older than the chain: only that they are still there, as they are, is held,
    /// from the first record in the chain on.
    pub older: u64,
    /// What is wrong.
    pub findings: Vec<Found>,
}

/// Something wrong, and with whose records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The citizen's key in the ledger, in hexadecimal digits.
    pub citizen: String,
    /// The citizen's id; `None` of one who was erased.
    pub id: Option<CitizenId>,
    /// What.
    pub finding: Finding,
}

/// The consent records of one citizen.
pub(super) struct Records<'a> {
    pub citizen: CitizenKey,
    /// `None` where it cannot be opened.
    pub key: Option<&'a SealKey>,
    /// As the citizen's row has it.
    pub chain: Option<Chain>,
    /// In the order of recording.
    pub rows: &'a [ConsentRow],
    /// Those that cannot be understood: whatever they say now, it is not what was written.
    pub unreadable: &'a [UnreadableRow],
    /// The last record of any citizen that may be older than the chain.
    pub begins_after: i64,
}

impl Records<'_> {
    /// All that is wrong.
    pub fn verify(&self, keys: &Keyring) -> Vec<Finding> {
        let mut linked: Vec<_> = self.rows.iter().filter_map(|row| Some((row.link?, row))).collect();
        linked.sort_by_key(|(link, row)| (link.number, row.seq));
        let mut findings = self.outside();
        let unreadable = self.unreadable.iter().map(|row| row.number);
        findings.extend(unreadable.map(|number| Finding { fault: Fault::Changed, number }));
        findings.extend(linked.iter().filter_map(|(link, row)| self.evidence(link, row)));
        let gaps = self.gaps(&linked);
        // Behind a gap, or what cannot be understood, nothing can be told of what is there.
        if gaps.is_empty() && self.unreadable.is_empty() {
            findings.extend(self.changed(keys, &linked));
        }
        findings.extend(gaps);
        findings
    }

    /// Records without a number that are too young for that.
    fn outside(&self) -> Vec<Finding> {
        let first = self.rows.iter().find(|row| row.link.is_some()).map_or(i64::MAX, |row| row.seq);
        let last = self.begins_after.min(first);
        let outside = self.rows.iter().filter(|row| row.link.is_none() && row.seq > last);
        outside.map(|_| Finding { fault: Fault::Added, number: None }).collect()
    }

    /// Whether the sealed part is the one that the record is bound to. Of one that was erased it is not
    /// known any more.
    fn evidence(&self, link: &Link, row: &ConsentRow) -> Option<Finding> {
        let opened = || Sealed::open(self.key?, &row.evidence).ok();
        let right = || opened().is_some_and(|one| one.commitment() == link.commitment);
        let wrong = !row.evidence.is_empty() && !right();
        wrong.then_some(Finding { fault: Fault::Evidence, number: Some(link.number) })
    }

    /// Numbers that are missing, and those that are there twice or too many.
    fn gaps(&self, linked: &[(Link, &ConsentRow)]) -> Vec<Finding> {
        let length = self.chain.map_or(0, |chain| chain.length);
        let (mut findings, mut expected) = (Vec::new(), 1);
        let unreadable = self.unreadable.iter().filter_map(|row| row.number);
        let mut numbers: Vec<_> = linked.iter().map(|(link, _)| link.number).chain(unreadable).collect();
        numbers.sort_unstable();
        let there = numbers.len();
        for (at, number) in numbers.into_iter().chain([length.saturating_add(1)]).enumerate() {
            let is_end = at == there;
            if !is_end && (number < expected || number > length) {
                findings.push(Finding { fault: Fault::Added, number: Some(number) });
                continue;
            }
            let missing = (expected..number).take(MANY);
            findings.extend(missing.map(|number| Finding { fault: Fault::Removed, number: Some(number) }));
            expected = expected.max(number.saturating_add(1));
        }
        findings
    }

    /// The first record that is not bound to those before it as it was written.
    fn changed(&self, keys: &Keyring, linked: &[(Link, &ConsentRow)]) -> Option<Finding> {
        let first = linked.first().map_or(i64::MAX, |(_, row)| row.seq);
        let older = self.rows.iter().filter(|row| row.link.is_none() && row.seq < first);
        let mut head = Chain::begin(keys, self.citizen, older.map(Into::into)).head;
        let mut before = i64::MIN;
        for (known, row) in linked {
            head = next(keys, &head, known.number, row, &known.commitment);
            if link(keys, &head) != known.link || row.seq <= before {
                return Some(Finding { fault: Fault::Changed, number: Some(known.number) });
            }
            before = row.seq;
        }
        let chain = self.chain?;
        (chain.head != head).then_some(Finding { fault: Fault::Changed, number: Some(chain.length) })
    }
}

/// Missing numbers of one citizen that are told one by one.
const MANY: usize = 100;

#[cfg(test)]
mod tests;
