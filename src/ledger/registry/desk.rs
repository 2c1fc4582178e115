//! A batch of registrations at work.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::Timestamp;
use vestnik_contract::ChannelId;

use super::{Death, NewAddress, NewPreference, Refusal, Registration};
use crate::domain::{
    CitizenId, CitizenKey, Closed, Consent, ConsentAction, ConsentOrigin, Profile, RegistryEventKind, TopicId,
};
use crate::ledger::evidence::{ClosedBy, Of, Preferring, Recording, Telling, kept};
use crate::ledger::keys::SealKey;
use crate::ledger::rules::Rules;
use crate::ledger::store::{AddressRow, CitizenRow, ConsentRow, Tx};
use crate::ledger::writes::new_key;
use crate::ledger::{Ledger, LedgerError};
use crate::policy::ever_opens;

/// Why an address is closed that an erased citizen had.
const ERASED: &str = "erased";

/// The rows of a batch of registrations.
pub(super) struct Desk<'a> {
    ledger: &'a Ledger,
    rules: &'a Rules,
    now: Timestamp,
    rows: BTreeMap<CitizenKey, CitizenRow>,
    addresses: BTreeMap<(CitizenKey, ChannelId, [u8; 32]), AddressRow>,
    /// Which addresses of the batch belonged to a citizen who was erased.
    suppressed: HashSet<(ChannelId, [u8; 32])>,
    said: HashSet<Said>,
    /// The consent records that were there before the batch.
    records: Vec<ConsentRow>,
    /// The preferences in force, as they are kept.
    preferences: BTreeMap<(CitizenKey, Option<TopicId>), String>,
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
    preferring: Preferring,
    telling: Telling,
    died: BTreeSet<CitizenKey>,
    unsuppressed: Vec<(ChannelId, [u8; 32])>,
}

impl<'a> Desk<'a> {
    /// Locks the citizens of a batch and loads what is on record of them.
    pub async fn open(
        ledger: &'a Ledger,
        rules: &'a Rules,
        tx: &mut dyn Tx,
        batch: &[Registration],
    ) -> Result<Self, LedgerError> {
        let mut keys: Vec<_> = batch.iter().map(|one| ledger.keys.citizen(&one.id)).collect();
        keys.sort_unstable();
        keys.dedup();
        let rows = tx.citizens(&keys, true).await?.into_iter().map(|row| (row.key, row)).collect();
        let addresses = tx.addresses(&keys).await?.into_iter();
        let records = tx.consents(&keys).await?;
        let preferring = batch.iter().any(|one| !one.preferences.is_empty());
        let preferences = if preferring { tx.preferences(&keys).await? } else { Vec::new() }.into_iter();
        let new: Vec<_> = batch
            .iter()
            .flat_map(|one| &one.addresses)
            .map(|new| (new.channel.clone(), ledger.keys.address(&new.channel, &new.address)))
            .collect();
        Ok(Self {
            ledger,
            rules,
            now: tx.now(),
            rows,
            addresses: addresses.map(|row| ((row.citizen, row.channel.clone(), row.hash), row)).collect(),
            suppressed: tx.suppressed(&new).await?.into_iter().collect(),
            said: records.iter().map(Said::of).collect(),
            records,
            preferences: preferences.map(|row| ((row.citizen, row.topic), row.preference)).collect(),
            changes: Changes::default(),
        })
    }

    /// Writes what the batch changed.
    pub async fn write(self, tx: &mut dyn Tx) -> Result<(), LedgerError> {
        self.changes.write(tx).await
    }

