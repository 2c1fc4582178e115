//! What a database must be able to do for the list of those who were not reached.

use async_trait::async_trait;
use jiff::Timestamp;

use super::NotificationRow;
use crate::domain::NotificationKey;
use crate::ledger::error::StoreError;

/// A notification that ended without reaching its citizen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreachedRow {
    /// When it ended so for the first time.
    pub since: Timestamp,
    /// As it stands now.
    pub notification: NotificationRow,
    /// Whether it has reached the citizen since: it was read in the inbox, or a later one about the same
    /// measure was, or arrived, or was taken by a provider that gives no receipt.
    pub reached: bool,
}

/// A place in the list.
pub type UnreachedPlace = (Timestamp, NotificationKey);

/// The part of a transaction that the list of those who were not reached stands on.
#[async_trait]
pub trait UnreachedTx: Send {
    /// Writes down that these notifications ended without reaching their citizens; one that is written
    /// down already stays as it is.
    async fn add_unreached(&mut self, rows: &[UnreachedPlace]) -> Result<(), StoreError>;

    /// What was written down, in its order, after a place: at most `limit`.
    async fn unreached_after(
        &mut self,
        after: UnreachedPlace,
        limit: u32,
    ) -> Result<Vec<UnreachedRow>, StoreError>;
}
