//! Finish: the outcomes of attempts on record.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use vestnik_contract::{Accepted, Address, ChannelId, RouteId, SendError};

use super::closing::{self, Closing};
use super::foreign;
use super::people;
use super::rules::Rules;
use super::store::ReferenceRow;
use super::writes::{Held, Writes};
use super::{Ledger, LedgerError};
use crate::domain::{AttemptId, CitizenKey, NoticeId};
use crate::notice::{Cascade, Input};

/// The outcome of an attempt.
#[derive(Debug)]
pub struct Finished {
    /// The notice.
    pub notice: NoticeId,
    /// Whose it is.
    pub citizen: CitizenKey,
    /// The attempt.
    pub attempt: AttemptId,
    /// The channel that was used.
    pub channel: ChannelId,
    /// The route that was used.
    pub route: RouteId,
    /// To whom it was sent.
    pub recipient: Address,
    /// What the channel said.
    pub result: Result<Accepted, SendError>,
}

impl Ledger {
    /// Puts the outcomes of attempts on record, by attempt and even where the lease was lost.
    /// Receipts that came before their outcome are matched by [`match_orphans`](Self::match_orphans).
    pub async fn finish(&self, finished: &[Finished], rules: &Rules) -> Result<(), LedgerError> {
        let mut tx = self.store.begin().await?;
        people::lock_rows(&mut *tx, finished.iter().map(|one| one.citizen)).await?;
        let ids: BTreeSet<_> = finished.iter().map(|one| one.notice).collect();
        let ids: Vec<_> = ids.into_iter().collect();
        let mut held = BTreeMap::new();
        for row in tx.notices(&ids).await? {
            held.insert(row.id, Held::of(row)?);
        }
        let now = tx.now();
        let mut writes = Writes::default();
        let mut references = Vec::new();
        let mut closings = Vec::new();
        for one in finished {
            let Some(held) = held.get_mut(&one.notice) else { continue };
            let cascade =
                Cascade { retry: rules.policy.retry, idempotent: rules.idempotent(Some(&one.channel)) };
            let change = writes.advance(held, input(one), now, &cascade);
            references.extend(self.references(one));
            if change.close_address.is_some() {
                closings.push(self.closing(one, now));
            }
        }
        for held in held.values() {
            writes.save(held, None)?;
        }
        tx.add_references(&references).await?;
        closing::close(&mut *tx, &closings).await?;
        let mut fresh = writes.flush(&mut *tx).await?;
        fresh.references = !references.is_empty();
        self.commit(tx, &fresh).await
    }

    fn references(&self, one: &Finished) -> Vec<ReferenceRow> {
        let Ok(Accepted { references }) = &one.result else { return Vec::new() };
        let recipient = self.keys.address(&one.channel, &one.recipient);
        let row = |reference: &String| ReferenceRow {
            channel: one.channel.clone(),
            route: one.route.clone(),
            reference: foreign::kept(reference),
            recipient,
            notice: one.notice,
            citizen: one.citizen,
            attempt: one.attempt,
            state: None,
        };
        references.iter().map(row).collect()
    }

    fn closing(&self, one: &Finished, at: Timestamp) -> Closing {
        Closing {
            citizen: one.citizen,
            channel: one.channel.clone(),
            hash: Some(self.keys.address(&one.channel, &one.recipient)),
            reason: closing::UNREACHABLE,
            at,
        }
    }
}

fn input(one: &Finished) -> Input {
    let attempt = one.attempt;
    match &one.result {
        Ok(accepted) => {
            let parts = u32::try_from(accepted.references.len().max(1)).unwrap_or(u32::MAX);
            Input::Accepted { attempt, parts }
        }
        Err(error) => Input::Failed {
            attempt,
            kind: error.kind(),
            code: error.provider_code().map(str::to_owned),
            retry_after: error.wait().and_then(|wait| SignedDuration::try_from(wait).ok()),
        },
    }
}
