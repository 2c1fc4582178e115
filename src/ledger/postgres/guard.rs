//! What became of messages, counted, and how each template stands on each channel.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date};
use sqlx::query;

use super::rows::{Cells, all, column, latest, run};
use super::tx::PostgresTx;
use crate::domain::{CitizenKey, NoticeId, Offered};
use crate::ledger::codes::{Code as _, Table, day, millis, or_all};
use crate::ledger::error::StoreError;
use crate::ledger::store::{GuardRow, GuardSum, GuardTx, Release, TallyRow, TallySum};

const TALLY: Table = Table("tally");
const GUARD: Table = Table("guard");

/// Each connection adds to a part of its own, but for those few that share one: nobody waits for another's
/// commit to count the same thing. Within a part they go in one order, and never in a circle.
const ADD: &str = "
    INSERT INTO tally (day, source, channel, template, what, part, count)
    SELECT day, source, channel, template, what, pg_backend_pid() % 16, count
    FROM UNNEST($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[])
        AS new (day, source, channel, template, what, count)
    ON CONFLICT (day, source, channel, template, what, part) DO UPDATE SET count = tally.count + EXCLUDED.count";

pub(super) const SINCE: &str = "
    SELECT source, channel, template, what, sum(count)::bigint AS count FROM tally WHERE day >= $1
    GROUP BY source, channel, template, what";

pub(super) const GUARDED: &str = "
    SELECT tally.channel, tally.template, what, sum(count)::bigint AS count
    FROM tally LEFT JOIN guard ON guard.channel = tally.channel AND guard.template = tally.template
    WHERE day >= $1 AND day >= coalesce(counted_from, '') AND tally.channel <> ''
      AND what IN ('sent', 'refused', 'blocked', 'stopped', 'complained', 'rejected')
    GROUP BY tally.channel, tally.template, what";

const GUARDS: &str = "
    SELECT channel, template, standing, offered, declined, since, counted_from, offered_before,
           declined_before, released_at, released_by, released_because
    FROM guard ORDER BY channel, template";

const PUT: &str = "
    INSERT INTO guard (channel, template, standing, offered, declined, since, counted_from, offered_before,
                       declined_before, released_at, released_by, released_because)
    SELECT * FROM UNNEST(
        $1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[],
        $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::text[])
    ON CONFLICT (channel, template) DO UPDATE SET
        standing = EXCLUDED.standing, offered = EXCLUDED.offered, declined = EXCLUDED.declined,
        since = EXCLUDED.since, counted_from = EXCLUDED.counted_from,
        offered_before = EXCLUDED.offered_before, declined_before = EXCLUDED.declined_before,
        released_at = EXCLUDED.released_at, released_by = EXCLUDED.released_by,
        released_because = EXCLUDED.released_because";

pub(super) const LATELY: &str = "
    SELECT pushed.notice FROM UNNEST($1::bytea[]) AS asked (citizen)
    CROSS JOIN LATERAL (
        SELECT notice FROM reservation
        WHERE reservation.citizen = asked.citizen AND reservation.day >= $2::text::date
        UNION
        SELECT notification.notice FROM inbox JOIN notification ON notification.key = inbox.notification
        WHERE inbox.citizen = asked.citizen AND inbox.at >= $3 AND notification.notice IS NOT NULL
    ) AS pushed";

#[async_trait]
impl GuardTx for PostgresTx {
    async fn add_tallies(&mut self, rows: &[TallyRow]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut sums: BTreeMap<_, u64> = BTreeMap::new();
        for row in rows {
            let (source, channel) = (or_all(row.source.as_ref()), or_all(row.channel.as_ref()));
            let key = (day(row.day), source, channel, row.template.as_str(), row.what.code());
            *sums.entry(key).or_default() += row.count;
        }
        let rows: Vec<_> = sums.into_iter().collect();
        let statement = query(ADD)
            .bind(column(&rows, |((day, ..), _)| day.clone()))
            .bind(column(&rows, |((_, source, ..), _)| *source))
            .bind(column(&rows, |((_, _, channel, ..), _)| *channel))
            .bind(column(&rows, |((.., template, _), _)| *template))
            .bind(column(&rows, |((.., what), _)| *what))
            .bind(column(&rows, |(_, count)| number(*count)));
        run(self.connection(), statement).await.map(drop)
    }

