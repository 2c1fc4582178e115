//! Cost does not grow with history: every look-up goes through an index.

use std::path::Path;

use rusqlite::Connection;

use super::{
    citizens, codes, evidence, guard, inbox, introduced, notices, operations, past, preferences, receipts,
    registry, replay, report, scam, schema, timeline, unreached, window, work,
};

/// The plan of a statement, one line for each table that it reads.
fn plan(conn: &Connection, statement: &str) -> Vec<String> {
    let mut explained = conn.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap();
    let mut rows = explained.raw_query();
    let mut plan = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        plan.push(row.get("detail").unwrap());
    }
    plan
}

/// Whether a line of a plan says that a table is read from end to end. What a subquery gave is, and
/// so are the sources that a statement found itself, and the little work that is being sent just now.
fn reads_all(line: &str) -> bool {
    let harmless =
        ["CONSTANT ROW", "(subquery-", "SCAN rank", "SCAN open_source", "USING INDEX work_started"];
    line.starts_with("SCAN ") && !harmless.iter().any(|part| line.contains(part))
}

/// Look up rows of history or of open work, whose number has no bound.
const LOOK_UPS: &[&str] = &[
    citizens::CITIZEN_BY_KEY,
    citizens::ADDRESSES,
    citizens::FIND_ADDRESSES,
    citizens::CONSENTS,
    citizens::PREFERENCES,
    citizens::RESERVATIONS,
    citizens::UNSTARTED,
    citizens::REMOVE_RESERVATION,
    notices::REMEMBERED,
    notices::NOTIFICATION_BY_KEY,
    notices::CLOSE_NOTIFICATION,
    notices::NOTICE_BY_ID,
    notices::SAVE_NOTICE,
    work::REMOVE,
    work::OF_NOTICE,
    work::SOURCES,
    work::FREE,
    work::NEXT_DUE,
    work::ABANDONED,
    receipts::FIND,
    receipts::SAVE,
    timeline::AFTER,
    timeline::AFTER_OF_SOURCE,
    timeline::OF_NOTIFICATION,
    inbox::NEWEST,
    inbox::OLDER,
    inbox::MARK_READ,
    inbox::OF_CITIZEN,
    inbox::UNREAD,
    inbox::TAKE_LINK,
    inbox::INBOUNDS,
    operations::OLDER_DEAD,
    operations::DEAD,
    operations::REMOVE_DEAD,
    past::REFERENCES,
    past::RECEIPTS,
    past::LINKS,
    past::RESERVATIONS,
    past::CODES,
    past::ASKERS,
    past::SCAM_REPORTS,
    past::TALLIES,
    scam::ALL,
    scam::OPEN,
    scam::OF_REPORTER,
    scam::ONE,
    scam::CLOSE,
    codes::FIND,
    codes::ASKERS,
    evidence::SAVE_CHAIN,
    evidence::CITIZENS_AFTER,
    evidence::CLOSED_AFTER,
    evidence::SUPPRESSED,
    evidence::UNSUPPRESS,
    evidence::ERASE[0],
    evidence::ERASE[1],
    evidence::ERASE[2],
    evidence::ERASE[3],
    evidence::ERASE[4],
    window::OF_CITIZEN,
    window::CLOSE,
    evidence::ERASE[5],
    evidence::ERASE[6],
    introduced::FIND,
    introduced::REMOVE_UNSENT,
    preferences::VERSIONS,
    preferences::ADD_VERSION,
    preferences::REMOVE,
    unreached::AFTER,
    registry::EVENTS_AFTER,
    registry::EVENTS,
    registry::CODE,
    registry::REMOVE_CODE,
    evidence::ERASE[7],
    evidence::ERASE[8],
    evidence::WITHOUT_NOTICE,
    past::VERIFICATIONS,
    guard::SINCE,
    guard::GUARDED,
    guard::LATELY,
    report::REACH,
    report::PLACES,
    replay::ACCEPTED_AFTER,
    replay::PLACES,
];

/// A ledger in memory, set up as the one that writes is.
fn migrated() -> Connection {
    let conn = super::writer(Path::new(":memory:")).unwrap();
    schema::migrate(&conn).unwrap();
    conn
}

#[test]
fn no_look_up_reads_a_whole_table() {
    let conn = migrated();
    for statement in LOOK_UPS {
        let plan = plan(&conn, statement);
        let wasteful = plan.iter().any(|line| reads_all(line) || line.contains("AUTOMATIC"));
        assert!(!plan.is_empty() && !wasteful, "{statement}\n{}", plan.join("\n"));
    }
}

#[test]
fn of_waiting_receipts_each_is_looked_up_by_its_reference() {
    let plan = plan(&migrated(), receipts::TAKE_MATCHED);
    let scans: Vec<_> = plan.iter().filter(|line| reads_all(line)).collect();
    assert!(matches!(scans.as_slice(), [one] if one.starts_with("SCAN waiting")), "{plan:?}");
}
