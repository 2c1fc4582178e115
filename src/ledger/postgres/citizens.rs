//! Citizens with their addresses, consents, preferences and places in the contact budget.

use jiff::civil::Date;
use sqlx::{PgConnection, query};
use vestnik_contract::ChannelId;

use super::rows::{Cells, Statement, all, column, latest, run, run_for_each};
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

const CITIZENS: &str = "
    SELECT key, data_key, id, locale, zone, region, jurisdiction, updated_at, chain, chain_length, erased_at,
           deceased_at
    FROM citizen WHERE key = ANY($1) ORDER BY key";

/// The rows are sorted before they are locked, one after the other: two transactions that lock some
/// of the same citizens wait for each other in one direction only. Keys never change, so the lock
/// need not keep readers of keys away (`NO KEY`).
const CITIZENS_LOCKED: &str = "
    SELECT key, data_key, id, locale, zone, region, jurisdiction, updated_at, chain, chain_length, erased_at,
           deceased_at
    FROM citizen WHERE key = ANY($1) ORDER BY key FOR NO KEY UPDATE";

const ADD_CITIZENS: &str = "
    INSERT INTO citizen (key, data_key, id, locale, zone, region, jurisdiction, updated_at, erased_at,
                         deceased_at)
    SELECT * FROM UNNEST($1::bytea[], $2::bytea[], $3::bytea[], $4::text[], $5::text[], $6::text[],
                         $7::text[], $8::bigint[], $9::bigint[], $10::bigint[])
    ON CONFLICT (key) DO NOTHING";

const PUT_CITIZENS: &str = "
    INSERT INTO citizen (key, data_key, id, locale, zone, region, jurisdiction, updated_at, erased_at,
                         deceased_at)
    SELECT * FROM UNNEST($1::bytea[], $2::bytea[], $3::bytea[], $4::text[], $5::text[], $6::text[],
                         $7::text[], $8::bigint[], $9::bigint[], $10::bigint[])
    ON CONFLICT (key) DO UPDATE SET
        data_key = EXCLUDED.data_key, id = EXCLUDED.id, locale = EXCLUDED.locale, zone = EXCLUDED.zone,
        region = EXCLUDED.region, jurisdiction = EXCLUDED.jurisdiction, updated_at = EXCLUDED.updated_at,
        erased_at = EXCLUDED.erased_at, deceased_at = EXCLUDED.deceased_at";

const ADDRESSES: &str = "
    SELECT id, citizen, channel, hash, address, closed_reason, closed_at, closed_evidence
    FROM address WHERE citizen = ANY($1) ORDER BY id";

const FIND_ADDRESSES: &str = "
    SELECT id, citizen, channel, hash, address, closed_reason, closed_at, closed_evidence
    FROM address WHERE channel = $1 AND hash = ANY($2)";

const PUT_ADDRESSES: &str = "
    INSERT INTO address (id, citizen, channel, hash, address, closed_reason, closed_at, closed_evidence)
    SELECT * FROM UNNEST($1::uuid[], $2::bytea[], $3::text[], $4::bytea[], $5::bytea[], $6::text[],
                         $7::bigint[], $8::bytea[])
    ON CONFLICT (id) DO UPDATE SET
        citizen = EXCLUDED.citizen, channel = EXCLUDED.channel, hash = EXCLUDED.hash,
        address = EXCLUDED.address, closed_reason = EXCLUDED.closed_reason, closed_at = EXCLUDED.closed_at,
        closed_evidence = EXCLUDED.closed_evidence";

const CONSENTS: &str = "
    SELECT citizen, seq, channel, topic, action, origin, locale, evidence, at, recorded_at, number, commitment,
           link
    FROM consent WHERE citizen = ANY($1) ORDER BY seq";

