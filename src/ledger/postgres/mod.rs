//! The ledger on PostgreSQL (15 or newer), for any number of processes.
//!
//! Every statement works on a whole batch: lists travel as one array per column (`UNNEST`), so its
//! text is a constant and each connection prepares it once. Writing transactions are
//! `READ COMMITTED` (what a statement reads after it waited for a lock is what the other wrote),
//! reading ones are `REPEATABLE READ`: they see one moment and wait for nobody.

mod citizens;
mod codes;
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
mod time;
mod timeline;
mod tx;
mod unreached;
mod window;
mod work;

#[cfg(test)]
pub(super) mod tests;

use std::str::FromStr as _;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

use self::failure::failed;
use self::time::Time;
pub use self::time::TimeSource;
use self::tx::PostgresTx;
use super::error::StoreError;
use super::store::{Store, Tx};

/// How long a call waits for a free connection, a new one included.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection that was not used for so long is asked for a sign of life before it is used.
const TRUSTED_FOR: Duration = Duration::from_secs(5);

/// Limits of a session, so that no transaction holds its locks for long: a lock that is not free in
/// time is a conflict; a statement that runs on, or a process that stopped in the middle of a
/// transaction, is ended.
///
/// A connection keeps the plans of its statements, also one that was made while a table was empty. So
/// every plan goes by an index, which stays right when the table has grown; and nothing here runs long
/// enough to be worth compiling.
const SESSION: [(&str, &str); 5] = [
    ("lock_timeout", "5s"),
    ("statement_timeout", "30s"),
    ("idle_in_transaction_session_timeout", "60s"),
    ("enable_seqscan", "off"),
    ("jit", "off"),
];

/// The same for a migration: it may run long, but it may not queue before everybody's statements
/// for long.
const MIGRATION_SESSION: [(&str, &str); 2] = [("lock_timeout", "60s"), ("statement_timeout", "0")];

/// Statements kept prepared per connection: more than there are.
const STATEMENTS: usize = 256;

/// A PostgreSQL database.
#[derive(Debug)]
pub struct PostgresStore {
    pool: PgPool,
    options: PgConnectOptions,
    time: Time,
}

impl PostgresStore {
    /// A store on the database that `url` names (`postgres://user:password@host:port/database`,
    /// with `sslmode` and the other parameters of libpq). Connections are made when they are
    /// needed, at most `max_connections`: a database that is away is no error here. Needs a Tokio
    /// runtime around it. Fails with [`StoreError::Refused`] if the URL is none.
    pub fn connect(url: &SecretString, max_connections: u32, time: TimeSource) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url.expose_secret())
            .map_err(failed)?
            .application_name("vestnik")
            .statement_cache_capacity(STATEMENTS);
        let pool = PgPoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .before_acquire(|conn, usage| {
                Box::pin(async move {
                    if usage.idle_for > TRUSTED_FOR {
                        conn.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(options.clone().options(SESSION));
        Ok(Self { pool, options, time: Time::new(time) })
    }

    /// Closes all connections, after the transactions under way.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// One connection of its own for a migration, with other limits.
    fn migration_pool(&self) -> PgPool {
        PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_lazy_with(self.options.clone().options(MIGRATION_SESSION))
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn migrate(&self) -> Result<(), StoreError> {
        let pool = self.migration_pool();
        schema::migrate(&pool).await?;
        timeline::resume(&pool).await
    }

    async fn check_schema(&self) -> Result<(), StoreError> {
        schema::check(&self.pool).await
    }

    async fn begin(&self) -> Result<Box<dyn Tx>, StoreError> {
        let tx = PostgresTx::begin(&self.pool, &self.time, tx::WRITE).await?;
        Ok(Box::new(tx))
    }

    async fn read(&self) -> Result<Box<dyn Tx>, StoreError> {
        let tx = PostgresTx::begin(&self.pool, &self.time, tx::READ).await?;
        Ok(Box::new(tx))
    }
}
