//! What the registry's owner is told of citizens, each with the evidence of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vestnik_contract::ChannelId;

use crate::domain::{CitizenId, CitizenKey, RegistryEventKind};
use crate::ledger::keys::SealKey;
use crate::ledger::people::{self, corrupt};
use crate::ledger::store::{Position, RegistryEventRow, Tx};
use crate::ledger::{Ledger, LedgerError};

/// By what something became known: the evidence of it, as it is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Testimony {
    /// The act, the form or the inbound that says it.
    pub evidence: String,
    /// Who wrote it down, where a person did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

impl Testimony {
    pub(in crate::ledger) fn seal(&self, key: &SealKey) -> Result<Vec<u8>, LedgerError> {
        let plain = serde_json::to_vec(self).map_err(|_| corrupt("registry_event"))?;
        Ok(key.seal("ground", &plain)?)
    }

    pub(in crate::ledger) fn open(key: &SealKey, sealed: &[u8]) -> Result<Self, LedgerError> {
        serde_json::from_slice(&key.open("ground", sealed)?).map_err(|_| corrupt("registry_event"))
    }
}

/// What the registry's owner is told: without address, name or evidence.
#[derive(Clone, PartialEq, Eq)]
pub struct RegistryEvent {
    /// Where it stands among all events.
    pub position: Position,
    /// Whom it is about; `None` where they were erased since.
    pub citizen: Option<CitizenId>,
    /// What happened.
    pub kind: RegistryEventKind,
    /// On which channel, where it is about an address.
    pub channel: Option<ChannelId>,
    /// When.
    pub at: Timestamp,
}

/// An event with its evidence, for whoever looks into one citizen.
#[derive(Clone, Serialize)]
pub struct RegistryRecord {
    /// What happened.
    pub kind: RegistryEventKind,
    /// On which channel, where it is about an address.
    pub channel: Option<ChannelId>,
    /// When.
    pub at: Timestamp,
    /// By what it became known.
    pub by: Testimony,
}

impl RegistryRecord {
    fn open(key: &SealKey, row: RegistryEventRow) -> Result<Self, LedgerError> {
        let by = Testimony::open(key, &row.evidence)?;
        Ok(Self { kind: row.kind, channel: row.channel, at: row.at, by })
    }
}

/// Writes events down. The citizens are locked.
#[derive(Default)]
pub(in crate::ledger) struct Telling {
    rows: Vec<RegistryEventRow>,
}

impl Telling {
    /// Adds an event about a citizen with this data key.
    pub fn add(
        &mut self,
        citizen: CitizenKey,
        key: &SealKey,
        kind: RegistryEventKind,
        channel: Option<&ChannelId>,
        by: &Testimony,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        let evidence = by.seal(key)?;
        self.rows.push(RegistryEventRow { citizen, kind, channel: channel.cloned(), at, evidence });
        Ok(())
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes all of it.
    pub async fn write(self, tx: &mut dyn Tx) -> Result<(), LedgerError> {
        Ok(tx.add_registry_events(&self.rows).await?)
    }
}

impl Ledger {
    /// Events for the registry's owner after a position, in the order in which they become visible: at
    /// most `limit`. Nothing can appear later before what was given.
    pub async fn registry_events_after(
        &self,
        after: Position,
        limit: u32,
    ) -> Result<Vec<RegistryEvent>, LedgerError> {
        let mut tx = self.store.read().await?;
        let rows = tx.registry_events_after(after, limit).await?;
        let citizens: Vec<_> = rows.iter().map(|(_, row)| row.citizen).collect();
        let names = people::names(&mut *tx, &self.keys, &citizens).await?;
        let event = |(position, row): (Position, RegistryEventRow)| {
            let name = names.get(&row.citizen).and_then(Option::as_ref);
            let RegistryEventRow { kind, channel, at, .. } = row;
            RegistryEvent { position, citizen: name.map(|name| name.id.clone()), kind, channel, at }
        };
        Ok(rows.into_iter().map(event).collect())
    }

    /// A citizen's events with their evidence, in order; `None` of one who is not known.
    pub async fn registry_record(&self, id: &CitizenId) -> Result<Option<Vec<RegistryRecord>>, LedgerError> {
        let mut tx = self.store.read().await?;
        let citizen = self.keys.citizen(id);
        let known = tx.citizens(&[citizen], false).await?.pop().filter(|row| row.erased_at.is_none());
        let Some(row) = known else { return Ok(None) };
        let key = self.keys.data_key(&row.data_key)?;
        let mut rows = tx.registry_events(citizen).await?;
        // The evidence of what was before an erasure is gone.
        rows.retain(|row| !row.evidence.is_empty());
        rows.into_iter().map(|row| RegistryRecord::open(&key, row)).collect::<Result<_, _>>().map(Some)
    }
}
