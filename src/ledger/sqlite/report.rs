//! Reports.

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date};

use super::citizens::CITIZEN;
use super::rows::{Cells, all};
use super::tx::SqliteTx;
use crate::ledger::codes::{Table, day, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{PlacesRow, ReachRow, ReportTx};

const NOTIFICATION: Table = Table("notification");
const RESERVATION: Table = Table("reservation");

pub(super) const REACH: &str = "
    SELECT source, measure, region, closed_state, count(*) AS count
    FROM notification LEFT JOIN citizen ON citizen.key = notification.citizen
    WHERE received_at >= ?1
    GROUP BY source, measure, region, closed_state";

/// A week by its Monday, a month by its first day.
pub(super) const PLACES: &str = "
    SELECT jurisdiction, period, places, count(*) AS citizens
    FROM (
        SELECT citizen AS holder, 'day' AS period, count(*) AS places
        FROM reservation WHERE day BETWEEN ?1 AND ?2 GROUP BY citizen, day
        UNION ALL
        SELECT citizen, 'week', count(*)
        FROM reservation WHERE day BETWEEN ?1 AND ?2 GROUP BY citizen, date(day, 'weekday 0', '-6 days')
        UNION ALL
        SELECT citizen, 'month', count(*)
        FROM reservation WHERE day BETWEEN ?1 AND ?2 GROUP BY citizen, date(day, 'start of month'))
    JOIN citizen ON citizen.key = holder
    GROUP BY jurisdiction, period, places";

const REGIONS: &str = "SELECT DISTINCT region FROM citizen WHERE region IS NOT NULL ORDER BY region";

#[async_trait]
impl ReportTx for SqliteTx {
    async fn reach(&mut self, since: Timestamp) -> Result<Vec<ReachRow>, StoreError> {
        self.session().run(move |conn| all(conn, REACH, (millis(since),), NOTIFICATION, reach)).await
    }

    async fn places(&mut self, from: Date, to: Date) -> Result<Vec<PlacesRow>, StoreError> {
        let days = (day(from), day(to));
        self.session().run(move |conn| all(conn, PLACES, days, RESERVATION, places)).await
    }

    async fn regions(&mut self) -> Result<Vec<String>, StoreError> {
        self.session().run(|conn| all(conn, REGIONS, (), CITIZEN, |cells| cells.get("region"))).await
    }
}

fn reach(cells: &Cells<'_>) -> Result<ReachRow, StoreError> {
    Ok(ReachRow {
        source: cells.id("source")?,
        measure: cells.get("measure")?,
        region: cells.get("region")?,
        state: cells.code_or_none("closed_state")?,
        count: cells.number("count")?,
    })
}

fn places(cells: &Cells<'_>) -> Result<PlacesRow, StoreError> {
    Ok(PlacesRow {
        jurisdiction: cells.id("jurisdiction")?,
        period: cells.code("period")?,
        places: cells.number("places")?,
        citizens: cells.number("citizens")?,
    })
}
