//! The registry: citizens, their addresses, consents and preferences.

mod desk;
mod pending;

use jiff::Timestamp;
use serde::Serialize;
use vestnik_contract::{Address, ChannelId};

use self::desk::Desk;
use super::evidence::{ClosedBy, SetBy, Testimony, open_consent};
use super::keys::SealKey;
use super::people;
use super::rules::Rules;
use super::store::AddressRow;
use super::writes::Writes;
use super::{Ledger, LedgerError};
use crate::domain::{AddressEntry, CitizenId, Closed, Consent, Preference, Profile};

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
    pub preferences: Vec<NewPreference>,
    /// What is to be recorded of the citizen's death.
    pub death: Option<Death>,
}

impl Registration {
    /// One that says nothing, to be filled in.
    #[must_use]
    pub fn nothing(id: CitizenId) -> Self {
        Self {
            id,
            profile: None,
            addresses: Vec::new(),
            consents: Vec::new(),
            preferences: Vec::new(),
            death: None,
        }
    }
}

/// The registry's word on whether a citizen has died. What changes nothing is not recorded.
#[derive(Debug, Clone)]
pub struct Death {
    /// Whether the citizen has died; if not, what was said before is taken back.
    pub deceased: bool,
    /// The act that says so, and who wrote it down.
    pub by: Testimony,
}

/// A preference to set.
#[derive(Debug, Clone)]
pub struct NewPreference {
    /// What it says.
    pub preference: Preference,
    /// Who set it. What changes nothing is not recorded.
    pub by: SetBy,
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
    /// A preference names a channel that the law of the citizen's jurisdiction forbids: nothing would
    /// ever go there, and the citizen would think otherwise.
    #[error("a preference names a channel that the jurisdiction forbids")]
    ForbiddenChannel {
        /// Its place among the preferences of the registration.
        preference: usize,
        /// The channel's place in its order.
        channel: usize,
    },
    /// A preference has hours that have no moment in common with the contact hours of the citizen's
    /// jurisdiction.
    #[error("a preference has hours that never open")]
    NeverOpens {
        /// Its place among the preferences of the registration.
        preference: usize,
    },
    /// The citizen was erased, and nothing in the registration says that they came back.
    #[error("the citizen was erased; a profile and a consent that was given since are needed")]
    Erased,
}

/// A citizen as the registry shows them.
#[derive(Clone, Serialize)]
pub struct CitizenView {
    /// Locale, zone, region and jurisdiction.
    #[serde(flatten)]
    pub profile: Profile,
    /// Since when the registry says that the citizen has died, where it does.
    pub deceased_at: Option<Timestamp>,
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
    /// Why, since when and by what it is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<ClosedView>,
}

/// Why an address is closed, as the registry shows it.
#[derive(Clone, Serialize)]
pub struct ClosedView {
    /// Why, as a reason code such as `blocked`.
    pub reason: String,
    /// Since when.
    pub at: Timestamp,
    /// By what; `None` where that was not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<ClosedBy>,
}

impl AddressView {
    fn open(key: &SealKey, row: AddressRow) -> Result<Self, LedgerError> {
        let by = row.closed_evidence.as_ref().map(|sealed| ClosedBy::open(key, sealed)).transpose()?;
        let AddressEntry { channel, address, closed, .. } = people::open_address(key, row)?;
        let closed = closed.map(|Closed { reason, at }| ClosedView { reason, at, by });
        Ok(Self { channel, address, closed })
    }
}

impl Ledger {
    /// Records citizens, in one transaction; gives for each, in order, whether it was taken.
    /// Citizens of one batch should be different ones; of one who stands in it twice, the later
    /// registration is applied after the earlier. What is still to be sent to who has died ends.
    pub async fn register(
        &self,
        batch: &[Registration],
        rules: &Rules,
    ) -> Result<Vec<Result<(), Refusal>>, LedgerError> {
        let mut tx = self.store.begin().await?;
        let mut desk = Desk::open(self, rules, &mut *tx, batch).await?;
        let answers = batch.iter().map(|one| desk.take(one)).collect::<Result<Vec<_>, _>>()?;
        let (died, tells) = (desk.died(), desk.tells_the_owner());
        desk.write(&mut *tx).await?;
        let mut writes = Writes::default();
        for citizen in died {
            pending::end(&mut *tx, citizen, rules, &mut writes).await?;
        }
        let mut fresh = writes.flush(&mut *tx).await?;
        fresh.entries |= tells;
        self.commit(tx, &fresh).await?;
        Ok(answers)
    }

    /// A citizen with addresses, consents and preferences.
    pub async fn citizen(&self, id: &CitizenId) -> Result<Option<CitizenView>, LedgerError> {
        let mut tx = self.store.read().await?;
        let key = self.keys.citizen(id);
        let Some(person) = people::read(&mut *tx, &self.keys, &[key]).await?.remove(&key) else {
            return Ok(None);
        };
        let deceased_at = tx.citizens(&[key], false).await?.pop().and_then(|row| row.deceased_at);
        let rows = tx.consents(&[key]).await?;
        let consents =
            rows.into_iter().map(|row| open_consent(&person.key, row)).collect::<Result<_, _>>()?;
        let addresses =
            tx.addresses(&[key]).await?.into_iter().map(|row| AddressView::open(&person.key, row));
        Ok(Some(CitizenView {
            profile: person.citizen.profile,
            deceased_at,
            addresses: addresses.collect::<Result<_, _>>()?,
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
        by: &ClosedBy,
    ) -> Result<bool, LedgerError> {
        let mut tx = self.store.begin().await?;
        let key = self.keys.citizen(id);
        let Some(person) = people::lock(&mut *tx, &self.keys, [key]).await?.remove(&key) else {
            return Ok(false);
        };
        let hash = self.keys.address(channel, address);
        let (now, rows) = (tx.now(), tx.addresses(&[key]).await?);
        let found =
            rows.into_iter().find(|row| row.channel == *channel && row.hash == hash && row.closed.is_none());
        let Some(row) = found else { return Ok(false) };
        let (closed, by) = (Some((reason.to_owned(), now)), Some(by.seal(&person.key)?));
        tx.put_addresses(&[AddressRow { closed, closed_evidence: by, ..row }]).await?;
        tx.commit().await?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::domain::ConsentAction;
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
        let refused = world.ledger.register(std::slice::from_ref(&early), &world.rules).await.unwrap();
        assert_eq!(refused, [Err(Refusal::NotYetSaid { consent: 1 })]);
        assert_eq!(world.ledger.citizen(&anna).await.unwrap().map(records), Some(2));
        world.clock.advance(SignedDuration::from_millis(1));
        world.register(early).await;
        assert_eq!(world.ledger.citizen(&anna).await.unwrap().map(records), Some(3));

        let nobody = world.ledger.register(&[nothing(citizen_id("nobody"))], &world.rules).await.unwrap();
        assert_eq!(nobody, [Err(Refusal::Unknown)]);
    }
}
