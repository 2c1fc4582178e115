//! A PostgreSQL database for one test, and what a test does to it behind the gateway's back.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tokio::sync::Mutex;
use url::Url;
use uuid::Uuid;

use crate::process::Setting;
use crate::tier::until;

/// A database, removed by [`remove`](Self::remove).
pub(crate) struct Database {
    pub(crate) url: Url,
    server: Url,
    name: String,
    /// For all that is asked.
    connection: Mutex<Option<PgConnection>>,
}

/// A transaction of the test's own that is in the way of others.
pub(crate) struct Hold(PgConnection);

const AT_MOST: Duration = Duration::from_mins(1);

impl Database {
    /// One on the server of this URL, whose user may make databases.
    pub(crate) async fn create(server: Url) -> Self {
        let name = format!("e2e_{}", Uuid::now_v7().simple());
        let mut url = server.clone();
        url.set_path(&name);
        let database = Self { url, server, name, connection: Mutex::default() };
        database.on_server(&format!("CREATE DATABASE {}", database.name)).await.unwrap();
        database
    }

    /// The configuration names one ledger: an empty variable takes the other away.
    pub(crate) fn in_place_of_sqlite(&self, setting: &mut Setting) {
        let settings = [
            ("VESTNIK__GATEWAY__LEDGER__SQLITE", ""),
            ("VESTNIK__GATEWAY__LEDGER__POSTGRES", "{ env = \"VESTNIK_POSTGRES_URL\" }"),
            ("VESTNIK_POSTGRES_URL", self.url.as_str()),
        ];
        setting.environment.extend(settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    /// Ends every session of the gateway in it, as an administrator does.
    pub(crate) async fn end_sessions(&self) {
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity";
        let statement = format!("{end} WHERE datname = '{}' AND application_name = 'vestnik'", self.name);
        self.on_server(&statement).await.unwrap();
    }

    /// The number that a query gives.
    pub(crate) async fn count(&self, query: &str) -> i64 {
        let mut kept = self.connection.lock().await;
        let connection = match kept.as_mut() {
            Some(connection) => connection,
            None => kept.insert(self.connect().await),
        };
        sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_one(connection).await.unwrap()
    }

    /// The URL of a user who is no administrator and may read and write, which connections can be denied.
    pub(crate) async fn ordinary_user(&self) -> Url {
        let (user, password) = (format!("user_of_{}", self.name), "an-e2e-password");
        self.run(&format!("CREATE ROLE {user} LOGIN PASSWORD '{password}'")).await;
        self.run(&format!("GRANT ALL ON ALL TABLES IN SCHEMA public TO {user}")).await;
        let mut url = self.url.clone();
        url.set_username(&user).unwrap();
        url.set_password(Some(password)).unwrap();
        url
    }

    /// Ends the connections of a user, who may have so many from now on.
    pub(crate) async fn allow_connections(&self, user: &Url, most: u32) {
        self.run(&format!("ALTER ROLE {} CONNECTION LIMIT {most}", user.username())).await;
        self.end_sessions().await;
    }

    /// Does something in the ledger behind the gateway's back.
    pub(crate) async fn run(&self, statement: &str) {
        self.connect().await.execute(AssertSqlSafe(statement.to_owned())).await.unwrap();
    }

    /// Waits until a query gives so many.
    pub(crate) async fn until_count(&self, query: &str, at_least: i64) {
        until(query, AT_MOST, async || self.count(query).await >= at_least).await;
    }

    /// Begins a transaction with a statement that takes locks, and leaves it open.
    pub(crate) async fn hold(&self, statement: &str) -> Hold {
        let mut connection = self.connect().await;
        connection.execute(AssertSqlSafe(format!("BEGIN; {statement}"))).await.unwrap();
        Hold(connection)
    }

    /// Waits until as many sessions of the gateway wait for a lock, each in the middle of a transaction.
    pub(crate) async fn until_held_up(&self, sessions: i64) {
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
        self.until_count(&format!("{waiting} AND datname = '{}'", self.name), sessions).await;
    }

    pub(crate) fn remove(self) {
        let drop = async {
            self.on_server(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).await?;
            self.on_server(&format!("DROP ROLE IF EXISTS user_of_{}", self.name)).await
        };
        // A server that the test has left dead takes its databases with it.
        let _ = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(drop));
    }

    async fn connect(&self) -> PgConnection {
        PgConnection::connect(self.url.as_str()).await.unwrap()
    }

    async fn on_server(&self, sql: &str) -> sqlx::Result<()> {
        let mut connection = PgConnection::connect(self.server.as_str()).await?;
        connection.execute(AssertSqlSafe(sql.to_owned())).await.map(drop)
    }
}

impl Hold {
    /// Lets the others go on.
    pub(crate) async fn release(mut self) {
        self.0.execute("ROLLBACK").await.unwrap();
    }
}
