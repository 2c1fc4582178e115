//! Record: what lanes and providers say of attempts, in one transaction.
//!
//! A receipt often comes right after the answer to the call, or even before it. Outcomes and receipts
//! that are put on record together are one step of their notice: one lock, one load, one save.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use vestnik_contract::{ChannelId, ReceiptState, RouteId};

use super::closing::{self, Closing};
use super::evidence::ClosedBy;
use super::finish::{self, Finished};
use super::news::Fresh;
use super::people;
use super::receive::{names, rises};
use super::rules::Rules;
use super::store::{OrphanRow, ReferenceRow, Tx};
use super::writes::{Held, Writes, keep_last};
use super::{Ledger, LedgerError};
use crate::domain::{CitizenKey, NoticeId};
use crate::notice::{Cascade, Input};

/// References by what a provider names.
type ByReference = BTreeMap<(ChannelId, RouteId, String), Vec<ReferenceRow>>;

/// Outcomes and receipts that are put on record together.
struct Record<'a> {
    ledger: &'a Ledger,
    rules: &'a Rules,
    now: Timestamp,
    held: BTreeMap<NoticeId, Held>,
    /// What was on record before, and what this transaction adds.
    references: ByReference,
    added: Vec<ReferenceRow>,
    raised: Vec<ReferenceRow>,
    unmatched: Vec<OrphanRow>,
    closings: Vec<Closing>,
    writes: Writes,
}

impl Ledger {
    /// Applies outcomes, and after them what was said to the attempts that it names. Gives what names
    /// none, and the news of it all; the commit is the caller's.
    pub(super) async fn apply(
        &self,
        tx: &mut dyn Tx,
        finished: &[Finished],
        said: Vec<OrphanRow>,
        rules: &Rules,
    ) -> Result<(Vec<OrphanRow>, Fresh), LedgerError> {
        let own: Vec<_> = finished.iter().flat_map(|one| self.references_of(one)).collect();
        let citizens = citizens_of(tx, finished, &own, &said).await?;
        people::lock_rows(tx, citizens.iter().copied()).await?;
        // Read again under the lock: another process may have taken the same receipt meanwhile. What is
        // on record only since then, of citizens who are not locked, is left for the next matching.
        let mut references = look_up(tx, said.iter().map(key)).await?;
        for rows in references.values_mut() {
            rows.retain(|row| citizens.contains(&row.citizen));
        }
        let mut record = Record::new(self, rules, tx.now(), references);
        record.load(tx, finished).await?;
        for one in finished {
            record.finish(one);
        }
        record.add(own);
        for one in said {
            record.hear(one);
        }
        record.write(tx).await
    }
}

impl<'a> Record<'a> {
    fn new(ledger: &'a Ledger, rules: &'a Rules, now: Timestamp, references: ByReference) -> Self {
        Self {
            ledger,
            rules,
            now,
            held: BTreeMap::new(),
            references,
            added: Vec::new(),
            raised: Vec::new(),
            unmatched: Vec::new(),
            closings: Vec::new(),
            writes: Writes::default(),
        }
    }

    /// Loads the notices that outcomes and references name.
    async fn load(&mut self, tx: &mut dyn Tx, finished: &[Finished]) -> Result<(), LedgerError> {
        let named = self.references.values().flatten().map(|row| row.notice);
        let ids: BTreeSet<_> = finished.iter().map(|one| one.notice).chain(named).collect();
        let ids: Vec<_> = ids.into_iter().collect();
        for row in tx.notices(&ids).await? {
            self.held.insert(row.id, Held::of(row)?);
        }
        Ok(())
    }

    fn finish(&mut self, one: &Finished) {
        let Some(held) = self.held.get_mut(&one.notice) else { return };
        let cascade =
            Cascade { retry: self.rules.policy.retry, idempotent: self.rules.idempotent(Some(&one.channel)) };
        let change = self.writes.advance(held, finish::input(one), self.now, &cascade);
        if change.close_address.is_some() {
            self.closings.push(self.ledger.closing_of(one, self.now));
        }
    }

