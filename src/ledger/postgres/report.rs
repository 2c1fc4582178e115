//! Reports.

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date};
use sqlx::query;

use super::rows::{Cells, all};
use super::tx::PostgresTx;
use crate::ledger::codes::{Table, day, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{PlacesRow, ReachRow, ReportTx};

const CITIZEN: Table = Table("citizen");
const NOTIFICATION: Table = Table("notification");
const RESERVATION: Table = Table("reservation");

const REACH: &str = "
    SELECT source, measure, region, closed_state, count(*) AS count
    FROM notification LEFT JOIN citizen ON citizen.key = notification.citizen
    WHERE received_at >= $1
    GROUP BY source, measure, region, closed_state";

const PLACES: &str = "
    WITH held AS (SELECT citizen, day FROM reservation WHERE day BETWEEN $1::text::date AND $2::text::date),
    counted AS (
        SELECT citizen, 'day' AS period, count(*) AS places FROM held GROUP BY citizen, day
        UNION ALL
        SELECT citizen, 'week', count(*) FROM held GROUP BY citizen, date_trunc('week', day)
        UNION ALL
        SELECT citizen, 'month', count(*) FROM held GROUP BY citizen, date_trunc('month', day))
    SELECT jurisdiction, period, places, count(*) AS citizens
    FROM counted JOIN citizen ON citizen.key = counted.citizen
    GROUP BY jurisdiction, period, places";

const REGIONS: &str = "
    SELECT DISTINCT region COLLATE \"C\" AS region FROM citizen WHERE region IS NOT NULL ORDER BY region";

#[async_trait]
impl ReportTx for PostgresTx {
    async fn reach(&mut self, since: Timestamp) -> Result<Vec<ReachRow>, StoreError> {
        all(self.connection(), query(REACH).bind(millis(since)), NOTIFICATION, reach).await
    }

    async fn places(&mut self, from: Date, to: Date) -> Result<Vec<PlacesRow>, StoreError> {
        let statement = query(PLACES).bind(day(from)).bind(day(to));
        all(self.connection(), statement, RESERVATION, places).await
    }

    async fn regions(&mut self) -> Result<Vec<String>, StoreError> {
        all(self.connection(), query(REGIONS), CITIZEN, |cells| cells.get("region")).await
    }
}

fn reach(cells: &Cells<'_>) -> Result<ReachRow, StoreError> {
    Ok(ReachRow {
        source: cells.id("source")?,
        measure: cells.get("measure")?,
        region: cells.get("region")?,
        state: cells.code_or_none("closed_state")?,
        count: cells.table.number(cells.get("count")?)?,
    })
}

fn places(cells: &Cells<'_>) -> Result<PlacesRow, StoreError> {
    Ok(PlacesRow {
        jurisdiction: cells.id("jurisdiction")?,
        period: cells.code("period")?,
        places: cells.table.number(cells.get("places")?)?,
        citizens: cells.table.number(cells.get("citizens")?)?,
    })
}
