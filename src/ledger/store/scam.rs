//! What a database must be able to do for scam reports.

use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::CitizenKey;
use crate::ledger::error::StoreError;

/// A scam report's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScamRow {
    /// Its id (UUID version 7).
    pub id: Uuid,
    /// The way by which it came: `http` or a channel.
    pub way: String,
    /// Who reports, where that is known.
    pub reporter: Option<CitizenKey>,
    /// Text and sender as JSON, encrypted under the reporter's data key, or under the master key where
    /// nobody is known.
    pub content: Vec<u8>,
    /// When it came.
    pub at: Timestamp,
    /// When it was closed, by whom, and with which note.
    pub closed: Option<(Timestamp, String, String)>,
}

/// The part of a transaction that scam reports stand on.
#[async_trait]
pub trait ScamTx: Send {
    /// Keeps reports.
    async fn add_scams(&mut self, rows: &[ScamRow]) -> Result<(), StoreError>;

    /// Reports, the newest first, older than `before` where it is given: those that are open, or all.
    async fn scams(
        &mut self,
        before: Option<Uuid>,
        open: bool,
        limit: u32,
    ) -> Result<Vec<ScamRow>, StoreError>;

    /// The reports of one citizen, the newest first, older than `before` where it is given.
    async fn scams_of(
        &mut self,
        reporter: CitizenKey,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<ScamRow>, StoreError>;

    /// One report.
    async fn scam(&mut self, id: Uuid) -> Result<Option<ScamRow>, StoreError>;

    /// Closes a report; whether there was such an open one.
    async fn close_scam(
        &mut self,
        id: Uuid,
        at: Timestamp,
        person: &str,
        note: &str,
    ) -> Result<bool, StoreError>;
}
