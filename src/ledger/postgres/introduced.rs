//! Introductions: who was told who writes.

use async_trait::async_trait;
use sqlx::query;

use super::rows::{Cells, all, column, latest, run};
use super::tx::PostgresTx;
use crate::domain::{CitizenKey, NoticeId};
use crate::ledger::codes::{Table, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{Acquaintance, IntroducedRow, IntroductionTx};

const INTRODUCED: Table = Table("introduced");

pub(super) const FIND: &str = "
    SELECT citizen, channel, at, notice, person FROM introduced
    WHERE (citizen, channel) IN (SELECT * FROM UNNEST($1::bytea[], $2::text[]))";

const PUT: &str = "
    INSERT INTO introduced (citizen, channel, at, notice, person)
    SELECT * FROM UNNEST($1::bytea[], $2::text[], $3::bigint[], $4::uuid[], $5::text[])
    ON CONFLICT (citizen, channel) DO UPDATE SET
        at = excluded.at, notice = coalesce(excluded.notice, introduced.notice),
        person = CASE WHEN excluded.notice IS NULL OR excluded.notice = introduced.notice
                 THEN introduced.person ELSE excluded.person END
    WHERE introduced.at IS NULL";

pub(super) const REMOVE_UNSENT: &str = "
    DELETE FROM introduced
    WHERE (citizen, channel) IN (SELECT * FROM UNNEST($1::bytea[], $2::text[])) AND at IS NULL";

#[async_trait]
impl IntroductionTx for PostgresTx {
    async fn introduced(&mut self, of: &[Acquaintance]) -> Result<Vec<IntroducedRow>, StoreError> {
        if of.is_empty() {
            return Ok(Vec::new());
        }
        let statement = query(FIND).bind(column(of, |one| one.0.0)).bind(column(of, |one| one.1.as_str()));
        all(self.connection(), statement, INTRODUCED, introduced).await
    }

    async fn put_introduced(&mut self, rows: &[IntroducedRow]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let rows = latest(rows, |row| (row.citizen, row.channel.clone()));
        let statement = query(PUT)
            .bind(column(&rows, |row| row.citizen.0))
            .bind(column(&rows, |row| row.channel.as_str()))
            .bind(column(&rows, |row| row.at.map(millis)))
            .bind(column(&rows, |row| row.notice.map(|notice| notice.0)))
            .bind(column(&rows, |row| row.person.as_deref()));
        run(self.connection(), statement).await.map(drop)
    }

    async fn remove_unsent(&mut self, of: &[Acquaintance]) -> Result<(), StoreError> {
        if of.is_empty() {
            return Ok(());
        }
        let statement =
            query(REMOVE_UNSENT).bind(column(of, |one| one.0.0)).bind(column(of, |one| one.1.as_str()));
        run(self.connection(), statement).await.map(drop)
    }
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
