//! Versions of preferences.

use async_trait::async_trait;
use rusqlite::Connection;

use super::rows::{Cells, all, write};
use super::tx::SqliteTx;
use crate::domain::{CitizenKey, TopicId};
use crate::ledger::codes::{Table, millis, or_all};
use crate::ledger::error::StoreError;
use crate::ledger::store::{PreferenceTx, PreferenceVersionRow};

const PREFERENCE_VERSION: Table = Table("preference_version");

pub(super) const VERSIONS: &str =
    "SELECT * FROM preference_version WHERE citizen = ?1 ORDER BY citizen, topic, number";

pub(super) const ADD_VERSION: &str = "
    INSERT INTO preference_version (citizen, topic, number, preference, set_by, at)
    SELECT ?1, ?2, 1 + coalesce(max(number), 0), ?3, ?4, ?5
    FROM preference_version WHERE citizen = ?1 AND topic = ?2";

pub(super) const REMOVE: &str = "DELETE FROM preference WHERE citizen = ?1 AND topic = ?2";

type Key = (CitizenKey, Option<TopicId>);

#[async_trait]
impl PreferenceTx for SqliteTx {
    async fn preference_versions(
        &mut self,
        citizen: CitizenKey,
    ) -> Result<Vec<PreferenceVersionRow>, StoreError> {
        self.session().run(move |conn| all(conn, VERSIONS, (citizen.0,), PREFERENCE_VERSION, version)).await
    }

    async fn add_preference_versions(&mut self, rows: &[PreferenceVersionRow]) -> Result<(), StoreError> {
        self.session().run_for(rows, add_versions).await
    }

    async fn remove_preferences(&mut self, preferences: &[Key]) -> Result<(), StoreError> {
        self.session().run_for(preferences, remove).await
    }
}

fn version(cells: &Cells<'_>) -> Result<PreferenceVersionRow, StoreError> {
    Ok(PreferenceVersionRow {
        citizen: CitizenKey(cells.hash("citizen")?),
        topic: cells.id_or_all("topic")?,
        number: cells.get("number")?,
        preference: cells.get("preference")?,
        set_by: cells.get("set_by")?,
        at: cells.moment("at")?,
    })
}

fn add_versions(conn: &Connection, rows: &[PreferenceVersionRow]) -> Result<(), StoreError> {
    write(conn, ADD_VERSION, rows, |row| {
        (row.citizen.0, or_all(row.topic.as_ref()), &row.preference, &row.set_by, millis(row.at))
    })
}

fn remove(conn: &Connection, keys: &[Key]) -> Result<(), StoreError> {
    write(conn, REMOVE, keys, |(citizen, topic)| (citizen.0, or_all(topic.as_ref())))
}
