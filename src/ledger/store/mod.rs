//! What a database must be able to do for the ledger: small batch reads and writes inside one
//! transaction. No rule of the gateway stands here; the verbs of [`super::Ledger`] are written once,
//! over this trait, and both databases pass one suite.
//!
//! Every list may be empty, and then nothing is asked of the database. A list of rows to write names
//! no key twice; a list of keys to read may. Reads give rows in no particular order unless they say
//! so; a key without a row is left out. Moments are [`Timestamp`]s and are kept in milliseconds since
//! 1970 (UTC); a moment that is now is over. Texts hold no NUL, which PostgreSQL cannot keep.

mod codes;
mod evidence;
mod guard;
mod introduced;
mod preferences;
mod registry;
mod replay;
mod report;
mod rows;
mod scam;
mod turns;
mod unreached;
mod window;

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date};
use uuid::Uuid;
use vestnik_contract::{ChannelId, RouteId};

pub use codes::{AskerRow, CodeRow, CodesTx};
pub use evidence::EvidenceTx;
pub use guard::{GuardRow, GuardSum, GuardTx, Release, TallyRow, TallySum};
pub use introduced::{Acquaintance, IntroducedRow, IntroductionTx};
pub use preferences::{PreferenceTx, PreferenceVersionRow};
pub use registry::{RegistryEventRow, RegistryTx, VerificationKey, VerificationRow};
pub use replay::{AcceptedRow, ReplayTx};
pub use report::{Period, PlacesRow, ReachRow, ReportTx};
pub use rows::*;
pub use scam::{ScamRow, ScamTx};
pub(in crate::ledger) use turns::in_turns;
pub use unreached::{UnreachedPlace, UnreachedRow, UnreachedTx};
pub use window::WindowTx;

use super::error::StoreError;
use crate::domain::{
    CitizenKey, FinalState, NoticeId, NotificationKey, Priority, Reason, SourceId, SourceRef,
};

/// A database.
#[async_trait]
pub trait Store: Send + Sync {
    /// Brings the schema to this release's version, or fails if it is ahead of it.
    async fn migrate(&self) -> Result<(), StoreError>;

    /// Fails unless the schema is at just this release's version.
    async fn check_schema(&self) -> Result<(), StoreError>;

    /// Begins a transaction that may write. SQLite: `BEGIN IMMEDIATE` on the one writer.
    async fn begin(&self) -> Result<Box<dyn Tx>, StoreError>;

    /// Begins a transaction that only reads, waits for no writer and is refused every write.
    async fn read(&self) -> Result<Box<dyn Tx>, StoreError>;
}

