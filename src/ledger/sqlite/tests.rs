//! SQLite passes the suite, and what is SQLite's own.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use futures_util::FutureExt as _;
use rusqlite::Connection;
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

/// Runs statements on the file from outside.
pub(in crate::ledger) fn on(file: &Path, statements: &str) {
    Connection::open(file).unwrap().execute_batch(statements).unwrap();
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
    let expected = super::schema::EXPECTED;
    let advice = format!("the schema is 0, and this release works with {expected}: run `vestnik migrate`");
    assert_eq!(behind, advice);

    store.migrate().await.unwrap();
    store.check_schema().await.unwrap();
    on(&file, "PRAGMA user_version = 9999");
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
async fn the_database_of_another_program_is_refused_and_left_alone() {
    let file = TemporaryFile::new();
    let statements = [
        "CREATE TABLE theirs (id INTEGER)",
        "PRAGMA user_version = 2",
        "DROP TABLE theirs; PRAGMA user_version = 0; PRAGMA application_id = 1",
    ];
    for statement in statements {
        on(&file, statement);
        let before = std::fs::read(&*file).unwrap();
        let error = SqliteStore::open(&file, Clock::system()).await.unwrap_err();
        assert!(matches!(error, StoreError::Schema { .. }), "{error}");
        assert!(error.to_string().contains("another program made this database"), "{error}");
        assert!(std::fs::read(&*file).unwrap() == before, "{statement}");
    }
}

#[tokio::test]
async fn commits_go_to_the_disk() {
    let (_file, store) = open().await;
    let session = store.writer.begin().await.unwrap();
    let (journal, synchronous) = session
        .run(|conn| {
            let journal: String = conn.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
            let synchronous: i64 = conn.pragma_query_value(None, "synchronous", |row| row.get(0))?;
            Ok((journal, synchronous))
        })
        .await
        .unwrap();
    assert_eq!((journal.as_str(), synchronous), ("wal", 2), "2 is FULL");
}

#[tokio::test]
async fn a_row_that_cannot_be_understood_is_named_by_its_table() {
    let (file, store) = open().await;
    on(&file, "INSERT INTO pause VALUES ('sms', '', 0, 'why', 'who', 9223372036854775807, NULL)");
    let error = store.read().await.unwrap().pauses().await.unwrap_err();
    assert_eq!(error.to_string(), "a row of pause cannot be understood: a moment outside of the calendar");
}

/// A task that is cancelled while its transaction is at work: what it asked for is done to its end,
/// and then taken back.
#[tokio::test]
async fn a_transaction_whose_task_is_cancelled_in_a_call_is_rolled_back() {
    let (_file, store) = open().await;
    let (go_on, waiting) = mpsc::channel();
    let session = store.writer.begin().await.unwrap();
    let call = session.run(move |conn| {
        super::operations::put_value(conn, "name", "value")?;
        waiting.recv().unwrap();
        Ok(())
    });
    // Polled once: the call is under way when it is dropped.
    assert!(call.now_or_never().is_none());
    drop(session);
    go_on.send(()).unwrap();

    let mut tx = store.begin().await.unwrap();
    assert_eq!(tx.value("name").await.unwrap(), None);
    tx.put_value("name", "another").await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn writers_take_turns_in_the_order_of_asking() {
    let (_file, store) = open().await;
    let first = store.begin().await.unwrap();
    let mut asked: Vec<_> = (0..5).map(|_| Box::pin(store.begin())).collect();
    for ask in &mut asked {
        assert!(ask.as_mut().now_or_never().is_none());
    }
    // One that waits no longer holds nobody up.
    drop(asked.remove(1));
    first.commit().await.unwrap();
    for ask in asked {
        let mut tx = ask.await.unwrap();
        tx.put_value("name", "value").await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_panic_costs_its_transaction_alone() {
    let (_file, store) = open().await;
    let session = store.writer.begin().await.unwrap();
    session.run(|conn| super::operations::put_value(conn, "name", "value")).await.unwrap();
    let broken = session.run(|_| -> Result<(), StoreError> { panic!("as the test wants it") });
    assert!(matches!(broken.await, Err(StoreError::Unavailable(_))));
    assert!(matches!(session.commit().await, Err(StoreError::Unavailable(_))));
    assert_eq!(store.begin().await.unwrap().value("name").await.unwrap(), None);
}

/// SQLite rolls back by itself when the disk is full. What comes after must not be written on its own.
#[tokio::test]
async fn nothing_is_written_after_a_transaction_that_a_full_disk_ended() {
    let (_file, store) = open().await;
    let tx = store.writer.begin().await.unwrap();
    tx.run(|conn| Ok(conn.pragma_update(None, "max_page_count", 1)?)).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = store.begin().await.unwrap();
    tx.put_value("small", "kept in the space that there is").await.unwrap();
    let full = tx.put_value("large", &"x".repeat(1 << 20)).await.unwrap_err();
    assert!(matches!(full, StoreError::Unavailable(_)), "{full}");
    assert!(matches!(tx.put_value("late", "value").await, Err(StoreError::Unavailable(_))));
    assert!(matches!(tx.commit().await, Err(StoreError::Unavailable(_))));

    let mut tx = store.begin().await.unwrap();
    for name in ["small", "large", "late"] {
        assert_eq!(tx.value(name).await.unwrap(), None, "{name}");
    }
}

#[tokio::test]
async fn another_process_that_writes_is_a_conflict() {
    let (file, store) = open().await;
    let session = store.writer.begin().await.unwrap();
    session.run(|conn| Ok(conn.busy_timeout(Duration::ZERO)?)).await.unwrap();
    session.commit().await.unwrap();

    let other = Connection::open(&*file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = store.begin().await.err().unwrap();
    assert!(matches!(error, StoreError::Conflict(_)), "{error}");
    other.execute_batch("ROLLBACK").unwrap();
    store.begin().await.unwrap();
}
