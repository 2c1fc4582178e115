//! SQLite passes the suite, and what is SQLite's own.

use std::ops::Deref;
use std::path::PathBuf;

use uuid::Uuid;

use super::SqliteStore;
use crate::clock::Clock;
use crate::ledger::error::StoreError;
use crate::ledger::store::Store as _;
use crate::ledger::suite::store_suite;

/// A file of its own among the temporary files, removed with its log when dropped.
pub(in crate::ledger) struct TemporaryFile(PathBuf);

impl TemporaryFile {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("vestnik-{}.db", Uuid::now_v7())))
    }
}

impl Deref for TemporaryFile {
    type Target = PathBuf;
    fn deref(&self) -> &PathBuf {
        &self.0
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        for ending in ["", "-wal", "-shm"] {
            let mut name = self.0.clone().into_os_string();
            name.push(ending);
            let _ = std::fs::remove_file(name);
        }
    }
}

async fn open() -> (TemporaryFile, SqliteStore) {
    open_at(Clock::system()).await
}

/// A store over a new file, on this clock.
pub(in crate::ledger) async fn open_at(clock: Clock) -> (TemporaryFile, SqliteStore) {
    let file = TemporaryFile::new();
    let store = SqliteStore::open(&file, clock).await.unwrap();
    store.migrate().await.unwrap();
    (file, store)
}

store_suite!(open);

#[tokio::test]
async fn a_schema_behind_or_ahead_is_refused_with_advice() {
    let file = TemporaryFile::new();
    let store = SqliteStore::open(&file, Clock::system()).await.unwrap();
    let behind = store.check_schema().await.unwrap_err().to_string();
    let expected = super::expected_version();
    let advice = format!("the schema is 0, and this release works with {expected}: run `vestnik migrate`");
    assert_eq!(behind, advice);

    store.migrate().await.unwrap();
    store.check_schema().await.unwrap();
    let newer = "INSERT INTO _sqlx_migrations VALUES (9999, 'newer', 0, TRUE, x'00', 0)";
    sqlx::query(newer).execute(&store.writer).await.unwrap();
    for result in [store.check_schema().await, store.migrate().await] {
        let error = result.unwrap_err();
        assert!(matches!(error, StoreError::Schema { found: 9999, expected: 1.., .. }), "{error}");
    }
}

#[tokio::test]
async fn what_was_committed_is_there_after_opening_again() {
    let (file, store) = open().await;
    let mut tx = store.begin().await.unwrap();
    tx.put_value("kept", "yes").await.unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    assert!(matches!(store.begin().await, Err(StoreError::Unavailable(_))));

    let store = SqliteStore::open(&file, Clock::system()).await.unwrap();
    assert_eq!(store.read().await.unwrap().value("kept").await.unwrap().as_deref(), Some("yes"));
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_reads_the_file_and_its_log() {
    use std::os::unix::fs::PermissionsExt as _;

    let (file, store) = open().await;
    let log = file.with_extension("db-wal");
    for path in [file.as_path(), log.as_path()] {
        let mode = std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
    }
    store.close().await;
    assert!(!log.exists(), "closing folds the log into the file");
}

#[tokio::test]
async fn what_is_no_database_is_unavailable() {
    let file = TemporaryFile::new();
    std::fs::write(
        &*file,
        "this is a text and no database, and it is longer than a header of one ".repeat(9),
    )
    .unwrap();
    let error = SqliteStore::open(&file, Clock::system()).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    let error = SqliteStore::open(&file.join("below"), Clock::system()).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
}

#[tokio::test]
async fn commits_go_to_the_disk() {
    let (_file, store) = open().await;
    let pragma = async |name: &'static str| -> String {
        let asked = sqlx::AssertSqlSafe(format!("SELECT * FROM pragma_{name}"));
        let value: sqlx::sqlite::SqliteRow = sqlx::query(asked).fetch_one(&store.writer).await.unwrap();
        sqlx::Row::try_get_unchecked::<String, _>(&value, 0).unwrap()
    };
    assert_eq!(pragma("journal_mode").await, "wal");
    assert_eq!(pragma("synchronous").await, "2", "FULL");
}

#[tokio::test]
async fn a_row_that_cannot_be_understood_is_named_by_its_table() {
    let (_file, store) = open().await;
    let broken = "INSERT INTO pause VALUES ('sms', '', 0, 'why', 'who', 9223372036854775807, NULL)";
    sqlx::query(broken).execute(&store.writer).await.unwrap();
    let error = store.read().await.unwrap().pauses().await.unwrap_err();
    assert_eq!(error.to_string(), "a row of pause cannot be understood: a moment outside of the calendar");
}
