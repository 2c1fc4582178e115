//! What became of messages, counted, and how each template stands on each channel.

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date};
use rusqlite::Connection;

use super::rows::{Cells, all, find, write};
use super::tx::SqliteTx;
use crate::domain::{CitizenKey, NoticeId, Offered};
use crate::ledger::codes::{Code as _, Table, day, millis, or_all};
use crate::ledger::error::StoreError;
use crate::ledger::store::{GuardRow, GuardSum, GuardTx, Release, TallyRow, TallySum};

const TALLY: Table = Table("tally");
const GUARD: Table = Table("guard");

const ADD: &str = "
    INSERT INTO tally (day, source, channel, template, what, count) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (day, source, channel, template, what) DO UPDATE SET count = count + excluded.count";

pub(super) const SINCE: &str = "
    SELECT source, channel, template, what, sum(count) AS count FROM tally WHERE day >= ?1
    GROUP BY source, channel, template, what";

pub(super) const GUARDED: &str = "
    SELECT tally.channel, tally.template, what, sum(count) AS count
    FROM tally LEFT JOIN guard ON guard.channel = tally.channel AND guard.template = tally.template
    WHERE day >= ?1 AND day >= coalesce(counted_from, '') AND tally.channel <> ''
      AND what IN ('sent', 'refused', 'blocked', 'stopped', 'complained', 'rejected')
    GROUP BY tally.channel, tally.template, what";

const GUARDS: &str = "SELECT * FROM guard ORDER BY channel, template";

const PUT: &str = "
    INSERT INTO guard (channel, template, standing, offered, declined, since, counted_from, offered_before,
                       declined_before, released_at, released_by, released_because)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
    ON CONFLICT (channel, template) DO UPDATE SET
        standing = excluded.standing, offered = excluded.offered, declined = excluded.declined,
        since = excluded.since, counted_from = excluded.counted_from,
        offered_before = excluded.offered_before, declined_before = excluded.declined_before,
        released_at = excluded.released_at, released_by = excluded.released_by,
        released_because = excluded.released_because";

pub(super) const LATELY: &str = "
    SELECT notice FROM reservation WHERE citizen = ?1 AND day >= ?2
    UNION
    SELECT notice FROM inbox JOIN notification ON notification.key = inbox.notification
    WHERE inbox.citizen = ?1 AND inbox.at >= ?3 AND notice IS NOT NULL";

#[async_trait]
impl GuardTx for SqliteTx {
    async fn add_tallies(&mut self, rows: &[TallyRow]) -> Result<(), StoreError> {
        self.session().run_for(rows, add).await
    }

    async fn tallies(&mut self, since: Date) -> Result<Vec<TallySum>, StoreError> {
        self.session().run(move |conn| all(conn, SINCE, (day(since),), TALLY, sum)).await
    }

    async fn guard_sums(&mut self, since: Date) -> Result<Vec<GuardSum>, StoreError> {
        self.session().run(move |conn| all(conn, GUARDED, (day(since),), TALLY, guarded)).await
    }

    async fn guards(&mut self) -> Result<Vec<GuardRow>, StoreError> {
        self.session().run(|conn| all(conn, GUARDS, (), GUARD, guard)).await
    }

    async fn put_guards(&mut self, rows: &[GuardRow]) -> Result<(), StoreError> {
        self.session().run_for(rows, put).await
    }

    async fn lately(
        &mut self,
        citizens: &[CitizenKey],
        from: Date,
        since: Timestamp,
    ) -> Result<Vec<NoticeId>, StoreError> {
        let (from, since) = (day(from), millis(since));
        let lately = move |conn: &Connection, citizens: &[CitizenKey]| {
            let values = |key: &CitizenKey| (key.0, from.clone(), since);
            find(conn, LATELY, citizens, values, TALLY, |cells| Ok(NoticeId(cells.get("notice")?)))
        };
        self.session().run_for(citizens, lately).await
    }
}

fn add(conn: &Connection, rows: &[TallyRow]) -> Result<(), StoreError> {
    write(conn, ADD, rows, |row| {
        (
            day(row.day),
            or_all(row.source.as_ref()),
            or_all(row.channel.as_ref()),
            row.template.as_str(),
            row.what.code(),
            i64::try_from(row.count).unwrap_or(i64::MAX),
        )
    })
}

fn sum(cells: &Cells<'_>) -> Result<TallySum, StoreError> {
    Ok(TallySum {
        source: cells.id_or_all("source")?,
        channel: cells.id_or_all("channel")?,
        template: cells.id("template")?,
        what: cells.code("what")?,
        count: cells.number("count")?,
    })
}

fn guarded(cells: &Cells<'_>) -> Result<GuardSum, StoreError> {
    Ok(GuardSum {
        channel: cells.id("channel")?,
        template: cells.id("template")?,
        what: cells.code("what")?,
        count: cells.number("count")?,
    })
}

fn put(conn: &Connection, rows: &[GuardRow]) -> Result<(), StoreError> {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    write(conn, PUT, rows, |row| {
        let release = row.release.as_ref();
        let before = release.map(|one| one.before).unwrap_or_default();
        (
            row.channel.as_str(),
            row.template.as_str(),
            row.standing.code(),
            number(row.counts.offered),
            number(row.counts.declined),
            millis(row.since),
            release.map(|one| day(one.counted_from)),
            number(before.offered),
            number(before.declined),
            release.map(|one| millis(one.at)),
            release.map(|one| one.person.as_str()),
            release.map(|one| one.reason.as_str()),
        )
    })
}

fn guard(cells: &Cells<'_>) -> Result<GuardRow, StoreError> {
    let release = match cells.moment_or_none("released_at")? {
        None => None,
        Some(at) => Some(Release {
            at,
            person: cells.get("released_by")?,
            reason: cells.get("released_because")?,
            counted_from: cells.day("counted_from")?,
            before: Offered {
                offered: cells.number("offered_before")?,
                declined: cells.number("declined_before")?,
            },
        }),
    };
    Ok(GuardRow {
        channel: cells.id("channel")?,
        template: cells.id("template")?,
        standing: cells.code("standing")?,
        counts: Offered { offered: cells.number("offered")?, declined: cells.number("declined")? },
        since: cells.moment("since")?,
        release,
    })
}
