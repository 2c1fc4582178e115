//! What a database must be able to do for evidence: chains of consent records, pages of citizens and
//! of closed addresses, and erasure.

use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;
use vestnik_contract::ChannelId;

use super::{AddressRow, Chain, CitizenRow, ConsentRow, NotificationRow, UnreadableRow};
use crate::domain::{CitizenKey, NoticeId, NotificationKey};
use crate::ledger::error::StoreError;

/// The part of a transaction that evidence stands on.
#[async_trait]
pub trait EvidenceTx: Send {
    /// Sets where the next consent record goes, of citizens who are there and locked.
    async fn save_chains(&mut self, rows: &[(CitizenKey, Chain)]) -> Result<(), StoreError>;

    /// Citizens in the order of their keys, after one of them where it is given: at most `limit`.
    async fn citizens_after(
        &mut self,
        after: Option<CitizenKey>,
        limit: u32,
    ) -> Result<Vec<CitizenRow>, StoreError>;

    /// All consent records of these citizens, ordered by `seq`, with those that cannot be understood: what
    /// decides must not go on without them, and what verifies must.
    async fn kept_consents(
        &mut self,
        keys: &[CitizenKey],
    ) -> Result<Vec<Result<ConsentRow, UnreadableRow>>, StoreError>;

    /// Closed addresses in the order of their ids, after one of them where it is given: at most `limit`.
    async fn closed_addresses(
        &mut self,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<AddressRow>, StoreError>;

    /// A citizen's notifications that no notice ever carried, the newest first, before one of them where it is
    /// given: at most `limit`.
    async fn without_notice(
        &mut self,
        citizen: CitizenKey,
        before: Option<NotificationKey>,
        limit: u32,
    ) -> Result<Vec<NotificationRow>, StoreError>;

    /// Which of these addresses belonged to a citizen who was erased.
    async fn suppressed(
        &mut self,
        addresses: &[(ChannelId, [u8; 32])],
    ) -> Result<Vec<(ChannelId, [u8; 32])>, StoreError>;

    /// Remembers that these addresses belonged to a citizen who was erased; one that is remembered
    /// already stays as it is.
    async fn suppress(
        &mut self,
        addresses: &[(ChannelId, [u8; 32])],
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Remembers it no longer.
    async fn unsuppress(&mut self, addresses: &[(ChannelId, [u8; 32])]) -> Result<(), StoreError>;

    /// Takes away all that is personal of a citizen besides the citizen's own row: addresses with their
    /// one-time codes, preferences, the inbox, the facts of the notifications that stand in it, the words
    /// of these notices, and the sealed part of every consent record and registry event.
    async fn erase(&mut self, citizen: CitizenKey, notices: &[NoticeId]) -> Result<(), StoreError>;
}
