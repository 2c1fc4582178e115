//! What a database must be able to do for introductions: who was told on which channel who writes there.

use async_trait::async_trait;
use jiff::Timestamp;
use vestnik_contract::ChannelId;

use crate::domain::{CitizenKey, NoticeId};
use crate::ledger::error::StoreError;

/// Whom, and on which channel.
pub type Acquaintance = (CitizenKey, ChannelId);

/// That a citizen was introduced on a channel, or is going to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntroducedRow {
    /// Whom.
    pub citizen: CitizenKey,
    /// Where.
    pub channel: ChannelId,
    /// When it was sent; `None` while it waits.
    pub at: Option<Timestamp>,
    /// The introduction; `None` where the citizen was written to without one.
    pub notice: Option<NoticeId>,
    /// Who had it made in a campaign, where that was somebody.
    pub person: Option<String>,
}

/// The part of a transaction that introductions stand on.
#[async_trait]
pub trait IntroductionTx: Send {
    /// What is on record of these.
    async fn introduced(&mut self, of: &[Acquaintance]) -> Result<Vec<IntroducedRow>, StoreError>;

    /// Puts on record. Of what is there already a moment that is still missing is set, and another introduction
    /// that came before the one that waited takes its place.
    async fn put_introduced(&mut self, rows: &[IntroducedRow]) -> Result<(), StoreError>;

    /// Takes introductions off the record that were never sent.
    async fn remove_unsent(&mut self, of: &[Acquaintance]) -> Result<(), StoreError>;
}
