//! Old rows: what a gateway wrote of a few finished notifications, as often as is wanted, each time as
//! of other citizens.
//!
//! The rows are the gateway's own, copied in the database; which tables and columns there are is read
//! from it. Identifiers and keyed hashes get other values, the same in every table. What is sealed is
//! copied as it is: nobody opens it again.

use std::ops::RangeInclusive;

use sqlx::{AssertSqlSafe, PgConnection, Row as _, query};

use super::servers::Servers;

/// What is left of a notification when it is over, and the citizen. Those that others refer to stand
/// first.
const TABLES: [&str; 10] = [
    "citizen",
    "address",
    "consent",
    "reservation",
    "idempotency",
    "notification",
    "notice",
    "provider_reference",
    "timeline",
    "inbox",
];

/// Copies made by one statement of each of the rows there are.
const AT_ONCE: usize = 100;

/// Copies what stands in the ledger so many times. `told` hears how many copies there are.
pub(super) async fn multiply(servers: &Servers, copies: usize, told: impl Fn(usize)) -> anyhow::Result<()> {
    let mut connection = servers.connect().await?;
    // Only what stands there now is copied, and no copies.
    for table in TABLES {
        let statement = format!("CREATE TEMPORARY TABLE old_{table} AS SELECT * FROM {table}");
        execute(&mut connection, statement).await?;
    }
    let mut statements = Vec::new();
    for table in TABLES {
        statements.push(copy(table, &columns(&mut connection, table).await?));
    }
    for begin in (1..=copies).step_by(AT_ONCE) {
        let numbers = begin..=copies.min(begin + AT_ONCE - 1);
        for statement in &statements {
            execute(&mut connection, with_numbers(statement, &numbers)).await?;
        }
        told(*numbers.end());
    }
    execute(&mut connection, "VACUUM (ANALYZE)".to_owned()).await
}

/// All values in these statements are our own.
async fn execute(connection: &mut PgConnection, statement: String) -> anyhow::Result<()> {
    query(AssertSqlSafe(statement)).execute(connection).await?;
    Ok(())
}

/// A column that is copied.
struct Column {
    name: String,
    kind: String,
}

/// All of a table's columns but those that the database numbers itself.
async fn columns(connection: &mut PgConnection, table: &str) -> anyhow::Result<Vec<Column>> {
    let rows = query(
        "SELECT column_name::text AS name, data_type::text AS kind FROM information_schema.columns
         WHERE table_schema = current_schema() AND table_name = $1 AND is_identity = 'NO'
         ORDER BY ordinal_position",
    )
    .bind(table)
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| Ok(Column { name: row.try_get("name")?, kind: row.try_get("kind")? })).collect()
}

/// The statement that copies a table, but for the numbers of the copies.
fn copy(table: &str, columns: &[Column]) -> String {
    let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
    let values: Vec<_> = columns.iter().map(|column| value(table, column)).collect();
    format!("INSERT INTO {table} ({}) SELECT {} FROM old_{table}", names.join(", "), values.join(", "))
}

fn with_numbers(statement: &str, numbers: &RangeInclusive<usize>) -> String {
    format!("{statement}, generate_series({}::bigint, {}) AS n", numbers.start(), numbers.end())
}

/// A column's value in copy `n`.
fn value(table: &str, Column { name, kind }: &Column) -> String {
    match (table, name.as_str(), kind.as_str()) {
        (_, _, "uuid") => format!("md5({name}::text || '/' || n)::uuid"),
        ("citizen", "key", "bytea") | (_, "citizen" | "hash" | "recipient", "bytea") => {
            format!("sha256({name} || int8send(n))")
        }
        (_, "source_id" | "reference", "text") => format!("{name} || '/' || n"),
        // Before everything that its readers have not seen yet.
        ("timeline", "xid", _) => "(SELECT min(xid) FROM old_timeline)".to_owned(),
        _ => name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_names_of_its_own_and_the_rest_as_it_is() {
        let column = |name: &str, kind: &str| Column { name: name.to_owned(), kind: kind.to_owned() };
        let columns = [
            column("key", "uuid"),
            column("source_id", "text"),
            column("citizen", "bytea"),
            column("at", "bigint"),
        ];
        let statement = with_numbers(&copy("notification", &columns), &(101..=200));
        let expected = "INSERT INTO notification (key, source_id, citizen, at) \
                        SELECT md5(key::text || '/' || n)::uuid, source_id || '/' || n, \
                        sha256(citizen || int8send(n)), at FROM old_notification, \
                        generate_series(101::bigint, 200) AS n";
        assert_eq!(statement, expected);
    }
}
