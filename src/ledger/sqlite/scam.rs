//! Scam reports.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;

use super::rows::{Cells, all, one, run, write};
use super::tx::SqliteTx;
use crate::domain::CitizenKey;
use crate::ledger::codes::{Table, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{ScamRow, ScamTx};

const SCAM: Table = Table("scam_report");

const ADD: &str = "INSERT INTO scam_report (id, way, reporter, content, at) VALUES (?1, ?2, ?3, ?4, ?5)";

pub(super) const ALL: &str = "SELECT * FROM scam_report WHERE id < ?1 ORDER BY id DESC LIMIT ?2";

pub(super) const OPEN: &str =
    "SELECT * FROM scam_report WHERE closed_at IS NULL AND id < ?1 ORDER BY id DESC LIMIT ?2";

pub(super) const OF_REPORTER: &str =
    "SELECT * FROM scam_report WHERE reporter = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";

pub(super) const ONE: &str = "SELECT * FROM scam_report WHERE id = ?1";

pub(super) const CLOSE: &str =
    "UPDATE scam_report SET closed_at = ?2, person = ?3, note = ?4 WHERE id = ?1 AND closed_at IS NULL";

#[async_trait]
impl ScamTx for SqliteTx {
    async fn add_scams(&mut self, rows: &[ScamRow]) -> Result<(), StoreError> {
        self.session().run_for(rows, add).await
    }

    async fn scams(
        &mut self,
        before: Option<Uuid>,
        open: bool,
        limit: u32,
    ) -> Result<Vec<ScamRow>, StoreError> {
        let (before, sql) = (before.unwrap_or(Uuid::max()), if open { OPEN } else { ALL });
        self.session().run(move |conn| all(conn, sql, (before, limit), SCAM, row)).await
    }

    async fn scams_of(
        &mut self,
        reporter: CitizenKey,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<ScamRow>, StoreError> {
        let values = (reporter.0, before.unwrap_or(Uuid::max()), limit);
        self.session().run(move |conn| all(conn, OF_REPORTER, values, SCAM, row)).await
    }

    async fn scam(&mut self, id: Uuid) -> Result<Option<ScamRow>, StoreError> {
        self.session().run(move |conn| one(conn, ONE, (id,), SCAM, row)).await
    }

    async fn close_scam(
        &mut self,
        id: Uuid,
        at: Timestamp,
        person: &str,
        note: &str,
    ) -> Result<bool, StoreError> {
        let values = (id, millis(at), person.to_owned(), note.to_owned());
        self.session().run(move |conn| run(conn, CLOSE, values).map(|closed| closed > 0)).await
    }
}

fn add(conn: &Connection, rows: &[ScamRow]) -> Result<(), StoreError> {
    write(conn, ADD, rows, |row| {
        (row.id, &row.way, row.reporter.map(|key| key.0), &row.content, millis(row.at))
    })
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
