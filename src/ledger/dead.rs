//! Dead letters: messages that could not be taken, with the reason, kept until somebody has looked.

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

impl Ledger {
    /// Keeps dead letters, each body sealed under the master key.
    pub async fn bury(&self, letters: &[DeadLetter]) -> Result<(), LedgerError> {
        if letters.is_empty() {
            return Ok(());
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
                    body: self.keys.master().seal("dead letter", &letter.body)?,
                    at,
                })
            })
            .collect::<Result<Vec<_>, LedgerError>>()?;
        tx.add_dead(&rows).await?;
        Ok(tx.commit().await?)
    }
}