    /// Takes in the references of outcomes. What is known of one that was on record before stays.
    fn add(&mut self, own: Vec<ReferenceRow>) {
        for row in own.into_iter().filter(|row| self.held.contains_key(&row.notice)) {
            let of = (row.channel.clone(), row.route.clone(), row.reference.clone());
            let known = self.references.entry(of).or_default();
            if known.iter().all(|known| known.attempt != row.attempt) {
                known.push(row.clone());
                self.added.push(row);
            }
        }
    }

    fn hear(&mut self, one: OrphanRow) {
        let rows = self.references.get_mut(&key(&one)).map(Vec::as_mut_slice).unwrap_or_default();
        let Some(reference) = rows.iter_mut().find(|row| names(&one, row)) else {
            self.unmatched.push(one);
            return;
        };
        let before = reference.state;
        if !rises(before, one.state) {
            return;
        }
        reference.state = Some(one.state);
        self.raised.push(reference.clone());
        let Some(held) = self.held.get_mut(&reference.notice) else { return };
        let cascade = Cascade { retry: self.rules.policy.retry, idempotent: false };
        let input = Input::Receipt { attempt: reference.attempt, before, state: one.state };
        if self.writes.advance(held, input, self.now, &cascade).close_address.is_some() {
            let ReferenceRow { citizen, channel, recipient, attempt, .. } = &*reference;
            let by = ClosedBy::attempt(*attempt, None);
            let mut closing = Closing::unreachable(*citizen, channel, *recipient, by, self.now);
            if one.state == ReceiptState::Complained {
                closing.reason = closing::COMPLAINED;
            }
            self.closings.push(closing);
        }
    }

    async fn write(mut self, tx: &mut dyn Tx) -> Result<(Vec<OrphanRow>, Fresh), LedgerError> {
        for held in self.held.values() {
            self.writes.save(held, None)?;
        }
        self.settle_references();
        tx.add_references(&self.added).await?;
        tx.save_references(&self.raised).await?;
        closing::close(tx, &self.ledger.keys, &self.closings).await?;
        let mut fresh = self.writes.flush(tx).await?;
        fresh.references = !self.added.is_empty();
        Ok((self.unmatched, fresh))
    }

    /// A reference that is added and raised at once is added as it came to stand.
    fn settle_references(&mut self) {
        keep_last(&mut self.raised, identity);
        let mut raised: BTreeMap<_, _> = self.raised.drain(..).map(|row| (identity(&row), row)).collect();
        for row in &mut self.added {
            if let Some(later) = raised.remove(&identity(row)) {
                *row = later;
            }
        }
        self.raised.extend(raised.into_values());
    }
}

/// The citizens whose rows are to be locked: those of the outcomes, and those whose attempts are named.
async fn citizens_of(
    tx: &mut dyn Tx,
    finished: &[Finished],
    own: &[ReferenceRow],
    said: &[OrphanRow],
) -> Result<BTreeSet<CitizenKey>, LedgerError> {
    let own: BTreeSet<_> = own.iter().map(|row| (&row.channel, &row.route, &row.reference)).collect();
    let others = said.iter().filter(|one| !own.contains(&(&one.channel, &one.route, &one.reference)));
    let found = look_up(tx, others.map(key)).await?;
    let named = found.values().flatten().map(|row| row.citizen);
    Ok(finished.iter().map(|one| one.citizen).chain(named).collect())
}

async fn look_up(
    tx: &mut dyn Tx,
    keys: impl Iterator<Item = (ChannelId, RouteId, String)>,
) -> Result<ByReference, LedgerError> {
    let mut asked: BTreeMap<(ChannelId, RouteId), BTreeSet<String>> = BTreeMap::new();
    for (channel, route, reference) in keys {
        asked.entry((channel, route)).or_default().insert(reference);
    }
    let mut found = ByReference::new();
    for ((channel, route), references) in asked {
        let references: Vec<_> = references.into_iter().collect();
        for row in tx.references(&channel, &route, &references).await? {
            found.entry((channel.clone(), route.clone(), row.reference.clone())).or_default().push(row);
        }
    }
    Ok(found)
}

fn key(said: &OrphanRow) -> (ChannelId, RouteId, String) {
    (said.channel.clone(), said.route.clone(), said.reference.clone())
}

fn identity(row: &ReferenceRow) -> (ChannelId, RouteId, String, uuid::Uuid) {
    (row.channel.clone(), row.route.clone(), row.reference.clone(), row.attempt.0)
}
