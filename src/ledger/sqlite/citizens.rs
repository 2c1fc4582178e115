//! Citizens with their addresses, consents, preferences and places in the contact budget.

use jiff::civil::Date;
use sqlx::sqlite::SqliteConnection;
use vestnik_contract::ChannelId;

use super::rows::{Batch, Cells, Values};
use crate::domain::{CitizenKey, NoticeId, Profile, TopicId};
use crate::ledger::codes::{Code as _, Table, day, millis, or_all};
use crate::ledger::error::StoreError;
use crate::ledger::store::{AddressRow, CitizenRow, ConsentRow, PreferenceRow, ReservationRow};

const CITIZEN: Table = Table("citizen");
const ADDRESS: Table = Table("address");
const CONSENT: Table = Table("consent");
const PREFERENCE: Table = Table("preference");
const RESERVATION: Table = Table("reservation");

pub(super) const CITIZENS: Batch =
    Batch { head: "SELECT * FROM citizen WHERE key IN (", tail: ") ORDER BY key" };

const ADD_CITIZENS: Batch = Batch {
    head: "INSERT INTO citizen (key, data_key, id, locale, zone, region, jurisdiction, updated_at) ",
    tail: " ON CONFLICT (key) DO NOTHING",
};

const PUT_CITIZENS: Batch = Batch {
    head: "INSERT INTO citizen (key, data_key, id, locale, zone, region, jurisdiction, updated_at) ",
    tail: " ON CONFLICT (key) DO UPDATE SET
        data_key = excluded.data_key, id = excluded.id, locale = excluded.locale, zone = excluded.zone,
        region = excluded.region, jurisdiction = excluded.jurisdiction, updated_at = excluded.updated_at",
};

pub(super) const ADDRESSES: Batch =
    Batch { head: "SELECT * FROM address WHERE citizen IN (", tail: ") ORDER BY citizen, id" };

pub(super) const FIND_ADDRESSES: Batch =
    Batch { head: "SELECT * FROM address WHERE (hash, channel) IN (", tail: ")" };

const PUT_ADDRESSES: Batch = Batch {
    head: "INSERT INTO address (id, citizen, channel, hash, address, closed_reason, closed_at) ",
    tail: " ON CONFLICT (id) DO UPDATE SET
        citizen = excluded.citizen, channel = excluded.channel, hash = excluded.hash,
        address = excluded.address, closed_reason = excluded.closed_reason, closed_at = excluded.closed_at",
};

pub(super) const CONSENTS: Batch = Batch { head: "SELECT * FROM consent WHERE citizen IN (", tail: ")" };

const ADD_CONSENTS: Batch = Batch {
    head: "INSERT INTO consent (citizen, channel, topic, action, origin, evidence, at, recorded_at) ",
    tail: "",
};

pub(super) const PREFERENCES: Batch =
    Batch { head: "SELECT * FROM preference WHERE citizen IN (", tail: ")" };

const PUT_PREFERENCES: Batch = Batch {
    head: "INSERT INTO preference (citizen, topic, preference, updated_at) ",
    tail: " ON CONFLICT (citizen, topic) DO UPDATE SET
        preference = excluded.preference, updated_at = excluded.updated_at",
};

/// `CROSS JOIN` keeps the order of the tables: otherwise all reservations would be read for the sake
/// of the grouping.
pub(super) const RESERVATIONS: Batch = Batch {
    head: "SELECT citizen, day, count(*) AS pushes FROM (",
    tail: ") AS asked CROSS JOIN reservation ON citizen = asked.column1 AND day >= asked.column2
        GROUP BY citizen, day",
};

const PUT_RESERVATIONS: Batch = Batch {
    head: "INSERT INTO reservation (notice, step, citizen, day) ",
    tail: " ON CONFLICT (notice, step) DO UPDATE SET citizen = excluded.citizen, day = excluded.day",
};

