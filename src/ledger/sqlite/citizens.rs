//! Citizens with their addresses, consents, preferences and places in the contact budget.

use jiff::civil::Date;
use rusqlite::{Connection, Params};
use vestnik_contract::ChannelId;

use super::rows::{Cells, find, write, write_every};
use crate::domain::{CitizenKey, NoticeId, Profile, TopicId};
use crate::ledger::codes::{Code, Table, day, millis, or_all};
use crate::ledger::error::StoreError;
use crate::ledger::store::{
    AddressRow, CitizenRow, ConsentRow, PreferenceRow, ReservationRow, UnreadableRow,
};

pub(super) const CITIZEN: Table = Table("citizen");
pub(super) const ADDRESS: Table = Table("address");
const CONSENT: Table = Table("consent");
const PREFERENCE: Table = Table("preference");
pub(super) const RESERVATION: Table = Table("reservation");

pub(super) const CITIZEN_BY_KEY: &str = "SELECT * FROM citizen WHERE key = ?1";

const ADD_CITIZEN: &str = "
    INSERT INTO citizen (key, data_key, id, locale, zone, region, jurisdiction, updated_at, erased_at,
                         deceased_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
    ON CONFLICT (key) DO NOTHING";

const PUT_CITIZEN: &str = "
    INSERT INTO citizen (key, data_key, id, locale, zone, region, jurisdiction, updated_at, erased_at,
                         deceased_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
    ON CONFLICT (key) DO UPDATE SET
        data_key = excluded.data_key, id = excluded.id, locale = excluded.locale, zone = excluded.zone,
        region = excluded.region, jurisdiction = excluded.jurisdiction, updated_at = excluded.updated_at,
        erased_at = excluded.erased_at, deceased_at = excluded.deceased_at";

pub(super) const ADDRESSES: &str = "SELECT * FROM address WHERE citizen = ?1 ORDER BY id";

pub(super) const FIND_ADDRESSES: &str = "SELECT * FROM address WHERE hash = ?1 AND channel = ?2";

const PUT_ADDRESS: &str = "
    INSERT INTO address (id, citizen, channel, hash, address, closed_reason, closed_at, closed_evidence)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    ON CONFLICT (id) DO UPDATE SET
        citizen = excluded.citizen, channel = excluded.channel, hash = excluded.hash,
        address = excluded.address, closed_reason = excluded.closed_reason, closed_at = excluded.closed_at,
        closed_evidence = excluded.closed_evidence";

pub(super) const CONSENTS: &str = "SELECT * FROM consent WHERE citizen = ?1";

const ADD_CONSENT: &str = "
    INSERT INTO consent (citizen, channel, topic, action, origin, locale, evidence, at, recorded_at, number,
                         commitment, link)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";

pub(super) const PREFERENCES: &str = "SELECT * FROM preference WHERE citizen = ?1";

const PUT_PREFERENCE: &str = "
    INSERT INTO preference (citizen, topic, preference, updated_at) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (citizen, topic) DO UPDATE SET
        preference = excluded.preference, updated_at = excluded.updated_at";

pub(super) const RESERVATIONS: &str = "
    SELECT citizen, day, count(*) AS pushes FROM reservation WHERE citizen = ?1 AND day >= ?2
    GROUP BY citizen, day";

pub(super) const UNSTARTED: &str = "
    SELECT DISTINCT reservation.notice FROM reservation JOIN work ON work.notice = reservation.notice
    WHERE reservation.citizen = ?1 AND reservation.day >= ?2 AND work.attempt IS NULL";

const PUT_RESERVATION: &str = "
    INSERT INTO reservation (notice, step, citizen, day) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (notice, step) DO UPDATE SET citizen = excluded.citizen, day = excluded.day";

pub(super) const REMOVE_RESERVATION: &str = "DELETE FROM reservation WHERE notice = ?1 AND step = ?2";

/// The one writer is the lock: a transaction that may write has it from its beginning.
pub(super) fn load(conn: &Connection, keys: &[CitizenKey]) -> Result<Vec<CitizenRow>, StoreError> {
    find(conn, CITIZEN_BY_KEY, keys, |key| (key.0,), CITIZEN, citizen)
}

pub(super) fn add(conn: &Connection, rows: &[CitizenRow]) -> Result<(), StoreError> {
    write_every(conn, ADD_CITIZEN, rows, citizen_values)
}

pub(super) fn put(conn: &Connection, rows: &[CitizenRow]) -> Result<(), StoreError> {
    write(conn, PUT_CITIZEN, rows, citizen_values)
}

fn citizen_values(row: &CitizenRow) -> impl Params {
    (
        row.key.0,
        &row.data_key,
        &row.id,
        row.profile.locale.code(),
        &row.profile.zone,
        &row.profile.region,
        row.profile.jurisdiction.as_str(),
        millis(row.updated_at),
        row.erased_at.map(millis),
        row.deceased_at.map(millis),
    )
}

pub(super) fn citizen(cells: &Cells<'_>) -> Result<CitizenRow, StoreError> {
    let profile = Profile {
        locale: cells.code("locale")?,
        zone: cells.get("zone")?,
        region: cells.get("region")?,
        jurisdiction: cells.id("jurisdiction")?,
    };
    Ok(CitizenRow {
        key: CitizenKey(cells.hash("key")?),
        data_key: cells.get("data_key")?,
        id: cells.get("id")?,
        profile,
        updated_at: cells.moment("updated_at")?,
        chain: cells.table.chain(cells.hash_or_none("chain")?, cells.get("chain_length")?),
        erased_at: cells.moment_or_none("erased_at")?,
        deceased_at: cells.moment_or_none("deceased_at")?,
    })
}

pub(super) fn addresses(conn: &Connection, keys: &[CitizenKey]) -> Result<Vec<AddressRow>, StoreError> {
    find(conn, ADDRESSES, keys, |key| (key.0,), ADDRESS, address)
}

pub(super) fn find_addresses(
    conn: &Connection,
    channel: &ChannelId,
    hashes: &[[u8; 32]],
) -> Result<Vec<AddressRow>, StoreError> {
    find(conn, FIND_ADDRESSES, hashes, |hash| (hash, channel.as_str()), ADDRESS, address)
}

pub(super) fn put_addresses(conn: &Connection, rows: &[AddressRow]) -> Result<(), StoreError> {
    write(conn, PUT_ADDRESS, rows, |row| {
        (
            row.id,
            row.citizen.0,
            row.channel.as_str(),
            row.hash,
            &row.address,
            row.closed.as_ref().map(|(reason, _)| reason),
            row.closed.as_ref().map(|(_, at)| millis(*at)),
            &row.closed_evidence,
        )
    })
}

pub(super) fn address(cells: &Cells<'_>) -> Result<AddressRow, StoreError> {
    Ok(AddressRow {
        id: cells.get("id")?,
        citizen: CitizenKey(cells.hash("citizen")?),
        channel: cells.id("channel")?,
        hash: cells.hash("hash")?,
        address: cells.get("address")?,
        closed: cells.table.both(cells.get("closed_reason")?, cells.moment_or_none("closed_at")?)?,
        closed_evidence: cells.get("closed_evidence")?,
    })
}

pub(super) fn consents(conn: &Connection, keys: &[CitizenKey]) -> Result<Vec<ConsentRow>, StoreError> {
    let mut found = find(conn, CONSENTS, keys, |key| (key.0,), CONSENT, consent)?;
    found.sort_unstable_by_key(|row| row.seq);
    Ok(found)
}

pub(super) fn kept_consents(
    conn: &Connection,
    keys: &[CitizenKey],
) -> Result<Vec<Result<ConsentRow, UnreadableRow>>, StoreError> {
    let mut found = find(conn, CONSENTS, keys, |key| (key.0,), CONSENT, kept_consent)?;
    found.sort_unstable_by_key(|kept| kept.as_ref().map_or_else(|row| row.seq, |row| row.seq));
    Ok(found)
}

pub(super) fn add_consents(conn: &Connection, rows: &[ConsentRow]) -> Result<(), StoreError> {
    write(conn, ADD_CONSENT, rows, |row| {
        (
            row.citizen.0,
            row.channel.as_ref().map(ChannelId::as_str),
            row.topic.as_ref().map(TopicId::as_str),
            row.action.code(),
            row.origin.code(),
            row.locale.map(Code::code),
            &row.evidence,
            millis(row.at),
            millis(row.recorded_at),
            row.link.map(|link| link.number),
            row.link.map(|link| link.commitment),
            row.link.map(|link| link.link),
        )
    })
}

/// A record, or that there is one which cannot be understood.
fn kept_consent(cells: &Cells<'_>) -> Result<Result<ConsentRow, UnreadableRow>, StoreError> {
    match consent(cells) {
        Err(StoreError::Corrupt { .. }) => Ok(Err(UnreadableRow {
            seq: cells.get("seq")?,
            citizen: CitizenKey(cells.hash("citizen")?),
            number: cells.get("number")?,
        })),
        read => read.map(Ok),
    }
}

fn consent(cells: &Cells<'_>) -> Result<ConsentRow, StoreError> {
    Ok(ConsentRow {
        seq: cells.get("seq")?,
        citizen: CitizenKey(cells.hash("citizen")?),
        channel: cells.id_or_none("channel")?,
        topic: cells.id_or_none("topic")?,
        action: cells.code("action")?,
        origin: cells.code("origin")?,
        locale: cells.code_or_none("locale")?,
        evidence: cells.get("evidence")?,
        at: cells.moment("at")?,
        recorded_at: cells.moment("recorded_at")?,
        link: cells.table.link(
            cells.get("number")?,
            cells.hash_or_none("commitment")?,
            cells.hash_or_none("link")?,
        )?,
    })
}

pub(super) fn preferences(conn: &Connection, keys: &[CitizenKey]) -> Result<Vec<PreferenceRow>, StoreError> {
    find(conn, PREFERENCES, keys, |key| (key.0,), PREFERENCE, preference)
}

pub(super) fn put_preferences(conn: &Connection, rows: &[PreferenceRow]) -> Result<(), StoreError> {
    write(conn, PUT_PREFERENCE, rows, |row| {
        (row.citizen.0, or_all(row.topic.as_ref()), &row.preference, millis(row.updated_at))
    })
}

fn preference(cells: &Cells<'_>) -> Result<PreferenceRow, StoreError> {
    Ok(PreferenceRow {
        citizen: CitizenKey(cells.hash("citizen")?),
        topic: cells.id_or_all("topic")?,
        preference: cells.get("preference")?,
        updated_at: cells.moment("updated_at")?,
    })
}

pub(super) fn reservations(
    conn: &Connection,
    keys: &[CitizenKey],
    since: Date,
) -> Result<Vec<(CitizenKey, Date, u32)>, StoreError> {
    let since = day(since);
    let counted = |cells: &Cells<'_>| {
        Ok((CitizenKey(cells.hash("citizen")?), cells.day("day")?, cells.number("pushes")?))
    };
    find(conn, RESERVATIONS, keys, |key| (key.0, &since), RESERVATION, counted)
}

pub(super) fn unstarted(
    conn: &Connection,
    keys: &[CitizenKey],
    since: Date,
) -> Result<Vec<NoticeId>, StoreError> {
    let since = day(since);
    find(
        conn,
        UNSTARTED,
        keys,
        |key| (key.0, &since),
        RESERVATION,
        |cells| Ok(NoticeId(cells.get("notice")?)),
    )
}

pub(super) fn put_reservations(conn: &Connection, rows: &[ReservationRow]) -> Result<(), StoreError> {
    write(conn, PUT_RESERVATION, rows, |row| (row.notice.0, row.step, row.citizen.0, day(row.day)))
}

pub(super) fn remove_reservations(conn: &Connection, keys: &[(NoticeId, i32)]) -> Result<(), StoreError> {
    write(conn, REMOVE_RESERVATION, keys, |(notice, step)| (notice.0, step))
}
