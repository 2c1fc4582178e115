//! A transaction: when it began, and which room does each thing.

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date};
use sqlx::postgres::{PgPool, Postgres};
use sqlx::{PgConnection, Transaction};
use uuid::Uuid;
use vestnik_contract::{ChannelId, RouteId};

use super::failure::failed;
use super::time::Time;
use super::{citizens, inbox, notices, operations, past, receipts, timeline, work};
use crate::domain::{
    CitizenKey, FinalState, NoticeId, NotificationKey, Priority, Reason, SourceId, SourceRef,
};
use crate::ledger::error::StoreError;
use crate::ledger::store::{
    AddressRow, CitizenRow, ConsentRow, DeadRow, EntryRow, IdempotencyRow, InboundRow, InboxRow, Lease,
    LinkRow, NoticeRow, NotificationRow, OrphanRow, Past, PauseRow, Position, PreferenceRow, ReferenceRow,
    ReservationRow, TokenRow, Tx, WorkRow,
};

/// Begins a transaction that writes. Said in full, because a server may have other defaults.
pub(super) const WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/// Begins a transaction that reads.
pub(super) const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A transaction on PostgreSQL.
pub(super) struct PostgresTx {
    tx: Transaction<'static, Postgres>,
    now: Timestamp,
}

impl PostgresTx {
    /// Begins a transaction by one of the statements above.
    pub(super) async fn begin(
        pool: &PgPool,
        time: &Time,
        statement: &'static str,
    ) -> Result<Self, StoreError> {
        let mut tx = pool.begin_with(statement).await.map_err(failed)?;
        let now = time.now(&mut tx).await?;
        Ok(Self { tx, now })
    }

    /// The connection, for the parts of a transaction that stand elsewhere.
    pub(super) fn connection(&mut self) -> &mut PgConnection {
        &mut self.tx
    }
}

#[async_trait]
impl Tx for PostgresTx {
    fn now(&self) -> Timestamp {
        self.now
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.tx.commit().await.map_err(failed)
    }

    async fn citizens(&mut self, keys: &[CitizenKey], lock: bool) -> Result<Vec<CitizenRow>, StoreError> {
        citizens::load(&mut self.tx, keys, lock).await
    }

    async fn add_citizens(&mut self, rows: &[CitizenRow]) -> Result<(), StoreError> {
        citizens::add(&mut self.tx, rows).await
    }

    async fn put_citizens(&mut self, rows: &[CitizenRow]) -> Result<(), StoreError> {
        citizens::put(&mut self.tx, rows).await
    }

    async fn addresses(&mut self, keys: &[CitizenKey]) -> Result<Vec<AddressRow>, StoreError> {
        citizens::addresses(&mut self.tx, keys).await
    }

    async fn find_addresses(
        &mut self,
        channel: &ChannelId,
        hashes: &[[u8; 32]],
    ) -> Result<Vec<AddressRow>, StoreError> {
        citizens::find_addresses(&mut self.tx, channel, hashes).await
    }

    async fn put_addresses(&mut self, rows: &[AddressRow]) -> Result<(), StoreError> {
        citizens::put_addresses(&mut self.tx, rows).await
    }

    async fn consents(&mut self, keys: &[CitizenKey]) -> Result<Vec<ConsentRow>, StoreError> {
        citizens::consents(&mut self.tx, keys).await
    }

    async fn add_consents(&mut self, rows: &[ConsentRow]) -> Result<(), StoreError> {
        citizens::add_consents(&mut self.tx, rows).await
    }

    async fn preferences(&mut self, keys: &[CitizenKey]) -> Result<Vec<PreferenceRow>, StoreError> {
        citizens::preferences(&mut self.tx, keys).await
    }

    async fn put_preferences(&mut self, rows: &[PreferenceRow]) -> Result<(), StoreError> {
        citizens::put_preferences(&mut self.tx, rows).await
    }

    async fn reservations(
        &mut self,
        keys: &[CitizenKey],
        since: Date,
    ) -> Result<Vec<(CitizenKey, Date, u32)>, StoreError> {
        citizens::reservations(&mut self.tx, keys, since).await
    }

