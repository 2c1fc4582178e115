//! The registry: citizens, their addresses, consents and preferences.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use serde::Serialize;
use vestnik_contract::{Address, ChannelId};

use super::evidence::{Of, Recording, open_consent};
use super::people;
use super::store::{AddressRow, CitizenRow, ConsentRow, PreferenceRow, Tx};
use super::writes::new_key;
use super::{Ledger, LedgerError};
use crate::domain::{
    AddressEntry, CitizenId, CitizenKey, Closed, Consent, ConsentAction, ConsentOrigin, Preference, Profile,
    TopicId,
};
use crate::ledger::keys::SealKey;

/// What is to be recorded of a citizen. What is absent stays as it is.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Who.
    pub id: CitizenId,
    /// Locale, zone, region and jurisdiction; needed for a citizen who is not known yet.
    pub profile: Option<Profile>,
    /// Addresses that the citizen has, each in its channel's one form. Those there already stay;
    /// a closed one is opened again only where `reopen` says so.
    pub addresses: Vec<NewAddress>,
    /// Consent records to append. One that is on record already (of the same moment, scope, action
    /// and origin) is not recorded again.
    pub consents: Vec<Consent>,
    /// Preferences to set.
    pub preferences: Vec<Preference>,
}

/// An address to record.
#[derive(Debug, Clone)]
pub struct NewAddress {
    /// Its channel.
    pub channel: ChannelId,
    /// The address in the channel's one form.
    pub address: Address,
    /// Whether it is opened again if it was closed: the citizen just used or confirmed it.
    pub reopen: bool,
}

/// Why a citizen could not be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The citizen is not known, and the registration says too little to know them.
    #[error("the citizen is not known: locale and jurisdiction are needed")]
    Unknown,
    /// A consent record is said to be of a moment that has not come. The newest record decides, so
    /// that it would overrule whatever the citizen says until then.
    #[error("a consent record is of a moment that has not come")]
    NotYetSaid {
        /// Its place among the consents of the registration.
        consent: usize,
    },
}

/// A citizen as the registry shows them.
#[derive(Clone, Serialize)]
pub struct CitizenView {
    /// Locale, zone, region and jurisdiction.
    #[serde(flatten)]
    pub profile: Profile,
    /// Contact points, the oldest first.
    pub addresses: Vec<AddressView>,
    /// Consent records with their evidence, in the order of recording.
    pub consents: Vec<Consent>,
    /// Preferences.
    pub preferences: Vec<Preference>,
}

/// An address as the registry shows it.
#[derive(Clone, Serialize)]
pub struct AddressView {
    /// Its channel.
    pub channel: ChannelId,
    /// The address.
    pub address: Address,
    /// Why and since when it is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
}

impl Ledger {
    /// Records citizens, in one transaction; gives for each, in order, whether it was taken.
    /// Citizens of one batch should be different ones; of one who stands in it twice, the later
    /// registration is applied after the earlier.
    pub async fn register(&self, batch: &[Registration]) -> Result<Vec<Result<(), Refusal>>, LedgerError> {
        let mut tx = self.store.begin().await?;
        let mut keys: Vec<_> = batch.iter().map(|one| self.keys.citizen(&one.id)).collect();
        keys.sort_unstable();
        keys.dedup();
        let rows = tx.citizens(&keys, true).await?;
        let now = tx.now();
        let mut desk = Desk {
            ledger: self,
            now,
            rows: BTreeMap::new(),
            addresses: BTreeMap::new(),
            said: HashSet::new(),
            records: tx.consents(&keys).await?,
            changes: Changes::default(),
        };
        for row in tx.addresses(&keys).await? {
            desk.addresses.insert((row.citizen, row.channel.clone(), row.hash), row);
        }
        desk.said.extend(desk.records.iter().map(Said::of));
        desk.rows = rows.into_iter().map(|row| (row.key, row)).collect();
        let answers = batch.iter().map(|one| desk.take(one)).collect::<Result<Vec<_>, _>>()?;
        desk.changes.write(&mut *tx).await?;
        tx.commit().await?;
        Ok(answers)
    }