pub(super) const REMOVE_RESERVATIONS: Batch =
    Batch { head: "DELETE FROM reservation WHERE (notice, step) IN (", tail: ")" };

fn bind_key(values: &mut Values<'_>, key: &CitizenKey) {
    values.push_bind(key.0.as_slice());
}

/// The one writer is the lock: a transaction that may write has it from its beginning.
pub(super) async fn load(
    conn: &mut SqliteConnection,
    keys: &[CitizenKey],
) -> Result<Vec<CitizenRow>, StoreError> {
    CITIZENS.find(conn, keys, bind_key, CITIZEN, citizen).await
}

pub(super) async fn add(conn: &mut SqliteConnection, rows: &[CitizenRow]) -> Result<(), StoreError> {
    ADD_CITIZENS.run_for_each(conn, rows, bind_citizen).await
}

pub(super) async fn put(conn: &mut SqliteConnection, rows: &[CitizenRow]) -> Result<(), StoreError> {
    PUT_CITIZENS.run(conn, rows, bind_citizen).await
}

fn bind_citizen(values: &mut Values<'_>, row: &CitizenRow) {
    values
        .push_bind(row.key.0.as_slice())
        .push_bind(row.data_key.as_slice())
        .push_bind(row.id.as_slice())
        .push_bind(row.profile.locale.code())
        .push_bind(row.profile.zone.as_deref())
        .push_bind(row.profile.region.as_deref())
        .push_bind(row.profile.jurisdiction.as_str())
        .push_bind(millis(row.updated_at));
}

fn citizen(cells: &Cells<'_>) -> Result<CitizenRow, StoreError> {
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
    })
}

pub(super) async fn addresses(
    conn: &mut SqliteConnection,
    keys: &[CitizenKey],
) -> Result<Vec<AddressRow>, StoreError> {
    ADDRESSES.find(conn, keys, bind_key, ADDRESS, address).await
}

pub(super) async fn find_addresses(
    conn: &mut SqliteConnection,
    channel: &ChannelId,
    hashes: &[[u8; 32]],
) -> Result<Vec<AddressRow>, StoreError> {
    let bind = |values: &mut Values<'_>, hash: &[u8; 32]| {
        values.push_bind(hash.as_slice()).push_bind(channel.as_str());
    };
    FIND_ADDRESSES.find(conn, hashes, bind, ADDRESS, address).await
}

pub(super) async fn put_addresses(
    conn: &mut SqliteConnection,
    rows: &[AddressRow],
) -> Result<(), StoreError> {
    let bind = |values: &mut Values<'_>, row: &AddressRow| {
        values
            .push_bind(row.id)
            .push_bind(row.citizen.0.as_slice())
            .push_bind(row.channel.as_str())
            .push_bind(row.hash.as_slice())
            .push_bind(row.address.as_slice())
            .push_bind(row.closed.as_ref().map(|(reason, _)| reason.as_str()))
            .push_bind(row.closed.as_ref().map(|(_, at)| millis(*at)));
    };
    PUT_ADDRESSES.run(conn, rows, bind).await
}

fn address(cells: &Cells<'_>) -> Result<AddressRow, StoreError> {
    Ok(AddressRow {
        id: cells.get("id")?,
        citizen: CitizenKey(cells.hash("citizen")?),
        channel: cells.id("channel")?,
        hash: cells.hash("hash")?,
        address: cells.get("address")?,
        closed: cells.table.both(cells.get("closed_reason")?, cells.moment_or_none("closed_at")?)?,
    })
}

pub(super) async fn consents(
    conn: &mut SqliteConnection,
    keys: &[CitizenKey],
) -> Result<Vec<ConsentRow>, StoreError> {
    let mut found = CONSENTS.find(conn, keys, bind_key, CONSENT, consent).await?;
    found.sort_unstable_by_key(|row| row.seq);
    Ok(found)
}

