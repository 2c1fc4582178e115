//! What stands in the tables: the rows that go into the database and come out of it.

use jiff::{Timestamp, civil::Date};
use uuid::Uuid;
use vestnik_contract::{ChannelId, ReceiptState, RouteId};

use crate::domain::{
    AttemptId, CitizenKey, ConsentAction, ConsentOrigin, FinalState, Locale, NoticeId, NotificationKey,
    Priority, Profile, Reason, SourceId, SourceRef, TopicId,
};

/// What the ledger need not keep for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Past {
    /// What is remembered of source references since before the moment, unless the notification is open.
    References,
    /// Receipts that came before the moment and name no attempt of ours.
    Receipts,
    /// Link tokens that were over before the moment.
    Links,
    /// Places in the contact budget of days before the moment's.
    Reservations,
    /// Check codes that were shown before the moment.
    Codes,
    /// Who asked for codes in hours that began before the moment.
    Askers,
    /// Scam reports that were closed before the moment.
    ScamReports,
    /// One-time codes that were over before the moment.
    Verifications,
    /// What was counted of days before the moment's.
    Tallies,
}

/// A citizen's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CitizenRow {
    /// Its key.
    pub key: CitizenKey,
    /// The citizen's data key, wrapped under the master key.
    pub data_key: Vec<u8>,
    /// The citizen's id, encrypted under the data key; of one who was erased, who did that and why.
    pub id: Vec<u8>,
    /// What is not personal by itself.
    pub profile: Profile,
    /// The moment of the last change.
    pub updated_at: Timestamp,
    /// Where the next consent record goes; `None` while there is none in the chain. It is written by
    /// [`save_chains`](super::EvidenceTx::save_chains) alone.
    pub chain: Option<Chain>,
    /// When the citizen was erased, where that was done.
    pub erased_at: Option<Timestamp>,
    /// Since when the registry says that the citizen has died, where it does.
    pub deceased_at: Option<Timestamp>,
}

/// The end of a citizen's chain of consent records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    /// How many records it has.
    pub length: i64,
    /// What the next record is bound to.
    pub head: [u8; 32],
}

/// The place of a consent record in its citizen's chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Counted from 1.
    pub number: i64,
    /// What the record is bound to instead of its sealed part, so that this can be erased.
    pub commitment: [u8; 32],
    /// Binds the record to all before it.
    pub link: [u8; 32],
}

/// An address's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressRow {
    /// Its id (UUID version 7: order of creation).
    pub id: Uuid,
    /// Whose it is.
    pub citizen: CitizenKey,
    /// The channel it is an address of.
    pub channel: ChannelId,
    /// Its keyed hash, for look-up.
    pub hash: [u8; 32],
    /// The address, encrypted under the citizen's data key.
    pub address: Vec<u8>,
    /// Why and when it was closed.
    pub closed: Option<(String, Timestamp)>,
    /// By what it was closed, encrypted under the citizen's data key.
    pub closed_evidence: Option<Vec<u8>>,
}

/// A consent record's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRow {
    /// The order of recording; set by the database.
    pub seq: i64,
    /// Whose it is.
    pub citizen: CitizenKey,
    /// For this channel, or for all.
    pub channel: Option<ChannelId>,
    /// For this topic, or for all.
    pub topic: Option<TopicId>,
    /// Given or taken.
    pub action: ConsentAction,
    /// Where it comes from.
    pub origin: ConsentOrigin,
    /// The language that the wording was in.
    pub locale: Option<Locale>,
    /// Evidence, wording and actor, encrypted under the citizen's data key; empty once erased.
    pub evidence: Vec<u8>,
    /// When the citizen said it.
    pub at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Its place in the chain; `None` where it is older than that.
    pub link: Option<Link>,
}

/// A consent record's row that says what no row of the ledger's own does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnreadableRow {
    /// The order of recording.
    pub seq: i64,
    /// Whose it is.
    pub citizen: CitizenKey,
    /// Its number in the chain, where it has one.
    pub number: Option<i64>,
}

