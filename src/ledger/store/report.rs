//! What a database must be able to do for reports: to add up the last days.

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date};

use crate::domain::{FinalState, JurisdictionId, SourceId};
use crate::ledger::error::StoreError;

/// How many notifications of a kind ended in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReachRow {
    /// Whose they were.
    pub source: SourceId,
    /// What the citizens might have.
    pub measure: String,
    /// The citizens' region; `None` where the registry names none, or does not know them.
    pub region: Option<String>,
    /// How they ended; `None` while they are under way.
    pub state: Option<FinalState>,
    /// How many.
    pub count: u64,
}

/// A time that the contact budget is counted over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// A local day.
    Day,
    /// An ISO week.
    Week,
    /// A calendar month.
    Month,
}

impl Period {
    /// Every period.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// The word in tables and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

/// How many citizens hold so many places of a period.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlacesRow {
    /// Whose law applies to them.
    pub jurisdiction: JurisdictionId,
    /// Of which period.
    pub period: Period,
    /// So many places.
    pub places: u64,
    /// How many times a citizen holds so many.
    pub citizens: u64,
}

/// The part of a transaction that reports stand on.
#[async_trait]
pub trait ReportTx: Send {
    /// How the notifications ended that came in from a moment on.
    async fn reach(&mut self, since: Timestamp) -> Result<Vec<ReachRow>, StoreError>;

    /// How many places in the contact budget citizens hold, of the days from one to another, both included.
    async fn places(&mut self, from: Date, to: Date) -> Result<Vec<PlacesRow>, StoreError>;

    /// The regions that citizens have, each once, in order. It reads all citizens.
    async fn regions(&mut self) -> Result<Vec<String>, StoreError>;
}
