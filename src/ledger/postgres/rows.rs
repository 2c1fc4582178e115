//! Between rows of Rust and rows of the database: lists become one array per column, and a row that
//! comes back is read cell by cell.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::Timestamp;
use sqlx::postgres::{PgArguments, PgConnection, PgRow};
use sqlx::query::Query;
use sqlx::{Decode, Postgres, Row as _, Type};

use super::failure::failed;
use crate::ledger::codes::{Code, Table};
use crate::ledger::error::StoreError;

/// A statement with its arguments. Its text is a constant, so that each connection prepares it once.
pub(super) type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// One value of each row: a column for `UNNEST`.
pub(super) fn column<'r, R, T>(rows: &'r [R], value: impl Fn(&'r R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

/// The last row of each key, ordered by key. PostgreSQL does not replace a row twice in one
/// statement; and writers that go in one order do not deadlock.
pub(super) fn latest<'r, R, K: Ord>(rows: &'r [R], key: impl Fn(&'r R) -> K) -> Vec<&'r R> {
    rows.iter().map(|row| (key(row), row)).collect::<BTreeMap<_, _>>().into_values().collect()
}

/// Runs a statement; gives how many rows it touched.
pub(super) async fn run(conn: &mut PgConnection, statement: Statement<'_>) -> Result<u64, StoreError> {
    statement.execute(conn).await.map(|done| done.rows_affected()).map_err(failed)
}

/// Runs a statement that writes a row for each of so many, except where another transaction wrote
/// first: then it is a conflict.
pub(super) async fn run_for_each(
    conn: &mut PgConnection,
    statement: Statement<'_>,
    rows: usize,
) -> Result<(), StoreError> {
    let written = run(conn, statement).await?;
    if written == rows as u64 { Ok(()) } else { Err(StoreError::overtaken()) }
}

/// Runs a statement and reads all its rows.
pub(super) async fn all<T>(
    conn: &mut PgConnection,
    statement: Statement<'_>,
    table: Table,
    read: impl Fn(&Cells<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let rows = statement.fetch_all(conn).await.map_err(failed)?;
    rows.iter().map(|row| read(&Cells { row, table })).collect()
}

/// Runs a statement and reads its row, where it gives one.
pub(super) async fn one<T>(
    conn: &mut PgConnection,
    statement: Statement<'_>,
    table: Table,
    read: impl Fn(&Cells<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let row = statement.fetch_optional(conn).await.map_err(failed)?;
    row.map(|row| read(&Cells { row: &row, table })).transpose()
}

/// A row of a table, read by column names.
pub(super) struct Cells<'r> {
    row: &'r PgRow,
    /// The table, for what the cells alone do not tell.
    pub(super) table: Table,
}

impl<'r> Cells<'r> {
    /// A value of a type that the database has.
    pub(super) fn get<T>(&self, column: &str) -> Result<T, StoreError>
    where
        T: Decode<'r, Postgres> + Type<Postgres>,
    {
        let wrong = |_| self.table.corrupt(format!("the value of {column} is of another type"));
        self.row.try_get(column).map_err(wrong)
    }

    /// A moment.
    pub(super) fn moment(&self, column: &str) -> Result<Timestamp, StoreError> {
        self.table.moment(self.get(column)?)
    }

    /// A moment that may be absent.
    pub(super) fn moment_or_none(&self, column: &str) -> Result<Option<Timestamp>, StoreError> {
        self.table.moment_or_none(self.get(column)?)
    }

    /// A configured id.
    pub(super) fn id<T: FromStr>(&self, column: &str) -> Result<T, StoreError> {
        self.table.id(self.get(column)?)
    }

    /// A configured id that is null where it is absent.
    pub(super) fn id_or_none<T: FromStr>(&self, column: &str) -> Result<Option<T>, StoreError> {
        self.table.id_or_none(self.get(column)?)
    }

    /// A configured id that is empty where it is absent.
    pub(super) fn id_or_all<T: FromStr>(&self, column: &str) -> Result<Option<T>, StoreError> {
        self.table.id_or_all(self.get(column)?)
    }

    /// An enum by its code.
    pub(super) fn code<T: Code>(&self, column: &str) -> Result<T, StoreError> {
        self.table.code(self.get(column)?)
    }

    /// An enum by its code that may be absent.
    pub(super) fn code_or_none<T: Code>(&self, column: &str) -> Result<Option<T>, StoreError> {
        self.table.code_or_none(self.get(column)?)
    }

    /// A keyed hash.
    pub(super) fn hash(&self, column: &str) -> Result<[u8; 32], StoreError> {
        self.table.hash(self.get(column)?)
    }

    /// A keyed hash that may be absent.
    pub(super) fn hash_or_none(&self, column: &str) -> Result<Option<[u8; 32]>, StoreError> {
        self.table.hash_or_none(self.get(column)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_rows_with_one_key_the_last_counts() {
        let rows = [(2, 'a'), (1, 'b'), (2, 'c')];
        assert_eq!(latest(&rows, |row| row.0), [&(1, 'b'), &(2, 'c')]);
        assert_eq!(column(&rows, |row| row.1), ['a', 'b', 'c']);
    }
}
