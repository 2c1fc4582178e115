//! What a replay of the past reads.

use async_trait::async_trait;
use jiff::civil::Date;
use sqlx::query;

use super::citizens::RESERVATION;
use super::notices::NOTIFICATION;
use super::rows::{Cells, all, column};
use super::tx::PostgresTx;
use crate::domain::{CitizenKey, NoticeId, NotificationKey};
use crate::ledger::codes::day;
use crate::ledger::error::StoreError;
use crate::ledger::store::{AcceptedRow, ReplayTx, ReservationRow};

pub(super) const ACCEPTED_AFTER: &str =
    "SELECT key, citizen, received_at FROM notification WHERE key > $1 ORDER BY key LIMIT $2";

/// One citizen after the other, so that the index by citizen is used and never the one by day: what has an
/// `OFFSET` is not taken apart.
pub(super) const PLACES: &str = "
    SELECT held.notice, held.step, held.citizen, held.day::text AS day
    FROM UNNEST($1::bytea[]) AS asked (citizen)
    CROSS JOIN LATERAL (
        SELECT notice, step, citizen, day FROM reservation
        WHERE reservation.citizen = asked.citizen AND reservation.day >= $2::text::date
        OFFSET 0
    ) AS held";

#[async_trait]
impl ReplayTx for PostgresTx {
    async fn accepted_after(
        &mut self,
        after: NotificationKey,
        limit: u32,
    ) -> Result<Vec<AcceptedRow>, StoreError> {
        let statement = query(ACCEPTED_AFTER).bind(after.0).bind(i64::from(limit));
        all(self.connection(), statement, NOTIFICATION, accepted).await
    }

    async fn places_of(
        &mut self,
        citizens: &[CitizenKey],
        since: Date,
    ) -> Result<Vec<ReservationRow>, StoreError> {
        if citizens.is_empty() {
            return Ok(Vec::new());
        }
        let statement = query(PLACES).bind(column(citizens, |key| key.0)).bind(day(since));
        all(self.connection(), statement, RESERVATION, place).await
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
        step: cells.get("step")?,
        citizen: CitizenKey(cells.hash("citizen")?),
        day: cells.table.day(cells.get("day")?)?,
    })
}