    async fn tallies(&mut self, since: Date) -> Result<Vec<TallySum>, StoreError> {
        all(self.connection(), query(SINCE).bind(day(since)), TALLY, sum).await
    }

    async fn guard_sums(&mut self, since: Date) -> Result<Vec<GuardSum>, StoreError> {
        all(self.connection(), query(GUARDED).bind(day(since)), TALLY, guarded).await
    }

    async fn guards(&mut self) -> Result<Vec<GuardRow>, StoreError> {
        all(self.connection(), query(GUARDS), GUARD, guard).await
    }

    async fn put_guards(&mut self, rows: &[GuardRow]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let rows = latest(rows, |row| (row.channel.as_str(), row.template.as_str()));
        let release = |row: &&GuardRow| row.release.clone();
        let before = |row: &&GuardRow| row.release.as_ref().map(|one| one.before).unwrap_or_default();
        let statement = query(PUT)
            .bind(column(&rows, |row| row.channel.as_str()))
            .bind(column(&rows, |row| row.template.as_str()))
            .bind(column(&rows, |row| row.standing.code()))
            .bind(column(&rows, |row| number(row.counts.offered)))
            .bind(column(&rows, |row| number(row.counts.declined)))
            .bind(column(&rows, |row| millis(row.since)))
            .bind(column(&rows, |row| release(row).map(|one| day(one.counted_from))))
            .bind(column(&rows, |row| number(before(row).offered)))
            .bind(column(&rows, |row| number(before(row).declined)))
            .bind(column(&rows, |row| release(row).map(|one| millis(one.at))))
            .bind(column(&rows, |row| release(row).map(|one| one.person)))
            .bind(column(&rows, |row| release(row).map(|one| one.reason)));
        run(self.connection(), statement).await.map(drop)
    }

    async fn lately(
        &mut self,
        citizens: &[CitizenKey],
        from: Date,
        since: Timestamp,
    ) -> Result<Vec<NoticeId>, StoreError> {
        if citizens.is_empty() {
            return Ok(Vec::new());
        }
        let statement = query(LATELY).bind(column(citizens, |key| key.0)).bind(day(from)).bind(millis(since));
        all(self.connection(), statement, TALLY, |cells| Ok(NoticeId(cells.get("notice")?))).await
    }
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn counted(cells: &Cells<'_>, column: &str) -> Result<u64, StoreError> {
    cells.table.number(cells.get(column)?)
}

fn sum(cells: &Cells<'_>) -> Result<TallySum, StoreError> {
    Ok(TallySum {
        source: cells.id_or_all("source")?,
        channel: cells.id_or_all("channel")?,
        template: cells.id("template")?,
        what: cells.code("what")?,
        count: counted(cells, "count")?,
    })
}

fn guarded(cells: &Cells<'_>) -> Result<GuardSum, StoreError> {
    Ok(GuardSum {
        channel: cells.id("channel")?,
        template: cells.id("template")?,
        what: cells.code("what")?,
        count: counted(cells, "count")?,
    })
}

fn guard(cells: &Cells<'_>) -> Result<GuardRow, StoreError> {
    let release = match cells.moment_or_none("released_at")? {
        None => None,
        Some(at) => Some(Release {
            at,
            person: cells.get("released_by")?,
            reason: cells.get("released_because")?,
            counted_from: cells.table.day(cells.get("counted_from")?)?,
            before: Offered {
                offered: counted(cells, "offered_before")?,
                declined: counted(cells, "declined_before")?,
            },
        }),
    };
    Ok(GuardRow {
        channel: cells.id("channel")?,
        template: cells.id("template")?,
        standing: cells.code("standing")?,
        counts: Offered { offered: counted(cells, "offered")?, declined: counted(cells, "declined")? },
        since: cells.moment("since")?,
        release,
    })
}