const ADD_CONSENTS: &str = "
    INSERT INTO consent (citizen, channel, topic, action, origin, locale, evidence, at, recorded_at, number,
                         commitment, link)
    SELECT citizen, channel, topic, action, origin, locale, evidence, at, recorded_at, number, commitment, link
    FROM UNNEST($1::bytea[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[],
                $8::bigint[], $9::bigint[], $10::bigint[], $11::bytea[], $12::bytea[])
         WITH ORDINALITY AS new (citizen, channel, topic, action, origin, locale, evidence, at, recorded_at,
                                 number, commitment, link, nr)
    ORDER BY nr";

const PREFERENCES: &str = "
    SELECT citizen, topic, preference, updated_at
    FROM preference WHERE citizen = ANY($1)";

const PUT_PREFERENCES: &str = "
    INSERT INTO preference (citizen, topic, preference, updated_at)
    SELECT * FROM UNNEST($1::bytea[], $2::text[], $3::text[], $4::bigint[])
    ON CONFLICT (citizen, topic) DO UPDATE SET
        preference = EXCLUDED.preference, updated_at = EXCLUDED.updated_at";

/// One citizen after the other, so that the index by citizen is used and never the one by day.
pub(super) const RESERVATIONS: &str = "
    SELECT asked.citizen, reserved.day::text AS day, reserved.pushes
    FROM UNNEST($1::bytea[]) AS asked (citizen)
    CROSS JOIN LATERAL (
        SELECT day, count(*) AS pushes FROM reservation
        WHERE reservation.citizen = asked.citizen AND reservation.day >= $2::text::date
        GROUP BY day
    ) AS reserved";

/// One citizen after the other, as above.
pub(super) const UNSTARTED: &str = "
    SELECT held.notice
    FROM UNNEST($1::bytea[]) AS asked (citizen)
    CROSS JOIN LATERAL (
        SELECT notice FROM reservation
        WHERE reservation.citizen = asked.citizen AND reservation.day >= $2::text::date
        GROUP BY notice
    ) AS held
    JOIN work ON work.notice = held.notice
    WHERE work.attempt IS NULL";

const PUT_RESERVATIONS: &str = "
    INSERT INTO reservation (notice, step, citizen, day)
    SELECT notice, step, citizen, day::date
    FROM UNNEST($1::uuid[], $2::integer[], $3::bytea[], $4::text[]) AS new (notice, step, citizen, day)
    ON CONFLICT (notice, step) DO UPDATE SET citizen = EXCLUDED.citizen, day = EXCLUDED.day";

const REMOVE_RESERVATIONS: &str = "
    DELETE FROM reservation WHERE (notice, step) IN (SELECT * FROM UNNEST($1::uuid[], $2::integer[]))";

pub(super) async fn load(
    conn: &mut PgConnection,
    keys: &[CitizenKey],
    lock: bool,
) -> Result<Vec<CitizenRow>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let sql = if lock { CITIZENS_LOCKED } else { CITIZENS };
    all(conn, query(sql).bind(column(keys, |key| key.0)), CITIZEN, citizen).await
}

pub(super) async fn add(conn: &mut PgConnection, rows: &[CitizenRow]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    run_for_each(conn, with_citizens(ADD_CITIZENS, &latest(rows, |row| row.key)), rows.len()).await
}

pub(super) async fn put(conn: &mut PgConnection, rows: &[CitizenRow]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    run(conn, with_citizens(PUT_CITIZENS, &latest(rows, |row| row.key))).await.map(drop)
}

fn with_citizens(sql: &'static str, rows: &[&CitizenRow]) -> Statement<'static> {
    query(sql)
        .bind(column(rows, |row| row.key.0))
        .bind(column(rows, |row| row.data_key.as_slice()))
        .bind(column(rows, |row| row.id.as_slice()))
        .bind(column(rows, |row| row.profile.locale.code()))
        .bind(column(rows, |row| row.profile.zone.as_deref()))
        .bind(column(rows, |row| row.profile.region.as_deref()))
        .bind(column(rows, |row| row.profile.jurisdiction.as_str()))
        .bind(column(rows, |row| millis(row.updated_at)))
        .bind(column(rows, |row| row.erased_at.map(millis)))
        .bind(column(rows, |row| row.deceased_at.map(millis)))
}

pub(super) fn citizen(cells: &Cells<'_>) -> Result<CitizenRow, StoreError> {
    Ok(CitizenRow {
        key: CitizenKey(cells.hash("key")?),
        data_key: cells.get("data_key")?,
        id: cells.get("id")?,
        profile: Profile {
            locale: cells.code("locale")?,
            zone: cells.get("zone")?,
            region: cells.get("region")?,
            jurisdiction: cells.id("jurisdiction")?,
        },
        updated_at: cells.moment("updated_at")?,
        chain: cells.table.chain(cells.hash_or_none("chain")?, cells.get("chain_length")?),
        erased_at: cells.moment_or_none("erased_at")?,
        deceased_at: cells.moment_or_none("deceased_at")?,
    })
}

pub(super) async fn addresses(
    conn: &mut PgConnection,
    keys: &[CitizenKey],
) -> Result<Vec<AddressRow>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    all(conn, query(ADDRESSES).bind(column(keys, |key| key.0)), ADDRESS, address).await
}

pub(super) async fn find_addresses(
    conn: &mut PgConnection,
    channel: &ChannelId,
    hashes: &[[u8; 32]],
) -> Result<Vec<AddressRow>, StoreError> {
    if hashes.is_empty() {
        return Ok(Vec::new());
    }
    all(conn, query(FIND_ADDRESSES).bind(channel.as_str()).bind(hashes), ADDRESS, address).await
}

