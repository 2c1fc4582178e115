//! What a database must be able to do for the guard and for reports: to count what became of messages, and
//! to keep how each template stands on each channel.

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date};
use vestnik_contract::ChannelId;

use crate::domain::{CitizenKey, Counted, NoticeId, Offered, SourceId, Standing, TemplateName};
use crate::ledger::error::StoreError;

/// How often something became of messages.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TallyRow {
    /// The UTC day.
    pub day: Date,
    /// Whose notifications they carried or came before; `None` of a campaign of introductions.
    pub source: Option<SourceId>,
    /// By which channel; `None` where none was used.
    pub channel: Option<ChannelId>,
    /// Whose texts they were.
    pub template: TemplateName,
    /// What became of them.
    pub what: Counted,
    /// How often.
    pub count: u64,
}

/// The same over several days.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TallySum {
    /// Whose notifications they carried or came before; `None` of a campaign of introductions.
    pub source: Option<SourceId>,
    /// By which channel; `None` where none was used.
    pub channel: Option<ChannelId>,
    /// Whose texts they were.
    pub template: TemplateName,
    /// What became of them.
    pub what: Counted,
    /// How often.
    pub count: u64,
}

/// What the guard looks at: of all sources together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GuardSum {
    /// By which channel.
    pub channel: ChannelId,
    /// Whose texts they were.
    pub template: TemplateName,
    /// What became of them.
    pub what: Counted,
    /// How often.
    pub count: u64,
}

/// How a template stands on a channel. There is a row once something was wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardRow {
    /// The channel.
    pub channel: ChannelId,
    /// The template.
    pub template: TemplateName,
    /// How it stands.
    pub standing: Standing,
    /// The numbers for which it stands so.
    pub counts: Offered,
    /// Since when.
    pub since: Timestamp,
    /// The last release, where there was one.
    pub release: Option<Release>,
}

/// A person let a template be sent again on a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub person: String,
    /// Why.
    pub reason: String,
    /// The UTC day from which on it is counted anew.
    pub counted_from: Date,
    /// What that day had already.
    pub before: Offered,
}

/// The part of a transaction that the guard stands on.
#[async_trait]
pub trait GuardTx: Send {
    /// Adds to what was counted; a list may name the same twice.
    async fn add_tallies(&mut self, rows: &[TallyRow]) -> Result<(), StoreError>;

    /// What was counted from a day on.
    async fn tallies(&mut self, since: Date) -> Result<Vec<TallySum>, StoreError>;

    /// What was offered and declined from a day on; of what a person released, from the day of that on.
    async fn guard_sums(&mut self, since: Date) -> Result<Vec<GuardSum>, StoreError>;

    /// How templates stand, ordered by channel and template.
    async fn guards(&mut self) -> Result<Vec<GuardRow>, StoreError>;

    /// Inserts or replaces how templates stand, by channel and template.
    async fn put_guards(&mut self, rows: &[GuardRow]) -> Result<(), StoreError>;

    /// The notices of these citizens that may have been pushed lately: those with a place in the contact
    /// budget on a local day from `day` on, and those that an inbox entry from `since` on stands for.
    async fn lately(
        &mut self,
        citizens: &[CitizenKey],
        day: Date,
        since: Timestamp,
    ) -> Result<Vec<NoticeId>, StoreError>;
}
