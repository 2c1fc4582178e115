//! Check codes, and who asks for them.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::Connection;

use super::rows::{Cells, find, write};
use super::tx::SqliteTx;
use crate::domain::{NoticeId, NotificationKey};
use crate::ledger::codes::{Table, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{AskerRow, CodeRow, CodesTx};

const CODE: Table = Table("check_code");
const ASKER: Table = Table("code_asker");

const ADD: &str = "
    INSERT INTO check_code (code, notice, notification, at) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (code, notice) DO NOTHING";

pub(super) const FIND: &str = "SELECT * FROM check_code WHERE code = ?1";

pub(super) const ASKERS: &str = "SELECT * FROM code_asker WHERE since = ?1 AND who = ?2";

const COUNT: &str = "
    INSERT INTO code_asker (since, who, count) VALUES (?1, ?2, ?3)
    ON CONFLICT (since, who) DO UPDATE SET count = count + excluded.count";

#[async_trait]
impl CodesTx for SqliteTx {
    async fn add_codes(&mut self, rows: &[CodeRow]) -> Result<(), StoreError> {
        self.session().run_for(rows, add).await
    }

    async fn codes(&mut self, codes: &[i64]) -> Result<Vec<CodeRow>, StoreError> {
        self.session().run_for(codes, codes_of).await
    }

    async fn askers(&mut self, since: Timestamp, who: &[[u8; 32]]) -> Result<Vec<AskerRow>, StoreError> {
        let since = millis(since);
        let askers = move |conn: &Connection, who: &[[u8; 32]]| {
            find(conn, ASKERS, who, |one| (since, *one), ASKER, asker)
        };
        self.session().run_for(who, askers).await
    }

    async fn count_askers(&mut self, rows: &[AskerRow]) -> Result<(), StoreError> {
        self.session().run_for(rows, count).await
    }
}

fn add(conn: &Connection, rows: &[CodeRow]) -> Result<(), StoreError> {
    write(conn, ADD, rows, |row| (row.code, row.notice.0, row.notification.map(|key| key.0), millis(row.at)))
}

fn codes_of(conn: &Connection, codes: &[i64]) -> Result<Vec<CodeRow>, StoreError> {
    find(
        conn,
        FIND,
        codes,
        |code| (*code,),
        CODE,
        |cells| {
            Ok(CodeRow {
                code: cells.get("code")?,
                notice: NoticeId(cells.get("notice")?),
                notification: cells.get::<Option<_>>("notification")?.map(NotificationKey),
                at: cells.moment("at")?,
            })
        },
    )
}

fn asker(cells: &Cells<'_>) -> Result<AskerRow, StoreError> {
    Ok(AskerRow { who: cells.hash("who")?, since: cells.moment("since")?, count: cells.number("count")? })
}

fn count(conn: &Connection, rows: &[AskerRow]) -> Result<(), StoreError> {
    write(conn, COUNT, rows, |row| (millis(row.since), row.who, row.count))
}
