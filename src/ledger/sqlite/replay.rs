//! What a replay of the past reads.

use async_trait::async_trait;
use jiff::civil::Date;

use super::citizens::RESERVATION;
use super::notices::NOTIFICATION;
use super::rows::{Cells, all, find};
use super::tx::SqliteTx;
use crate::domain::{CitizenKey, NoticeId, NotificationKey};
use crate::ledger::codes::day;
use crate::ledger::error::StoreError;
use crate::ledger::store::{AcceptedRow, ReplayTx, ReservationRow};

pub(super) const ACCEPTED_AFTER: &str =
    "SELECT key, citizen, received_at FROM notification WHERE key > ?1 ORDER BY key LIMIT ?2";

pub(super) const PLACES: &str =
    "SELECT notice, step, citizen, day FROM reservation WHERE citizen = ?1 AND day >= ?2";

#[async_trait]
impl ReplayTx for SqliteTx {
    async fn accepted_after(
        &mut self,
        after: NotificationKey,
        limit: u32,
    ) -> Result<Vec<AcceptedRow>, StoreError> {
        let values = (after.0, limit);
        self.session().run(move |conn| all(conn, ACCEPTED_AFTER, values, NOTIFICATION, accepted)).await
    }

    async fn places_of(
        &mut self,
        citizens: &[CitizenKey],
        since: Date,
    ) -> Result<Vec<ReservationRow>, StoreError> {
        let since = day(since);
        self.session()
            .run_for(citizens, move |conn, keys| {
                find(conn, PLACES, keys, |key| (key.0, &since), RESERVATION, place)
            })
            .await
    }
}

fn accepted(cells: &Cells<'_>) -> Result<AcceptedRow, StoreError> {
    Ok(AcceptedRow {
        key: NotificationKey(cells.get("key")?),
        citizen: CitizenKey(cells.hash("citizen")?),
        received_at: cells.moment("received_at")?,
    })
}

fn place(cells: &Cells<'_>) -> Result<ReservationRow, StoreError> {
    Ok(ReservationRow {
        notice: NoticeId(cells.get("notice")?),
        step: cells.number("step")?,
        citizen: CitizenKey(cells.hash("citizen")?),
        day: cells.day("day")?,
    })
}
