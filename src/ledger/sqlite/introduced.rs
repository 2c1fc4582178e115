//! Introductions: who was told who writes.

use async_trait::async_trait;
use rusqlite::Connection;

use super::rows::{Cells, find, write};
use super::tx::SqliteTx;
use crate::domain::{CitizenKey, NoticeId};
use crate::ledger::codes::{Table, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{Acquaintance, IntroducedRow, IntroductionTx};

const INTRODUCED: Table = Table("introduced");

pub(super) const FIND: &str = "SELECT * FROM introduced WHERE citizen = ?1 AND channel = ?2";

const PUT: &str = "
    INSERT INTO introduced (citizen, channel, at, notice, person) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (citizen, channel) DO UPDATE SET
        at = excluded.at, notice = coalesce(excluded.notice, introduced.notice),
        person = CASE WHEN excluded.notice IS NULL OR excluded.notice = introduced.notice
                 THEN introduced.person ELSE excluded.person END
    WHERE introduced.at IS NULL";

pub(super) const REMOVE_UNSENT: &str =
    "DELETE FROM introduced WHERE citizen = ?1 AND channel = ?2 AND at IS NULL";

#[async_trait]
impl IntroductionTx for SqliteTx {
    async fn introduced(&mut self, of: &[Acquaintance]) -> Result<Vec<IntroducedRow>, StoreError> {
        self.session().run_for(of, introduced_of).await
    }

    async fn put_introduced(&mut self, rows: &[IntroducedRow]) -> Result<(), StoreError> {
        self.session().run_for(rows, put).await
    }

    async fn remove_unsent(&mut self, of: &[Acquaintance]) -> Result<(), StoreError> {
        self.session().run_for(of, remove_unsent).await
    }
}

fn introduced_of(conn: &Connection, of: &[Acquaintance]) -> Result<Vec<IntroducedRow>, StoreError> {
    find(conn, FIND, of, |one| (one.0.0, one.1.as_str()), INTRODUCED, introduced)
}

fn put(conn: &Connection, rows: &[IntroducedRow]) -> Result<(), StoreError> {
    write(conn, PUT, rows, |row| {
        let notice = row.notice.map(|notice| notice.0);
        (row.citizen.0, row.channel.as_str(), row.at.map(millis), notice, row.person.as_deref())
    })
}

fn remove_unsent(conn: &Connection, of: &[Acquaintance]) -> Result<(), StoreError> {
    write(conn, REMOVE_UNSENT, of, |one| (one.0.0, one.1.as_str()))
}

fn introduced(cells: &Cells<'_>) -> Result<IntroducedRow, StoreError> {
    Ok(IntroducedRow {
        citizen: CitizenKey(cells.hash("citizen")?),
        channel: cells.id("channel")?,
        at: cells.moment_or_none("at")?,
        notice: cells.get::<Option<_>>("notice")?.map(NoticeId),
        person: cells.get("person")?,
    })
}
