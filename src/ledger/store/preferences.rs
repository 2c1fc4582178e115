//! What a database must be able to do for preferences as evidence: every version of them, and taking
//! them away.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::domain::{CitizenKey, TopicId};
use crate::ledger::error::StoreError;

/// One version of a preference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreferenceVersionRow {
    /// Whose it is.
    pub citizen: CitizenKey,
    /// For this topic, or for all.
    pub topic: Option<TopicId>,
    /// Its number among those of its citizen and topic, from 1; the database gives it.
    pub number: i64,
    /// The preference, as JSON; `None` where it was taken away.
    pub preference: Option<String>,
    /// Who set it, encrypted under the citizen's data key.
    pub set_by: Vec<u8>,
    /// When it was set.
    pub at: Timestamp,
}

/// The part of a transaction that the versions of preferences stand on.
#[async_trait]
pub trait PreferenceTx: Send {
    /// All versions of a citizen's preferences, by topic and number.
    async fn preference_versions(
        &mut self,
        citizen: CitizenKey,
    ) -> Result<Vec<PreferenceVersionRow>, StoreError>;

    /// Adds versions in their order, each with the next number of its citizen and topic. The citizens
    /// are locked. Here a list may name one citizen and topic again.
    async fn add_preference_versions(&mut self, rows: &[PreferenceVersionRow]) -> Result<(), StoreError>;

    /// Takes preferences away; their versions stay.
    async fn remove_preferences(
        &mut self,
        preferences: &[(CitizenKey, Option<TopicId>)],
    ) -> Result<(), StoreError>;
}
