//! History and verification: consent records read for whoever asks for evidence.

use jiff::Timestamp;
use serde::Serialize;

use super::open_consent;
use super::verify::{Records, Verified};
use crate::domain::{CitizenId, CitizenKey, Consent};
use crate::ledger::store::{CitizenRow, ConsentRow, Tx};
use crate::ledger::{Ledger, LedgerError, people};

/// All consent records of a citizen, for an official enquiry.
#[derive(Clone, Serialize)]
pub struct History {
    /// The moment of reading, by the ledger's clock.
    pub at: Timestamp,
    /// When the citizen was erased, where that was done: evidence, wording and actor of the records until
    /// then are gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<Timestamp>,
    /// The records, in the order of recording.
    pub records: Vec<Record>,
    /// Whether they are just what was written.
    pub whole: bool,
}

/// A consent record with its place.
#[derive(Clone, Serialize)]
pub struct Record {
    /// Its number in the chain; `None` where it is older than that.
    pub number: Option<i64>,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// What it says.
    #[serde(flatten)]
    pub consent: Consent,
}

impl Ledger {
    /// A citizen's consent records with their evidence; `None` of one who was never known.
    pub async fn consent_history(&self, id: &CitizenId) -> Result<Option<History>, LedgerError> {
        let mut tx = self.store.read().await?;
        let keys = [self.keys.citizen(id)];
        let Some(citizen) = tx.citizens(&keys, false).await?.pop() else { return Ok(None) };
        let begins_after = begins_after(&mut *tx).await?;
        let rows = tx.consents(&keys).await?;
        let whole = self.verify_one(&citizen, &rows, begins_after)?.findings.is_empty();
        let key = self.keys.data_key(&citizen.data_key)?;
        let record = |row: ConsentRow| {
            let (number, recorded_at) = (row.link.map(|link| link.number), row.recorded_at);
            // What cannot be opened is not whole; the rest of it is told all the same.
            let sealed = ConsentRow { evidence: Vec::new(), ..row.clone() };
            let consent = open_consent(&key, row).or_else(|_| open_consent(&key, sealed))?;
            Ok(Record { number, recorded_at, consent })
        };
        let records = rows.into_iter().map(record).collect::<Result<_, LedgerError>>()?;
        Ok(Some(History { at: tx.now(), erased_at: citizen.erased_at, records, whole }))
    }

    /// Verifies the consent records of one citizen; `None` of one who was never known.
    pub async fn verify_consents(&self, id: &CitizenId) -> Result<Option<Verified>, LedgerError> {
        let mut tx = self.store.read().await?;
        let keys = [self.keys.citizen(id)];
        let Some(citizen) = tx.citizens(&keys, false).await?.pop() else { return Ok(None) };
        let begins_after = begins_after(&mut *tx).await?;
        let rows = tx.consents(&keys).await?;
        self.verify_one(&citizen, &rows, begins_after).map(Some)
    }

    /// Verifies the consent records of the next citizens, in the order of their keys; gives the last of
    /// them, or `None` where there are no more.
    pub async fn verify_consents_after(
        &self,
        after: Option<CitizenKey>,
        limit: u32,
    ) -> Result<(Verified, Option<CitizenKey>), LedgerError> {
        let mut tx = self.store.read().await?;
        let citizens = tx.citizens_after(after, limit).await?;
        let keys: Vec<_> = citizens.iter().map(|row| row.key).collect();
        let begins_after = begins_after(&mut *tx).await?;
        let mut rows = tx.consents(&keys).await?;
        rows.sort_by_key(|row| (row.citizen, row.seq));
        let mut all = Verified::default();
        for citizen in &citizens {
            let from = rows.partition_point(|row| row.citizen < citizen.key);
            let until = rows.partition_point(|row| row.citizen <= citizen.key);
            all.add(self.verify_one(citizen, &rows[from..until], begins_after)?);
        }
        Ok((all, keys.last().copied()))
    }

    fn verify_one(
        &self,
        citizen: &CitizenRow,
        rows: &[ConsentRow],
        begins_after: i64,
    ) -> Result<Verified, LedgerError> {
        let key = self.keys.data_key(&citizen.data_key)?;
        let records = Records { citizen: citizen.key, key: &key, chain: citizen.chain, rows, begins_after };
        let name = data_encoding::HEXLOWER.encode(&citizen.key.0);
        let findings = records.verify(&self.keys).into_iter().map(|finding| (name.clone(), finding));
        Ok(Verified {
            citizens: 1,
            records: rows.len() as u64,
            older: rows.iter().filter(|row| row.link.is_none()).count() as u64,
            findings: findings.collect(),
        })
    }
}

impl Verified {
    /// Takes in what else was verified.
    pub fn add(&mut self, other: Self) {
        self.citizens += other.citizens;
        self.records += other.records;
        self.older += other.older;
        self.findings.extend(other.findings);
    }
}

/// The last record of any citizen that may be older than the chain.
async fn begins_after(tx: &mut dyn Tx) -> Result<i64, LedgerError> {
    let kept = tx.value("consent chain begins after").await?;
    kept.and_then(|text| text.parse().ok()).ok_or_else(|| people::corrupt("value"))
}
