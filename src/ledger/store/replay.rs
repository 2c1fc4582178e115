//! What a database must be able to do for a replay of the past.

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date};

use super::ReservationRow;
use crate::domain::{CitizenKey, NotificationKey};
use crate::ledger::error::StoreError;

/// That a notification was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptedRow {
    /// Its key.
    pub key: NotificationKey,
    /// For whom.
    pub citizen: CitizenKey,
    /// When.
    pub received_at: Timestamp,
}

/// The part of a transaction that a replay stands on.
#[async_trait]
pub trait ReplayTx: Send {
    /// What was accepted, in the order of keys, after one of them: at most `limit`.
    async fn accepted_after(
        &mut self,
        after: NotificationKey,
        limit: u32,
    ) -> Result<Vec<AcceptedRow>, StoreError>;

    /// The places that these citizens' notices hold in the contact budget, from `since` on.
    async fn places_of(
        &mut self,
        citizens: &[CitizenKey],
        since: Date,
    ) -> Result<Vec<ReservationRow>, StoreError>;
}