    /// A citizen with addresses, consents and preferences.
    pub async fn citizen(&self, id: &CitizenId) -> Result<Option<CitizenView>, LedgerError> {
        let mut tx = self.store.read().await?;
        let key = self.keys.citizen(id);
        let Some(person) = people::read(&mut *tx, &self.keys, &[key]).await?.remove(&key) else {
            return Ok(None);
        };
        let rows = tx.consents(&[key]).await?;
        let consents =
            rows.into_iter().map(|row| open_consent(&person.key, row)).collect::<Result<_, _>>()?;
        let view = |entry: AddressEntry| AddressView {
            channel: entry.channel,
            address: entry.address,
            closed: entry.closed,
        };
        Ok(Some(CitizenView {
            profile: person.citizen.profile,
            addresses: person.citizen.addresses.into_iter().map(view).collect(),
            consents,
            preferences: person.citizen.preferences,
        }))
    }

    /// Closes a citizen's address; whether there was such an open one.
    pub async fn close_address(
        &self,
        id: &CitizenId,
        channel: &ChannelId,
        address: &Address,
        reason: &str,
    ) -> Result<bool, LedgerError> {
        let mut tx = self.store.begin().await?;
        let key = self.keys.citizen(id);
        people::lock_rows(&mut *tx, [key]).await?;
        let hash = self.keys.address(channel, address);
        let (now, rows) = (tx.now(), tx.addresses(&[key]).await?);
        let found =
            rows.into_iter().find(|row| row.channel == *channel && row.hash == hash && row.closed.is_none());
        let Some(row) = found else { return Ok(false) };
        tx.put_addresses(&[AddressRow { closed: Some((reason.to_owned(), now)), ..row }]).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// The rows of a batch of registrations.
struct Desk<'a> {
    ledger: &'a Ledger,
    now: Timestamp,
    rows: BTreeMap<CitizenKey, CitizenRow>,
    addresses: BTreeMap<(CitizenKey, ChannelId, [u8; 32]), AddressRow>,
    said: HashSet<Said>,
    /// The consent records that were there before the batch.
    records: Vec<ConsentRow>,
    changes: Changes,
}

/// What makes a consent record the same as another: all but its evidence.
#[derive(PartialEq, Eq, Hash)]
struct Said {
    citizen: CitizenKey,
    channel: Option<ChannelId>,
    topic: Option<TopicId>,
    action: ConsentAction,
    origin: ConsentOrigin,
    /// The ledger keeps milliseconds.
    at: i64,
}

impl Said {
    fn of(row: &ConsentRow) -> Self {
        Self {
            citizen: row.citizen,
            channel: row.channel.clone(),
            topic: row.topic.clone(),
            action: row.action,
            origin: row.origin,
            at: row.at.as_millisecond(),
        }
    }

    fn by(citizen: CitizenKey, consent: &Consent) -> Self {
        let Consent { channel, topic, action, origin, at, .. } = consent.clone();
        Self { citizen, channel, topic, action, origin, at: at.as_millisecond() }
    }
}

#[derive(Default)]
struct Changes {
    new: Vec<CitizenRow>,
    citizens: BTreeMap<CitizenKey, CitizenRow>,
    addresses: BTreeMap<uuid::Uuid, AddressRow>,
    recording: Recording,
    preferences: Vec<PreferenceRow>,
}

impl Desk<'_> {
    fn take(&mut self, one: &Registration) -> Result<Result<(), Refusal>, LedgerError> {
        if let Some(consent) = one.consents.iter().position(|consent| consent.at > self.now) {
            return Ok(Err(Refusal::NotYetSaid { consent }));
        }
        let citizen = self.ledger.keys.citizen(&one.id);
        let key = match (self.rows.get(&citizen), &one.profile) {
            (Some(row), profile) => {
                let key = self.ledger.keys.data_key(&row.data_key)?;
                if let Some(profile) = profile {
                    let row = CitizenRow { profile: profile.clone(), updated_at: self.now, ..row.clone() };
                    self.put(row);
                }
                key
            }
            (None, Some(profile)) => self.create(citizen, &one.id, profile)?,
            (None, None) => return Ok(Err(Refusal::Unknown)),
        };
        for new in &one.addresses {
            self.address(citizen, &key, new)?;
        }
        for consent in &one.consents {
            self.consent(citizen, &key, consent)?;
        }
        for preference in &one.preferences {
            let row = preference_row(citizen, preference, self.now)?;
            self.changes.preferences.retain(|there| (there.citizen, &there.topic) != (citizen, &row.topic));
            self.changes.preferences.push(row);
        }
        Ok(Ok(()))
    }

