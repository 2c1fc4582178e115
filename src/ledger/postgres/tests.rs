//! The suite of both databases, and what is PostgreSQL's own, on the server that
//! `VESTNIK_TEST_POSTGRES_URL` names. Each test has a database of its own.

use std::error::Error;
use std::slice::from_ref;
use std::str::FromStr as _;

use secrecy::SecretString;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};
use tokio::sync::Notify;
use uuid::Uuid;

use super::{PostgresStore, TimeSource, citizens, codes, evidence, notices, preferences, receipts, replay};
use crate::clock::{Clock, ManualClock};
use crate::domain::CitizenKey;
use crate::ledger::error::StoreError;
use crate::ledger::store::{EntryRow, Position, Store};
use crate::ledger::suite::{rows, store_suite};

store_suite!(open);

/// As many as the suite's tests use at once, and some.
const CONNECTIONS: u32 = 10;

/// A database of its own; dropped with the guard.
pub(in crate::ledger) struct TestDatabase {
    server: PgConnectOptions,
    name: String,
}

impl TestDatabase {
    async fn create() -> Self {
        let server = PgConnectOptions::from_str(&server_url()).expect("VESTNIK_TEST_POSTGRES_URL is a URL");
        let name = format!("vestnik_test_{}", Uuid::now_v7().simple());
        let database = Self { server, name };
        database.on_server(format!("CREATE DATABASE {} TEMPLATE template0", database.name)).await;
        database
    }

    async fn on_server(&self, sql: String) {
        let mut server = self.server.connect().await.expect("the test server is there");
        server.execute(AssertSqlSafe(sql)).await.unwrap();
        server.close().await.unwrap();
    }

    async fn connect(&self) -> PgConnection {
        self.server.clone().database(&self.name).connect().await.unwrap()
    }

    /// Runs statements from outside.
    pub(in crate::ledger) async fn run(&self, statements: &'static str) {
        self.connect().await.execute(statements).await.unwrap();
    }

    fn store(&self, time: TimeSource) -> PostgresStore {
        let url = self.server.clone().database(&self.name).to_url_lossy();
        PostgresStore::connect(&SecretString::from(url.to_string()), CONNECTIONS, time).unwrap()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(self.on_server(sql)));
    }
}

fn server_url() -> String {
    std::env::var("VESTNIK_TEST_POSTGRES_URL").unwrap_or_else(|_| {
        panic!(
            "This test needs a PostgreSQL server: `tests/run` starts one and runs all tests, and \
             `tests/run --servers` starts one and says what to set VESTNIK_TEST_POSTGRES_URL to."
        )
    })
}

async fn open() -> (TestDatabase, PostgresStore) {
    open_by(TimeSource::Database).await
}

/// A store over a new database, on this clock.
pub(in crate::ledger) async fn open_at(clock: Clock) -> (TestDatabase, PostgresStore) {
    open_by(TimeSource::Clock(clock)).await
}

/// Two stores over one new database, each with connections of its own.
pub(in crate::ledger) async fn open_two_at(clock: &Clock) -> (TestDatabase, [PostgresStore; 2]) {
    let (database, store) = open_at(clock.clone()).await;
    let other = database.store(TimeSource::Clock(clock.clone()));
    (database, [store, other])
}

async fn open_by(time: TimeSource) -> (TestDatabase, PostgresStore) {
    let database = TestDatabase::create().await;
    let store = database.store(time);
    store.migrate().await.unwrap();
    (database, store)
}

