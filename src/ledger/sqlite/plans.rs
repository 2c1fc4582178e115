//! Cost does not grow with history: every look-up goes through an index.

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection as _, Row as _};

use super::rows::{Batch, ROWS};
use super::{MIGRATIONS, citizens, inbox, notices, operations, past, receipts, timeline, work};

/// The plan of a statement, one line for each table that it reads.
async fn plan(conn: &mut SqliteConnection, statement: &str) -> Vec<String> {
    let explained = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
    let rows = sqlx::query(explained).fetch_all(conn).await.unwrap();
    rows.iter().map(|row| row.get("detail")).collect()
}

/// The batch for so many rows of so many columns.
fn filled(batch: Batch, columns: usize, rows: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(", "));
    format!("{}VALUES {}{}", batch.head, vec![row; rows].join(", "), batch.tail)
}

/// Whether a line of a plan says that a table is read from end to end. The values of the batch itself
/// are, and so is the little work that is being sent just now.
fn reads_all(line: &str) -> bool {
    let harmless =
        ["VALUES CLAUSE", "CONSTANT ROW", "SCAN asked", "SCAN new", "(subquery-", "USING INDEX work_started"];
    line.starts_with("SCAN ") && !harmless.iter().any(|part| line.contains(part))
}

/// Looks up rows of history or of open work, whose number has no bound.
fn look_ups() -> Vec<String> {
    let batches = [
        (citizens::CITIZENS, 1),
        (citizens::ADDRESSES, 1),
        (citizens::FIND_ADDRESSES, 2),
        (citizens::CONSENTS, 1),
        (citizens::PREFERENCES, 1),
        (citizens::RESERVATIONS, 2),
        (citizens::REMOVE_RESERVATIONS, 2),
        (notices::REMEMBERED, 2),
        (notices::NOTIFICATIONS, 1),
        (notices::CLOSE_NOTIFICATIONS, 4),
        (notices::NOTICES, 1),
        (notices::SAVE_NOTICES, 3),
        (work::REMOVE, 1),
        (work::OF_NOTICES, 1),
        (receipts::FIND, 3),
        (receipts::SAVE, 5),
    ];
    let singles = [
        work::CLAIM,
        work::NEXT_DUE,
        work::ABANDONED,
        timeline::AFTER,
        timeline::AFTER_OF_SOURCE,
        timeline::OF_NOTIFICATION,
        inbox::NEWEST,
        inbox::OLDER,
        inbox::MARK_READ,
        inbox::OF_CITIZEN,
        inbox::UNREAD,
        inbox::TAKE_LINK,
        operations::OLDER_DEAD,
        operations::DEAD,
        operations::REMOVE_DEAD,
        past::REFERENCES,
        past::RECEIPTS,
        past::LINKS,
        past::RESERVATIONS,
    ];
    let batches = batches
        .into_iter()
        .flat_map(|(batch, columns)| [1, 2, ROWS].map(|rows| filled(batch, columns, rows)));
    batches.chain(singles.into_iter().map(ToOwned::to_owned)).collect()
}

async fn migrated() -> SqliteConnection {
    let options = SqliteConnectOptions::new().in_memory(true);
    let mut conn = SqliteConnection::connect_with(&options).await.unwrap();
    MIGRATIONS.run_direct(None, &mut conn, false).await.unwrap();
    conn
}

#[tokio::test]
async fn no_look_up_reads_a_whole_table() {
    let mut conn = migrated().await;
    for statement in look_ups() {
        let plan = plan(&mut conn, &statement).await;
        let wasteful = plan.iter().any(|line| reads_all(line) || line.contains("AUTOMATIC"));
        let shown: String = statement.chars().take(200).collect();
        assert!(!wasteful, "{shown}\n{}", plan.join("\n"));
    }
}

#[tokio::test]
async fn of_waiting_receipts_each_is_looked_up_by_its_reference() {
    let mut conn = migrated().await;
    let plan = plan(&mut conn, receipts::TAKE_MATCHED).await;
    let scans: Vec<_> = plan.iter().filter(|line| reads_all(line)).collect();
    assert!(matches!(scans.as_slice(), [one] if one.starts_with("SCAN waiting")), "{plan:?}");
}
