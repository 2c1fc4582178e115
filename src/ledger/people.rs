//! Citizens as the verbs see them: rows read in batches, opened with the citizen's data key.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use vestnik_contract::Address;

use super::evidence::{Of, Recording};
use super::keys::{Keyring, SealKey};
use super::store::{AddressRow, Chain, CitizenRow, ConsentRow, PreferenceRow, Tx};
use super::{LedgerError, StoreError};
use crate::domain::{
    AddressEntry, Citizen, CitizenId, CitizenKey, Closed, Consent, ContactHistory, Preference,
};

/// A citizen with the data key and the contact history.
pub(super) struct Person {
    pub citizen: Citizen,
    pub key: SealKey,
    pub history: ContactHistory,
    /// Where the next consent record goes.
    pub chain: Option<Chain>,
}

impl Person {
    /// Writes a consent record down, which the rest of the batch sees.
    pub fn records(
        &mut self,
        recording: &mut Recording,
        keyring: &Keyring,
        consent: Consent,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let of = Of { citizen: self.citizen.key, key: &self.key, chain: self.chain };
        let older = self.citizen.consents.iter().filter(|one| one.seq != 0);
        recording.add(keyring, &of, older, &consent, now)?;
        self.citizen.consents.push(consent);
        Ok(())
    }

    /// A step's place in the contact budget moved from one day to another.
    pub fn moved(&mut self, from: Option<Date>, to: Option<Date>) {
        if from == to {
            return;
        }
        if let Some(count) = from.and_then(|day| self.history.days.get_mut(&day)) {
            *count = count.saturating_sub(1);
        }
        if let Some(day) = to {
            *self.history.days.entry(day).or_default() += 1;
        }
    }
}

/// The citizens of a batch.
pub(super) type People = BTreeMap<CitizenKey, Person>;

/// Locks the rows of these citizens in key order and loads all that decisions ask for.
pub(super) async fn lock(
    tx: &mut dyn Tx,
    keyring: &Keyring,
    keys: impl IntoIterator<Item = CitizenKey>,
) -> Result<People, LedgerError> {
    let mut keys: Vec<_> = keys.into_iter().collect();
    keys.sort_unstable();
    keys.dedup();
    let rows = tx.citizens(&keys, true).await?;
    load(tx, keyring, rows).await
}

/// Locks the rows of these citizens in key order, for verbs that ask nothing of the citizens.
pub(super) async fn lock_rows(
    tx: &mut dyn Tx,
    keys: impl IntoIterator<Item = CitizenKey>,
) -> Result<(), LedgerError> {
    let mut keys: Vec<_> = keys.into_iter().collect();
    keys.sort_unstable();
    keys.dedup();
    tx.citizens(&keys, true).await?;
    Ok(())
}

/// Loads citizens without locking them.
pub(super) async fn read(
    tx: &mut dyn Tx,
    keyring: &Keyring,
    keys: &[CitizenKey],
) -> Result<People, LedgerError> {
    let rows = tx.citizens(keys, false).await?;
    load(tx, keyring, rows).await
}

/// Loads citizens but for those who were erased: nobody knows them.
async fn load(tx: &mut dyn Tx, keyring: &Keyring, mut rows: Vec<CitizenRow>) -> Result<People, LedgerError> {
    rows.retain(|row| row.erased_at.is_none());
    let known: Vec<_> = rows.iter().map(|row| row.key).collect();
    let mut people = rows
        .into_iter()
        .map(|row| Ok((row.key, person(keyring, row)?)))
        .collect::<Result<People, LedgerError>>()?;
    for row in tx.addresses(&known).await? {
        if let Some(person) = people.get_mut(&row.citizen) {
            let entry = open_address(&person.key, row)?;
            person.citizen.addresses.push(entry);
        }
    }
    for row in tx.consents(&known).await? {
        if let Some(person) = people.get_mut(&row.citizen) {
            person.citizen.consents.push(consent(row));
        }
    }
    for row in tx.preferences(&known).await? {
        if let Some(person) = people.get_mut(&row.citizen) {
            person.citizen.preferences.push(preference(&row)?);
        }
    }
    // A month back covers the calendar month and the week of any moment from yesterday on.
    let since = tx.now().to_zoned(TimeZone::UTC).date().saturating_sub(33.days());
    for (key, day, count) in tx.reservations(&known, since).await? {
        if let Some(person) = people.get_mut(&key) {
            person.history.days.insert(day, count);
        }
    }
    Ok(people)
}

