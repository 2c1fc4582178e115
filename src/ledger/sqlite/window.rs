//! Windows: the notices that wait for others.

use async_trait::async_trait;
use rusqlite::Connection;

use super::rows::{find, write};
use super::tx::SqliteTx;
use crate::domain::{CitizenKey, NoticeId};
use crate::ledger::codes::Table;
use crate::ledger::error::StoreError;
use crate::ledger::store::WindowTx;

const WINDOW: Table = Table("open_window");

pub(super) const OF_CITIZEN: &str = "SELECT notice FROM open_window WHERE citizen = ?1 ORDER BY notice";

const OPEN: &str =
    "INSERT INTO open_window (citizen, notice) VALUES (?1, ?2) ON CONFLICT (citizen, notice) DO NOTHING";

pub(super) const CLOSE: &str = "DELETE FROM open_window WHERE citizen = ?1 AND notice = ?2";

type Open = (CitizenKey, NoticeId);

#[async_trait]
impl WindowTx for SqliteTx {
    async fn windows(&mut self, citizens: &[CitizenKey]) -> Result<Vec<NoticeId>, StoreError> {
        self.session().run_for(citizens, of_citizens).await
    }

    async fn open_windows(&mut self, notices: &[Open]) -> Result<(), StoreError> {
        self.session().run_for(notices, |conn, rows| write(conn, OPEN, rows, |one| (one.0.0, one.1.0))).await
    }

    async fn close_windows(&mut self, notices: &[Open]) -> Result<(), StoreError> {
        self.session().run_for(notices, |conn, rows| write(conn, CLOSE, rows, |one| (one.0.0, one.1.0))).await
    }
}

fn of_citizens(conn: &Connection, citizens: &[CitizenKey]) -> Result<Vec<NoticeId>, StoreError> {
    find(conn, OF_CITIZEN, citizens, |key| (key.0,), WINDOW, |cells| Ok(NoticeId(cells.get("notice")?)))
}
