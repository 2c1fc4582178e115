//! What an error of the driver means to the ledger.

use rusqlite::{Error, ErrorCode};

use crate::ledger::error::StoreError;

/// What SQLite or its driver said. SQLite's messages name tables and columns and no values.
#[derive(Debug, thiserror::Error)]
enum Said {
    /// A result code (<https://www.sqlite.org/rescode.html>) with its message.
    #[error("SQLite code {code}: {message}")]
    Code { code: i32, message: String },
    /// Something else went wrong.
    #[error("{0}")]
    Driver(&'static str),
}

/// The connection or the transaction is gone: why.
pub(super) fn gone(why: &'static str) -> StoreError {
    StoreError::Unavailable(Box::new(Said::Driver(why)))
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::SqliteFailure(code, message) => by_code(code, message.unwrap_or_default()),
            Error::SqlInputError { error, msg, .. } => by_code(error, msg),
            Error::ToSqlConversionFailure(_) => {
                Self::Refused(Box::new(Said::Driver("a value cannot be encoded")))
            }
            _ => gone("the driver failed"),
        }
    }
}

/// Sorts a result code. Only what is certainly the fault of the rows is refused, because refused
/// rows become dead letters: a full disk or a missing table is for the operator to mend, and then
/// the same rows pass.
fn by_code(error: rusqlite::ffi::Error, message: String) -> StoreError {
    let kind = match error.code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Conflict,
        ErrorCode::TooBig | ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch => StoreError::Refused,
        _ => StoreError::Unavailable,
    };
    kind(Box::new(Said::Code { code: error.extended_code, message }))
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    fn of_code(code: i32, message: &str) -> StoreError {
        Error::SqliteFailure(rusqlite::ffi::Error::new(code), Some(message.to_owned())).into()
    }

    #[test]
    fn codes_are_sorted_by_what_can_be_done() {
        let kind = |code| match of_code(code, "") {
            StoreError::Unavailable(_) => "unavailable",
            StoreError::Conflict(_) => "conflict",
            StoreError::Refused(_) => "refused",
            StoreError::Schema { .. } | StoreError::Corrupt { .. } => "other",
        };
        // Extended codes: SQLITE_BUSY_SNAPSHOT, SQLITE_LOCKED_SHAREDCACHE, the primary key and
        // datatype constraints; then a text that is too long, a full disk, an I/O error, a missing
        // table, a read-only file, a damaged file, and what is no database.
        let table = [
            (5, "conflict"),
            (517, "conflict"),
            (262, "conflict"),
            (1555, "refused"),
            (3091, "refused"),
            (18, "refused"),
            (13, "unavailable"),
            (266, "unavailable"),
            (1, "unavailable"),
            (8, "unavailable"),
            (11, "unavailable"),
            (26, "unavailable"),
        ];
        for (code, expected) in table {
            assert_eq!(kind(code), expected, "{code}");
        }
    }

    #[test]
    fn a_failure_says_what_it_is_about() {
        let below = |error: StoreError| error.source().unwrap().to_string();
        let error = of_code(1555, "UNIQUE constraint failed: notice.id");
        assert_eq!(below(error), "SQLite code 1555: UNIQUE constraint failed: notice.id");
        let error = Error::InvalidColumnName("secret".to_owned()).into();
        assert_eq!(below(error), "the driver failed");
    }
}
