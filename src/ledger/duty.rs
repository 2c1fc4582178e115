//! Duties: jobs that one process at a time does, under a lease.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::store::Tx;
use super::{Ledger, LedgerError};

impl Ledger {
    /// Takes or prolongs a duty for so long, or lets it go where `lease` is zero; `false` while another
    /// holder has it.
    pub async fn hold_duty(&self, name: &str, holder: Uuid, lease: Duration) -> Result<bool, LedgerError> {
        let mut tx = self.store.begin().await?;
        let held = hold(&mut *tx, name, holder, lease).await?;
        if held {
            tx.commit().await?;
        }
        Ok(held)
    }
}

/// The same, as a part of what is done under the duty.
pub(super) async fn hold(
    tx: &mut dyn Tx,
    name: &str,
    holder: Uuid,
    lease: Duration,
) -> Result<bool, LedgerError> {
    let lease = SignedDuration::try_from(lease).unwrap_or(SignedDuration::ZERO);
    let until = tx.now().saturating_add(lease).unwrap_or(Timestamp::MAX);
    Ok(tx.take_duty(name, holder, until).await?.is_some())
}
