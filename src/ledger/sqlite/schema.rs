//! The schema and its versions.

use rusqlite::Connection;

use crate::ledger::error::StoreError;

/// What makes each version of the one before; the first makes version 1 of an empty file.
const VERSIONS: &[&str] = &[
    include_str!("migrations/0001_ledger.sql"),
    include_str!("migrations/0002_past.sql"),
    include_str!("migrations/0003_evidence.sql"),
    include_str!("migrations/0004_codes.sql"),
    include_str!("migrations/0005_scam.sql"),
    include_str!("migrations/0006_window.sql"),
    include_str!("migrations/0007_preferences.sql"),
    include_str!("migrations/0008_unreached.sql"),
    include_str!("migrations/0009_turns.sql"),
    include_str!("migrations/0010_wrong_person.sql"),
    include_str!("migrations/0011_guard.sql"),
    include_str!("migrations/0012_introduced.sql"),
    include_str!("migrations/0013_brought.sql"),
    include_str!("migrations/0014_guarded_introductions.sql"),
    include_str!("migrations/0015_without_notice.sql"),
];

/// The version that this release works with.
#[expect(clippy::cast_possible_wrap, reason = "there are a few")]
pub(super) const EXPECTED: i64 = VERSIONS.len() as i64;

/// Says in the file's header whose it is (<https://www.sqlite.org/pragma.html#pragma_application_id>):
/// `Vest` in ASCII.
const APPLICATION: i64 = 0x5665_7374;

/// The schema's version; 0 of an empty file. What belongs to another program is refused.
pub(super) fn found(connection: &Connection) -> Result<i64, StoreError> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let version = number("user_version")?;
    let tables = "SELECT count(*) FROM sqlite_schema";
    let empty = || connection.query_row(tables, (), |row| Ok(row.get::<_, i64>(0)? == 0));
    let advice = "another program made this database; name another file in gateway.toml, ledger.sqlite";
    let application = number("application_id")?;
    let is_ours = application == APPLICATION || application == 0 && version == 0 && empty()?;
    refuse(!is_ours, version, advice)?;
    Ok(version)
}

/// Brings the schema to this release's version.
pub(super) fn migrate(connection: &Connection) -> Result<(), StoreError> {
    let found = found(connection)?;
    refuse_ahead(found)?;
    connection.pragma_update(None, "application_id", APPLICATION)?;
    for (version, changes) in (1..).zip(VERSIONS).filter(|(version, _)| *version > found) {
        connection.execute_batch(changes)?;
        connection.pragma_update(None, "user_version", version)?;
    }
    Ok(())
}

/// Fails unless the schema is at just this release's version.
pub(super) fn check(connection: &Connection) -> Result<(), StoreError> {
    let found = found(connection)?;
    refuse_ahead(found)?;
    refuse(found < EXPECTED, found, "run `vestnik migrate`")
}

fn refuse_ahead(found: i64) -> Result<(), StoreError> {
    let advice = "a newer release migrated the database; start that release or a newer one";
    refuse(found > EXPECTED, found, advice)
}

fn refuse(wrong: bool, found: i64, advice: &'static str) -> Result<(), StoreError> {
    if wrong { Err(StoreError::Schema { found, expected: EXPECTED, advice }) } else { Ok(()) }
}
