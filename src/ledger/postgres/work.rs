//! Open work: claims, leases, and what is due.

use jiff::Timestamp;
use sqlx::{PgConnection, query};

use super::rows::{Cells, all, column, latest, one, run};
use crate::domain::{AttemptId, CitizenKey, NoticeId, Priority};
use crate::ledger::codes::{Table, millis};
use crate::ledger::error::StoreError;
use crate::ledger::store::{Lease, WorkRow, in_turns};

const WORK: Table = Table("work");

const PUT: &str = "
    INSERT INTO work (notice, citizen, lane, priority, source, due_at, lease_id, lease_until, attempt)
    SELECT * FROM UNNEST($1::uuid[], $2::bytea[], $3::text[], $4::smallint[], $5::text[], $6::bigint[],
                         $7::uuid[], $8::bigint[], $9::uuid[])
    ON CONFLICT (notice) DO UPDATE SET
        citizen = EXCLUDED.citizen, lane = EXCLUDED.lane, priority = EXCLUDED.priority,
        source = EXCLUDED.source, due_at = EXCLUDED.due_at, lease_id = EXCLUDED.lease_id, lease_until = EXCLUDED.lease_until,
        attempt = EXCLUDED.attempt";

const REMOVE: &str = "DELETE FROM work WHERE notice = ANY($1)";

const OF_NOTICES: &str = "
    SELECT notice, citizen, lane, priority, source, due_at, lease_id, lease_until, attempt
    FROM work WHERE notice = ANY($1)";

/// The sources with open work of lane `$1`, for each rank up to `$2`: one step down the index for each, however
/// much work there is.
macro_rules! with_sources {
    ($then:literal) => {
        concat!(
            "WITH RECURSIVE open_source (priority, source) AS (
                SELECT rank.priority, first.source
                FROM generate_series(0, $2) AS rank (priority)
                CROSS JOIN LATERAL (
                    SELECT work.source FROM work
                    WHERE work.lane = $1 AND work.priority = rank.priority AND work.attempt IS NULL
                    ORDER BY work.source LIMIT 1
                ) AS first
              UNION ALL
                SELECT open_source.priority, next.source
                FROM open_source
                CROSS JOIN LATERAL (
                    SELECT work.source FROM work
                    WHERE work.lane = $1 AND work.priority = open_source.priority AND work.attempt IS NULL
                      AND work.source > open_source.source
                    ORDER BY work.source LIMIT 1
                ) AS next
            )",
            $then
        )
    };
}

/// Walks the index one rank after the other and stops at the limit, so it reads what it claims and not all
/// that is due; rows under another claim are passed over. In a rank each source gives its share first, and
/// where that is not enough, what it has beyond. They go in another order each time, by the number `$7`: so
/// none waits for ever where there are more of them than rows to claim. Free is work that nobody leased, or
/// whose lease is over without a started attempt.
const CLAIM: &str = with_sources!(
    ",
    turn AS (
        SELECT priority, source, ceil($4 / count(*) OVER (PARTITION BY priority)::numeric)::bigint AS share,
               hashtextextended(source, $7) AS place
        FROM open_source
    ),
    round AS (
        SELECT priority, 1 AS round, place, source, 0 AS passed_over, share AS most FROM turn
        UNION ALL
        SELECT priority, 2, place, source, share, $4 - share FROM turn
    ),
    free AS MATERIALIZED (
        SELECT due.notice
        FROM (SELECT * FROM round ORDER BY priority, round, place) AS round
        CROSS JOIN LATERAL (
            SELECT work.notice FROM work
            WHERE work.lane = $1 AND work.priority = round.priority AND work.source = round.source
              AND work.due_at <= $3
              AND work.attempt IS NULL AND (work.lease_until IS NULL OR work.lease_until <= $3)
            ORDER BY work.due_at
            OFFSET round.passed_over LIMIT round.most
            FOR UPDATE SKIP LOCKED
        ) AS due
        LIMIT $4
    )
    UPDATE work SET lease_id = $5, lease_until = $6 FROM free WHERE work.notice = free.notice
    RETURNING work.notice, work.citizen, work.lane, work.priority, work.source, work.due_at, work.lease_id,
              work.lease_until, work.attempt"
);

const ABANDONED: &str = "
    SELECT notice, citizen, lane, priority, source, due_at, lease_id, lease_until, attempt
    FROM work WHERE attempt IS NOT NULL AND lease_until <= $1 ORDER BY lease_until LIMIT $2";

const OPEN: &str = "SELECT count(*) AS rows FROM (SELECT 1 FROM work LIMIT $1) AS counted";

