//! Scam reports.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::query;
use uuid::Uuid;

use super::rows::{Cells, all, column, one, run};
use super::tx::PostgresTx;
use crate::domain::CitizenKey;
use crate::ledger::codes::{Table, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{ScamRow, ScamTx};

const SCAM: Table = Table("scam_report");

const ADD: &str = "
    INSERT INTO scam_report (id, way, reporter, content, at)
    SELECT * FROM UNNEST($1::uuid[], $2::text[], $3::bytea[], $4::bytea[], $5::bigint[])";

const ALL: &str = "
    SELECT id, way, reporter, content, at, closed_at, person, note
    FROM scam_report WHERE id < $1 ORDER BY id DESC LIMIT $2";

const OPEN: &str = "
    SELECT id, way, reporter, content, at, closed_at, person, note
    FROM scam_report WHERE closed_at IS NULL AND id < $1 ORDER BY id DESC LIMIT $2";

const OF_REPORTER: &str = "
    SELECT id, way, reporter, content, at, closed_at, person, note
    FROM scam_report WHERE reporter = $1 AND id < $2 ORDER BY id DESC LIMIT $3";

const ONE: &str = "
    SELECT id, way, reporter, content, at, closed_at, person, note
    FROM scam_report WHERE id = $1";

const CLOSE: &str = "
    UPDATE scam_report SET closed_at = $2, person = $3, note = $4 WHERE id = $1 AND closed_at IS NULL";

#[async_trait]
impl ScamTx for PostgresTx {
    async fn add_scams(&mut self, rows: &[ScamRow]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let statement = query(ADD)
            .bind(column(rows, |row| row.id))
            .bind(column(rows, |row| row.way.as_str()))
            .bind(column(rows, |row| row.reporter.map(|key| key.0)))
            .bind(column(rows, |row| row.content.as_slice()))
            .bind(column(rows, |row| millis(row.at)));
        run(self.connection(), statement).await.map(drop)
    }

    async fn scams(
        &mut self,
        before: Option<Uuid>,
        open: bool,
        limit: u32,
    ) -> Result<Vec<ScamRow>, StoreError> {
        let statement = query(if open { OPEN } else { ALL });
        let statement = statement.bind(before.unwrap_or(Uuid::max())).bind(i64::from(limit));
        all(self.connection(), statement, SCAM, row).await
    }

    async fn scams_of(
        &mut self,
        reporter: CitizenKey,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<ScamRow>, StoreError> {
        let before = before.unwrap_or(Uuid::max());
        let statement = query(OF_REPORTER).bind(reporter.0).bind(before).bind(i64::from(limit));
        all(self.connection(), statement, SCAM, row).await
    }

    async fn scam(&mut self, id: Uuid) -> Result<Option<ScamRow>, StoreError> {
        one(self.connection(), query(ONE).bind(id), SCAM, row).await
    }

    async fn close_scam(
        &mut self,
        id: Uuid,
        at: Timestamp,
        person: &str,
        note: &str,
    ) -> Result<bool, StoreError> {
        let statement = query(CLOSE).bind(id).bind(millis(at)).bind(person).bind(note);
        Ok(run(self.connection(), statement).await? > 0)
    }
}

fn row(cells: &Cells<'_>) -> Result<ScamRow, StoreError> {
    let closed = match cells.moment_or_none("closed_at")? {
        Some(at) => Some((at, cells.get("person")?, cells.get("note")?)),
        None => None,
    };
    Ok(ScamRow {
        id: cells.get("id")?,
        way: cells.get("way")?,
        reporter: cells.hash_or_none("reporter")?.map(CitizenKey),
        content: cells.get("content")?,
        at: cells.moment("at")?,
        closed,
    })
}
