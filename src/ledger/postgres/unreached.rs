//! Those who were not reached.

use async_trait::async_trait;
use sqlx::query;

use super::notices::{NOTIFICATION, notification};
use super::rows::{Cells, all, column, latest, run};
use super::tx::PostgresTx;
use crate::ledger::codes::millis;
use crate::ledger::error::StoreError;
use crate::ledger::store::{UnreachedPlace, UnreachedRow, UnreachedTx};

const ADD: &str = "
    INSERT INTO unreached (notification, since) SELECT * FROM UNNEST($1::uuid[], $2::bigint[])
    ON CONFLICT (notification) DO NOTHING";

/// What a citizen was sent is found through the inbox, where whatever is pushed stands as well.
pub(super) const AFTER: &str = "
    SELECT since, key, source, source_id, citizen, notice, life_event, measure, template, campaign, priority,
           params, received_at, closed_state, closed_reason, closed_at,
           EXISTS (
               SELECT 1 FROM inbox JOIN notification AS later ON later.key = inbox.notification
               WHERE inbox.citizen = notification.citizen AND later.measure = notification.measure
                 AND later.key >= notification.key
                 AND (inbox.read_at IS NOT NULL OR later.closed_state IN ('accepted', 'delivered', 'read'))
           ) AS reached
    FROM (
        SELECT notification, since FROM unreached
        WHERE (since, notification) > ($1, $2) ORDER BY since, notification LIMIT $3) AS listed
    JOIN notification ON notification.key = listed.notification
    ORDER BY since, key";

#[async_trait]
impl UnreachedTx for PostgresTx {
    async fn add_unreached(&mut self, rows: &[UnreachedPlace]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let rows = latest(rows, |row| row.1);
        let statement =
            query(ADD).bind(column(&rows, |row| row.1.0)).bind(column(&rows, |row| millis(row.0)));
        run(self.connection(), statement).await.map(drop)
    }

    async fn unreached_after(
        &mut self,
        (since, after): UnreachedPlace,
        limit: u32,
    ) -> Result<Vec<UnreachedRow>, StoreError> {
        let statement = query(AFTER).bind(millis(since)).bind(after.0).bind(i64::from(limit));
        all(self.connection(), statement, NOTIFICATION, unreached).await
    }
}

fn unreached(cells: &Cells<'_>) -> Result<UnreachedRow, StoreError> {
    Ok(UnreachedRow {
        since: cells.moment("since")?,
        notification: notification(cells)?,
        reached: cells.get("reached")?,
    })
}
