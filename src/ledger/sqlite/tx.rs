//! A transaction: when it began, and which room does each thing.

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date};
use rusqlite::Connection;
use uuid::Uuid;
use vestnik_contract::{ChannelId, RouteId};

use super::connections::Session;
use super::{citizens, inbox, notices, operations, past, receipts, timeline, work};
use crate::clock::Clock;
use crate::domain::{
    CitizenKey, FinalState, NoticeId, NotificationKey, Priority, Reason, SourceId, SourceRef,
};
use crate::ledger::error::StoreError;
use crate::ledger::store::{
    AddressRow, CitizenRow, ConsentRow, DeadRow, EntryRow, IdempotencyRow, InboundRow, InboxRow, Lease,
    LinkRow, NoticeRow, NotificationRow, OrphanRow, Past, PauseRow, Position, PreferenceRow, ReferenceRow,
    ReservationRow, TokenRow, Tx, WorkRow,
};

/// A transaction on SQLite.
pub(super) struct SqliteTx {
    session: Session,
    now: Timestamp,
}

impl SqliteTx {
    /// A transaction that has begun: one that writes has the writer for itself by now, so that its
    /// moment is not before that of the one that wrote before it.
    pub(super) fn new(session: Session, clock: &Clock) -> Self {
        Self { session, now: whole_millis(clock.now()) }
    }

    /// The session, for the parts of a transaction that stand elsewhere.
    pub(super) fn session(&self) -> &Session {
        &self.session
    }
}

/// As the ledger keeps moments.
fn whole_millis(moment: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(moment.as_millisecond()).unwrap_or(moment)
}

#[async_trait]
impl Tx for SqliteTx {
    fn now(&self) -> Timestamp {
        self.now
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.session.commit().await
    }

    async fn citizens(&mut self, keys: &[CitizenKey], _lock: bool) -> Result<Vec<CitizenRow>, StoreError> {
        self.session.run_for(keys, citizens::load).await
    }

    async fn add_citizens(&mut self, rows: &[CitizenRow]) -> Result<(), StoreError> {
        self.session.run_for(rows, citizens::add).await
    }

    async fn put_citizens(&mut self, rows: &[CitizenRow]) -> Result<(), StoreError> {
        self.session.run_for(rows, citizens::put).await
    }

    async fn addresses(&mut self, keys: &[CitizenKey]) -> Result<Vec<AddressRow>, StoreError> {
        self.session.run_for(keys, citizens::addresses).await
    }

    async fn find_addresses(
        &mut self,
        channel: &ChannelId,
        hashes: &[[u8; 32]],
    ) -> Result<Vec<AddressRow>, StoreError> {
        let channel = channel.clone();
        self.session
            .run_for(hashes, move |conn, hashes| citizens::find_addresses(conn, &channel, hashes))
            .await
    }

    async fn put_addresses(&mut self, rows: &[AddressRow]) -> Result<(), StoreError> {
        self.session.run_for(rows, citizens::put_addresses).await
    }

    async fn consents(&mut self, keys: &[CitizenKey]) -> Result<Vec<ConsentRow>, StoreError> {
        self.session.run_for(keys, citizens::consents).await
    }

    async fn add_consents(&mut self, rows: &[ConsentRow]) -> Result<(), StoreError> {
        self.session.run_for(rows, citizens::add_consents).await
    }

    async fn preferences(&mut self, keys: &[CitizenKey]) -> Result<Vec<PreferenceRow>, StoreError> {
        self.session.run_for(keys, citizens::preferences).await
    }

    async fn put_preferences(&mut self, rows: &[PreferenceRow]) -> Result<(), StoreError> {
        self.session.run_for(rows, citizens::put_preferences).await
    }

    async fn reservations(
        &mut self,
        keys: &[CitizenKey],
        since: Date,
    ) -> Result<Vec<(CitizenKey, Date, u32)>, StoreError> {
        self.session.run_for(keys, move |conn, keys| citizens::reservations(conn, keys, since)).await
    }

    async fn unstarted(&mut self, keys: &[CitizenKey], since: Date) -> Result<Vec<NoticeId>, StoreError> {
        self.session.run_for(keys, move |conn, keys| citizens::unstarted(conn, keys, since)).await
    }

    async fn put_reservations(&mut self, rows: &[ReservationRow]) -> Result<(), StoreError> {
        self.session.run_for(rows, citizens::put_reservations).await
    }

    async fn remove_reservations(&mut self, keys: &[(NoticeId, i32)]) -> Result<(), StoreError> {
        self.session.run_for(keys, citizens::remove_reservations).await
    }

