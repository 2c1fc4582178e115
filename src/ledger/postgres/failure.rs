//! What an error of the driver means to the ledger. Neither the database's message nor its detail is
//! kept: both may quote a row.

use sqlx::migrate::MigrateError;

use crate::ledger::error::StoreError;

/// What the database said, without its words.
#[derive(Debug, thiserror::Error)]
enum Said {
    /// An SQLSTATE with the constraint it speaks of (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
    #[error("{}SQLSTATE {code}{}", in_words(.code), .constraint.as_ref().map(|name| format!(", constraint {name}")).unwrap_or_default())]
    State { code: String, constraint: Option<String> },
    /// The driver gave up by itself.
    #[error("{0}")]
    Driver(&'static str),
}

/// The failure that an error of a statement means.
pub(super) fn failed(error: sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::Database(said) => {
            by_state(said.code().unwrap_or_default().into_owned(), said.constraint().map(ToOwned::to_owned))
        }
        sqlx::Error::Io(error) => StoreError::Unavailable(Box::new(error)),
        sqlx::Error::Encode(_) => StoreError::Refused(Box::new(Said::Driver("a value cannot be encoded"))),
        sqlx::Error::Configuration(_) => {
            StoreError::Refused(Box::new(Said::Driver("the address of the database is not a PostgreSQL URL")))
        }
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

/// Sorts an SQLSTATE. Only what is certainly the fault of the rows is refused, because refused rows
/// become dead letters: a missing right or a missing table is for the operator to mend, and then
/// the same rows pass.
fn by_state(code: String, constraint: Option<String>) -> StoreError {
    let kind = match code.as_str() {
        // Serialization failure, deadlock, lock not available within `lock_timeout`.
        "40001" | "40P01" | "55P03" => StoreError::Conflict,
        // Cardinality violation, data exception, integrity constraint violation, program limit exceeded.
        code if ["21", "22", "23", "54"].iter().any(|class| code.starts_with(class)) => StoreError::Refused,
        _ => StoreError::Unavailable,
    };
    kind(Box::new(Said::State { code, constraint }))
}

/// What an operator can mend, before its code.
fn in_words(code: &str) -> &'static str {
    match code {
        "28000" | "28P01" => "our credentials are refused: ",
        "3D000" => "there is no database of this name: ",
        "42501" => "our user may not do what is needed: ",
        "53300" => "it has no connection left: ",
        "57P03" => "it is starting up or shutting down: ",
        _ => "",
    }
}

fn in_short(error: &sqlx::Error) -> &'static str {
    match error {
        sqlx::Error::PoolTimedOut => "no connection could be made, or came free, in time",
        sqlx::Error::PoolClosed => "the connections are closed",
        sqlx::Error::Tls(_) => "TLS could not be established",
        sqlx::Error::Protocol(_) => "the connection is out of step",
        sqlx::Error::RowNotFound => "a row that always comes did not come",
        _ => "the driver failed",
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    fn kind(error: &StoreError) -> &'static str {
        match error {
            StoreError::Unavailable(_) => "unavailable",
            StoreError::Conflict(_) => "conflict",
            StoreError::Refused(_) => "refused",
            StoreError::Schema { .. } | StoreError::Corrupt { .. } => "other",
        }
    }

    #[test]
    fn states_are_sorted_by_what_can_be_done() {
        let table = [
            ("08006", "unavailable"),
            ("57P01", "unavailable"),
            ("57014", "unavailable"),
            ("53300", "unavailable"),
            ("25006", "unavailable"),
            ("42501", "unavailable"),
            ("", "unavailable"),
            ("40001", "conflict"),
            ("40P01", "conflict"),
            ("55P03", "conflict"),
            ("22021", "refused"),
            ("23505", "refused"),
            ("54000", "refused"),
        ];
        for (code, expected) in table {
            assert_eq!(kind(&by_state(code.to_owned(), None)), expected, "{code}");
        }
    }

    #[test]
    fn what_an_operator_can_mend_is_told_in_words() {
        let told = |code: &str| by_state(code.to_owned(), None).source().unwrap().to_string();
        assert_eq!(told("28P01"), "our credentials are refused: SQLSTATE 28P01");
        assert_eq!(told("3D000"), "there is no database of this name: SQLSTATE 3D000");
        assert_eq!(told("40001"), "SQLSTATE 40001");
    }

    #[test]
    fn a_failure_names_the_state_and_the_constraint_only() {
        let error = by_state("23505".to_owned(), Some("notice_pkey".to_owned()));
        assert_eq!(error.source().unwrap().to_string(), "SQLSTATE 23505, constraint notice_pkey");
        let error = failed(sqlx::Error::Protocol("secret".to_owned()));
        assert_eq!(error.source().unwrap().to_string(), "the connection is out of step");
        assert_eq!(kind(&failed(sqlx::Error::PoolTimedOut)), "unavailable");
    }
}