    async fn unstarted(&mut self, keys: &[CitizenKey], since: Date) -> Result<Vec<NoticeId>, StoreError> {
        citizens::unstarted(&mut self.tx, keys, since).await
    }

    async fn put_reservations(&mut self, rows: &[ReservationRow]) -> Result<(), StoreError> {
        citizens::put_reservations(&mut self.tx, rows).await
    }

    async fn remove_reservations(&mut self, keys: &[(NoticeId, i32)]) -> Result<(), StoreError> {
        citizens::remove_reservations(&mut self.tx, keys).await
    }

    async fn idempotency(&mut self, keys: &[SourceRef]) -> Result<Vec<IdempotencyRow>, StoreError> {
        notices::idempotency(&mut self.tx, keys).await
    }

    async fn put_idempotency(&mut self, rows: &[IdempotencyRow]) -> Result<(), StoreError> {
        notices::put_idempotency(&mut self.tx, rows).await
    }

    async fn add_notifications(&mut self, rows: &[NotificationRow]) -> Result<(), StoreError> {
        notices::add_notifications(&mut self.tx, rows).await
    }

    async fn notifications(&mut self, keys: &[NotificationKey]) -> Result<Vec<NotificationRow>, StoreError> {
        notices::notifications(&mut self.tx, keys).await
    }

    async fn close_notifications(
        &mut self,
        rows: &[(NotificationKey, FinalState, Reason, Timestamp)],
    ) -> Result<(), StoreError> {
        notices::close_notifications(&mut self.tx, rows).await
    }

    async fn add_notices(&mut self, rows: &[NoticeRow]) -> Result<(), StoreError> {
        notices::add_notices(&mut self.tx, rows).await
    }

    async fn save_notices(&mut self, rows: &[NoticeRow]) -> Result<(), StoreError> {
        notices::save_notices(&mut self.tx, rows).await
    }

    async fn notices(&mut self, ids: &[NoticeId]) -> Result<Vec<NoticeRow>, StoreError> {
        notices::notices(&mut self.tx, ids).await
    }

    async fn put_work(&mut self, rows: &[WorkRow]) -> Result<(), StoreError> {
        work::put(&mut self.tx, rows).await
    }

    async fn remove_work(&mut self, notices: &[NoticeId]) -> Result<(), StoreError> {
        work::remove(&mut self.tx, notices).await
    }

    async fn work(&mut self, notices: &[NoticeId]) -> Result<Vec<WorkRow>, StoreError> {
        work::of_notices(&mut self.tx, notices).await
    }

    async fn claim(
        &mut self,
        lane: &str,
        lowest: Priority,
        limit: u32,
        lease: Lease,
    ) -> Result<Vec<WorkRow>, StoreError> {
        work::claim(&mut self.tx, self.now, lane, lowest, limit, lease).await
    }

    async fn abandoned(&mut self, limit: u32) -> Result<Vec<WorkRow>, StoreError> {
        work::abandoned(&mut self.tx, self.now, limit).await
    }

    async fn open_work(&mut self, at_most: u64) -> Result<u64, StoreError> {
        work::open(&mut self.tx, at_most).await
    }

    async fn open_lanes(&mut self) -> Result<Vec<(String, u64)>, StoreError> {
        work::open_lanes(&mut self.tx).await
    }

    async fn next_due(&mut self, lane: &str) -> Result<Option<Timestamp>, StoreError> {
        work::next_due(&mut self.tx, self.now, lane).await
    }

    async fn add_references(&mut self, rows: &[ReferenceRow]) -> Result<(), StoreError> {
        receipts::add_references(&mut self.tx, rows).await
    }

    async fn references(
        &mut self,
        channel: &ChannelId,
        route: &RouteId,
        references: &[String],
    ) -> Result<Vec<ReferenceRow>, StoreError> {
        receipts::references(&mut self.tx, channel, route, references).await
    }

    async fn save_references(&mut self, rows: &[ReferenceRow]) -> Result<(), StoreError> {
        receipts::save_references(&mut self.tx, rows).await
    }

    async fn add_orphans(&mut self, rows: &[OrphanRow]) -> Result<(), StoreError> {
        receipts::add_orphans(&mut self.tx, rows).await
    }

    async fn take_matched_orphans(&mut self, limit: u32) -> Result<Vec<OrphanRow>, StoreError> {
        receipts::take_matched_orphans(&mut self.tx, limit).await
    }

