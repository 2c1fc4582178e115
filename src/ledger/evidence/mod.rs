//! Consent as evidence: what of a record is sealed, and the chain that holds the records together.

mod chain;
mod closed;
mod drift;
mod erasure;
mod events;
mod history;
mod preferences;
mod verify;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use closed::{ClosedBy, ClosedOrigin};
pub use drift::{Drift, DriftCount, DriftReport, Wanted};
pub(super) use erasure::notifications;
pub use erasure::{Act, Erased, ErasedAddress, ErasedBy, ErasedConsent, ErasedNotification, Erasure};
pub(super) use events::Telling;
pub use events::{RegistryEvent, RegistryRecord, Testimony};
pub use history::{History, Record};
pub use preferences::{PreferenceVersion, SetBy, SetOrigin};
pub(super) use preferences::{Preferring, kept};
pub use verify::{Fault, Finding, Found, Verified};

use self::chain::Said;
use super::LedgerError;
use super::keys::{Keyring, SealKey, commitment, random};
use super::people::corrupt;
use super::store::{Chain, ConsentRow, Tx};
use crate::domain::{CitizenKey, Consent};

/// The sealed part of a consent record. With the salt goes all that could tell what was committed to.
#[derive(Serialize, Deserialize)]
struct Sealed {
    /// Of hexadecimal digits; empty in a record older than the chain.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    salt: String,
    evidence: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wording: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
}

impl Sealed {
    fn of(consent: &Consent) -> Result<Self, LedgerError> {
        Ok(Self {
            salt: data_encoding::HEXLOWER.encode(&random::<32>()?),
            evidence: consent.evidence.clone(),
            wording: consent.wording.clone(),
            actor: consent.actor.clone(),
        })
    }

    fn open(key: &SealKey, sealed: &[u8]) -> Result<Self, LedgerError> {
        serde_json::from_slice(&key.open("consent", sealed)?).map_err(|_| corrupt("consent"))
    }

    fn seal(&self, key: &SealKey) -> Result<Vec<u8>, LedgerError> {
        let plain = serde_json::to_vec(self).map_err(|_| corrupt("consent"))?;
        Ok(key.seal("consent", &plain)?)
    }

    fn commitment(&self) -> [u8; 32] {
        let words = [Some(&self.evidence), self.wording.as_ref(), self.actor.as_ref()];
        let told = words.map(|word| [u8::from(word.is_some())]);
        let bytes = words.map(|word| word.map_or(&[][..], |word| word.as_bytes()));
        let parts: Vec<&[u8]> = told.iter().map(<[u8; 1]>::as_slice).chain(bytes).collect();
        commitment(self.salt.as_bytes(), &parts)
    }
}

/// Writes consent records down, each bound to those of its citizen before it. The citizens are locked.
#[derive(Default)]
pub(super) struct Recording {
    rows: Vec<ConsentRow>,
    chains: BTreeMap<CitizenKey, Chain>,
}

/// A citizen as the evidence sees one.
pub(super) struct Of<'a> {
    pub citizen: CitizenKey,
    pub key: &'a SealKey,
    /// The chain as the citizen's row has it.
    pub chain: Option<Chain>,
}

impl Recording {
    /// Adds a record. Where it is the citizen's first in the chain, those that are on record before it
    /// are what the chain begins with.
    pub fn add<'r, S: Into<Said<'r>>>(
        &mut self,
        keys: &Keyring,
        of: &Of<'_>,
        older: impl Iterator<Item = S>,
        consent: &Consent,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let sealed = Sealed::of(consent)?;
        let chain = self.chains.entry(of.citizen).or_insert_with(|| {
            of.chain.unwrap_or_else(|| Chain::begin(keys, of.citizen, older.map(Into::into)))
        });
        let mut row = ConsentRow {
            seq: 0,
            citizen: of.citizen,
            channel: consent.channel.clone(),
            topic: consent.topic.clone(),
            action: consent.action,
            origin: consent.origin,
            locale: consent.locale,
            evidence: sealed.seal(of.key)?,
            at: consent.at,
            recorded_at: now,
            link: None,
        };
        row.link = Some(chain.append(keys, &row, sealed.commitment()));
        self.rows.push(row);
        Ok(())
    }

    /// Writes all of it.
    pub async fn write(self, tx: &mut dyn Tx) -> Result<(), LedgerError> {
        tx.add_consents(&self.rows).await?;
        let chains: Vec<_> = self.chains.into_iter().collect();
        Ok(tx.save_chains(&chains).await?)
    }
}

/// A consent record with its evidence, which is empty where it was erased.
pub(super) fn open_consent(key: &SealKey, row: ConsentRow) -> Result<Consent, LedgerError> {
    let erased = || Sealed { salt: String::new(), evidence: String::new(), wording: None, actor: None };
    let sealed = if row.evidence.is_empty() { erased() } else { Sealed::open(key, &row.evidence)? };
    let Sealed { evidence, wording, actor, .. } = sealed;
    let ConsentRow { seq, channel, topic, action, origin, locale, at, .. } = row;
    Ok(Consent { seq, channel, topic, action, origin, evidence, wording, locale, actor, at })
}
