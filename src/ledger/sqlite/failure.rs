//! What an error of the driver means to the ledger.

use sqlx::migrate::MigrateError;

use crate::ledger::error::StoreError;

/// What SQLite or its driver said. SQLite's messages name tables and columns and no values.
#[derive(Debug, thiserror::Error)]
enum Said {
    /// A result code (<https://www.sqlite.org/rescode.html>) with its message.
    #[error("SQLite code {code}: {message}")]
    Code { code: i32, message: String },
    /// The driver gave up by itself.
    #[error("{0}")]
    Driver(&'static str),
}

/// Primary result codes, the low byte of a code.
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const TOOBIG: i32 = 18;
const CONSTRAINT: i32 = 19;
const MISMATCH: i32 = 20;

/// The failure that an error of a statement means.
pub(super) fn failed(error: sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::Database(said) => {
            let code = said.code().and_then(|code| code.parse().ok()).unwrap_or_default();
            by_code(code, said.message().to_owned())
        }
        sqlx::Error::Encode(_) => StoreError::Refused(Box::new(Said::Driver("a value cannot be encoded"))),
        other => StoreError::Unavailable(Box::new(Said::Driver(in_short(&other)))),
    }
}

/// The failure that an error of a migration means.
pub(super) fn migration_failed(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => failed(error),
        _ => StoreError::Refused(Box::new(Said::Driver(
            "the migrations applied to the database are not the ones of this release",
        ))),
    }
}

/// Sorts a result code. Only what is certainly the fault of the rows is refused, because refused
/// rows become dead letters: a full disk or a missing table is for the operator to mend, and then
/// the same rows pass.
fn by_code(code: i32, message: String) -> StoreError {
    let kind = match code & 0xff {
        BUSY | LOCKED => StoreError::Conflict,
        TOOBIG | CONSTRAINT | MISMATCH => StoreError::Refused,
        _ => StoreError::Unavailable,
    };
    kind(Box::new(Said::Code { code, message }))
}

fn in_short(error: &sqlx::Error) -> &'static str {
    match error {
        sqlx::Error::Io(_) => "the file cannot be read or written",
        sqlx::Error::PoolTimedOut => "no connection came free in time",
        sqlx::Error::PoolClosed => "the connections are closed",
        sqlx::Error::WorkerCrashed => "the connection's thread has ended",
        sqlx::Error::RowNotFound => "a row that always comes did not come",
        _ => "the driver failed",
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn codes_are_sorted_by_what_can_be_done() {
        let kind = |code| match by_code(code, String::new()) {
            StoreError::Unavailable(_) => "unavailable",
            StoreError::Conflict(_) => "conflict",
            StoreError::Refused(_) => "refused",
            StoreError::Schema { .. } | StoreError::Corrupt { .. } => "other",
        };
        // Extended codes: SQLITE_BUSY_SNAPSHOT, SQLITE_LOCKED_SHAREDCACHE, the primary key and
        // datatype constraints; then a full disk, an I/O error, a missing table, a read-only file.
        let table = [
            (5, "conflict"),
            (517, "conflict"),
            (262, "conflict"),
            (1555, "refused"),
            (3091, "refused"),
            (13, "unavailable"),
            (266, "unavailable"),
            (1, "unavailable"),
            (8, "unavailable"),
        ];
        for (code, expected) in table {
            assert_eq!(kind(code), expected, "{code}");
        }
    }

    #[test]
    fn a_failure_says_what_it_is_about() {
        let error = by_code(1555, "UNIQUE constraint failed: notice.id".to_owned());
        let below = error.source().unwrap().to_string();
        assert_eq!(below, "SQLite code 1555: UNIQUE constraint failed: notice.id");
        let error = failed(sqlx::Error::Protocol("secret".to_owned()));
        assert_eq!(error.source().unwrap().to_string(), "the driver failed");
    }
}
