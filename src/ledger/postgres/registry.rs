//! Events for the registry's owner, and one-time codes. Events are read in the order that the
//! [timeline](super::timeline) has, for the same reasons.

use async_trait::async_trait;
use sqlx::query;
use vestnik_contract::ChannelId;

use super::rows::{Cells, all, column, latest, run};
use super::tx::PostgresTx;
use crate::domain::CitizenKey;
use crate::ledger::codes::{Code as _, Table, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{Position, RegistryEventRow, RegistryTx, VerificationKey, VerificationRow};

const EVENT: Table = Table("registry_event");
const VERIFICATION: Table = Table("verification");

const ADD_EVENTS: &str = "
    INSERT INTO registry_event (xid, citizen, kind, channel, at, evidence)
    SELECT (SELECT origin.xid + greatest(pg_current_xact_id()::text::bigint,
                                         pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1)
            FROM timeline_origin AS origin WHERE origin.one),
           citizen, kind, channel, at, evidence
    FROM UNNEST($1::bytea[], $2::text[], $3::text[], $4::bigint[], $5::bytea[])
         WITH ORDINALITY AS new (citizen, kind, channel, at, evidence, nr)
    ORDER BY nr";

const EVENTS_AFTER: &str = "
    SELECT xid, id, citizen, kind, channel, at, evidence
    FROM registry_event
    WHERE (xid, id) > ($1, $2)
      AND xid < (SELECT origin.xid + pg_snapshot_xmin(pg_current_snapshot())::text::bigint
                 FROM timeline_origin AS origin WHERE origin.one)
    ORDER BY xid, id LIMIT $3";

const EVENTS: &str = "
    SELECT citizen, kind, channel, at, evidence FROM registry_event WHERE citizen = $1 ORDER BY id";

const PUT_CODES: &str = "
    INSERT INTO verification (citizen, address, code, issued, expires_at, wrong)
    SELECT * FROM UNNEST($1::bytea[], $2::uuid[], $3::bytea[], $4::bytea[], $5::bigint[], $6::bigint[])
    ON CONFLICT (citizen, address) DO UPDATE SET
        code = EXCLUDED.code, issued = EXCLUDED.issued, expires_at = EXCLUDED.expires_at,
        wrong = EXCLUDED.wrong";

const CODES: &str = "
    SELECT citizen, address, code, issued, expires_at, wrong FROM verification
    WHERE (citizen, address) IN (SELECT * FROM UNNEST($1::bytea[], $2::uuid[]))";

const REMOVE_CODES: &str = "
    DELETE FROM verification WHERE (citizen, address) IN (SELECT * FROM UNNEST($1::bytea[], $2::uuid[]))";

#[async_trait]
impl RegistryTx for PostgresTx {
    async fn add_registry_events(&mut self, rows: &[RegistryEventRow]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let statement = query(ADD_EVENTS)
            .bind(column(rows, |row| row.citizen.0))
            .bind(column(rows, |row| row.kind.code()))
            .bind(column(rows, |row| row.channel.as_ref().map(ChannelId::as_str)))
            .bind(column(rows, |row| millis(row.at)))
            .bind(column(rows, |row| row.evidence.as_slice()));
        run(self.connection(), statement).await.map(drop)
    }

    async fn registry_events_after(
        &mut self,
        after: Position,
        limit: u32,
    ) -> Result<Vec<(Position, RegistryEventRow)>, StoreError> {
        let statement = query(EVENTS_AFTER).bind(after.transaction).bind(after.id).bind(i64::from(limit));
        all(self.connection(), statement, EVENT, placed).await
    }

    async fn registry_events(&mut self, citizen: CitizenKey) -> Result<Vec<RegistryEventRow>, StoreError> {
        all(self.connection(), query(EVENTS).bind(citizen.0), EVENT, event).await
    }

    async fn put_verifications(&mut self, rows: &[VerificationRow]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let rows = latest(rows, |row| (row.citizen, row.address));
        let statement = query(PUT_CODES)
            .bind(column(&rows, |row| row.citizen.0))
            .bind(column(&rows, |row| row.address))
            .bind(column(&rows, |row| row.code))
            .bind(column(&rows, |row| row.issued.as_slice()))
            .bind(column(&rows, |row| millis(row.expires_at)))
            .bind(column(&rows, |row| i64::from(row.wrong)));
        run(self.connection(), statement).await.map(drop)
    }

    async fn verifications(&mut self, keys: &[VerificationKey]) -> Result<Vec<VerificationRow>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let statement = query(CODES).bind(column(keys, |key| key.0.0)).bind(column(keys, |key| key.1));
        all(self.connection(), statement, VERIFICATION, code).await
    }

    async fn remove_verifications(&mut self, keys: &[VerificationKey]) -> Result<(), StoreError> {
        if keys.is_empty() {
            return Ok(());
        }
        let statement = query(REMOVE_CODES).bind(column(keys, |key| key.0.0)).bind(column(keys, |key| key.1));
        run(self.connection(), statement).await.map(drop)
    }
}

fn placed(cells: &Cells<'_>) -> Result<(Position, RegistryEventRow), StoreError> {
    Ok((Position { transaction: cells.get("xid")?, id: cells.get("id")? }, event(cells)?))
}

fn event(cells: &Cells<'_>) -> Result<RegistryEventRow, StoreError> {
    Ok(RegistryEventRow {
        citizen: CitizenKey(cells.hash("citizen")?),
        kind: cells.code("kind")?,
        channel: cells.id_or_none("channel")?,
        at: cells.moment("at")?,
        evidence: cells.get("evidence")?,
    })
}

fn code(cells: &Cells<'_>) -> Result<VerificationRow, StoreError> {
    Ok(VerificationRow {
        citizen: CitizenKey(cells.hash("citizen")?),
        address: cells.get("address")?,
        code: cells.hash("code")?,
        issued: cells.get("issued")?,
        expires_at: cells.moment("expires_at")?,
        wrong: cells.table.number(cells.get("wrong")?)?,
    })
}
