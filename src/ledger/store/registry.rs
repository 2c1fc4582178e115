//! What a database must be able to do for the registry's owner: events, and one-time codes.

use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;
use vestnik_contract::ChannelId;

use super::Position;
use crate::domain::{CitizenKey, RegistryEventKind};
use crate::ledger::error::StoreError;

/// Something that the registry's owner is told of a citizen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryEventRow {
    /// Whom it is about.
    pub citizen: CitizenKey,
    /// What happened.
    pub kind: RegistryEventKind,
    /// On which channel, where it is about an address.
    pub channel: Option<ChannelId>,
    /// When.
    pub at: Timestamp,
    /// By what, encrypted under the citizen's data key; empty once erased.
    pub evidence: Vec<u8>,
}

/// A one-time code that was handed out for an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationRow {
    /// Whose address it is.
    pub citizen: CitizenKey,
    /// The address.
    pub address: Uuid,
    /// The code's keyed hash.
    pub code: [u8; 32],
    /// Who handed it out, encrypted under the citizen's data key.
    pub issued: Vec<u8>,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// How often another code came in its place.
    pub wrong: u32,
}

/// Names the code of an address: whose address it is, and which.
pub type VerificationKey = (CitizenKey, Uuid);

/// The part of a transaction that events for the registry's owner and one-time codes stand on.
#[async_trait]
pub trait RegistryTx: Send {
    /// Appends events, in this order. The citizens are locked.
    async fn add_registry_events(&mut self, rows: &[RegistryEventRow]) -> Result<(), StoreError>;

    /// Events after a position, in an order in which none can appear before one already read: at most
    /// `limit`.
    async fn registry_events_after(
        &mut self,
        after: Position,
        limit: u32,
    ) -> Result<Vec<(Position, RegistryEventRow)>, StoreError>;

    /// A citizen's events, in order.
    async fn registry_events(&mut self, citizen: CitizenKey) -> Result<Vec<RegistryEventRow>, StoreError>;

    /// Inserts or replaces codes by (citizen, address).
    async fn put_verifications(&mut self, rows: &[VerificationRow]) -> Result<(), StoreError>;

    /// The codes of these addresses.
    async fn verifications(&mut self, keys: &[VerificationKey]) -> Result<Vec<VerificationRow>, StoreError>;

    /// Removes the codes of these addresses.
    async fn remove_verifications(&mut self, keys: &[VerificationKey]) -> Result<(), StoreError>;
}
