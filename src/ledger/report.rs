//! What reports are made of: sums over the last days, without a word of whom they are about.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::store::{PlacesRow, ReachRow, TallySum};
use super::{Ledger, LedgerError};

/// Sums over a number of days, the present one included.
#[derive(Debug, Clone)]
pub struct Sums<T> {
    /// The first of these days, in UTC.
    pub since: Date,
    /// What was added up.
    pub rows: Vec<T>,
}

impl Ledger {
    /// What became of messages in the last days, by source, channel and template.
    pub async fn tallies(&self, days: u16) -> Result<Sums<TallySum>, LedgerError> {
        let mut tx = self.store.read().await?;
        let since = first(tx.now(), days);
        Ok(Sums { since, rows: tx.tallies(since).await? })
    }

    /// How the notifications ended that came in the last days.
    pub async fn reach(&self, days: u16) -> Result<Sums<ReachRow>, LedgerError> {
        let mut tx = self.store.read().await?;
        let since = first(tx.now(), days);
        let midnight = since.to_zoned(TimeZone::UTC).map_or(Timestamp::MIN, |at| at.timestamp());
        Ok(Sums { since, rows: tx.reach(midnight).await? })
    }

    /// How many places in the contact budget citizens held on the last days.
    pub async fn places(&self, days: u16) -> Result<Sums<PlacesRow>, LedgerError> {
        let mut tx = self.store.read().await?;
        let (now, since) = (tx.now(), first(tx.now(), days));
        let today = now.to_zoned(TimeZone::UTC).date();
        Ok(Sums { since, rows: tx.places(since, today).await? })
    }

    /// The regions that citizens have, in order.
    pub async fn regions(&self) -> Result<Vec<String>, LedgerError> {
        Ok(self.store.read().await?.regions().await?)
    }
}

/// The first of so many days.
pub(super) fn first(now: Timestamp, days: u16) -> Date {
    now.to_zoned(TimeZone::UTC).date().saturating_sub((i64::from(days) - 1).max(0).days())
}
