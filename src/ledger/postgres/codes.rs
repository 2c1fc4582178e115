//! Check codes, and who asks for them.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::query;

use super::rows::{all, column, latest, run};
use super::tx::PostgresTx;
use crate::domain::{NoticeId, NotificationKey};
use crate::ledger::codes::{Table, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{AskerRow, CodeRow, CodesTx};

const CODE: Table = Table("check_code");
const ASKER: Table = Table("code_asker");

const ADD: &str = "
    INSERT INTO check_code (code, notice, notification, at)
    SELECT * FROM UNNEST($1::bigint[], $2::uuid[], $3::uuid[], $4::bigint[])
    ON CONFLICT (code, notice) DO NOTHING";

pub(super) const FIND: &str = "SELECT code, notice, notification, at FROM check_code WHERE code = ANY($1)";

const ASKERS: &str = "SELECT since, who, count FROM code_asker WHERE since = $1 AND who = ANY($2)";

const COUNT: &str = "
    INSERT INTO code_asker (since, who, count)
    SELECT * FROM UNNEST($1::bigint[], $2::bytea[], $3::bigint[])
    ON CONFLICT (since, who) DO UPDATE SET count = code_asker.count + EXCLUDED.count";

#[async_trait]
impl CodesTx for PostgresTx {
    async fn add_codes(&mut self, rows: &[CodeRow]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let statement = query(ADD)
            .bind(column(rows, |row| row.code))
            .bind(column(rows, |row| row.notice.0))
            .bind(column(rows, |row| row.notification.map(|key| key.0)))
            .bind(column(rows, |row| millis(row.at)));
        run(self.connection(), statement).await.map(drop)
    }

    async fn codes(&mut self, codes: &[i64]) -> Result<Vec<CodeRow>, StoreError> {
        if codes.is_empty() {
            return Ok(Vec::new());
        }
        all(self.connection(), query(FIND).bind(codes.to_vec()), CODE, |cells| {
            Ok(CodeRow {
                code: cells.get("code")?,
                notice: NoticeId(cells.get("notice")?),
                notification: cells.get::<Option<_>>("notification")?.map(NotificationKey),
                at: cells.moment("at")?,
            })
        })
        .await
    }

    async fn askers(&mut self, since: Timestamp, who: &[[u8; 32]]) -> Result<Vec<AskerRow>, StoreError> {
        if who.is_empty() {
            return Ok(Vec::new());
        }
        let statement = query(ASKERS).bind(millis(since)).bind(who.to_vec());
        all(self.connection(), statement, ASKER, |cells| {
            Ok(AskerRow {
                who: cells.hash("who")?,
                since: cells.moment("since")?,
                count: cells.table.number(cells.get("count")?)?,
            })
        })
        .await
    }

    async fn count_askers(&mut self, rows: &[AskerRow]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        // In one order, so that of two who count the same ones neither waits for the other in a circle.
        let rows = latest(rows, |row| (row.since, row.who));
        let statement = query(COUNT)
            .bind(column(&rows, |row| millis(row.since)))
            .bind(column(&rows, |row| row.who))
            .bind(column(&rows, |row| i64::from(row.count)));
        run(self.connection(), statement).await.map(drop)
    }
}