/// A transaction. Dropped without [`commit`](Self::commit) it leaves nothing behind.
#[async_trait]
pub trait Tx:
    EvidenceTx
    + CodesTx
    + ScamTx
    + UnreachedTx
    + WindowTx
    + PreferenceTx
    + RegistryTx
    + GuardTx
    + ReportTx
    + ReplayTx
    + IntroductionTx
    + Send
{
    /// The moment of the transaction: the database's clock where several processes share it.
    fn now(&self) -> Timestamp;

    /// Makes the transaction's writes last.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;

    // ---- citizens ----

    /// Citizens by key, ordered by key. With `lock` their rows are locked in that order until the
    /// end of the transaction: the one lock that every change to a citizen's notices takes first.
    async fn citizens(&mut self, keys: &[CitizenKey], lock: bool) -> Result<Vec<CitizenRow>, StoreError>;

    /// Inserts citizens; a [conflict](StoreError::Conflict) if one is there: another transaction
    /// added it, and whoever adds it knows nothing of its data key.
    async fn add_citizens(&mut self, rows: &[CitizenRow]) -> Result<(), StoreError>;

    /// Inserts or replaces citizens; replacing is for those whose rows are locked.
    async fn put_citizens(&mut self, rows: &[CitizenRow]) -> Result<(), StoreError>;

    /// All addresses of these citizens, each citizen's the oldest first.
    async fn addresses(&mut self, keys: &[CitizenKey]) -> Result<Vec<AddressRow>, StoreError>;

    /// Addresses on a channel by their keyed hash.
    async fn find_addresses(
        &mut self,
        channel: &ChannelId,
        hashes: &[[u8; 32]],
    ) -> Result<Vec<AddressRow>, StoreError>;

    /// Inserts or replaces addresses by id.
    async fn put_addresses(&mut self, rows: &[AddressRow]) -> Result<(), StoreError>;

    /// All consent records of these citizens, ordered by `seq`.
    async fn consents(&mut self, keys: &[CitizenKey]) -> Result<Vec<ConsentRow>, StoreError>;

    /// Appends consent records; `seq` is set by the database, in this order.
    async fn add_consents(&mut self, rows: &[ConsentRow]) -> Result<(), StoreError>;

    /// All preferences of these citizens.
    async fn preferences(&mut self, keys: &[CitizenKey]) -> Result<Vec<PreferenceRow>, StoreError>;

    /// Inserts or replaces preferences by (citizen, topic).
    async fn put_preferences(&mut self, rows: &[PreferenceRow]) -> Result<(), StoreError>;

    /// How many pushes are reserved per citizen and local day, from `since` on.
    async fn reservations(
        &mut self,
        keys: &[CitizenKey],
        since: Date,
    ) -> Result<Vec<(CitizenKey, Date, u32)>, StoreError>;

    /// The notices of these citizens that hold a place on a local day from `since` on, whose work is
    /// open and has no attempt started.
    async fn unstarted(&mut self, keys: &[CitizenKey], since: Date) -> Result<Vec<NoticeId>, StoreError>;

    /// Inserts or moves reservations by (notice, step).
    async fn put_reservations(&mut self, rows: &[ReservationRow]) -> Result<(), StoreError>;

    /// Releases reservations by (notice, step).
    async fn remove_reservations(&mut self, keys: &[(NoticeId, i32)]) -> Result<(), StoreError>;

    // ---- notifications and notices ----

    /// What is remembered of these source references.
    async fn idempotency(&mut self, keys: &[SourceRef]) -> Result<Vec<IdempotencyRow>, StoreError>;

    /// Inserts or replaces what is remembered of source references; a
    /// [conflict](StoreError::Conflict) where that would forget a notification or a cancel: another
    /// transaction has remembered it since this one looked.
    async fn put_idempotency(&mut self, rows: &[IdempotencyRow]) -> Result<(), StoreError>;

    /// Inserts notifications; refused where one is there already.
    async fn add_notifications(&mut self, rows: &[NotificationRow]) -> Result<(), StoreError>;

    /// Notifications by key.
    async fn notifications(&mut self, keys: &[NotificationKey]) -> Result<Vec<NotificationRow>, StoreError>;

    /// Sets the final state, its reason and its moment, of notifications that are there. Also used
    /// to raise it.
    async fn close_notifications(
        &mut self,
        rows: &[(NotificationKey, FinalState, Reason, Timestamp)],
    ) -> Result<(), StoreError>;

    /// Inserts notices.
    async fn add_notices(&mut self, rows: &[NoticeRow]) -> Result<(), StoreError>;

    /// Replaces the notice and its words, of notices that are there.
    async fn save_notices(&mut self, rows: &[NoticeRow]) -> Result<(), StoreError>;

    /// Notices by id.
    async fn notices(&mut self, ids: &[NoticeId]) -> Result<Vec<NoticeRow>, StoreError>;

    // ---- work ----

    /// Inserts or replaces open work by notice; the lease is taken as the row has it.
    async fn put_work(&mut self, rows: &[WorkRow]) -> Result<(), StoreError>;

    /// Removes work by notice.
    async fn remove_work(&mut self, notices: &[NoticeId]) -> Result<(), StoreError>;

    /// Open work of these notices.
    async fn work(&mut self, notices: &[NoticeId]) -> Result<Vec<WorkRow>, StoreError>;

    /// Leases due work of a lane that nobody holds and no attempt was started on, at most `limit`, skipping
    /// rows that others are claiming, and only of a rank of at most `lowest`: the most urgent first, and of
    /// one rank the sources in turn, each with what was due longest.
    async fn claim(
        &mut self,
        lane: &str,
        lowest: Priority,
        limit: u32,
        lease: Lease,
    ) -> Result<Vec<WorkRow>, StoreError>;

    /// Work, of any lane, whose attempt was started and whose lease is over: at most `limit`.
    async fn abandoned(&mut self, limit: u32) -> Result<Vec<WorkRow>, StoreError>;

    /// How much work is open, counted up to `at_most`: what is asked often must not cost more when
    /// there is more.
    async fn open_work(&mut self, at_most: u64) -> Result<u64, StoreError>;

    /// How much work is open, by lane.
    async fn open_lanes(&mut self) -> Result<Vec<(String, u64)>, StoreError>;

    /// When the next work of a lane is due that nobody holds; `None` if there is none.
    async fn next_due(&mut self, lane: &str) -> Result<Option<Timestamp>, StoreError>;

    // ---- receipts ----

    /// Keeps a provider's references; one of the same attempt that is there already stays as it is.
    async fn add_references(&mut self, rows: &[ReferenceRow]) -> Result<(), StoreError>;

    /// References of a route, as the provider names them.
    async fn references(
        &mut self,
        channel: &ChannelId,
        route: &RouteId,
        references: &[String],
    ) -> Result<Vec<ReferenceRow>, StoreError>;

    /// Sets how far the part came that a reference of an attempt names.
    async fn save_references(&mut self, rows: &[ReferenceRow]) -> Result<(), StoreError>;

    /// Keeps receipts that name no known reference yet; one that is there already is kept once.
    async fn add_orphans(&mut self, rows: &[OrphanRow]) -> Result<(), StoreError>;

    /// Removes and gives receipts whose reference is known by now and whose recipient, where it is
    /// named, is the reference's: at most `limit`, in the order they came.
    async fn take_matched_orphans(&mut self, limit: u32) -> Result<Vec<OrphanRow>, StoreError>;

    // ---- timeline ----

    /// Appends entries, in this order.
    async fn append(&mut self, rows: &[EntryRow]) -> Result<(), StoreError>;

    /// Entries after a position, in an order in which none can appear before one already read,
    /// stopping below the oldest transaction still open: at most `limit`, of one source or of all.
    async fn entries_after(
        &mut self,
        after: Position,
        source: Option<&SourceId>,
        limit: u32,
    ) -> Result<Vec<(Position, EntryRow)>, StoreError>;

    /// A notification's entries, in order.
    async fn timeline(
        &mut self,
        notification: NotificationKey,
    ) -> Result<Vec<(Position, EntryRow)>, StoreError>;

    // ---- inbox and inbound ----

    /// Inserts inbox entries.
    async fn add_inbox(&mut self, rows: &[InboxRow]) -> Result<(), StoreError>;

    /// A citizen's inbox entries, the newest first, older than `before` where it is given.
    async fn inbox(
        &mut self,
        citizen: CitizenKey,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<InboxRow>, StoreError>;

    /// Marks an inbox entry of this citizen as read at the transaction's moment; `None` if there is
    /// no such entry, `false` if it was read before.
    async fn read_inbox(
        &mut self,
        citizen: CitizenKey,
        id: Uuid,
    ) -> Result<Option<(NotificationKey, bool)>, StoreError>;

    /// How many inbox entries of a citizen are unread.
    async fn unread(&mut self, citizen: CitizenKey) -> Result<u64, StoreError>;

    /// Keeps inbounds; gives for each, in order, whether its (channel, route, key) is new. Here a
    /// list may name a key twice.
    async fn add_inbounds(&mut self, rows: &[InboundRow]) -> Result<Vec<bool>, StoreError>;

    /// What came from a citizen's addresses, the newest first, older than `before` where it is given.
    async fn inbounds(
        &mut self,
        citizen: CitizenKey,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<InboundRow>, StoreError>;

    /// Keeps a one-time link token by its hash.
    async fn add_link(&mut self, row: &LinkRow) -> Result<(), StoreError>;

    /// Takes a link token that is not over; it cannot be taken again.
    async fn take_link(&mut self, hash: [u8; 32]) -> Result<Option<LinkRow>, StoreError>;

    // ---- operations ----

    /// Keeps dead letters.
    async fn add_dead(&mut self, rows: &[DeadRow]) -> Result<(), StoreError>;

    /// Dead letters, the newest first, older than `before` where it is given.
    async fn dead(&mut self, before: Option<Uuid>, limit: u32) -> Result<Vec<DeadRow>, StoreError>;

    /// One dead letter.
    async fn dead_letter(&mut self, id: Uuid) -> Result<Option<DeadRow>, StoreError>;

    /// Removes a dead letter; whether it was there.
    async fn remove_dead(&mut self, id: Uuid) -> Result<bool, StoreError>;

    /// Inserts or replaces an API token by id.
    async fn put_token(&mut self, row: &TokenRow) -> Result<(), StoreError>;

    /// All API tokens, the oldest first.
    async fn tokens(&mut self) -> Result<Vec<TokenRow>, StoreError>;

    /// Inserts or replaces a pause by (channel, route).
    async fn put_pause(&mut self, row: &PauseRow) -> Result<(), StoreError>;

    /// Removes a pause; whether there was one.
    async fn remove_pause(
        &mut self,
        channel: &ChannelId,
        route: Option<&RouteId>,
    ) -> Result<bool, StoreError>;

    /// All pauses, those over included.
    async fn pauses(&mut self) -> Result<Vec<PauseRow>, StoreError>;

    /// A named value that the ledger keeps for itself: cursors, key checks, configuration versions.
    async fn value(&mut self, name: &str) -> Result<Option<String>, StoreError>;

    /// Sets a named value.
    async fn put_value(&mut self, name: &str, value: &str) -> Result<(), StoreError>;

    /// Forgets what was over before a moment, the oldest first: at most `limit` rows; gives how many.
    async fn forget(&mut self, what: Past, before: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// Takes or prolongs a duty until `until`, or lets it go where `until` is past; gives its fence
    /// (rising with each new holder), or `None` while another holds it.
    async fn take_duty(
        &mut self,
        name: &str,
        holder: Uuid,
        until: Timestamp,
    ) -> Result<Option<i64>, StoreError>;
}
