//! The time that rules the ledger: the database's, which all processes share.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use sqlx::{PgConnection, query_scalar};
use tokio::time::Instant;

use super::failure::failed;
use crate::clock::Clock;
use crate::ledger::codes::Table;
use crate::ledger::error::StoreError;

/// Whose clock rules the ledger's transactions.
#[derive(Debug, Clone)]
pub enum TimeSource {
    /// The database's: the one that all processes share.
    Database,
    /// This one: for tests and simulations, which set the time.
    Clock(Clock),
}

/// The database's clock.
const NOW: &str = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

/// How often the database is asked what time it is. In between, its time is carried on by this
/// machine's steady clock, which no step of the wall clock moves: in so short a time the two do not part
/// by a millisecond, and no transaction has to begin with a question.
const ASKED_EVERY: Duration = Duration::from_secs(1);

/// The time of the ledger's transactions.
#[derive(Debug)]
pub(super) struct Time {
    source: TimeSource,
    asked: Mutex<Option<Asked>>,
}

/// What the database said last, and when it was asked.
#[derive(Debug, Clone, Copy)]
struct Asked {
    at: Instant,
    millis: i64,
}

impl Time {
    pub fn new(source: TimeSource) -> Self {
        Self { source, asked: Mutex::default() }
    }

    /// What time it is; the connection is for asking the database.
    pub async fn now(&self, conn: &mut PgConnection) -> Result<Timestamp, StoreError> {
        if let TimeSource::Clock(clock) = &self.source {
            return Ok(clock.now());
        }
        let known = *self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(millis) = known.and_then(|asked| asked.carried_on(Instant::now())) {
            return moment(millis);
        }
        let millis = query_scalar(NOW).fetch_one(conn).await.map_err(failed)?;
        // Taken after the answer: what is carried on is behind the database by the answer's way, and
        // never ahead of it, so that no lease of another process is taken for over too early.
        let asked = Asked { at: Instant::now(), millis };
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(asked);
        moment(millis)
    }
}

impl Asked {
    /// What time it is at `now`, in milliseconds since 1970; `None` if it was asked too long ago.
    fn carried_on(&self, now: Instant) -> Option<i64> {
        let since = now.saturating_duration_since(self.at);
        let since_in_millis = i64::try_from(since.as_millis()).ok()?;
        (since < ASKED_EVERY).then(|| self.millis.saturating_add(since_in_millis))
    }
}

fn moment(millis: i64) -> Result<Timestamp, StoreError> {
    Table("the database's clock").moment(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_databases_time_is_carried_on_for_a_second() {
        let at = Instant::now();
        let asked = Asked { at, millis: 1_000 };
        let carried = |after| asked.carried_on(at + Duration::from_millis(after));
        assert_eq!([0, 7, 999, 1_000].map(carried), [Some(1_000), Some(1_007), Some(1_999), None]);
    }
}
