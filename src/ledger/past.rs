//! Forget: what the ledger need not keep for ever, so that its cost does not grow with history.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::duty::hold;
use super::store::Past;
use super::{Ledger, LedgerError};

/// For how long things are remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Horizons {
    /// A source's id, so that a repeat is known as one. Longer where the notification is still open.
    pub references: SignedDuration,
    /// A receipt that names no message of ours.
    pub receipts: SignedDuration,
    /// A check code, from when it was first shown.
    pub codes: SignedDuration,
    /// A scam report, from when it was closed.
    pub scam_reports: SignedDuration,
    /// What was counted, for reports and the guard.
    pub tallies: SignedDuration,
}

/// How many rows were forgotten.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Forgotten {
    /// Source references.
    pub references: u64,
    /// Receipts.
    pub receipts: u64,
    /// Link tokens that were not used in time.
    pub links: u64,
    /// Places in the contact budget of days that count no more.
    pub reservations: u64,
    /// Check codes.
    pub codes: u64,
    /// Who asked for codes in an hour that is over.
    pub askers: u64,
    /// Scam reports.
    pub scam_reports: u64,
    /// One-time codes that were over.
    pub verifications: u64,
    /// What was counted of a day.
    pub tallies: u64,
}

impl Forgotten {
    /// Each kind by its name in metrics.
    #[must_use]
    pub fn by_kind(self) -> [(&'static str, u64); 9] {
        let Self {
            references,
            receipts,
            links,
            reservations,
            codes,
            askers,
            scam_reports,
            verifications,
            tallies,
        } = self;
        [
            ("reference", references),
            ("receipt", receipts),
            ("link", links),
            ("reservation", reservations),
            ("code", codes),
            ("asker", askers),
            ("scam_report", scam_reports),
            ("verification", verifications),
            ("tally", tallies),
        ]
    }
}

/// For how long a day's pushes are kept: a month's budget looks back over a calendar month.
const BUDGET: SignedDuration = SignedDuration::from_hours(24 * 40);

/// For how long it is kept who asked for codes: an hour's limit looks back no further.
const ASKED: SignedDuration = SignedDuration::from_hours(2);

/// For how long it is kept that a one-time code was over: whoever sends it too late is told so.
const OVER: SignedDuration = SignedDuration::from_hours(24);

/// The duty of forgetting: one process at a time has it.
const RETENTION: &str = "retention";

impl Ledger {
    /// Forgets what is past its horizon, the oldest first, at most `limit` rows of each kind, in one
    /// transaction; `None` while another process has the duty.
    pub async fn forget(
        &self,
        holder: Uuid,
        lease: Duration,
        horizons: Horizons,
        limit: u32,
    ) -> Result<Option<Forgotten>, LedgerError> {
        let mut tx = self.store.begin().await?;
        let now = tx.now();
        if !hold(&mut *tx, RETENTION, holder, lease).await? {
            return Ok(None);
        }
        let before = |horizon| now.saturating_sub(horizon).unwrap_or(Timestamp::MIN);
        let forgotten = Forgotten {
            references: tx.forget(Past::References, before(horizons.references), limit).await?,
            receipts: tx.forget(Past::Receipts, before(horizons.receipts), limit).await?,
            links: tx.forget(Past::Links, now, limit).await?,
            reservations: tx.forget(Past::Reservations, before(BUDGET), limit).await?,
            codes: tx.forget(Past::Codes, before(horizons.codes), limit).await?,
            askers: tx.forget(Past::Askers, before(ASKED), limit).await?,
            scam_reports: tx.forget(Past::ScamReports, before(horizons.scam_reports), limit).await?,
            verifications: tx.forget(Past::Verifications, before(OVER), limit).await?,
            tallies: tx.forget(Past::Tallies, before(horizons.tallies), limit).await?,
        };
        tx.commit().await?;
        Ok(Some(forgotten))
    }
}
