//! Between rows of Rust and rows of the database: statements are prepared once and kept, values go in
//! as tuples, and a row that comes back is read cell by cell.

use std::collections::BTreeSet;
use std::str::FromStr;

use jiff::{Timestamp, civil::Date};
use rusqlite::types::{FromSql, FromSqlResult, ValueRef};
use rusqlite::{Connection, Params, Row, Statement};

use crate::ledger::codes::{Code, Table};
use crate::ledger::error::StoreError;

/// Runs a statement; gives how many rows it touched.
pub(super) fn run(conn: &Connection, sql: &str, values: impl Params) -> Result<usize, StoreError> {
    Ok(conn.prepare_cached(sql)?.execute(values)?)
}

/// Runs a statement for each of these rows, in their order.
pub(super) fn write<'r, R, V: Params>(
    conn: &Connection,
    sql: &str,
    rows: &'r [R],
    values: impl Fn(&'r R) -> V,
) -> Result<(), StoreError> {
    written(conn, sql, rows, values).map(drop)
}

/// The same, where a row that is left alone is a conflict.
pub(super) fn write_every<'r, R, V: Params>(
    conn: &Connection,
    sql: &str,
    rows: &'r [R],
    values: impl Fn(&'r R) -> V,
) -> Result<(), StoreError> {
    if written(conn, sql, rows, values)? == rows.len() { Ok(()) } else { Err(StoreError::overtaken()) }
}

fn written<'r, R, V: Params>(
    conn: &Connection,
    sql: &str,
    rows: &'r [R],
    values: impl Fn(&'r R) -> V,
) -> Result<usize, StoreError> {
    let mut statement = conn.prepare_cached(sql)?;
    rows.iter().try_fold(0, |written, row| Ok(written + statement.execute(values(row))?))
}

/// Runs a statement for each of these keys once, in their order, and reads all its rows.
pub(super) fn find<'k, K: Ord, V: Params, T>(
    conn: &Connection,
    sql: &str,
    keys: &'k [K],
    values: impl Fn(&'k K) -> V,
    table: Table,
    read: impl Fn(&Cells<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut found = Vec::new();
    for key in keys.iter().collect::<BTreeSet<_>>() {
        read_all(&mut statement, values(key), table, &read, &mut found)?;
    }
    Ok(found)
}

/// Runs a statement and reads all its rows.
pub(super) fn all<T>(
    conn: &Connection,
    sql: &str,
    values: impl Params,
    table: Table,
    read: impl Fn(&Cells<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut found = Vec::new();
    read_all(&mut *conn.prepare_cached(sql)?, values, table, read, &mut found)?;
    Ok(found)
}

/// Runs a statement that gives a row at most, and reads it.
pub(super) fn one<T>(
    conn: &Connection,
    sql: &str,
    values: impl Params,
    table: Table,
    read: impl Fn(&Cells<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    Ok(all(conn, sql, values, table, read)?.pop())
}

fn read_all<T>(
    statement: &mut Statement<'_>,
    values: impl Params,
    table: Table,
    read: impl Fn(&Cells<'_>) -> Result<T, StoreError>,
    found: &mut Vec<T>,
) -> Result<(), StoreError> {
    let mut rows = statement.query(values)?;
    while let Some(row) = rows.next()? {
        found.push(read(&Cells { row, table })?);
    }
    Ok(())
}

/// A row of a table, read by column names.
pub(super) struct Cells<'r> {
    row: &'r Row<'r>,
    /// The table, for what the cells alone do not tell.
    pub(super) table: Table,
}

impl<'r> Cells<'r> {
    /// A value of a type that the database has.
    pub(super) fn get<T: FromSql>(&self, column: &str) -> Result<T, StoreError> {
        self.cell(column, |cell| T::column_result(cell))
    }

    fn cell<T>(
        &self,
        column: &str,
        read: impl FnOnce(ValueRef<'r>) -> FromSqlResult<T>,
    ) -> Result<T, StoreError> {
        let value = self.row.get_ref(column).ok().and_then(|cell| read(cell).ok());
        value.ok_or_else(|| self.table.corrupt(format!("the value of {column} is of another type")))
    }

    /// A text, where it stands.
    fn text(&self, column: &str) -> Result<&'r str, StoreError> {
        self.cell(column, |cell| cell.as_str())
    }

    /// A text that may be absent, where it stands.
    fn text_or_none(&self, column: &str) -> Result<Option<&'r str>, StoreError> {
        self.cell(column, |cell| cell.as_str_or_null())
    }

    /// Bytes, where they stand.
    pub(super) fn bytes(&self, column: &str) -> Result<&'r [u8], StoreError> {
        self.cell(column, |cell| cell.as_blob())
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

    /// A local day.
    pub(super) fn day(&self, column: &str) -> Result<Date, StoreError> {
        self.table.day(self.text(column)?)
    }

    /// A configured id.
    pub(super) fn id<T: FromStr>(&self, column: &str) -> Result<T, StoreError> {
        self.table.id(self.text(column)?)
    }

    /// A configured id that is null where it is absent.
    pub(super) fn id_or_none<T: FromStr>(&self, column: &str) -> Result<Option<T>, StoreError> {
        self.table.id_or_none(self.text_or_none(column)?)
    }

    /// A configured id that is empty where it is absent.
    pub(super) fn id_or_all<T: FromStr>(&self, column: &str) -> Result<Option<T>, StoreError> {
        self.table.id_or_all(self.text(column)?)
    }

    /// An enum by its code.
    pub(super) fn code<T: Code>(&self, column: &str) -> Result<T, StoreError> {
        self.table.code(self.text(column)?)
    }

    /// An enum by its code that may be absent.
    pub(super) fn code_or_none<T: Code>(&self, column: &str) -> Result<Option<T>, StoreError> {
        self.table.code_or_none(self.text_or_none(column)?)
    }

    /// A keyed hash.
    pub(super) fn hash(&self, column: &str) -> Result<[u8; 32], StoreError> {
        self.table.hash(self.bytes(column)?)
    }

    /// A keyed hash that may be absent.
    pub(super) fn hash_or_none(&self, column: &str) -> Result<Option<[u8; 32]>, StoreError> {
        self.table.hash_or_none(self.cell(column, |cell| cell.as_blob_or_null())?)
    }
}