/// A preference's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreferenceRow {
    /// Whose it is.
    pub citizen: CitizenKey,
    /// For this topic, or for all.
    pub topic: Option<TopicId>,
    /// The preference, as JSON.
    pub preference: String,
    /// When it was set.
    pub updated_at: Timestamp,
}

/// A place in the contact budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservationRow {
    /// The notice.
    pub notice: NoticeId,
    /// The number of its step.
    pub step: i32,
    /// Whose budget.
    pub citizen: CitizenKey,
    /// The citizen's local day.
    pub day: Date,
}

/// What is remembered of a source reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRow {
    /// Source and id.
    pub reference: SourceRef,
    /// The keyed digest of the body; `None` while only a cancel has come.
    pub digest: Option<[u8; 32]>,
    /// The notification; `None` while only a cancel has come.
    pub notification: Option<NotificationKey>,
    /// A cancel (or the reference's replacement) came before the notification: why.
    pub cancelled: Option<Reason>,
    /// When it was first seen.
    pub at: Timestamp,
}

/// A notification's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotificationRow {
    /// Its key.
    pub key: NotificationKey,
    /// Source and id.
    pub reference: SourceRef,
    /// For whom.
    pub citizen: CitizenKey,
    /// The notice that carries it, where there is one.
    pub notice: Option<NoticeId>,
    /// Life event, as in the catalogue.
    pub life_event: String,
    /// Measure, as in the catalogue.
    pub measure: String,
    /// Version of the template.
    pub template: i32,
    /// The campaign it belongs to.
    pub campaign: Option<String>,
    /// How soon.
    pub priority: Priority,
    /// Params and act-by as JSON, encrypted under the citizen's data key; empty for a citizen who
    /// is not known.
    pub params: Vec<u8>,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// How and when it closed.
    pub closed: Option<(FinalState, Reason, Timestamp)>,
}

/// A notice's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRow {
    /// Its id.
    pub id: NoticeId,
    /// Whose it is.
    pub citizen: CitizenKey,
    /// The whole notice, as JSON.
    pub notice: String,
    /// Words of its own, encrypted under the citizen's data key: the text of a confirmation or an
    /// answer. Empty where the items say it all.
    pub words: Vec<u8>,
}

/// Open work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkRow {
    /// The notice; it has one row of work at most.
    pub notice: NoticeId,
    /// Whose it is, so that the citizen can be locked without reading the notice.
    pub citizen: CitizenKey,
    /// The channel whose lane sends it, or [`TIMER`] while it waits.
    pub lane: String,
    /// How soon.
    pub priority: Priority,
    /// Whose notice it is, as far as sources take turns; empty in rows that a release before wrote.
    pub source: String,
    /// When it is due.
    pub due_at: Timestamp,
    /// Who holds it, and until when.
    pub lease: Option<Lease>,
    /// The attempt started under the lease.
    pub attempt: Option<AttemptId>,
}

/// The lane of work that waits for a moment and not for a channel.
pub const TIMER: &str = "timer";

/// A lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Names the claim.
    pub id: Uuid,
    /// When it is over.
    pub until: Timestamp,
}

/// A provider's reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceRow {
    /// The channel.
    pub channel: ChannelId,
    /// The route.
    pub route: RouteId,
    /// As the provider names it.
    pub reference: String,
    /// The keyed hash of the recipient's address.
    pub recipient: [u8; 32],
    /// The notice.
    pub notice: NoticeId,
    /// Whose it is.
    pub citizen: CitizenKey,
    /// The attempt.
    pub attempt: AttemptId,
    /// How far the part came, as the last receipt said.
    pub state: Option<ReceiptState>,
}

