//! Versions of preferences.

use async_trait::async_trait;
use sqlx::query;

use super::rows::{Cells, all, column, run};
use super::tx::PostgresTx;
use crate::domain::{CitizenKey, TopicId};
use crate::ledger::codes::{Table, millis, or_all};
use crate::ledger::error::StoreError;
use crate::ledger::store::{PreferenceTx, PreferenceVersionRow};

const PREFERENCE_VERSION: Table = Table("preference_version");

pub(super) const VERSIONS: &str = "
    SELECT citizen, topic, number, preference, set_by, at
    FROM preference_version WHERE citizen = $1 ORDER BY topic, number";

const ADD_VERSIONS: &str = "
    INSERT INTO preference_version (citizen, topic, number, preference, set_by, at)
    SELECT citizen, topic,
           row_number() OVER (PARTITION BY citizen, topic ORDER BY nr) + coalesce((
               SELECT max(number) FROM preference_version AS old
               WHERE old.citizen = new.citizen AND old.topic = new.topic
           ), 0),
           preference, set_by, at
    FROM UNNEST($1::bytea[], $2::text[], $3::text[], $4::bytea[], $5::bigint[])
         WITH ORDINALITY AS new (citizen, topic, preference, set_by, at, nr)";

const REMOVE: &str = "
    DELETE FROM preference
    WHERE (citizen, topic) IN (SELECT * FROM UNNEST($1::bytea[], $2::text[]))";

#[async_trait]
impl PreferenceTx for PostgresTx {
    async fn preference_versions(
        &mut self,
        citizen: CitizenKey,
    ) -> Result<Vec<PreferenceVersionRow>, StoreError> {
        let statement = query(VERSIONS).bind(citizen.0);
        all(self.connection(), statement, PREFERENCE_VERSION, version).await
    }

    async fn add_preference_versions(&mut self, rows: &[PreferenceVersionRow]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let statement = query(ADD_VERSIONS)
            .bind(column(rows, |row| row.citizen.0))
            .bind(column(rows, |row| or_all(row.topic.as_ref())))
            .bind(column(rows, |row| row.preference.as_deref()))
            .bind(column(rows, |row| row.set_by.as_slice()))
            .bind(column(rows, |row| millis(row.at)));
        run(self.connection(), statement).await.map(drop)
    }

    async fn remove_preferences(
        &mut self,
        preferences: &[(CitizenKey, Option<TopicId>)],
    ) -> Result<(), StoreError> {
        if preferences.is_empty() {
            return Ok(());
        }
        let statement = query(REMOVE)
            .bind(column(preferences, |key| key.0.0))
            .bind(column(preferences, |key| or_all(key.1.as_ref())));
        run(self.connection(), statement).await.map(drop)
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