    /// Takes one registration.
    pub fn take(&mut self, one: &Registration) -> Result<Result<(), Refusal>, LedgerError> {
        if let Some(consent) = one.consents.iter().position(|consent| consent.at > self.now) {
            return Ok(Err(Refusal::NotYetSaid { consent }));
        }
        let citizen = self.ledger.keys.citizen(&one.id);
        if self.rows.get(&citizen).is_some_and(|row| stays_erased(row, one)) {
            return Ok(Err(Refusal::Erased));
        }
        if let Some(refusal) = self.never_works(citizen, one) {
            return Ok(Err(refusal));
        }
        let key = match (self.rows.get(&citizen), &one.profile) {
            (Some(row), profile) => {
                let key = self.ledger.keys.data_key(&row.data_key)?;
                if let Some(profile) = profile {
                    let mut row =
                        CitizenRow { profile: profile.clone(), updated_at: self.now, ..row.clone() };
                    if row.erased_at.take().is_some() {
                        row.id = key.seal("citizen", one.id.expose().as_bytes())?;
                    }
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
        for new in &one.preferences {
            self.prefer(citizen, &key, new)?;
        }
        if let Some(death) = &one.death {
            self.death(citizen, &key, death)?;
        }
        Ok(Ok(()))
    }

    /// What of the preferences the law of the citizen's jurisdiction leaves no room for.
    fn never_works(&self, citizen: CitizenKey, one: &Registration) -> Option<Refusal> {
        let profile = one.profile.as_ref().or_else(|| self.rows.get(&citizen).map(|row| &row.profile))?;
        let law = self.rules.jurisdiction(&profile.jurisdiction);
        one.preferences.iter().enumerate().find_map(|(preference, new)| {
            let prefers = &new.preference;
            let forbidden = |channel: &ChannelId| !law.channels.contains(channel);
            if let Some(channel) = prefers.channels.iter().flatten().position(forbidden) {
                return Some(Refusal::ForbiddenChannel { preference, channel });
            }
            let opens = prefers.hours.is_none_or(|wish| ever_opens(&wish, &law.contact_hours));
            (!opens).then_some(Refusal::NeverOpens { preference })
        })
    }

    fn consent(&mut self, citizen: CitizenKey, key: &SealKey, consent: &Consent) -> Result<(), LedgerError> {
        if !self.said.insert(Said::by(citizen, consent)) {
            return Ok(());
        }
        let of = Of { citizen, key, chain: self.rows.get(&citizen).and_then(|row| row.chain) };
        let older = self.records.iter().filter(|row| row.citizen == citizen);
        self.changes.recording.add(&self.ledger.keys, &of, older, consent, self.now)
    }

    /// Sets a preference, unless it is in force already.
    fn prefer(&mut self, citizen: CitizenKey, key: &SealKey, new: &NewPreference) -> Result<(), LedgerError> {
        let NewPreference { preference, by } = new;
        let json = kept(preference)?;
        let before = self.preferences.insert((citizen, preference.topic.clone()), json.clone());
        if before.is_some_and(|before| before == json) {
            return Ok(());
        }
        self.changes.preferring.set(citizen, key, preference, by, self.now)
    }

    /// Records that the citizen has died, or takes it back, unless it is so already.
    fn death(&mut self, citizen: CitizenKey, key: &SealKey, death: &Death) -> Result<(), LedgerError> {
        let Some(row) = self.rows.get(&citizen).filter(|row| row.deceased_at.is_some() != death.deceased)
        else {
            return Ok(());
        };
        let deceased_at = death.deceased.then_some(self.now);
        self.put(CitizenRow { deceased_at, updated_at: self.now, ..row.clone() });
        let kind = if death.deceased {
            self.changes.died.insert(citizen);
            RegistryEventKind::CitizenDeceased
        } else {
            self.changes.died.remove(&citizen);
            RegistryEventKind::CitizenAlive
        };
        self.changes.telling.add(citizen, key, kind, None, &death.by, self.now)
    }

    /// Who has died by the word of the batch.
    pub fn died(&self) -> BTreeSet<CitizenKey> {
        self.changes.died.clone()
    }

    /// Whether the registry's owner is told of something.
    pub fn tells_the_owner(&self) -> bool {
        !self.changes.telling.is_empty()
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
            deceased_at: None,
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
        let suppressed = self.suppressed.contains(&(new.channel.clone(), hash));
        if suppressed && new.reopen {
            self.changes.unsuppressed.push((new.channel.clone(), hash));
        }
        let kept_closed = suppressed && !new.reopen;
        let row = match self.addresses.get(&place) {
            Some(row) if may_be_opened(row) && new.reopen => {
                AddressRow { closed: None, closed_evidence: None, ..row.clone() }
            }
            Some(_) => return Ok(()),
            None => AddressRow {
                id: new_key(),
                citizen,
                channel: new.channel.clone(),
                hash,
                address: key.seal("address", new.address.expose().as_bytes())?,
                closed: kept_closed.then(|| (ERASED.to_owned(), self.now)),
                closed_evidence: kept_closed.then(|| ClosedBy::erasure().seal(key)).transpose()?,
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
        self.preferring.write(tx).await?;
        self.telling.write(tx).await?;
        Ok(tx.unsuppress(&self.unsuppressed).await?)
    }
}

/// Whether the registry's word opens the address again. From one that is disputed somebody else wrote: only
/// a one-time code that comes back from there says that it is the citizen's.
fn may_be_opened(row: &AddressRow) -> bool {
    row.closed.as_ref().is_some_and(|(reason, _)| reason != Closed::DISPUTED)
}

/// Whether a citizen was erased and the registration does not say that they came back: by a consent that
/// they gave since, themselves.
fn stays_erased(row: &CitizenRow, one: &Registration) -> bool {
    use ConsentOrigin::{InPerson, Portal, SingleNumber};
    let Some(erased) = row.erased_at else { return false };
    let came_back = |consent: &Consent| {
        let themselves = matches!(consent.origin, Portal | SingleNumber | InPerson);
        themselves && consent.action == ConsentAction::Granted && consent.at > erased
    };
    one.profile.is_none() || !one.consents.iter().any(came_back)
}