/// An error and all that is below it.
fn chain(error: &StoreError) -> String {
    let below = std::iter::successors(error.source(), |error: &&dyn Error| (*error).source());
    below.fold(error.to_string(), |text, error| format!("{text}: {error}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_behind_or_ahead_is_refused_with_advice() {
    let database = TestDatabase::create().await;
    let store = database.store(TimeSource::Database);
    let error = store.check_schema().await.unwrap_err();
    assert!(matches!(error, StoreError::Schema { found: 0, expected: 1.., .. }), "{error}");
    assert!(error.to_string().contains("vestnik migrate"), "{error}");

    // Two processes that migrate at once do not hurt each other.
    let other = database.store(TimeSource::Database);
    let (first, second) = tokio::join!(store.migrate(), other.migrate());
    first.and(second).unwrap();
    store.check_schema().await.unwrap();

    let ahead = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (9000, 'from the future', true, '', 0);
                 UPDATE value SET value = '9000' WHERE name = 'schema works from'";
    database.connect().await.execute(ahead).await.unwrap();
    for refusal in [store.check_schema().await, store.migrate().await] {
        let error = refusal.unwrap_err();
        assert!(matches!(error, StoreError::Schema { found: 9000, .. }), "{error}");
        assert!(error.to_string().contains("newer release"), "{error}");
    }
}

/// In a rolling upgrade the processes of the release before go on, and start again where they must.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_schema_that_only_adds_is_worked_with() {
    let (database, store) = open().await;
    let citizen = rows::citizen();
    let mut tx = store.begin().await.unwrap();
    tx.add_citizens(from_ref(&citizen)).await.unwrap();
    assert_eq!(tx.citizens(&[citizen.key], true).await.unwrap(), from_ref(&citizen));
    tx.commit().await.unwrap();

    let newer = "ALTER TABLE citizen ADD COLUMN of_the_future TEXT;
                 INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (9000, 'from the future', true, '', 0);
                 UPDATE value SET value = '2' WHERE name = 'schema works from'";
    database.connect().await.execute(newer).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    assert_eq!(
        tx.citizens(&[citizen.key], true).await.unwrap(),
        [citizen],
        "by the statement prepared before"
    );
    drop(tx);
    store.check_schema().await.unwrap();
    store.migrate().await.unwrap();

    let breaking = "UPDATE value SET value = '9000' WHERE name = 'schema works from'";
    database.connect().await.execute(breaking).await.unwrap();
    assert!(matches!(store.check_schema().await, Err(StoreError::Schema { found: 9000, .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrations_that_were_changed_are_refused() {
    let (database, store) = open().await;
    database.connect().await.execute("UPDATE _sqlx_migrations SET checksum = ''").await.unwrap();
    let error = store.migrate().await.unwrap_err();
    assert!(matches!(error, StoreError::Refused(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_time_is_the_databases_unless_it_is_given() {
    let (database, store) = open().await;
    let first = store.begin().await.unwrap().now();
    let second = store.read().await.unwrap().now();
    assert!(first <= second);
    assert_eq!(first.subsec_nanosecond() % 1_000_000, 0, "in whole milliseconds");

    let manual = ManualClock::new("2026-03-29T12:00:00.123Z".parse().unwrap());
    let store = database.store(TimeSource::Clock(manual.clock()));
    assert_eq!(store.begin().await.unwrap().now(), manual.now());
    manual.advance(jiff::SignedDuration::from_hours(1));
    assert_eq!(store.read().await.unwrap().now(), manual.now());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_refused_and_never_quoted() {
    let (_database, store) = open().await;
    let mut tx = store.begin().await.unwrap();
    let error = tx.put_value("name", "secret\0").await.unwrap_err();
    assert!(matches!(error, StoreError::Refused(_)), "{error}");

    let mut row = rows::notification(CitizenKey(rows::hash()));
    row.measure = "secret".to_owned();
    let mut tx = store.begin().await.unwrap();
    let error = tx.add_notifications(&[row.clone(), row]).await.unwrap_err();
    assert_eq!(chain(&error), "the database refuses the data: SQLSTATE 23505, constraint notification_pkey");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_understood_names_table_and_column() {
    let (database, store) = open().await;
    let row = rows::citizen();
    let mut tx = store.begin().await.unwrap();
    tx.put_citizens(from_ref(&row)).await.unwrap();
    tx.commit().await.unwrap();
    database.connect().await.execute("UPDATE citizen SET locale = 'secret'").await.unwrap();
    let error = store.read().await.unwrap().citizens(&[row.key], false).await.unwrap_err();
    assert_eq!(chain(&error), "a row of citizen cannot be understood: no locale has this code");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadlock_is_a_conflict_for_one_of_the_two() {
    let (_database, store) = open().await;
    let (one, other) = (rows::citizen(), rows::citizen());
    let mut tx = store.begin().await.unwrap();
    tx.put_citizens(&[one.clone(), other.clone()]).await.unwrap();
    tx.commit().await.unwrap();

    let (mut first, mut second) = (store.begin().await.unwrap(), store.begin().await.unwrap());
    first.citizens(&[one.key], true).await.unwrap();
    second.citizens(&[other.key], true).await.unwrap();
    let (first, second) = tokio::join!(
        async {
            first.citizens(&[other.key], true).await?;
            first.commit().await
        },
        async {
            second.citizens(&[one.key], true).await?;
            second.commit().await
        },
    );
    let failed: Vec<_> = [first, second].into_iter().filter_map(Result::err).collect();
    assert!(matches!(&failed[..], [StoreError::Conflict(_)]), "{failed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_were_cut_are_unavailable_and_then_replaced() {
    let (database, store) = open().await;
    let mut tx = store.begin().await.unwrap();
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    database.connect().await.execute(cut).await.unwrap();
    let error = tx.put_value("name", "value").await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)) && error.is_transient(), "{}", chain(&error));
    drop(tx);

    // Other connections that lay idle are cut too; each is found out once at most.
    for _ in 0..CONNECTIONS {
        if store.check_schema().await.is_ok() {
            return;
        }
    }
    panic!("the store does not come back");
}

#[tokio::test]
async fn a_server_that_is_away_is_unavailable_and_a_wrong_url_is_refused() {
    let open = |url: &str| PostgresStore::connect(&SecretString::from(url), 1, TimeSource::Database);
    let away = open("postgres://user:secret@127.0.0.1:1/ledger").unwrap();
    let (migrated, begun) = tokio::join!(away.migrate(), away.begin());
    for error in [migrated.unwrap_err(), begun.map(drop).unwrap_err()] {
        assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
        assert!(!chain(&error).contains("secret"), "{}", chain(&error));
    }
    let error = open("postgres://user:secret@[broken").unwrap_err();
    assert!(matches!(error, StoreError::Refused(_)) && !chain(&error).contains("secret"), "{error}");
}

fn entry_like(entry: &EntryRow, name: &str) -> EntryRow {
    EntryRow { name: name.to_owned(), ..entry.clone() }
}

/// The first transaction has its id before the second, and writes of the same notification after it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notification_is_read_in_the_order_of_its_lock() {
    let (_database, store) = open().await;
    let citizen = rows::citizen();
    let (other, second_entry) = (rows::entry("one", "other"), rows::entry("one", "second"));
    let first_entry = entry_like(&second_entry, "first");
    let mut tx = store.begin().await.unwrap();
    tx.put_citizens(from_ref(&citizen)).await.unwrap();
    tx.commit().await.unwrap();

    let mut late = store.begin().await.unwrap();
    late.append(from_ref(&other)).await.unwrap();
    let mut early = store.begin().await.unwrap();
    early.citizens(&[citizen.key], true).await.unwrap();
    early.append(from_ref(&first_entry)).await.unwrap();
    let asked = Notify::new();
    let (early, late) = tokio::join!(
        async {
            asked.notified().await;
            early.commit().await
        },
        async {
            asked.notify_one();
            late.citizens(&[citizen.key], true).await?;
            late.append(from_ref(&second_entry)).await?;
            late.commit().await
        },
    );
    early.and(late).unwrap();

    let read = async || store.read().await?.entries_after(Position::default(), None, 10).await;
    let mut seen = read().await.unwrap();
    while seen.len() < 3 {
        tokio::task::yield_now().await;
        seen = read().await.unwrap();
    }
    let names: Vec<_> = seen.iter().map(|(_, entry)| entry.name.as_str()).collect();
    assert_eq!(names, ["other", "first", "second"]);
}

/// On another server the transaction ids of the entries may lie far ahead of the server's own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_timeline_goes_on_after_a_dump_was_restored() {
    let (database, store) = open().await;
    let entries = [rows::entry("one", "before"), rows::entry("one", "after")];
    let append = async |entry| {
        let mut tx = store.begin().await.unwrap();
        tx.append(from_ref(entry)).await.unwrap();
        tx.commit().await.unwrap();
    };
    append(&entries[0]).await;
    store.check_schema().await.unwrap();
    database.connect().await.execute("UPDATE timeline SET xid = xid + 1000000000").await.unwrap();
    let error = store.check_schema().await.unwrap_err();
    assert!(error.to_string().contains("dump"), "{error}");

    store.migrate().await.unwrap();
    store.check_schema().await.unwrap();
    append(&entries[1]).await;
    let mut seen = Vec::new();
    while seen.len() < 2 {
        tokio::task::yield_now().await;
        seen = store.read().await.unwrap().entries_after(Position::default(), None, 10).await.unwrap();
    }
    assert!(seen[0].0 < seen[1].0);
    assert_eq!(seen.into_iter().map(|(_, entry)| entry).collect::<Vec<_>>(), entries);
}

/// A connection keeps its plans: one that was made while the tables were empty has to be right when they
/// have grown.
#[tokio::test(flavor = "multi_thread")]
async fn plans_made_over_empty_tables_look_rows_up_and_read_no_whole_table() {
    let (_database, store) = open().await;
    let mut conn = store.pool.acquire().await.unwrap();
    conn.execute("SET plan_cache_mode = force_generic_plan").await.unwrap();
    let table = [
        (receipts::REFERENCES, 3, "Index Cond: ((reference = ANY ($3)) AND (channel = $1) AND (route = $2))"),
        (receipts::TAKE_MATCHED, 1, "Index Cond: ((reference = orphan_1.reference) AND (channel = "),
        (codes::FIND, 1, "Index Cond: (code = ANY ($1))"),
        (notices::REMEMBERED, 2, "Index Cond: ((source = "),
        (preferences::VERSIONS, 1, "Index Cond: (citizen = $1)"),
        (evidence::CITIZENS_AFTER, 2, "Index Cond: (key > $1)"),
        (evidence::WITHOUT_NOTICE, 3, "Index Cond: ((citizen = $1) AND (key < $2))"),
        (evidence::CLOSED_AFTER, 2, "Index Cond: (id > $1)"),
        (citizens::RESERVATIONS, 2, "Index Cond: ((citizen = asked.citizen) AND (day >= "),
        (citizens::UNSTARTED, 2, "Index Cond: ((citizen = asked.citizen) AND (day >= "),
        (replay::ACCEPTED_AFTER, 2, "Index Cond: (key > $1)"),
        (replay::PLACES, 2, "Index Cond: ((citizen = asked.citizen) AND (day >= "),
    ];
    for (number, (sql, parameters, lookup)) in table.into_iter().enumerate() {
        let nulls = vec!["NULL"; parameters].join(", ");
        conn.execute(AssertSqlSafe(format!("PREPARE plan_{number} AS {sql}"))).await.unwrap();
        let explain = AssertSqlSafe(format!("EXPLAIN EXECUTE plan_{number} ({nulls})"));
        let lines: Vec<String> = sqlx::query_scalar(explain).fetch_all(&mut *conn).await.unwrap();
        let plan = lines.join("\n");
        assert!(plan.contains(lookup) && !plan.contains("Seq Scan on"), "{plan}");
    }
}
