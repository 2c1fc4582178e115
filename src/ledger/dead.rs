//! Dead letters: messages that could not be taken, with the reason, kept until somebody has looked.

use std::fmt;

use uuid::Uuid;

use super::store::DeadRow;
use super::writes::new_key;
use super::{Ledger, LedgerError};
use crate::domain::SourceId;

/// A message that could not be taken. Only the body may hold personal data.
#[derive(Clone)]
pub struct DeadLetter {
    /// Where it came from: `amqp`, `http`, `file`, `callback` or `broker`.
    pub origin: &'static str,
    /// The source that the transport proves, where it proves one.
    pub source: Option<SourceId>,
    /// The routing key or path; empty where it is not one that the gateway knows.
    pub routing: String,
    /// The reason code, such as `invalid_params`.
    pub reason: String,
    /// What was expected, and where; without any value from the body.
    pub detail: String,
    /// The body as it came.
    pub body: Vec<u8>,
}

impl fmt::Debug for DeadLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetter").field("reason", &self.reason).finish_non_exhaustive()
    }
}

impl Ledger {
    /// Keeps dead letters, each body sealed under the master key. Gives their ids in their order.
    pub async fn bury(&self, letters: &[DeadLetter]) -> Result<Vec<Uuid>, LedgerError> {
        if letters.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.store.begin().await?;
        let at = tx.now();
        let rows = letters
            .iter()
            .map(|letter| {
                Ok(DeadRow {
                    id: new_key(),
                    origin: letter.origin.to_owned(),
                    source: letter.source.clone(),
                    routing: letter.routing.clone(),
                    reason: letter.reason.clone(),
                    detail: letter.detail.clone(),
                    body: self.keys.master().seal(USE, &letter.body)?,
                    at,
                })
            })
            .collect::<Result<Vec<_>, LedgerError>>()?;
        tx.add_dead(&rows).await?;
        tx.commit().await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }

    /// Dead letters, the newest first, older than `before` where it is given: at most `limit`. Their
    /// bodies stay sealed; [`open_dead_letter`](Self::open_dead_letter) opens one.
    pub async fn dead_letters(&self, before: Option<Uuid>, limit: u32) -> Result<Vec<DeadRow>, LedgerError> {
        Ok(self.store.read().await?.dead(before, limit).await?)
    }

    /// One dead letter with its body opened. To try it again, submit the body and then
    /// [`drop_dead_letter`](Self::drop_dead_letter): a message that was taken twice is taken once.
    pub async fn dead_letter(&self, id: Uuid) -> Result<Option<DeadRow>, LedgerError> {
        let Some(row) = self.store.read().await?.dead_letter(id).await? else { return Ok(None) };
        self.open_dead_letter(row).map(Some)
    }

    /// The same dead letter with its body opened.
    pub fn open_dead_letter(&self, row: DeadRow) -> Result<DeadRow, LedgerError> {
        let body = self.keys.master().open(USE, &row.body)?;
        Ok(DeadRow { body, ..row })
    }

    /// Removes a dead letter; whether it was there.
    pub async fn drop_dead_letter(&self, id: Uuid) -> Result<bool, LedgerError> {
        let mut tx = self.store.begin().await?;
        let there = tx.remove_dead(id).await?;
        tx.commit().await?;
        Ok(there)
    }
}

/// What the body is sealed as.
const USE: &str = "dead letter";
