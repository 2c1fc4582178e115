//! What a database must be able to do for windows: which notices still wait for others to the same
//! citizen. Only these have a row.

use async_trait::async_trait;

use crate::domain::{CitizenKey, NoticeId};
use crate::ledger::error::StoreError;

/// The part of a transaction that windows stand on.
#[async_trait]
pub trait WindowTx: Send {
    /// The notices of these citizens that wait for others, each citizen's in the order of their ids.
    async fn windows(&mut self, citizens: &[CitizenKey]) -> Result<Vec<NoticeId>, StoreError>;

    /// Remembers that these notices wait; one that is remembered already stays so.
    async fn open_windows(&mut self, notices: &[(CitizenKey, NoticeId)]) -> Result<(), StoreError>;

    /// Remembers it no longer.
    async fn close_windows(&mut self, notices: &[(CitizenKey, NoticeId)]) -> Result<(), StoreError>;
}
