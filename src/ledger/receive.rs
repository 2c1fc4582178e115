//! Receipts: what providers say later of an attempt.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use vestnik_contract::{ChannelId, Receipt, ReceiptState, RouteId};

use super::closing::{self, Closing};
use super::foreign;
use super::news::Fresh;
use super::people;
use super::rules::Rules;
use super::store::{OrphanRow, ReferenceRow, Tx};
use super::writes::{Held, Writes, keep_last};
use super::{Ledger, LedgerError};
use crate::notice::{Cascade, Input};

/// What became of a batch of receipts.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Receipts that named an attempt of ours.
    pub matched: usize,
    /// Receipts kept until an attempt with their reference is on record.
    pub kept: usize,
}

impl Ledger {
    /// Takes receipts of one route. Once this returns the provider may be told so. A receipt that
    /// was told before changes nothing; one that names no known reference is kept.
    pub async fn receive(
        &self,
        channel: &ChannelId,
        route: &RouteId,
        receipts: &[Receipt],
        rules: &Rules,
    ) -> Result<Report, LedgerError> {
        let mut tx = self.store.begin().await?;
        let now = tx.now();
        let said: Vec<_> = receipts.iter().map(|receipt| self.said(channel, route, receipt, now)).collect();
        let (unmatched, fresh) = apply(&mut *tx, said, rules).await?;
        let kept = unmatched.len();
        tx.add_orphans(&unmatched).await?;
        self.commit(tx, &fresh).await?;
        if kept > 0 {
            self.news.receipts_are_early();
        }
        Ok(Report { matched: receipts.len() - kept, kept })
    }

    /// Matches kept receipts whose attempt is on record by now, at most `limit`; gives how many.
    pub async fn match_orphans(&self, limit: u32, rules: &Rules) -> Result<usize, LedgerError> {
        let mut tx = self.store.begin().await?;
        let orphans = tx.take_matched_orphans(limit).await?;
        if orphans.is_empty() {
            return Ok(0);
        }
        let count = orphans.len();
        let (unmatched, fresh) = apply(&mut *tx, orphans, rules).await?;
        tx.add_orphans(&unmatched).await?;
        self.commit(tx, &fresh).await?;
        Ok(count - unmatched.len())
    }

    fn said(&self, channel: &ChannelId, route: &RouteId, receipt: &Receipt, now: Timestamp) -> OrphanRow {
        OrphanRow {
            channel: channel.clone(),
            route: route.clone(),
            reference: foreign::kept(&receipt.reference),
            recipient: receipt.recipient.as_ref().map(|address| self.keys.address(channel, address)),
            state: receipt.state,
            received_at: now,
        }
    }
}

/// Applies what was said to the attempts it names; gives back what names none, and the news.
async fn apply(
    tx: &mut dyn Tx,
    said: Vec<OrphanRow>,
    rules: &Rules,
) -> Result<(Vec<OrphanRow>, Fresh), LedgerError> {
    let first = look_up(tx, &said).await?;
    let citizens: BTreeSet<_> = first.values().flatten().map(|row| row.citizen).collect();
    people::lock_rows(tx, citizens.iter().copied()).await?;
    // Read again under the lock: another process may have taken the same receipt meanwhile. What is on
    // record only since then, of citizens who are not locked, is left for the next matching.
    let mut references = look_up(tx, &said).await?;
    for rows in references.values_mut() {
        rows.retain(|row| citizens.contains(&row.citizen));
    }
    let ids: BTreeSet<_> = references.values().flatten().map(|row| row.notice).collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let mut held = BTreeMap::new();
    for row in tx.notices(&ids).await? {
        held.insert(row.id, Held::of(row)?);
    }
    let (now, mut writes) = (tx.now(), Writes::default());
    let (mut unmatched, mut raised, mut closings) = (Vec::new(), Vec::new(), Vec::new());
    for one in said {
        let key = (one.channel.clone(), one.route.clone(), one.reference.clone());
        let rows = references.get_mut(&key).map(Vec::as_mut_slice).unwrap_or_default();
        let Some(reference) = rows.iter_mut().find(|row| names(&one, row)) else {
            unmatched.push(one);
            continue;
        };
        let before = reference.state;
        if !rises(before, one.state) {
            continue;
        }
        reference.state = Some(one.state);
        raised.push(reference.clone());
        let Some(held) = held.get_mut(&reference.notice) else { continue };
        let cascade = Cascade { retry: rules.policy.retry, idempotent: false };
        let input = Input::Receipt { attempt: reference.attempt, before, state: one.state };
        if writes.advance(held, input, now, &cascade).close_address.is_some() {
            closings.push(closing_of(reference, now));
        }
    }
    for held in held.values() {
        writes.save(held, None)?;
    }
    keep_last(&mut raised, |row| {
        (row.channel.clone(), row.route.clone(), row.reference.clone(), row.attempt)
    });
    tx.save_references(&raised).await?;
    closing::close(tx, &closings).await?;
    Ok((unmatched, writes.flush(tx).await?))
}

type ByReference = BTreeMap<(ChannelId, RouteId, String), Vec<ReferenceRow>>;

async fn look_up(tx: &mut dyn Tx, said: &[OrphanRow]) -> Result<ByReference, LedgerError> {
    let mut asked: BTreeMap<(ChannelId, RouteId), Vec<String>> = BTreeMap::new();
    for one in said {
        asked.entry((one.channel.clone(), one.route.clone())).or_default().push(one.reference.clone());
    }
    let mut found = ByReference::new();
    for ((channel, route), mut references) in asked {
        references.sort_unstable();
        references.dedup();
        for row in tx.references(&channel, &route, &references).await? {
            found.entry((channel.clone(), route.clone(), row.reference.clone())).or_default().push(row);
        }
    }
    Ok(found)
}

fn names(said: &OrphanRow, row: &ReferenceRow) -> bool {
    said.recipient.is_none_or(|recipient| recipient == row.recipient)
}

/// Whether a receipt says more of a part than is known: arrived is more than nothing or a failure,
/// read is more than arrived, and a failure is only news where nothing was known.
fn rises(before: Option<ReceiptState>, state: ReceiptState) -> bool {
    let rank = |state| match state {
        ReceiptState::Read => 2,
        ReceiptState::Delivered => 1,
        ReceiptState::Unreachable(_) | ReceiptState::Rejected | ReceiptState::Expired => 0,
    };
    before.is_none_or(|before| rank(state) > rank(before))
}

fn closing_of(reference: &ReferenceRow, at: Timestamp) -> Closing {
    Closing {
        citizen: reference.citizen,
        channel: reference.channel.clone(),
        hash: Some(reference.recipient),
        reason: closing::UNREACHABLE,
        at,
    }
}
