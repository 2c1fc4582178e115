//! The ledger in an SQLite file, for one process.
//!
//! One connection writes and commits to the disk (`synchronous=FULL`), a few others read; the
//! write-ahead log lets each go on without the other. Every statement works on a whole batch: a
//! commit costs the same for one row and for thousands.

mod citizens;
mod failure;
mod inbox;
mod notices;
mod operations;
mod past;
mod receipts;
mod rows;
mod timeline;
mod tx;
mod work;

#[cfg(test)]
mod plans;
#[cfg(test)]
pub(super) mod tests;

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use self::failure::{failed, migration_failed};
use self::tx::SqliteTx;
use super::error::StoreError;
use super::store::{Store, Tx};
use crate::clock::Clock;

/// The schema's versions, embedded.
static MIGRATIONS: Migrator = sqlx::migrate!("src/ledger/sqlite/migrations");

/// How long a transaction waits for its turn to write, or for a free reader.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a transaction waits for another process, such as a command of the operator's.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections that read.
const READERS: u32 = 4;

/// Statements kept prepared per connection: more than there are, each for a few sizes of batches.
const STATEMENTS: usize = 512;

/// A ledger in a file.
#[derive(Debug)]
pub struct SqliteStore {
    /// The one connection that writes; a transaction waits for it in the order of asking.
    writer: SqlitePool,
    /// Connections that only read.
    readers: SqlitePool,
    clock: Clock,
}

impl SqliteStore {
    /// Opens the file, or makes an empty one that only its owner can read. Its folder must exist.
    /// `clock` gives each transaction its moment. Needs a Tokio runtime around it. Fails with
    /// [`StoreError::Unavailable`] if the file can be neither opened nor made or is no database.
    pub async fn open(path: &Path, clock: Clock) -> Result<Self, StoreError> {
        make_private(path).await?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
            .statement_cache_capacity(STATEMENTS);
        let writing = options
            .clone()
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // KiB: look-ups by keyed hash are spread over the whole file.
            .pragma("cache_size", "-32768")
            // Bytes: what a long reader made the log grow to is given back.
            .pragma("journal_size_limit", "67108864");
        let writer = lasting_pool(1).connect_with(writing).await.map_err(failed)?;
        let readers = lasting_pool(READERS).connect_lazy_with(options.read_only(true));
        Ok(Self { writer, readers, clock })
    }

    /// Closes all connections, after the transactions under way, and folds the log into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// A pool whose connections stay: to open a file anew wins nothing.
fn lasting_pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// Makes the file if it is not there. SQLite gives its log the rights of the file.
async fn make_private(path: &Path) -> Result<(), StoreError> {
    let mut file = tokio::fs::OpenOptions::new();
    file.write(true).create(true).truncate(false);
    #[cfg(unix)]
    file.mode(0o600);
    file.open(path).await.map(drop).map_err(|error| StoreError::Unavailable(Box::new(error)))
}

#[async_trait]
impl Store for SqliteStore {
    async fn migrate(&self) -> Result<(), StoreError> {
        refuse_ahead(found_version(&self.writer).await?)?;
        MIGRATIONS.run(&self.writer).await.map_err(migration_failed)
    }

    async fn check_schema(&self) -> Result<(), StoreError> {
        let found = found_version(&self.readers).await?;
        refuse_ahead(found)?;
        refuse_behind(found)
    }

    async fn begin(&self) -> Result<Box<dyn Tx>, StoreError> {
        let tx = self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        Ok(Box::new(SqliteTx::new(tx, &self.clock)))
    }

    async fn read(&self) -> Result<Box<dyn Tx>, StoreError> {
        let tx = self.readers.begin_with("BEGIN DEFERRED").await.map_err(failed)?;
        Ok(Box::new(SqliteTx::new(tx, &self.clock)))
    }
}

/// The version that this release works with.
fn expected_version() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// The schema's version; 0 where there is none yet.
async fn found_version(pool: &SqlitePool) -> Result<i64, StoreError> {
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'";
    let there: i64 = sqlx::query_scalar(tables).fetch_one(pool).await.map_err(failed)?;
    if there == 0 {
        return Ok(0);
    }
    let version = "SELECT coalesce(max(version), 0) FROM _sqlx_migrations WHERE success";
    sqlx::query_scalar(version).fetch_one(pool).await.map_err(failed)
}

fn refuse_ahead(found: i64) -> Result<(), StoreError> {
    let advice = "a newer release migrated the database; start that release or a newer one";
    refuse(found > expected_version(), found, advice)
}

fn refuse_behind(found: i64) -> Result<(), StoreError> {
    refuse(found < expected_version(), found, "run `vestnik migrate`")
}

fn refuse(wrong: bool, found: i64, advice: &'static str) -> Result<(), StoreError> {
    if wrong { Err(StoreError::Schema { found, expected: expected_version(), advice }) } else { Ok(()) }
}
