//! Those who were not reached.

use async_trait::async_trait;
use rusqlite::Connection;

use super::notices::{NOTIFICATION, notification};
use super::rows::{Cells, all, write};
use super::tx::SqliteTx;
use crate::ledger::codes::millis;
use crate::ledger::error::StoreError;
use crate::ledger::store::{UnreachedPlace, UnreachedRow, UnreachedTx};

const ADD: &str = "
    INSERT INTO unreached (notification, since) VALUES (?1, ?2) ON CONFLICT (notification) DO NOTHING";

/// What a citizen was sent is found through the inbox, where whatever is pushed stands as well.
pub(super) const AFTER: &str = "
    SELECT since, notification.*,
           EXISTS (
               SELECT 1 FROM inbox JOIN notification AS later ON later.key = inbox.notification
               WHERE inbox.citizen = notification.citizen AND later.measure = notification.measure
                 AND later.key >= notification.key
                 AND (inbox.read_at IS NOT NULL OR later.closed_state IN ('accepted', 'delivered', 'read'))
           ) AS reached
    FROM (
        SELECT notification AS listed, since FROM unreached
        WHERE (since, notification) > (?1, ?2) ORDER BY since, notification LIMIT ?3)
    JOIN notification ON notification.key = listed
    ORDER BY since, listed";

#[async_trait]
impl UnreachedTx for SqliteTx {
    async fn add_unreached(&mut self, rows: &[UnreachedPlace]) -> Result<(), StoreError> {
        self.session().run_for(rows, add).await
    }

    async fn unreached_after(
        &mut self,
        (since, after): UnreachedPlace,
        limit: u32,
    ) -> Result<Vec<UnreachedRow>, StoreError> {
        let place = (millis(since), after.0, limit);
        self.session().run(move |conn| all(conn, AFTER, place, NOTIFICATION, unreached)).await
    }
}

fn add(conn: &Connection, rows: &[UnreachedPlace]) -> Result<(), StoreError> {
    write(conn, ADD, rows, |(since, notification)| (notification.0, millis(*since)))
}

fn unreached(cells: &Cells<'_>) -> Result<UnreachedRow, StoreError> {
    Ok(UnreachedRow {
        since: cells.moment("since")?,
        notification: notification(cells)?,
        reached: cells.get("reached")?,
    })
}