    async fn append(&mut self, rows: &[EntryRow]) -> Result<(), StoreError> {
        timeline::append(&mut self.tx, rows).await
    }

    async fn entries_after(
        &mut self,
        after: Position,
        source: Option<&SourceId>,
        limit: u32,
    ) -> Result<Vec<(Position, EntryRow)>, StoreError> {
        timeline::entries_after(&mut self.tx, after, source, limit).await
    }

    async fn timeline(
        &mut self,
        notification: NotificationKey,
    ) -> Result<Vec<(Position, EntryRow)>, StoreError> {
        timeline::of_notification(&mut self.tx, notification).await
    }

    async fn add_inbox(&mut self, rows: &[InboxRow]) -> Result<(), StoreError> {
        inbox::add(&mut self.tx, rows).await
    }

    async fn inbox(
        &mut self,
        citizen: CitizenKey,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<InboxRow>, StoreError> {
        inbox::entries(&mut self.tx, citizen, before, limit).await
    }

    async fn read_inbox(
        &mut self,
        citizen: CitizenKey,
        id: Uuid,
    ) -> Result<Option<(NotificationKey, bool)>, StoreError> {
        inbox::read(&mut self.tx, self.now, citizen, id).await
    }

    async fn unread(&mut self, citizen: CitizenKey) -> Result<u64, StoreError> {
        inbox::unread(&mut self.tx, citizen).await
    }

    async fn add_inbounds(&mut self, rows: &[InboundRow]) -> Result<Vec<bool>, StoreError> {
        inbox::add_inbounds(&mut self.tx, rows).await
    }

    async fn inbounds(
        &mut self,
        citizen: CitizenKey,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<InboundRow>, StoreError> {
        inbox::inbounds(&mut self.tx, citizen, before, limit).await
    }

    async fn add_link(&mut self, row: &LinkRow) -> Result<(), StoreError> {
        inbox::add_link(&mut self.tx, row).await
    }

    async fn take_link(&mut self, hash: [u8; 32]) -> Result<Option<LinkRow>, StoreError> {
        inbox::take_link(&mut self.tx, self.now, hash).await
    }

    async fn add_dead(&mut self, rows: &[DeadRow]) -> Result<(), StoreError> {
        operations::add_dead(&mut self.tx, rows).await
    }

    async fn dead(&mut self, before: Option<Uuid>, limit: u32) -> Result<Vec<DeadRow>, StoreError> {
        operations::dead(&mut self.tx, before, limit).await
    }

    async fn dead_letter(&mut self, id: Uuid) -> Result<Option<DeadRow>, StoreError> {
        operations::dead_letter(&mut self.tx, id).await
    }

    async fn remove_dead(&mut self, id: Uuid) -> Result<bool, StoreError> {
        operations::remove_dead(&mut self.tx, id).await
    }

    async fn put_token(&mut self, row: &TokenRow) -> Result<(), StoreError> {
        operations::put_token(&mut self.tx, row).await
    }

    async fn tokens(&mut self) -> Result<Vec<TokenRow>, StoreError> {
        operations::tokens(&mut self.tx).await
    }

    async fn put_pause(&mut self, row: &PauseRow) -> Result<(), StoreError> {
        operations::put_pause(&mut self.tx, row).await
    }

    async fn remove_pause(
        &mut self,
        channel: &ChannelId,
        route: Option<&RouteId>,
    ) -> Result<bool, StoreError> {
        operations::remove_pause(&mut self.tx, channel, route).await
    }

    async fn pauses(&mut self) -> Result<Vec<PauseRow>, StoreError> {
        operations::pauses(&mut self.tx).await
    }

    async fn value(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        operations::value(&mut self.tx, name).await
    }

    async fn put_value(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        operations::put_value(&mut self.tx, name, value).await
    }

    async fn forget(&mut self, what: Past, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        past::forget(&mut self.tx, what, before, limit).await
    }

    async fn take_duty(
        &mut self,
        name: &str,
        holder: Uuid,
        until: Timestamp,
    ) -> Result<Option<i64>, StoreError> {
        operations::take_duty(&mut self.tx, self.now, name, holder, until).await
    }
}