const OPEN_LANES: &str = "SELECT lane, count(*) AS rows FROM work GROUP BY lane ORDER BY lane";

const NEXT_DUE: &str = with_sources!(
    "
    SELECT min(next.due_at) AS due_at
    FROM open_source
    CROSS JOIN LATERAL (
        SELECT work.due_at FROM work
        WHERE work.lane = $1 AND work.priority = open_source.priority AND work.source = open_source.source
          AND work.attempt IS NULL AND (work.lease_until IS NULL OR work.lease_until <= $3)
        ORDER BY work.due_at
        LIMIT 1
    ) AS next"
);

pub(super) async fn put(conn: &mut PgConnection, rows: &[WorkRow]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = latest(rows, |row| row.notice);
    let statement = query(PUT)
        .bind(column(&rows, |row| row.notice.0))
        .bind(column(&rows, |row| row.citizen.0))
        .bind(column(&rows, |row| row.lane.as_str()))
        .bind(column(&rows, |row| row.priority.rank()))
        .bind(column(&rows, |row| row.source.as_str()))
        .bind(column(&rows, |row| millis(row.due_at)))
        .bind(column(&rows, |row| row.lease.map(|lease| lease.id)))
        .bind(column(&rows, |row| row.lease.map(|lease| millis(lease.until))))
        .bind(column(&rows, |row| row.attempt.map(|id| id.0)));
    run(conn, statement).await.map(drop)
}

pub(super) async fn remove(conn: &mut PgConnection, notices: &[NoticeId]) -> Result<(), StoreError> {
    if notices.is_empty() {
        return Ok(());
    }
    run(conn, query(REMOVE).bind(column(notices, |id| id.0))).await.map(drop)
}

pub(super) async fn of_notices(
    conn: &mut PgConnection,
    notices: &[NoticeId],
) -> Result<Vec<WorkRow>, StoreError> {
    if notices.is_empty() {
        return Ok(Vec::new());
    }
    all(conn, query(OF_NOTICES).bind(column(notices, |id| id.0)), WORK, work).await
}

pub(super) async fn claim(
    conn: &mut PgConnection,
    now: Timestamp,
    lane: &str,
    lowest: Priority,
    limit: u32,
    lease: Lease,
) -> Result<Vec<WorkRow>, StoreError> {
    let statement = query(CLAIM)
        .bind(lane)
        .bind(i32::from(lowest.rank()))
        .bind(millis(now))
        .bind(i64::from(limit))
        .bind(lease.id)
        .bind(millis(lease.until))
        .bind(lease.id.as_u64_pair().1.cast_signed());
    Ok(in_turns(all(conn, statement, WORK, work).await?, lease.id))
}

pub(super) async fn abandoned(
    conn: &mut PgConnection,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<WorkRow>, StoreError> {
    all(conn, query(ABANDONED).bind(millis(now)).bind(i64::from(limit)), WORK, work).await
}

pub(super) async fn open(conn: &mut PgConnection, at_most: u64) -> Result<u64, StoreError> {
    let statement = query(OPEN).bind(i64::try_from(at_most).unwrap_or(i64::MAX));
    let counted = one(conn, statement, WORK, |cells| cells.table.number(cells.get("rows")?)).await?;
    Ok(counted.unwrap_or_default())
}

pub(super) async fn open_lanes(conn: &mut PgConnection) -> Result<Vec<(String, u64)>, StoreError> {
    all(conn, query(OPEN_LANES), WORK, |cells| {
        Ok((cells.get("lane")?, cells.table.number(cells.get("rows")?)?))
    })
    .await
}

pub(super) async fn next_due(
    conn: &mut PgConnection,
    now: Timestamp,
    lane: &str,
) -> Result<Option<Timestamp>, StoreError> {
    let statement = query(NEXT_DUE).bind(lane).bind(i32::from(Priority::Bulk.rank())).bind(millis(now));
    Ok(one(conn, statement, WORK, |cells| cells.moment_or_none("due_at")).await?.flatten())
}

fn work(cells: &Cells<'_>) -> Result<WorkRow, StoreError> {
    let lease = cells.table.both(cells.get("lease_id")?, cells.moment_or_none("lease_until")?)?;
    Ok(WorkRow {
        notice: NoticeId(cells.get("notice")?),
        citizen: CitizenKey(cells.hash("citizen")?),
        lane: cells.get("lane")?,
        priority: cells.table.priority(cells.get("priority")?)?,
        source: cells.get("source")?,
        due_at: cells.moment("due_at")?,
        lease: lease.map(|(id, until)| Lease { id, until }),
        attempt: cells.get::<Option<_>>("attempt")?.map(AttemptId),
    })
}
