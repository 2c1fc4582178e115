//! Rows with keys of their own and with what a careless column would spoil: every byte, letters of
//! several scripts, quotes.

use jiff::Timestamp;
use uuid::Uuid;
use vestnik_contract::{ChannelId, RouteId};

use crate::domain::{
    AttemptId, CitizenKey, ConsentAction, ConsentOrigin, JurisdictionId, Locale, NoticeId, NotificationKey,
    Priority, Profile, SourceId, SourceRef, TopicId,
};
use crate::ledger::store::{
    AddressRow, CitizenRow, ConsentRow, EntryRow, Link, NoticeRow, NotificationRow, ReferenceRow, WorkRow,
};

/// Words of several scripts, with quotes and what looks like SQL.
pub(crate) const WORDS: &str = "Київ, «Дім» 🏠 \u{301}\u{200b}'; DROP TABLE citizen; -- \"\\%_?$1\n\t";

/// Every byte there is.
pub(crate) fn bytes() -> Vec<u8> {
    (0..=u8::MAX).collect()
}

/// A hash that nothing else has.
pub(crate) fn hash() -> [u8; 32] {
    let mut hash = [0; 32];
    hash[..16].copy_from_slice(Uuid::now_v7().as_bytes());
    // The end differs first, so that the order of hashes is not the order in which they were made.
    hash.reverse();
    hash
}

/// Some moment in whole milliseconds.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_millisecond(1_795_000_000_123 + second * 1000).unwrap()
}

pub(crate) fn channel(name: &str) -> ChannelId {
    ChannelId::new(name).unwrap()
}

pub(crate) fn route(name: &str) -> RouteId {
    RouteId::new(name).unwrap()
}

pub(crate) fn topic(name: &str) -> TopicId {
    TopicId::new(name).unwrap()
}

pub(crate) fn source(name: &str) -> SourceId {
    SourceId::new(name).unwrap()
}

/// A source's reference that nothing else has.
pub(crate) fn reference(from: &str) -> SourceRef {
    SourceRef { source: source(from), id: format!("A.z_{}:1", Uuid::now_v7()) }
}

pub(crate) fn citizen() -> CitizenRow {
    let profile = Profile {
        locale: Locale::Uk,
        zone: Some("Europe/Kyiv".to_owned()),
        region: Some(WORDS.to_owned()),
        jurisdiction: JurisdictionId::new("ua").unwrap(),
    };
    CitizenRow {
        key: CitizenKey(hash()),
        data_key: bytes(),
        id: vec![0, 0xff],
        profile,
        updated_at: at(0),
        chain: None,
        erased_at: None,
        deceased_at: None,
    }
}

pub(crate) fn address(of: &CitizenRow, on: &str) -> AddressRow {
    AddressRow {
        id: Uuid::now_v7(),
        citizen: of.key,
        channel: channel(on),
        hash: hash(),
        address: bytes(),
        closed: None,
        closed_evidence: None,
    }
}

pub(crate) fn consent(of: &CitizenRow, origin: ConsentOrigin) -> ConsentRow {
    ConsentRow {
        seq: 0,
        citizen: of.key,
        channel: Some(channel("sms")),
        topic: Some(topic("family")),
        action: ConsentAction::Granted,
        origin,
        locale: Some(Locale::En),
        evidence: bytes(),
        at: at(-5),
        recorded_at: at(0),
        link: Some(Link { number: 1, commitment: hash(), link: hash() }),
    }
}

pub(crate) fn notification(of: CitizenKey) -> NotificationRow {
    NotificationRow {
        key: NotificationKey(Uuid::now_v7()),
        reference: reference("family_fund"),
        citizen: of,
        notice: Some(NoticeId(Uuid::now_v7())),
        life_event: "child_birth".to_owned(),
        measure: "birth_grant".to_owned(),
        template: 2,
        campaign: Some("spring-2026".to_owned()),
        priority: Priority::Normal,
        params: bytes(),
        received_at: at(0),
        closed: None,
    }
}

pub(crate) fn notice(of: CitizenKey) -> NoticeRow {
    NoticeRow {
        id: NoticeId(Uuid::now_v7()),
        citizen: of,
        notice: format!("{{\"words\":{}}}", serde_json::to_string(WORDS).unwrap()),
        words: bytes(),
    }
}

/// Free work of a lane.
pub(crate) fn work(lane: &str, priority: Priority, due_at: Timestamp) -> WorkRow {
    WorkRow {
        notice: NoticeId(Uuid::now_v7()),
        citizen: CitizenKey(hash()),
        lane: lane.to_owned(),
        priority,
        source: "family_fund".to_owned(),
        due_at,
        lease: None,
        attempt: None,
    }
}

pub(crate) fn provider_reference(name: &str) -> ReferenceRow {
    ReferenceRow {
        channel: channel("sms"),
        route: route("main"),
        reference: name.to_owned(),
        recipient: hash(),
        notice: NoticeId(Uuid::now_v7()),
        citizen: CitizenKey(hash()),
        attempt: AttemptId(Uuid::now_v7()),
        state: None,
    }
}

/// An entry of a new notification.
pub(crate) fn entry(from: &str, name: &str) -> EntryRow {
    EntryRow {
        notification: NotificationKey(Uuid::now_v7()),
        reference: reference(from),
        notice: Some(NoticeId(Uuid::now_v7())),
        at: at(0),
        name: name.to_owned(),
        what: format!("{{\"what\":\"{name}\",\"words\":{}}}", serde_json::to_string(WORDS).unwrap()),
    }
}