    fn consent(&mut self, citizen: CitizenKey, key: &SealKey, consent: &Consent) -> Result<(), LedgerError> {
        if !self.said.insert(Said::by(citizen, consent)) {
            return Ok(());
        }
        let of = Of { citizen, key, chain: self.rows.get(&citizen).and_then(|row| row.chain) };
        let older = self.records.iter().filter(|row| row.citizen == citizen);
        self.changes.recording.add(&self.ledger.keys, &of, older, consent, self.now)
    }

    fn create(
        &mut self,
        citizen: CitizenKey,
        id: &CitizenId,
        profile: &Profile,
    ) -> Result<SealKey, LedgerError> {
        let (key, data_key) = self.ledger.keys.new_data_key()?;
        let id = key.seal("citizen", id.expose().as_bytes())?;
        let row = CitizenRow {
            key: citizen,
            data_key,
            id,
            profile: profile.clone(),
            updated_at: self.now,
            chain: None,
            erased_at: None,
        };
        self.rows.insert(citizen, row.clone());
        self.changes.new.push(row);
        Ok(key)
    }

    fn put(&mut self, row: CitizenRow) {
        self.rows.insert(row.key, row.clone());
        self.changes.citizens.insert(row.key, row);
    }

    fn address(&mut self, citizen: CitizenKey, key: &SealKey, new: &NewAddress) -> Result<(), LedgerError> {
        let hash = self.ledger.keys.address(&new.channel, &new.address);
        let place = (citizen, new.channel.clone(), hash);
        let row = match self.addresses.get(&place) {
            Some(row) if row.closed.is_some() && new.reopen => AddressRow { closed: None, ..row.clone() },
            Some(_) => return Ok(()),
            None => AddressRow {
                id: new_key(),
                citizen,
                channel: new.channel.clone(),
                hash,
                address: key.seal("address", new.address.expose().as_bytes())?,
                closed: None,
                closed_evidence: None,
            },
        };
        self.addresses.insert(place, row.clone());
        self.changes.addresses.insert(row.id, row);
        Ok(())
    }
}

impl Changes {
    async fn write(self, tx: &mut dyn Tx) -> Result<(), LedgerError> {
        tx.add_citizens(&self.new).await?;
        tx.put_citizens(&self.citizens.into_values().collect::<Vec<_>>()).await?;
        tx.put_addresses(&self.addresses.into_values().collect::<Vec<_>>()).await?;
        self.recording.write(tx).await?;
        tx.put_preferences(&self.preferences).await?;
        Ok(())
    }
}

fn preference_row(
    citizen: CitizenKey,
    preference: &Preference,
    now: Timestamp,
) -> Result<PreferenceRow, LedgerError> {
    let json = serde_json::to_string(preference).map_err(|_| people::corrupt("preference"))?;
    Ok(PreferenceRow { citizen, topic: preference.topic.clone(), preference: json, updated_at: now })
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::ledger::fixture::{World, citizen_id, nothing};

    #[tokio::test]
    async fn a_consent_is_recorded_once_and_never_from_the_future() {
        let world = World::sqlite().await;
        let anna = world.citizen("anna", &[]).await;
        let said = world.consent(Some("sms"), ConsentAction::Withdrawn);
        let twice = Registration { consents: vec![said.clone(), said.clone()], ..nothing(anna.clone()) };
        world.register(twice.clone()).await;
        world.register(twice).await;
        let records = |citizen: CitizenView| citizen.consents.len();
        assert_eq!(world.ledger.citizen(&anna).await.unwrap().map(records), Some(2));

        let later = Consent { at: said.at + SignedDuration::from_millis(1), ..said.clone() };
        let early = Registration { consents: vec![said, later], ..nothing(anna.clone()) };
        let refused = world.ledger.register(std::slice::from_ref(&early)).await.unwrap();
        assert_eq!(refused, [Err(Refusal::NotYetSaid { consent: 1 })]);
        assert_eq!(world.ledger.citizen(&anna).await.unwrap().map(records), Some(2));
        world.clock.advance(SignedDuration::from_millis(1));
        world.register(early).await;
        assert_eq!(world.ledger.citizen(&anna).await.unwrap().map(records), Some(3));

        let nobody = world.ledger.register(&[nothing(citizen_id("nobody"))]).await.unwrap();
        assert_eq!(nobody, [Err(Refusal::Unknown)]);
    }
}
