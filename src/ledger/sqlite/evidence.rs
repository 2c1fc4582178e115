//! Evidence: chains, pages of citizens and of closed addresses, erasure.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;
use vestnik_contract::ChannelId;

use super::citizens::{ADDRESS, CITIZEN, address, citizen, kept_consents};
use super::notices::{NOTIFICATION, notification};
use super::rows::{all, find, run, write};
use super::tx::SqliteTx;
use crate::domain::{CitizenKey, NoticeId, NotificationKey};
use crate::ledger::codes::{Table, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{
    AddressRow, Chain, CitizenRow, ConsentRow, EvidenceTx, NotificationRow, UnreadableRow,
};

const SUPPRESSED_TABLE: Table = Table("suppressed");

pub(super) const SAVE_CHAIN: &str = "UPDATE citizen SET chain = ?2, chain_length = ?3 WHERE key = ?1";

pub(super) const CITIZENS_AFTER: &str = "SELECT * FROM citizen WHERE key > ?1 ORDER BY key LIMIT ?2";

pub(super) const CLOSED_AFTER: &str =
    "SELECT * FROM address WHERE closed_reason IS NOT NULL AND id > ?1 ORDER BY id LIMIT ?2";

pub(super) const SUPPRESSED: &str = "SELECT channel, hash FROM suppressed WHERE channel = ?1 AND hash = ?2";

const SUPPRESS: &str = "
    INSERT INTO suppressed (channel, hash, at) VALUES (?1, ?2, ?3) ON CONFLICT (channel, hash) DO NOTHING";

pub(super) const UNSUPPRESS: &str = "DELETE FROM suppressed WHERE channel = ?1 AND hash = ?2";

pub(super) const WITHOUT_NOTICE: &str = "
    SELECT * FROM notification WHERE notice IS NULL AND citizen = ?1 AND key < ?2 ORDER BY key DESC LIMIT ?3";

/// The facts go before the inbox entries by which they are found.
pub(super) const ERASE: [&str; 9] = [
    "UPDATE notification SET params = x'' WHERE key IN (SELECT notification FROM inbox WHERE citizen = ?1)",
    "DELETE FROM inbox WHERE citizen = ?1",
    "DELETE FROM address WHERE citizen = ?1",
    "DELETE FROM preference WHERE citizen = ?1",
    "DELETE FROM preference_version WHERE citizen = ?1",
    "DELETE FROM introduced WHERE citizen = ?1",
    "UPDATE consent SET evidence = x'' WHERE citizen = ?1",
    "UPDATE registry_event SET evidence = x'' WHERE citizen = ?1",
    "DELETE FROM verification WHERE citizen = ?1",
];

pub(super) const ERASE_WORDS: &str = "UPDATE notice SET words = x'' WHERE id = ?1";

type Suppressed = (ChannelId, [u8; 32]);

#[async_trait]
impl EvidenceTx for SqliteTx {
    async fn save_chains(&mut self, rows: &[(CitizenKey, Chain)]) -> Result<(), StoreError> {
        self.session().run_for(rows, save_chains).await
    }

    async fn citizens_after(
        &mut self,
        after: Option<CitizenKey>,
        limit: u32,
    ) -> Result<Vec<CitizenRow>, StoreError> {
        let after = after.map(|key| key.0.to_vec()).unwrap_or_default();
        self.session().run(move |conn| all(conn, CITIZENS_AFTER, (after, limit), CITIZEN, citizen)).await
    }

    async fn kept_consents(
        &mut self,
        keys: &[CitizenKey],
    ) -> Result<Vec<Result<ConsentRow, UnreadableRow>>, StoreError> {
        self.session().run_for(keys, kept_consents).await
    }

    async fn closed_addresses(
        &mut self,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<AddressRow>, StoreError> {
        let after = after.unwrap_or_default();
        self.session().run(move |conn| all(conn, CLOSED_AFTER, (after, limit), ADDRESS, address)).await
    }

    async fn without_notice(
        &mut self,
        citizen: CitizenKey,
        before: Option<NotificationKey>,
        limit: u32,
    ) -> Result<Vec<NotificationRow>, StoreError> {
        let before = before.map_or(Uuid::max(), |key| key.0);
        let values = (citizen.0, before, limit);
        self.session().run(move |conn| all(conn, WITHOUT_NOTICE, values, NOTIFICATION, notification)).await
    }

    async fn suppressed(&mut self, addresses: &[Suppressed]) -> Result<Vec<Suppressed>, StoreError> {
        self.session().run_for(addresses, suppressed).await
    }

    async fn suppress(&mut self, addresses: &[Suppressed], at: Timestamp) -> Result<(), StoreError> {
        let at = millis(at);
        let add = move |conn: &Connection, rows: &[Suppressed]| {
            write(conn, SUPPRESS, rows, |one| (one.0.as_str(), one.1, at))
        };
        self.session().run_for(addresses, add).await
    }

    async fn unsuppress(&mut self, addresses: &[Suppressed]) -> Result<(), StoreError> {
        self.session().run_for(addresses, unsuppress).await
    }

    async fn erase(&mut self, citizen: CitizenKey, notices: &[NoticeId]) -> Result<(), StoreError> {
        self.session()
            .run(move |conn| ERASE.iter().try_for_each(|sql| run(conn, sql, (citizen.0,)).map(drop)))
            .await?;
        self.session().run_for(notices, erase_words).await
    }
}

fn save_chains(conn: &Connection, rows: &[(CitizenKey, Chain)]) -> Result<(), StoreError> {
    write(conn, SAVE_CHAIN, rows, |(key, chain)| (key.0, chain.head, chain.length))
}

fn suppressed(conn: &Connection, keys: &[Suppressed]) -> Result<Vec<Suppressed>, StoreError> {
    find(
        conn,
        SUPPRESSED,
        keys,
        |one| (one.0.as_str(), one.1),
        SUPPRESSED_TABLE,
        |cells| Ok((cells.id("channel")?, cells.hash("hash")?)),
    )
}

fn unsuppress(conn: &Connection, keys: &[Suppressed]) -> Result<(), StoreError> {
    write(conn, UNSUPPRESS, keys, |one| (one.0.as_str(), one.1))
}

fn erase_words(conn: &Connection, notices: &[NoticeId]) -> Result<(), StoreError> {
    write(conn, ERASE_WORDS, notices, |notice| (notice.0,))
}
