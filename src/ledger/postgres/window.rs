//! Windows: the notices that wait for others.

use async_trait::async_trait;
use sqlx::query;

use super::rows::{all, column, latest, run};
use super::tx::PostgresTx;
use crate::domain::{CitizenKey, NoticeId};
use crate::ledger::codes::Table;
use crate::ledger::error::StoreError;
use crate::ledger::store::WindowTx;

const WINDOW: Table = Table("open_window");

pub(super) const OF_CITIZENS: &str =
    "SELECT notice FROM open_window WHERE citizen = ANY($1) ORDER BY citizen, notice";

const OPEN: &str = "
    INSERT INTO open_window (citizen, notice) SELECT * FROM UNNEST($1::bytea[], $2::uuid[])
    ON CONFLICT (citizen, notice) DO NOTHING";

pub(super) const CLOSE: &str = "
    DELETE FROM open_window WHERE (citizen, notice) IN (SELECT * FROM UNNEST($1::bytea[], $2::uuid[]))";

#[async_trait]
impl WindowTx for PostgresTx {
    async fn windows(&mut self, citizens: &[CitizenKey]) -> Result<Vec<NoticeId>, StoreError> {
        if citizens.is_empty() {
            return Ok(Vec::new());
        }
        let statement = query(OF_CITIZENS).bind(column(citizens, |key| key.0));
        all(self.connection(), statement, WINDOW, |cells| Ok(NoticeId(cells.get("notice")?))).await
    }

    async fn open_windows(&mut self, notices: &[(CitizenKey, NoticeId)]) -> Result<(), StoreError> {
        self.for_windows(OPEN, notices).await
    }

    async fn close_windows(&mut self, notices: &[(CitizenKey, NoticeId)]) -> Result<(), StoreError> {
        self.for_windows(CLOSE, notices).await
    }
}

impl PostgresTx {
    async fn for_windows(
        &mut self,
        statement: &'static str,
        notices: &[(CitizenKey, NoticeId)],
    ) -> Result<(), StoreError> {
        if notices.is_empty() {
            return Ok(());
        }
        let notices = latest(notices, |one| *one);
        let statement =
            query(statement).bind(column(&notices, |one| one.0.0)).bind(column(&notices, |one| one.1.0));
        run(self.connection(), statement).await.map(drop)
    }
}
