//! History and verification: consent records read for whoever asks for evidence.

use jiff::Timestamp;
use serde::Serialize;

use super::open_consent;
use super::verify::{Found, Records, Verified};
use crate::domain::{CitizenId, CitizenKey, Consent};
use crate::ledger::store::{CitizenRow, ConsentRow, Tx, UnreadableRow};
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
    /// The numbers of those that cannot be understood any more, because another hand changed them; `None` of
    /// one older than the chain.
    pub unreadable: Vec<Option<i64>>,
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
        let kept = Kept::of(tx.kept_consents(&keys).await?);
        let whole = self.verify_one(&citizen, &kept.rows, &kept.unreadable, begins_after).findings.is_empty();
        let unreadable = kept.unreadable.iter().map(|row| row.number).collect();
        let key = self.keys.data_key(&citizen.data_key)?;
        let record = |row: ConsentRow| {
            let (number, recorded_at) = (row.link.map(|link| link.number), row.recorded_at);
            // What cannot be opened is not whole; the rest of it is told all the same.
            let sealed = ConsentRow { evidence: Vec::new(), ..row.clone() };
            let consent = open_consent(&key, row).or_else(|_| open_consent(&key, sealed))?;
            Ok(Record { number, recorded_at, consent })
        };
        let records = kept.rows.into_iter().map(record).collect::<Result<_, LedgerError>>()?;
        Ok(Some(History { at: tx.now(), erased_at: citizen.erased_at, records, unreadable, whole }))
    }

    /// Verifies the consent records of one citizen; `None` of one who was never known.
    pub async fn verify_consents(&self, id: &CitizenId) -> Result<Option<Verified>, LedgerError> {
        let mut tx = self.store.read().await?;
        let keys = [self.keys.citizen(id)];
        let Some(citizen) = tx.citizens(&keys, false).await?.pop() else { return Ok(None) };
        let begins_after = begins_after(&mut *tx).await?;
        let kept = Kept::of(tx.kept_consents(&keys).await?);
        Ok(Some(self.verify_one(&citizen, &kept.rows, &kept.unreadable, begins_after)))
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
        let Kept { mut rows, mut unreadable } = Kept::of(tx.kept_consents(&keys).await?);
        rows.sort_by_key(|row| (row.citizen, row.seq));
        unreadable.sort_by_key(|row| (row.citizen, row.seq));
        let mut all = Verified::default();
        for citizen in &citizens {
            let rows = theirs(&rows, citizen.key, |row| row.citizen);
            let unreadable = theirs(&unreadable, citizen.key, |row| row.citizen);
            all.add(self.verify_one(citizen, rows, unreadable, begins_after));
        }
        Ok((all, keys.last().copied()))
    }

    fn verify_one(
        &self,
        citizen: &CitizenRow,
        rows: &[ConsentRow],
        unreadable: &[UnreadableRow],
        begins_after: i64,
    ) -> Verified {
        // Whose key does not open has no evidence that does: that is found, and the others are verified.
        let key = self.keys.data_key(&citizen.data_key).ok();
        let (of, chain) = (citizen.key, citizen.chain);
        let records = Records { citizen: of, key: key.as_ref(), chain, rows, unreadable, begins_after };
        let findings = records.verify(&self.keys);
        let id = || people::name(&self.keys, citizen.clone()).ok().flatten().map(|name| name.id);
        let id = if findings.is_empty() { None } else { id() };
        let name = data_encoding::HEXLOWER.encode(&citizen.key.0);
        let found = |finding| Found { citizen: name.clone(), id: id.clone(), finding };
        let older = rows.iter().filter(|row| row.link.is_none()).count();
        let older = older + unreadable.iter().filter(|row| row.number.is_none()).count();
        Verified {
            citizens: 1,
            records: (rows.len() + unreadable.len()) as u64,
            older: older as u64,
            findings: findings.into_iter().map(found).collect(),
        }
    }
}

/// Consent records as they are kept.
#[derive(Default)]
struct Kept {
    rows: Vec<ConsentRow>,
    unreadable: Vec<UnreadableRow>,
}

impl Kept {
    fn of(found: Vec<Result<ConsentRow, UnreadableRow>>) -> Self {
        let mut kept = Self::default();
        for one in found {
            match one {
                Ok(row) => kept.rows.push(row),
                Err(row) => kept.unreadable.push(row),
            }
        }
        kept
    }
}

/// Those of one citizen, of rows in the order of their citizens.
fn theirs<R>(rows: &[R], citizen: CitizenKey, of: impl Fn(&R) -> CitizenKey) -> &[R] {
    let from = rows.partition_point(|row| of(row) < citizen);
    let until = rows.partition_point(|row| of(row) <= citizen);
    &rows[from..until]
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