fn person(keyring: &Keyring, row: CitizenRow) -> Result<Person, LedgerError> {
    let citizen = Citizen {
        key: row.key,
        profile: row.profile,
        addresses: Vec::new(),
        consents: Vec::new(),
        preferences: Vec::new(),
        deceased: row.deceased_at.is_some(),
    };
    let key = keyring.data_key(&row.data_key)?;
    Ok(Person { citizen, key, history: ContactHistory::default(), chain: row.chain })
}

/// Who a citizen is, without what decisions ask for.
pub(super) struct Name {
    pub id: CitizenId,
    pub region: Option<String>,
    pub deceased: bool,
}

/// The names of these citizens; `None` of one who was erased, and nothing of one who is not known.
pub(super) async fn names(
    tx: &mut dyn Tx,
    keyring: &Keyring,
    keys: &[CitizenKey],
) -> Result<BTreeMap<CitizenKey, Option<Name>>, LedgerError> {
    let rows = tx.citizens(keys, false).await?;
    rows.into_iter().map(|row| Ok((row.key, name(keyring, row)?))).collect()
}

/// Who a citizen is; `None` of one who was erased.
pub(super) fn name(keyring: &Keyring, row: CitizenRow) -> Result<Option<Name>, LedgerError> {
    if row.erased_at.is_some() {
        return Ok(None);
    }
    let plain = keyring.data_key(&row.data_key)?.open("citizen", &row.id)?;
    let id = String::from_utf8(plain).ok().and_then(|text| CitizenId::new(text).ok());
    let deceased = row.deceased_at.is_some();
    Ok(Some(Name { id: id.ok_or_else(|| corrupt("citizen"))?, region: row.profile.region, deceased }))
}

/// The address of a row, opened.
pub(super) fn open_address(key: &SealKey, row: AddressRow) -> Result<AddressEntry, LedgerError> {
    let text = String::from_utf8(key.open("address", &row.address)?).map_err(|_| corrupt("address"))?;
    Ok(AddressEntry {
        id: row.id,
        channel: row.channel,
        address: Address::new(text),
        closed: row.closed.map(|(reason, at)| Closed { reason, at }),
    })
}

/// What a decision asks of a consent record: everything but the sealed evidence.
pub(super) fn consent(row: ConsentRow) -> Consent {
    Consent {
        seq: row.seq,
        channel: row.channel,
        topic: row.topic,
        action: row.action,
        origin: row.origin,
        evidence: String::new(),
        wording: None,
        locale: row.locale,
        actor: None,
        at: row.at,
    }
}

pub(super) fn preference(row: &PreferenceRow) -> Result<Preference, LedgerError> {
    serde_json::from_str(&row.preference).map_err(|_| corrupt("preference"))
}

/// What was opened; `None` where the key that it was sealed under was destroyed: its citizen was erased, and may
/// have come back since.
pub(super) fn left<T>(opened: Result<T, LedgerError>) -> Result<Option<T>, LedgerError> {
    match opened {
        Err(LedgerError::Seal(_)) => Ok(None),
        opened => opened.map(Some),
    }
}

/// A row of this table that cannot be understood.
pub(super) fn corrupt(table: &'static str) -> LedgerError {
    LedgerError::Store(StoreError::Corrupt { table, what: "not in the form this release writes".into() })
}
