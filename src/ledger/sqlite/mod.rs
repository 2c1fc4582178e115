//! The ledger in an SQLite file, for one process.
//!
//! One connection writes and commits to the disk (`synchronous=FULL`), a few others read; the
//! write-ahead log lets each go on without the other. Each has a thread of its own. A batch crosses
//! to it once, and there a statement that is prepared once runs for row after row.

mod citizens;
mod codes;
mod connections;
mod evidence;
mod failure;
mod guard;
mod inbox;
mod introduced;
mod notices;
mod operations;
mod past;
mod preferences;
mod receipts;
mod registry;
mod replay;
mod report;
mod rows;
mod scam;
mod schema;
mod timeline;
mod tx;
mod unreached;
mod window;
mod work;

#[cfg(test)]
mod plans;
#[cfg(test)]
pub(super) mod tests;

use std::fs::OpenOptions;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use self::connections::Connections;
use self::tx::SqliteTx;
use super::error::StoreError;
use super::store::{Store, Tx};
use crate::clock::Clock;

/// How long a transaction waits for another process, such as a command of the operator's.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections that read.
const READERS: usize = 4;

/// Statements kept prepared per connection: more than there are.
const STATEMENTS: usize = 256;

/// A ledger in a file.
#[derive(Debug)]
pub struct SqliteStore {
    /// The one connection that writes; a transaction waits for it in the order of asking.
    writer: Connections,
    /// Connections that only read.
    readers: Connections,
    clock: Clock,
}

impl SqliteStore {
    /// Opens the file, or makes an empty one that only its owner can read. Its folder must exist.
    /// `clock` gives each transaction its moment. Needs a Tokio runtime around it. Fails with
    /// [`StoreError::Unavailable`] if the file can be neither opened nor made or is no database, and
    /// with [`StoreError::Schema`] if it is the database of another program.
    pub async fn open(path: &Path, clock: Clock) -> Result<Self, StoreError> {
        let path = path.to_owned();
        let opening = tokio::task::spawn_blocking(move || Self::open_here(&path, clock));
        opening.await.map_err(|error| StoreError::Unavailable(Box::new(error)))?
    }

    fn open_here(path: &Path, clock: Clock) -> Result<Self, StoreError> {
        make_private(path)?;
        let writer = Connections::start("sqlite-writer", "BEGIN IMMEDIATE", vec![writer(path)?])?;
        let readers = (0..READERS).map(|_| reader(path)).collect::<Result<_, _>>()?;
        let readers = Connections::start("sqlite-reader", "BEGIN DEFERRED", readers)?;
        Ok(Self { writer, readers, clock })
    }

    /// Closes all connections, after the transactions under way, and folds the log into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Makes the file if it is not there. SQLite gives its log the rights of the file.
fn make_private(path: &Path) -> Result<(), StoreError> {
    let mut file = OpenOptions::new();
    file.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    file.open(path).map(drop).map_err(|error| StoreError::Unavailable(Box::new(error)))
}

fn writer(path: &Path) -> Result<Connection, StoreError> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // What belongs to another program is left as it is.
    schema::found(&connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // KiB: look-ups by keyed hash are spread over the whole file.
    connection.pragma_update(None, "cache_size", -32_768)?;
    // Bytes: what a long reader made the log grow to is given back.
    connection.pragma_update(None, "journal_size_limit", 67_108_864)?;
    Ok(connection)
}

fn reader(path: &Path) -> Result<Connection, StoreError> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

/// A connection that one thread at a time uses.
fn connect(path: &Path, rights: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, rights | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // The values that are bound do not change a statement's plan: it need not be prepared again.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

#[async_trait]
impl Store for SqliteStore {
    async fn migrate(&self) -> Result<(), StoreError> {
        let session = self.writer.begin().await?;
        session.run(schema::migrate).await?;
        session.commit().await
    }

    async fn check_schema(&self) -> Result<(), StoreError> {
        self.readers.begin().await?.run(schema::check).await
    }

    async fn begin(&self) -> Result<Box<dyn Tx>, StoreError> {
        Ok(Box::new(SqliteTx::new(self.writer.begin().await?, &self.clock)))
    }

    async fn read(&self) -> Result<Box<dyn Tx>, StoreError> {
        Ok(Box::new(SqliteTx::new(self.readers.begin().await?, &self.clock)))
    }
}