pub(super) async fn add_consents(conn: &mut SqliteConnection, rows: &[ConsentRow]) -> Result<(), StoreError> {
    let bind = |values: &mut Values<'_>, row: &ConsentRow| {
        values
            .push_bind(row.citizen.0.as_slice())
            .push_bind(row.channel.as_ref().map(ChannelId::as_str))
            .push_bind(row.topic.as_ref().map(TopicId::as_str))
            .push_bind(row.action.code())
            .push_bind(row.origin.code())
            .push_bind(row.evidence.as_slice())
            .push_bind(millis(row.at))
            .push_bind(millis(row.recorded_at));
    };
    ADD_CONSENTS.run(conn, rows, bind).await
}

fn consent(cells: &Cells<'_>) -> Result<ConsentRow, StoreError> {
    Ok(ConsentRow {
        seq: cells.get("seq")?,
        citizen: CitizenKey(cells.hash("citizen")?),
        channel: cells.id_or_none("channel")?,
        topic: cells.id_or_none("topic")?,
        action: cells.code("action")?,
        origin: cells.code("origin")?,
        evidence: cells.get("evidence")?,
        at: cells.moment("at")?,
        recorded_at: cells.moment("recorded_at")?,
    })
}

pub(super) async fn preferences(
    conn: &mut SqliteConnection,
    keys: &[CitizenKey],
) -> Result<Vec<PreferenceRow>, StoreError> {
    PREFERENCES.find(conn, keys, bind_key, PREFERENCE, preference).await
}

pub(super) async fn put_preferences(
    conn: &mut SqliteConnection,
    rows: &[PreferenceRow],
) -> Result<(), StoreError> {
    let bind = |values: &mut Values<'_>, row: &PreferenceRow| {
        values
            .push_bind(row.citizen.0.as_slice())
            .push_bind(or_all(row.topic.as_ref()))
            .push_bind(row.preference.as_str())
            .push_bind(millis(row.updated_at));
    };
    PUT_PREFERENCES.run(conn, rows, bind).await
}

fn preference(cells: &Cells<'_>) -> Result<PreferenceRow, StoreError> {
    Ok(PreferenceRow {
        citizen: CitizenKey(cells.hash("citizen")?),
        topic: cells.id_or_all("topic")?,
        preference: cells.get("preference")?,
        updated_at: cells.moment("updated_at")?,
    })
}

pub(super) async fn reservations(
    conn: &mut SqliteConnection,
    keys: &[CitizenKey],
    since: Date,
) -> Result<Vec<(CitizenKey, Date, u32)>, StoreError> {
    let bind = |values: &mut Values<'_>, key: &CitizenKey| {
        values.push_bind(key.0.as_slice()).push_bind(day(since));
    };
    let counted = |cells: &Cells<'_>| {
        let day = cells.table.day(cells.get("day")?)?;
        Ok((CitizenKey(cells.hash("citizen")?), day, cells.number("pushes")?))
    };
    RESERVATIONS.find(conn, keys, bind, RESERVATION, counted).await
}

pub(super) async fn put_reservations(
    conn: &mut SqliteConnection,
    rows: &[ReservationRow],
) -> Result<(), StoreError> {
    let bind = |values: &mut Values<'_>, row: &ReservationRow| {
        values
            .push_bind(row.notice.0)
            .push_bind(row.step)
            .push_bind(row.citizen.0.as_slice())
            .push_bind(day(row.day));
    };
    PUT_RESERVATIONS.run(conn, rows, bind).await
}

pub(super) async fn remove_reservations(
    conn: &mut SqliteConnection,
    keys: &[(NoticeId, i32)],
) -> Result<(), StoreError> {
    let bind = |values: &mut Values<'_>, (notice, step): &(NoticeId, i32)| {
        values.push_bind(notice.0).push_bind(*step);
    };
    REMOVE_RESERVATIONS.run(conn, keys, bind).await
}