/// A receipt that names no known reference yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrphanRow {
    /// The channel.
    pub channel: ChannelId,
    /// The route.
    pub route: RouteId,
    /// As the provider names it.
    pub reference: String,
    /// The keyed hash of the recipient, where the provider names one.
    pub recipient: Option<[u8; 32]>,
    /// What it says.
    pub state: ReceiptState,
    /// When it came.
    pub received_at: Timestamp,
}

/// A timeline entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRow {
    /// The notification.
    pub notification: NotificationKey,
    /// Its source and id.
    pub reference: SourceRef,
    /// The notice.
    pub notice: Option<NoticeId>,
    /// When it happened.
    pub at: Timestamp,
    /// The entry's name ([`crate::domain::Happening::name`]).
    pub name: String,
    /// What happened, as JSON.
    pub what: String,
}

/// Where an entry stands in the order that readers follow: PostgreSQL's transaction id and the
/// entry's id; SQLite has one writer and leaves the first at 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Position {
    /// A transaction's id (`xid8`), such that what one notification's later entry has is never lower.
    pub transaction: i64,
    /// The entry's id.
    pub id: i64,
}

/// An inbox entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxRow {
    /// Its id (UUID version 7).
    pub id: Uuid,
    /// Whose it is.
    pub citizen: CitizenKey,
    /// The notification it stands for.
    pub notification: NotificationKey,
    /// Title and text as JSON, encrypted under the citizen's data key.
    pub content: Vec<u8>,
    /// When it was written.
    pub at: Timestamp,
    /// When the citizen opened it.
    pub read_at: Option<Timestamp>,
}

/// Something from a citizen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundRow {
    /// Its id (UUID version 7).
    pub id: Uuid,
    /// The channel.
    pub channel: ChannelId,
    /// The route.
    pub route: RouteId,
    /// The same for the same inbound told twice.
    pub key: String,
    /// From whom, where the address is known.
    pub citizen: Option<CitizenKey>,
    /// The keyed hash of the address.
    pub sender: [u8; 32],
    /// What it was understood as: `stop`, `start`, `link`, `blocked`, `text`, …
    pub kind: String,
    /// The words, encrypted under the citizen's data key, or under the master key where nobody
    /// is known.
    pub text: Vec<u8>,
    /// When it came.
    pub at: Timestamp,
}

/// A one-time token that ties an address to a citizen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRow {
    /// The token's hash.
    pub hash: [u8; 32],
    /// Whose it is.
    pub citizen: CitizenKey,
    /// On which channel.
    pub channel: ChannelId,
    /// Until when it may be used.
    pub expires_at: Timestamp,
}

/// A message that could not be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadRow {
    /// Its id (UUID version 7).
    pub id: Uuid,
    /// Where it came from: `amqp`, `http`, `file` or `broker`.
    pub origin: String,
    /// The source that the transport proves, where it proves one.
    pub source: Option<SourceId>,
    /// The routing key or path.
    pub routing: String,
    /// The reason code, such as `invalid_params`.
    pub reason: String,
    /// What was expected, and where (a JSON pointer); without any value from the body.
    pub detail: String,
    /// The body, encrypted under the master key.
    pub body: Vec<u8>,
    /// When it came.
    pub at: Timestamp,
}

/// An API token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// Its id (UUID version 7).
    pub id: Uuid,
    /// What it is for, in the words of who created it.
    pub label: String,
    /// The token's hash.
    pub hash: [u8; 32],
    /// What it may do, separated by spaces.
    pub scopes: String,
    /// Which source it speaks for, where it is a source's.
    pub source: Option<SourceId>,
    /// When it was created.
    pub created_at: Timestamp,
    /// After this moment it is void.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// A pause of a channel or of one of its routes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PauseRow {
    /// The channel.
    pub channel: ChannelId,
    /// The route, or all of the channel.
    pub route: Option<RouteId>,
    /// Whether its work goes to the next step (`true`) or is held (`false`).
    pub reroute: bool,
    /// Why.
    pub reason: String,
    /// Who paused it: a person's name, or `gateway`.
    pub person: String,
    /// Since when.
    pub at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}