    async fn idempotency(&mut self, keys: &[SourceRef]) -> Result<Vec<IdempotencyRow>, StoreError> {
        self.session.run_for(keys, notices::idempotency).await
    }

    async fn put_idempotency(&mut self, rows: &[IdempotencyRow]) -> Result<(), StoreError> {
        self.session.run_for(rows, notices::put_idempotency).await
    }

    async fn add_notifications(&mut self, rows: &[NotificationRow]) -> Result<(), StoreError> {
        self.session.run_for(rows, notices::add_notifications).await
    }

    async fn notifications(&mut self, keys: &[NotificationKey]) -> Result<Vec<NotificationRow>, StoreError> {
        self.session.run_for(keys, notices::notifications).await
    }

    async fn close_notifications(
        &mut self,
        rows: &[(NotificationKey, FinalState, Reason, Timestamp)],
    ) -> Result<(), StoreError> {
        self.session.run_for(rows, notices::close_notifications).await
    }

    async fn add_notices(&mut self, rows: &[NoticeRow]) -> Result<(), StoreError> {
        self.session.run_for(rows, notices::add_notices).await
    }

    async fn save_notices(&mut self, rows: &[NoticeRow]) -> Result<(), StoreError> {
        self.session.run_for(rows, notices::save_notices).await
    }

    async fn notices(&mut self, ids: &[NoticeId]) -> Result<Vec<NoticeRow>, StoreError> {
        self.session.run_for(ids, notices::notices).await
    }

    async fn put_work(&mut self, rows: &[WorkRow]) -> Result<(), StoreError> {
        self.session.run_for(rows, work::put).await
    }

    async fn remove_work(&mut self, notices: &[NoticeId]) -> Result<(), StoreError> {
        self.session.run_for(notices, work::remove).await
    }

    async fn work(&mut self, notices: &[NoticeId]) -> Result<Vec<WorkRow>, StoreError> {
        self.session.run_for(notices, work::of_notices).await
    }

    async fn claim(
        &mut self,
        lane: &str,
        lowest: Priority,
        limit: u32,
        lease: Lease,
    ) -> Result<Vec<WorkRow>, StoreError> {
        let (now, lane) = (self.now, lane.to_owned());
        self.session.run(move |conn| work::claim(conn, now, &lane, lowest, limit, lease)).await
    }

    async fn abandoned(&mut self, limit: u32) -> Result<Vec<WorkRow>, StoreError> {
        let now = self.now;
        self.session.run(move |conn| work::abandoned(conn, now, limit)).await
    }

    async fn open_work(&mut self, at_most: u64) -> Result<u64, StoreError> {
        self.session.run(move |conn| work::open(conn, at_most)).await
    }

    async fn open_lanes(&mut self) -> Result<Vec<(String, u64)>, StoreError> {
        self.session.run(work::open_lanes).await
    }

    async fn next_due(&mut self, lane: &str) -> Result<Option<Timestamp>, StoreError> {
        let (now, lane) = (self.now, lane.to_owned());
        self.session.run(move |conn| work::next_due(conn, now, &lane)).await
    }

    async fn add_references(&mut self, rows: &[ReferenceRow]) -> Result<(), StoreError> {
        self.session.run_for(rows, receipts::add_references).await
    }

    async fn references(
        &mut self,
        channel: &ChannelId,
        route: &RouteId,
        references: &[String],
    ) -> Result<Vec<ReferenceRow>, StoreError> {
        let (channel, route) = (channel.clone(), route.clone());
        let find =
            move |conn: &Connection, names: &[String]| receipts::references(conn, &channel, &route, names);
        self.session.run_for(references, find).await
    }

    async fn save_references(&mut self, rows: &[ReferenceRow]) -> Result<(), StoreError> {
        self.session.run_for(rows, receipts::save_references).await
    }

    async fn add_orphans(&mut self, rows: &[OrphanRow]) -> Result<(), StoreError> {
        self.session.run_for(rows, receipts::add_orphans).await
    }

    async fn take_matched_orphans(&mut self, limit: u32) -> Result<Vec<OrphanRow>, StoreError> {
        self.session.run(move |conn| receipts::take_matched_orphans(conn, limit)).await
    }

    async fn append(&mut self, rows: &[EntryRow]) -> Result<(), StoreError> {
        self.session.run_for(rows, timeline::append).await
    }

