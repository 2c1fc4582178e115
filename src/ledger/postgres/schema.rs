//! The schema and its versions.
//!
//! In a rolling upgrade processes of two releases work on one schema: the newer release's. So a migration
//! adds (a table, an index, a column that may be empty or has a default) and takes nothing away that the
//! release before it uses; no statement of ours minds a column that it does not know. A migration that
//! cannot be like that says so: it writes its own version as the value [`WORKS_FROM`].

use sqlx::migrate::Migrator;
use sqlx::postgres::PgPool;
use sqlx::query_scalar;

use super::failure::{failed, migration_failed};
use super::timeline;
use crate::ledger::error::StoreError;

/// The schema's versions, embedded.
static MIGRATIONS: Migrator = sqlx::migrate!("src/ledger/postgres/migrations");

/// Names the value that says which release's schema is the oldest whose processes can work on this one.
/// Without it, only those of the release that has all its migrations.
const WORKS_FROM: &str = "schema works from";

/// Brings the schema to this release's version. One of a newer release is left as it is where this
/// release can work with it.
pub(super) async fn migrate(pool: &PgPool) -> Result<(), StoreError> {
    let found = Found::look(pool).await?;
    found.refuse_ahead()?;
    if found.version > expected_version() {
        return Ok(());
    }
    MIGRATIONS.run(pool).await.map_err(migration_failed)
}

/// Fails unless this release can work with the schema.
pub(super) async fn check(pool: &PgPool) -> Result<(), StoreError> {
    let found = Found::look(pool).await?;
    found.refuse_ahead()?;
    found.refuse(found.version < expected_version(), "run `vestnik migrate`")?;
    let advice = "the rows come from a dump of another server; run `vestnik migrate`";
    found.refuse(timeline::is_ahead(pool).await?, advice)
}

/// The version that this release brings.
fn expected_version() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// The schema that is there.
struct Found {
    /// Its version; 0 where there is none yet.
    version: i64,
    /// The oldest version whose release can work with it.
    works_from: i64,
}

impl Found {
    async fn look(pool: &PgPool) -> Result<Self, StoreError> {
        let there: bool = query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
            .fetch_one(pool)
            .await
            .map_err(failed)?;
        if !there {
            return Ok(Self { version: 0, works_from: 0 });
        }
        let version: i64 =
            query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations WHERE success")
                .fetch_one(pool)
                .await
                .map_err(failed)?;
        if version <= expected_version() {
            return Ok(Self { version, works_from: 0 });
        }
        let said: Option<String> = query_scalar("SELECT value FROM value WHERE name = $1")
            .bind(WORKS_FROM)
            .fetch_optional(pool)
            .await
            .map_err(failed)?;
        let works_from = said.and_then(|said| said.parse().ok()).unwrap_or(version);
        Ok(Self { version, works_from })
    }

    fn refuse_ahead(&self) -> Result<(), StoreError> {
        let advice = "a newer release migrated the database; start that release or a newer one";
        self.refuse(self.works_from > expected_version(), advice)
    }

    fn refuse(&self, wrong: bool, advice: &'static str) -> Result<(), StoreError> {
        let (found, expected) = (self.version, expected_version());
        if wrong { Err(StoreError::Schema { found, expected, advice }) } else { Ok(()) }
    }
}
