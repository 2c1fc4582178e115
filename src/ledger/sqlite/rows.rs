//! Between rows of Rust and rows of the database: a batch is one statement with many `VALUES`, and a
//! row that comes back is read cell by cell.

use std::str::FromStr;

use jiff::Timestamp;
use sqlx::query::Query;
use sqlx::query_builder::Separated;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{Decode, QueryBuilder, Row as _, Type};

use super::failure::failed;
use crate::ledger::codes::{Code, Table};
use crate::ledger::error::StoreError;

/// A statement with its arguments.
pub(super) type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

/// The values of one row of a batch.
pub(super) type Values<'a> = Separated<'a, Sqlite, &'static str>;

/// Rows in one statement. SQLite binds 32,766 variables at most
/// (<https://www.sqlite.org/limits.html#max_variable_number>), and no table is wider than 15 columns.
pub(super) const ROWS: usize = 500;

/// Up to so many rows a batch is kept prepared, and so is a full one: sizes in between are too many
/// to keep.
const FEW: usize = 8;

/// A statement over a batch: `head VALUES (…), (…) tail`, once for every [`ROWS`] rows. Inside
/// parentheses the values are a table of `column1`, `column2`, ….
#[derive(Clone, Copy)]
pub(super) struct Batch {
    pub(super) head: &'static str,
    pub(super) tail: &'static str,
}

impl Batch {
    /// Runs it for these rows, in this order.
    pub(super) async fn run<'r, R>(
        self,
        conn: &mut SqliteConnection,
        rows: &'r [R],
        bind: impl Fn(&mut Values<'_>, &'r R),
    ) -> Result<(), StoreError> {
        self.written(conn, rows, bind).await.map(drop)
    }

    /// Runs it for these rows, in this order; one that it leaves alone is a conflict.
    pub(super) async fn run_for_each<'r, R>(
        self,
        conn: &mut SqliteConnection,
        rows: &'r [R],
        bind: impl Fn(&mut Values<'_>, &'r R),
    ) -> Result<(), StoreError> {
        let written = self.written(conn, rows, bind).await?;
        if written == rows.len() as u64 { Ok(()) } else { Err(StoreError::overtaken()) }
    }

    async fn written<'r, R>(
        self,
        conn: &mut SqliteConnection,
        rows: &'r [R],
        bind: impl Fn(&mut Values<'_>, &'r R),
    ) -> Result<u64, StoreError> {
        let mut written = 0;
        for chunk in rows.chunks(ROWS) {
            let mut builder = self.build(chunk, &bind);
            written += run(conn, builder.build().persistent(is_kept(chunk.len()))).await?;
        }
        Ok(written)
    }

    /// Runs it for these rows, in this order, and reads what it gives.
    pub(super) async fn all<'r, R, T>(
        self,
        conn: &mut SqliteConnection,
        rows: &'r [R],
        bind: impl Fn(&mut Values<'_>, &'r R),
        table: Table,
        read: impl Fn(&Cells<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::new();
        for chunk in rows.chunks(ROWS) {
            let mut builder = self.build(chunk, &bind);
            let statement = builder.build().persistent(is_kept(chunk.len()));
            found.extend(all(conn, statement, table, &read).await?);
        }
        Ok(found)
    }

    /// Runs it for each of these keys once, in their order, and reads what it gives.
    pub(super) async fn find<'r, K: Ord, T>(
        self,
        conn: &mut SqliteConnection,
        keys: &'r [K],
        bind: impl Fn(&mut Values<'_>, &'r K),
        table: Table,
        read: impl Fn(&Cells<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut keys: Vec<&K> = keys.iter().collect();
        keys.sort_unstable();
        keys.dedup();
        self.all(conn, &keys, |values, key| bind(values, key), table, read).await
    }

    fn build<'r, R>(self, rows: &'r [R], bind: &impl Fn(&mut Values<'_>, &'r R)) -> QueryBuilder<Sqlite> {
        let mut builder = QueryBuilder::new(self.head);
        builder.push_values(rows, |mut values, row| bind(&mut values, row));
        builder.push(self.tail);
        builder
    }
}

fn is_kept(rows: usize) -> bool {
    rows <= FEW || rows == ROWS
}

/// Runs a statement; gives how many rows it touched.
pub(super) async fn run(conn: &mut SqliteConnection, statement: Statement<'_>) -> Result<u64, StoreError> {
    statement.execute(conn).await.map(|done| done.rows_affected()).map_err(failed)
}

/// Runs a statement and reads all its rows.
pub(super) async fn all<T>(
    conn: &mut SqliteConnection,
    statement: Statement<'_>,
    table: Table,
    read: impl Fn(&Cells<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let rows = statement.fetch_all(conn).await.map_err(failed)?;
    rows.iter().map(|row| read(&Cells { row, table })).collect()
}

/// Runs a statement and reads its row, where it gives one.
pub(super) async fn one<T>(
    conn: &mut SqliteConnection,
    statement: Statement<'_>,
    table: Table,
    read: impl Fn(&Cells<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let row = statement.fetch_optional(conn).await.map_err(failed)?;
    row.map(|row| read(&Cells { row: &row, table })).transpose()
}

/// A row of a table, read by column names.
pub(super) struct Cells<'r> {
    row: &'r SqliteRow,
    /// The table, for what the cells alone do not tell.
    pub(super) table: Table,
}

impl<'r> Cells<'r> {
    /// A value of a type that the database has.
    pub(super) fn get<T>(&self, column: &str) -> Result<T, StoreError>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite>,
    {
        let wrong = |_| self.table.corrupt(format!("the value of {column} is of another type"));
        self.row.try_get(column).map_err(wrong)
    }

    /// A number of a type narrower than the column.
    pub(super) fn number<T: TryFrom<i64>>(&self, column: &str) -> Result<T, StoreError> {
        self.table.number(self.get(column)?)
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
