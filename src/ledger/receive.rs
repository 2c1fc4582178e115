//! Receipts: what providers say later of an attempt.

use jiff::Timestamp;
use vestnik_contract::{ChannelId, Receipt, ReceiptState, RouteId};

use super::finish::Finished;
use super::foreign;
use super::rules::Rules;
use super::store::{OrphanRow, ReferenceRow};
use super::{Ledger, LedgerError};

/// What became of a batch of receipts.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Receipts that named an attempt of ours.
    pub matched: usize,
    /// Receipts kept until an attempt with their reference is on record.
    pub kept: usize,
}

/// Receipts of one route.
#[derive(Debug, Clone)]
pub struct Told {
    /// The channel.
    pub channel: ChannelId,
    /// The route.
    pub route: RouteId,
    /// What the provider says.
    pub receipts: Vec<Receipt>,
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
        let (channel, route, receipts) = (channel.clone(), route.clone(), receipts.to_vec());
        self.record(&[], &[Told { channel, route, receipts }], rules).await
    }

    /// Puts outcomes and receipts on record together: [`finish`](Self::finish) and
    /// [`receive`](Self::receive) in one transaction.
    pub async fn record(
        &self,
        finished: &[Finished],
        told: &[Told],
        rules: &Rules,
    ) -> Result<Report, LedgerError> {
        let mut tx = self.store.begin().await?;
        let now = tx.now();
        let said: Vec<_> = told
            .iter()
            .flat_map(|Told { channel, route, receipts }| {
                receipts.iter().map(|receipt| self.said(channel, route, receipt, now))
            })
            .collect();
        let count = said.len();
        let (unmatched, fresh) = self.apply(&mut *tx, finished, said, rules).await?;
        let kept = unmatched.len();
        tx.add_orphans(&unmatched).await?;
        self.commit(tx, &fresh).await?;
        if kept > 0 {
            self.news.receipts_are_early();
        }
        Ok(Report { matched: count - kept, kept })
    }

    /// Matches kept receipts whose attempt is on record by now, at most `limit`; gives how many.
    pub async fn match_orphans(&self, limit: u32, rules: &Rules) -> Result<usize, LedgerError> {
        let mut tx = self.store.begin().await?;
        let orphans = tx.take_matched_orphans(limit).await?;
        if orphans.is_empty() {
            return Ok(0);
        }
        let count = orphans.len();
        let (unmatched, fresh) = self.apply(&mut *tx, &[], orphans, rules).await?;
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

/// Whether what was said may be of the attempt that this reference is of.
pub(super) fn names(said: &OrphanRow, row: &ReferenceRow) -> bool {
    said.recipient.is_none_or(|recipient| recipient == row.recipient)
}

/// Whether a receipt says more of a part than is known: arrived is more than nothing or a failure,
/// read is more than arrived, a complaint is more than read, and a failure is only news where nothing was
/// known.
pub(super) fn rises(before: Option<ReceiptState>, state: ReceiptState) -> bool {
    let rank = |state| match state {
        ReceiptState::Complained => 3,
        ReceiptState::Read => 2,
        ReceiptState::Delivered => 1,
        ReceiptState::Unreachable(_) | ReceiptState::Rejected | ReceiptState::Expired => 0,
    };
    before.is_none_or(|before| rank(state) > rank(before))
}
