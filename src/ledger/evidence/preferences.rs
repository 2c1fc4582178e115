//! Preferences as evidence: each change is a version with its source.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{CitizenId, CitizenKey, Preference, TopicId};
use crate::ledger::keys::SealKey;
use crate::ledger::people::{self, corrupt};
use crate::ledger::store::{PreferenceRow, PreferenceVersionRow, Tx};
use crate::ledger::{Ledger, LedgerError};

/// Who set a preference: the evidence of it, as it is sealed with the version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetBy {
    /// By which way it came.
    pub origin: SetOrigin,
    /// The form, the call or the inbound that says it.
    pub evidence: String,
    /// Who wrote it down, where a person did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// By which way a preference came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetOrigin {
    /// The registry's API.
    Registry,
    /// An import.
    Import,
    /// What the citizen wrote to us.
    Reply,
    /// The citizen's own page.
    Page,
}

impl SetBy {
    fn seal(&self, key: &SealKey) -> Result<Vec<u8>, LedgerError> {
        let plain = serde_json::to_vec(self).map_err(|_| corrupt("preference_version"))?;
        Ok(key.seal("preference set by", &plain)?)
    }

    fn open(key: &SealKey, sealed: &[u8]) -> Result<Self, LedgerError> {
        let plain = key.open("preference set by", sealed)?;
        serde_json::from_slice(&plain).map_err(|_| corrupt("preference_version"))
    }
}

/// One version of a preference.
#[derive(Clone, Serialize)]
pub struct PreferenceVersion {
    /// For this topic, or for all.
    pub topic: Option<TopicId>,
    /// Its number among those for the same, from 1.
    pub number: i64,
    /// What it says; `None` where the preference was taken away.
    pub preference: Option<Preference>,
    /// Who set it.
    pub by: SetBy,
    /// When it was set.
    pub at: Timestamp,
}

impl PreferenceVersion {
    fn open(key: &SealKey, row: PreferenceVersionRow) -> Result<Self, LedgerError> {
        let read = |json: String| serde_json::from_str(&json).map_err(|_| corrupt("preference_version"));
        Ok(Self {
            topic: row.topic,
            number: row.number,
            preference: row.preference.map(read).transpose()?,
            by: SetBy::open(key, &row.set_by)?,
            at: row.at,
        })
    }
}

/// A preference as it is kept.
pub(in crate::ledger) fn kept(preference: &Preference) -> Result<String, LedgerError> {
    serde_json::to_string(preference).map_err(|_| corrupt("preference"))
}

/// Sets preferences and writes each change down as a version. The citizens are locked.
#[derive(Default)]
pub(in crate::ledger) struct Preferring {
    rows: Vec<PreferenceRow>,
    removed: Vec<(CitizenKey, Option<TopicId>)>,
    versions: Vec<PreferenceVersionRow>,
}

impl Preferring {
    /// Sets a preference of a citizen with this data key.
    pub fn set(
        &mut self,
        citizen: CitizenKey,
        key: &SealKey,
        preference: &Preference,
        by: &SetBy,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let (topic, json) = (preference.topic.clone(), kept(preference)?);
        self.rows.retain(|row| (row.citizen, &row.topic) != (citizen, &topic));
        let row = PreferenceRow { citizen, topic: topic.clone(), preference: json.clone(), updated_at: now };
        self.rows.push(row);
        self.version(citizen, key, topic, Some(json), by, now)
    }

    /// Takes one away.
    pub fn remove(
        &mut self,
        citizen: CitizenKey,
        key: &SealKey,
        topic: Option<TopicId>,
        by: &SetBy,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        self.removed.push((citizen, topic.clone()));
        self.version(citizen, key, topic, None, by, now)
    }

    fn version(
        &mut self,
        citizen: CitizenKey,
        key: &SealKey,
        topic: Option<TopicId>,
        preference: Option<String>,
        by: &SetBy,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        let set_by = by.seal(key)?;
        self.versions.push(PreferenceVersionRow { citizen, topic, number: 0, preference, set_by, at });
        Ok(())
    }

    /// Writes all of it.
    pub async fn write(self, tx: &mut dyn Tx) -> Result<(), LedgerError> {
        tx.put_preferences(&self.rows).await?;
        tx.remove_preferences(&self.removed).await?;
        Ok(tx.add_preference_versions(&self.versions).await?)
    }
}

impl Ledger {
    /// All versions of a citizen's preferences, in the order of time; `None` of one who is not known.
    pub async fn preference_history(
        &self,
        id: &CitizenId,
    ) -> Result<Option<Vec<PreferenceVersion>>, LedgerError> {
        let mut tx = self.store.read().await?;
        let citizen = self.keys.citizen(id);
        let Some(person) = people::read(&mut *tx, &self.keys, &[citizen]).await?.remove(&citizen) else {
            return Ok(None);
        };
        let rows = tx.preference_versions(citizen).await?.into_iter();
        let versions = rows.map(|row| PreferenceVersion::open(&person.key, row));
        let mut versions = versions.collect::<Result<Vec<_>, _>>()?;
        versions.sort_by_key(|version| version.at);
        Ok(Some(versions))
    }

    /// Takes a citizen's preference for a topic or for all away; whether there was one.
    pub async fn remove_preference(
        &self,
        id: &CitizenId,
        topic: Option<&TopicId>,
        by: &SetBy,
    ) -> Result<bool, LedgerError> {
        let mut tx = self.store.begin().await?;
        let citizen = self.keys.citizen(id);
        let Some(person) = people::lock(&mut *tx, &self.keys, [citizen]).await?.remove(&citizen) else {
            return Ok(false);
        };
        if !person.citizen.preferences.iter().any(|one| one.topic.as_ref() == topic) {
            return Ok(false);
        }
        let mut preferring = Preferring::default();
        preferring.remove(citizen, &person.key, topic.cloned(), by, tx.now())?;
        preferring.write(&mut *tx).await?;
        tx.commit().await?;
        Ok(true)
    }
}
