//! What a database must be able to do for check codes: to know them again, and to count who asks.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::domain::{NoticeId, NotificationKey};
use crate::ledger::error::StoreError;

/// A check code that was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRow {
    /// The code as a number ([`CheckCode::number`](crate::notice::CheckCode::number)).
    pub code: i64,
    /// The notice, or the inbox entry, that carries it.
    pub notice: NoticeId,
    /// The notification, where it stands in the inbox alone.
    pub notification: Option<NotificationKey>,
    /// When it was written down.
    pub at: Timestamp,
}

/// How often somebody was counted who asks for codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskerRow {
    /// The keyed hash of who asks; zeros stand for all together.
    pub who: [u8; 32],
    /// When the hour began.
    pub since: Timestamp,
    /// How often.
    pub count: u32,
}

/// The part of a transaction that check codes stand on.
#[async_trait]
pub trait CodesTx: Send {
    /// Keeps codes; one of the same notice that is there already stays as it is.
    async fn add_codes(&mut self, rows: &[CodeRow]) -> Result<(), StoreError>;

    /// All that these codes stand for.
    async fn codes(&mut self, codes: &[i64]) -> Result<Vec<CodeRow>, StoreError>;

    /// How often these were counted in the hour that began then.
    async fn askers(&mut self, since: Timestamp, who: &[[u8; 32]]) -> Result<Vec<AskerRow>, StoreError>;

    /// Adds to how often they were counted.
    async fn count_askers(&mut self, rows: &[AskerRow]) -> Result<(), StoreError>;
}
