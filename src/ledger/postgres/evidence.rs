//! Evidence: chains, pages of citizens and of closed addresses, erasure.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::query;
use uuid::Uuid;
use vestnik_contract::ChannelId;

use super::citizens::{ADDRESS, CITIZEN, address, citizen, kept_consents};
use super::notices::{NOTIFICATION, notification};
use super::rows::{all, column, latest, run};
use super::tx::PostgresTx;
use crate::domain::{CitizenKey, NoticeId, NotificationKey};
use crate::ledger::codes::{Table, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{
    AddressRow, Chain, CitizenRow, ConsentRow, EvidenceTx, NotificationRow, UnreadableRow,
};

const SUPPRESSED: Table = Table("suppressed");

const SAVE_CHAINS: &str = "
    UPDATE citizen SET chain = new.chain, chain_length = new.length
    FROM UNNEST($1::bytea[], $2::bytea[], $3::bigint[]) AS new (key, chain, length)
    WHERE citizen.key = new.key";

pub(super) const CITIZENS_AFTER: &str = "
    SELECT key, data_key, id, locale, zone, region, jurisdiction, updated_at, chain, chain_length, erased_at,
           deceased_at
    FROM citizen WHERE key > $1 ORDER BY key LIMIT $2";

pub(super) const CLOSED_AFTER: &str = "
    SELECT id, citizen, channel, hash, address, closed_reason, closed_at, closed_evidence
    FROM address WHERE closed_reason IS NOT NULL AND id > $1 ORDER BY id LIMIT $2";

const FIND_SUPPRESSED: &str = "
    SELECT channel, hash FROM suppressed
    WHERE (channel, hash) IN (SELECT * FROM UNNEST($1::text[], $2::bytea[]))";

const SUPPRESS: &str = "
    INSERT INTO suppressed (channel, hash, at)
    SELECT channel, hash, $3 FROM UNNEST($1::text[], $2::bytea[]) AS new (channel, hash)
    ON CONFLICT (channel, hash) DO NOTHING";

const UNSUPPRESS: &str = "
    DELETE FROM suppressed WHERE (channel, hash) IN (SELECT * FROM UNNEST($1::text[], $2::bytea[]))";

pub(super) const WITHOUT_NOTICE: &str = "
    SELECT key, source, source_id, citizen, notice, life_event, measure, template, campaign, priority, params,
           received_at, closed_state, closed_reason, closed_at
    FROM notification WHERE notice IS NULL AND citizen = $1 AND key < $2 ORDER BY key DESC LIMIT $3";

/// The facts go before the inbox entries by which they are found.
const ERASE: [&str; 9] = [
    "UPDATE notification SET params = '' WHERE key IN (SELECT notification FROM inbox WHERE citizen = $1)",
    "DELETE FROM inbox WHERE citizen = $1",
    "DELETE FROM address WHERE citizen = $1",
    "DELETE FROM preference WHERE citizen = $1",
    "DELETE FROM preference_version WHERE citizen = $1",
    "DELETE FROM introduced WHERE citizen = $1",
    "UPDATE consent SET evidence = '' WHERE citizen = $1",
    "UPDATE registry_event SET evidence = '' WHERE citizen = $1",
    "DELETE FROM verification WHERE citizen = $1",
];

const ERASE_WORDS: &str = "UPDATE notice SET words = '' WHERE id = ANY($1)";

#[async_trait]
impl EvidenceTx for PostgresTx {
    async fn save_chains(&mut self, rows: &[(CitizenKey, Chain)]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let rows = latest(rows, |row| row.0);
        let statement = query(SAVE_CHAINS)
            .bind(column(&rows, |row| row.0.0))
            .bind(column(&rows, |row| row.1.head))
            .bind(column(&rows, |row| row.1.length));
        run(self.connection(), statement).await.map(drop)
    }

    async fn citizens_after(
        &mut self,
        after: Option<CitizenKey>,
        limit: u32,
    ) -> Result<Vec<CitizenRow>, StoreError> {
        let after = after.map(|key| key.0.to_vec()).unwrap_or_default();
        let statement = query(CITIZENS_AFTER).bind(after).bind(i64::from(limit));
        all(self.connection(), statement, CITIZEN, citizen).await
    }

    async fn kept_consents(
        &mut self,
        keys: &[CitizenKey],
    ) -> Result<Vec<Result<ConsentRow, UnreadableRow>>, StoreError> {
        kept_consents(self.connection(), keys).await
    }

    async fn closed_addresses(
        &mut self,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<AddressRow>, StoreError> {
        let statement = query(CLOSED_AFTER).bind(after.unwrap_or_default()).bind(i64::from(limit));
        all(self.connection(), statement, ADDRESS, address).await
    }

    async fn without_notice(
        &mut self,
        citizen: CitizenKey,
        before: Option<NotificationKey>,
        limit: u32,
    ) -> Result<Vec<NotificationRow>, StoreError> {
        let before = before.map_or(Uuid::max(), |key| key.0);
        let statement = query(WITHOUT_NOTICE).bind(citizen.0).bind(before).bind(i64::from(limit));
        all(self.connection(), statement, NOTIFICATION, notification).await
    }

    async fn suppressed(
        &mut self,
        addresses: &[(ChannelId, [u8; 32])],
    ) -> Result<Vec<(ChannelId, [u8; 32])>, StoreError> {
        if addresses.is_empty() {
            return Ok(Vec::new());
        }
        let statement = query(FIND_SUPPRESSED)
            .bind(column(addresses, |one| one.0.as_str()))
            .bind(column(addresses, |one| one.1));
        all(self.connection(), statement, SUPPRESSED, |cells| Ok((cells.id("channel")?, cells.hash("hash")?)))
            .await
    }

    async fn suppress(
        &mut self,
        addresses: &[(ChannelId, [u8; 32])],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let addresses = latest(addresses, |one| one);
        let statement = query(SUPPRESS)
            .bind(column(&addresses, |one| one.0.as_str()))
            .bind(column(&addresses, |one| one.1))
            .bind(millis(at));
        run(self.connection(), statement).await.map(drop)
    }

    async fn unsuppress(&mut self, addresses: &[(ChannelId, [u8; 32])]) -> Result<(), StoreError> {
        if addresses.is_empty() {
            return Ok(());
        }
        let statement = query(UNSUPPRESS)
            .bind(column(addresses, |one| one.0.as_str()))
            .bind(column(addresses, |one| one.1));
        run(self.connection(), statement).await.map(drop)
    }

    async fn erase(&mut self, citizen: CitizenKey, notices: &[NoticeId]) -> Result<(), StoreError> {
        for statement in ERASE {
            run(self.connection(), query(statement).bind(citizen.0)).await?;
        }
        let ids = column(notices, |notice| notice.0);
        run(self.connection(), query(ERASE_WORDS).bind(ids)).await.map(drop)
    }
}