    async fn entries_after(
        &mut self,
        after: Position,
        source: Option<&SourceId>,
        limit: u32,
    ) -> Result<Vec<(Position, EntryRow)>, StoreError> {
        let source = source.cloned();
        self.session.run(move |conn| timeline::entries_after(conn, after, source.as_ref(), limit)).await
    }

    async fn timeline(
        &mut self,
        notification: NotificationKey,
    ) -> Result<Vec<(Position, EntryRow)>, StoreError> {
        self.session.run(move |conn| timeline::of_notification(conn, notification)).await
    }

    async fn add_inbox(&mut self, rows: &[InboxRow]) -> Result<(), StoreError> {
        self.session.run_for(rows, inbox::add).await
    }

    async fn inbox(
        &mut self,
        citizen: CitizenKey,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<InboxRow>, StoreError> {
        self.session.run(move |conn| inbox::entries(conn, citizen, before, limit)).await
    }

    async fn read_inbox(
        &mut self,
        citizen: CitizenKey,
        id: Uuid,
    ) -> Result<Option<(NotificationKey, bool)>, StoreError> {
        let now = self.now;
        self.session.run(move |conn| inbox::read(conn, now, citizen, id)).await
    }

    async fn unread(&mut self, citizen: CitizenKey) -> Result<u64, StoreError> {
        self.session.run(move |conn| inbox::unread(conn, citizen)).await
    }

    async fn add_inbounds(&mut self, rows: &[InboundRow]) -> Result<Vec<bool>, StoreError> {
        self.session.run_for(rows, inbox::add_inbounds).await
    }

    async fn inbounds(
        &mut self,
        citizen: CitizenKey,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<InboundRow>, StoreError> {
        self.session.run(move |conn| inbox::inbounds(conn, citizen, before, limit)).await
    }

    async fn add_link(&mut self, row: &LinkRow) -> Result<(), StoreError> {
        let row = row.clone();
        self.session.run(move |conn| inbox::add_link(conn, &row)).await
    }

    async fn take_link(&mut self, hash: [u8; 32]) -> Result<Option<LinkRow>, StoreError> {
        let now = self.now;
        self.session.run(move |conn| inbox::take_link(conn, now, hash)).await
    }

    async fn add_dead(&mut self, rows: &[DeadRow]) -> Result<(), StoreError> {
        self.session.run_for(rows, operations::add_dead).await
    }

    async fn dead(&mut self, before: Option<Uuid>, limit: u32) -> Result<Vec<DeadRow>, StoreError> {
        self.session.run(move |conn| operations::dead(conn, before, limit)).await
    }

    async fn dead_letter(&mut self, id: Uuid) -> Result<Option<DeadRow>, StoreError> {
        self.session.run(move |conn| operations::dead_letter(conn, id)).await
    }

    async fn remove_dead(&mut self, id: Uuid) -> Result<bool, StoreError> {
        self.session.run(move |conn| operations::remove_dead(conn, id)).await
    }

    async fn put_token(&mut self, row: &TokenRow) -> Result<(), StoreError> {
        let row = row.clone();
        self.session.run(move |conn| operations::put_token(conn, &row)).await
    }

    async fn tokens(&mut self) -> Result<Vec<TokenRow>, StoreError> {
        self.session.run(operations::tokens).await
    }

    async fn put_pause(&mut self, row: &PauseRow) -> Result<(), StoreError> {
        let row = row.clone();
        self.session.run(move |conn| operations::put_pause(conn, &row)).await
    }

    async fn remove_pause(
        &mut self,
        channel: &ChannelId,
        route: Option<&RouteId>,
    ) -> Result<bool, StoreError> {
        let (channel, route) = (channel.clone(), route.cloned());
        self.session.run(move |conn| operations::remove_pause(conn, &channel, route.as_ref())).await
    }

    async fn pauses(&mut self) -> Result<Vec<PauseRow>, StoreError> {
        self.session.run(operations::pauses).await
    }

    async fn value(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        let name = name.to_owned();
        self.session.run(move |conn| operations::value(conn, &name)).await
    }

    async fn put_value(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.session.run(move |conn| operations::put_value(conn, &name, &value)).await
    }

    async fn forget(&mut self, what: Past, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.session.run(move |conn| past::forget(conn, what, before, limit)).await
    }

    async fn take_duty(
        &mut self,
        name: &str,
        holder: Uuid,
        until: Timestamp,
    ) -> Result<Option<i64>, StoreError> {
        let (now, name) = (self.now, name.to_owned());
        self.session.run(move |conn| operations::take_duty(conn, now, &name, holder, until)).await
    }
}