pub(super) async fn put_addresses(conn: &mut PgConnection, rows: &[AddressRow]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = latest(rows, |row| row.id);
    let statement = query(PUT_ADDRESSES)
        .bind(column(&rows, |row| row.id))
        .bind(column(&rows, |row| row.citizen.0))
        .bind(column(&rows, |row| row.channel.as_str()))
        .bind(column(&rows, |row| row.hash))
        .bind(column(&rows, |row| row.address.as_slice()))
        .bind(column(&rows, |row| row.closed.as_ref().map(|closed| closed.0.as_str())))
        .bind(column(&rows, |row| row.closed.as_ref().map(|closed| millis(closed.1))))
        .bind(column(&rows, |row| row.closed_evidence.as_deref()));
    run(conn, statement).await.map(drop)
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

pub(super) async fn consents(
    conn: &mut PgConnection,
    keys: &[CitizenKey],
) -> Result<Vec<ConsentRow>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    all(conn, query(CONSENTS).bind(column(keys, |key| key.0)), CONSENT, consent).await
}

pub(super) async fn kept_consents(
    conn: &mut PgConnection,
    keys: &[CitizenKey],
) -> Result<Vec<Result<ConsentRow, UnreadableRow>>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    all(conn, query(CONSENTS).bind(column(keys, |key| key.0)), CONSENT, kept_consent).await
}

pub(super) async fn add_consents(conn: &mut PgConnection, rows: &[ConsentRow]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let statement = query(ADD_CONSENTS)
        .bind(column(rows, |row| row.citizen.0))
        .bind(column(rows, |row| row.channel.as_ref().map(ChannelId::as_str)))
        .bind(column(rows, |row| row.topic.as_ref().map(TopicId::as_str)))
        .bind(column(rows, |row| row.action.code()))
        .bind(column(rows, |row| row.origin.code()))
        .bind(column(rows, |row| row.locale.map(Code::code)))
        .bind(column(rows, |row| row.evidence.as_slice()))
        .bind(column(rows, |row| millis(row.at)))
        .bind(column(rows, |row| millis(row.recorded_at)))
        .bind(column(rows, |row| row.link.map(|link| link.number)))
        .bind(column(rows, |row| row.link.map(|link| link.commitment)))
        .bind(column(rows, |row| row.link.map(|link| link.link)));
    run(conn, statement).await.map(drop)
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

pub(super) async fn preferences(
    conn: &mut PgConnection,
    keys: &[CitizenKey],
) -> Result<Vec<PreferenceRow>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    all(conn, query(PREFERENCES).bind(column(keys, |key| key.0)), PREFERENCE, preference).await
}

pub(super) async fn put_preferences(
    conn: &mut PgConnection,
    rows: &[PreferenceRow],
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = latest(rows, |row| (row.citizen, &row.topic));
    let statement = query(PUT_PREFERENCES)
        .bind(column(&rows, |row| row.citizen.0))
        .bind(column(&rows, |row| or_all(row.topic.as_ref())))
        .bind(column(&rows, |row| row.preference.as_str()))
        .bind(column(&rows, |row| millis(row.updated_at)));
    run(conn, statement).await.map(drop)
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
    conn: &mut PgConnection,
    keys: &[CitizenKey],
    since: Date,
) -> Result<Vec<(CitizenKey, Date, u32)>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let statement = query(RESERVATIONS).bind(column(keys, |key| key.0)).bind(day(since));
    all(conn, statement, RESERVATION, |cells| {
        let day = cells.table.day(cells.get("day")?)?;
        Ok((CitizenKey(cells.hash("citizen")?), day, cells.table.number(cells.get("pushes")?)?))
    })
    .await
}

pub(super) async fn unstarted(
    conn: &mut PgConnection,
    keys: &[CitizenKey],
    since: Date,
) -> Result<Vec<NoticeId>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let statement = query(UNSTARTED).bind(column(keys, |key| key.0)).bind(day(since));
    all(conn, statement, RESERVATION, |cells| Ok(NoticeId(cells.get("notice")?))).await
}

pub(super) async fn put_reservations(
    conn: &mut PgConnection,
    rows: &[ReservationRow],
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = latest(rows, |row| (row.notice, row.step));
    let statement = query(PUT_RESERVATIONS)
        .bind(column(&rows, |row| row.notice.0))
        .bind(column(&rows, |row| row.step))
        .bind(column(&rows, |row| row.citizen.0))
        .bind(column(&rows, |row| day(row.day)));
    run(conn, statement).await.map(drop)
}

pub(super) async fn remove_reservations(
    conn: &mut PgConnection,
    keys: &[(NoticeId, i32)],
) -> Result<(), StoreError> {
    if keys.is_empty() {
        return Ok(());
    }
    let statement =
        query(REMOVE_RESERVATIONS).bind(column(keys, |key| key.0.0)).bind(column(keys, |key| key.1));
    run(conn, statement).await.map(drop)
}
