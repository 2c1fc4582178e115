//! Scam reports: what citizens say was not from us, kept until somebody has looked.

mod sender;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::keys::SealKey;
use super::people::{self, corrupt, left};
use super::store::{ScamRow, Tx};
use super::writes::new_key;
use super::{Ledger, LedgerError};
use crate::domain::{CitizenId, CitizenKey};

/// What a citizen got that looked as if it came from us. It is personal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scam {
    /// What it says, or what the citizen says of it.
    pub text: String,
    /// From whom it seemed to come: a number, a name, an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
}

impl Scam {
    /// What a citizen writes of it, and from whom it seemed to come where their words name somebody.
    pub(super) fn told(words: &str) -> Self {
        Self { text: words.to_owned(), sender: sender::named_in(words) }
    }

    pub(super) fn open(key: &SealKey, sealed: &[u8]) -> Result<Self, LedgerError> {
        serde_json::from_slice(&key.open(USE, sealed)?).map_err(|_| corrupt("scam_report"))
    }
}

/// A report without what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScamReport {
    /// Its id; newer ones have greater ids.
    pub id: Uuid,
    /// By which way it came: `http` or a channel.
    pub way: String,
    /// When it came.
    pub at: Timestamp,
    /// Whether a citizen of ours reports.
    pub known: bool,
    /// When it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// Who closed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// With which note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl From<&ScamRow> for ScamReport {
    fn from(row: &ScamRow) -> Self {
        let closed = row.closed.clone();
        let (closed_at, person, note) =
            closed.map_or((None, None, None), |(at, person, note)| (Some(at), Some(person), Some(note)));
        let (way, known) = (row.way.clone(), row.reporter.is_some());
        Self { id: row.id, way, at: row.at, known, closed_at, person, note }
    }
}

const USE: &str = "scam report";

/// The row of a new report, sealed under the key of its reporter, so that it goes when they are erased.
pub(super) fn row(
    way: &str,
    reporter: Option<CitizenKey>,
    key: &SealKey,
    scam: &Scam,
    at: Timestamp,
) -> Result<ScamRow, LedgerError> {
    let plain = serde_json::to_vec(scam).map_err(|_| corrupt("scam_report"))?;
    let content = key.seal(USE, &plain)?;
    Ok(ScamRow { id: new_key(), way: way.to_owned(), reporter, content, at, closed: None })
}

/// Counts reports that came by this way.
pub(super) fn count(way: &str, reports: usize) {
    metrics::counter!("vestnik_scam_reports_total", "way" => way.to_owned()).increment(reports as u64);
}

impl Ledger {
    /// Keeps a report that came over HTTP, of this citizen where one is named; its id. `None` where there is no
    /// such citizen.
    pub async fn report_scam(
        &self,
        citizen: Option<&CitizenId>,
        scam: &Scam,
    ) -> Result<Option<Uuid>, LedgerError> {
        const HTTP: &str = "http";
        let mut tx = self.store.begin().await?;
        let now = tx.now();
        let row = match citizen.map(|id| self.keys.citizen(id)) {
            None => row(HTTP, None, self.keys.master(), scam, now)?,
            Some(key) => {
                let people = people::lock(&mut *tx, &self.keys, [key]).await?;
                let Some(person) = people.get(&key) else { return Ok(None) };
                row(HTTP, Some(key), &person.key, scam, now)?
            }
        };
        tx.add_scams(std::slice::from_ref(&row)).await?;
        tx.commit().await?;
        count(HTTP, 1);
        Ok(Some(row.id))
    }

    /// Reports, the newest first, older than `before` where it is given: those that are open, or all.
    pub async fn scam_reports(
        &self,
        before: Option<Uuid>,
        open: bool,
        limit: u32,
    ) -> Result<Vec<ScamReport>, LedgerError> {
        let rows = self.store.read().await?.scams(before, open, limit).await?;
        Ok(rows.iter().map(ScamReport::from).collect())
    }

    /// A report with what is in it, which is gone where its reporter was erased.
    pub async fn scam_report(&self, id: Uuid) -> Result<Option<(ScamReport, Option<Scam>)>, LedgerError> {
        let mut tx = self.store.read().await?;
        let Some(row) = tx.scam(id).await? else { return Ok(None) };
        let scam = self.opened(&mut *tx, &row).await?;
        Ok(Some((ScamReport::from(&row), scam)))
    }

    async fn opened(&self, tx: &mut dyn Tx, row: &ScamRow) -> Result<Option<Scam>, LedgerError> {
        let Some(reporter) = row.reporter else {
            return Scam::open(self.keys.master(), &row.content).map(Some);
        };
        let Some(citizen) = tx.citizens(&[reporter], false).await?.pop() else { return Ok(None) };
        left(Scam::open(&self.keys.data_key(&citizen.data_key)?, &row.content))
    }

    /// Closes a report; whether there was such an open one.
    pub async fn close_scam_report(&self, id: Uuid, person: &str, note: &str) -> Result<bool, LedgerError> {
        let mut tx = self.store.begin().await?;
        let now = tx.now();
        let closed = tx.close_scam(id, now, person, note).await?;
        tx.commit().await?;
        Ok(closed)
    }
}
