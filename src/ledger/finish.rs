//! Finish: the outcomes of attempts on record.

use jiff::{SignedDuration, Timestamp};
use vestnik_contract::{Accepted, Address, ChannelId, RouteId, SendError};

use super::closing::Closing;
use super::evidence::ClosedBy;
use super::foreign;
use super::rules::Rules;
use super::store::ReferenceRow;
use super::{Ledger, LedgerError};
use crate::domain::{AttemptId, CitizenKey, NoticeId};
use crate::notice::Input;

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
        let (_, fresh) = self.apply(&mut *tx, finished, Vec::new(), rules).await?;
        self.commit(tx, &fresh).await
    }

    /// What the provider will name the attempt by.
    pub(super) fn references_of(&self, one: &Finished) -> Vec<ReferenceRow> {
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

    pub(super) fn closing_of(&self, one: &Finished, at: Timestamp) -> Closing {
        let hash = self.keys.address(&one.channel, &one.recipient);
        let code = one.result.as_ref().err().and_then(SendError::provider_code);
        let by = ClosedBy::attempt(one.attempt, code);
        Closing::unreachable(one.citizen, &one.channel, hash, by, at)
    }
}

/// What an outcome is to the notice's state machine.
pub(super) fn input(one: &Finished) -> Input {
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
