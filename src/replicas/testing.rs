//! A real Redis for tests.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use secrecy::SecretString;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Link;

/// The tests' Redis. Without one a test fails: a test that is left out says nothing.
pub(crate) fn url() -> SecretString {
    std::env::var("VESTNIK_TEST_REDIS_URL")
        .expect("VESTNIK_TEST_REDIS_URL names a Redis; `tests/run --servers` starts one")
        .into()
}

/// The name of an installation that no other test has.
pub(crate) fn installation() -> String {
    format!("test-{}", Uuid::now_v7().simple())
}

/// Waits until something holds; fails after half a minute.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(30), waiting).await.is_ok(), "{what}");
}

/// A way to Redis that is kept up.
pub(crate) struct Kept {
    pub link: Link,
    _tasks: JoinSet<()>,
}

impl Kept {
    /// The way to a Redis, as soon as it is open.
    pub(crate) async fn open(url: &SecretString, installation: &str) -> Self {
        let kept = Self::begin(url, installation);
        kept.until_open(true).await;
        kept
    }

    /// The way to a Redis that may not be there.
    pub(crate) fn begin(url: &SecretString, installation: &str) -> Self {
        let link = Link::new(url, installation).unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(link.clone().keep(CancellationToken::new()));
        Self { link, _tasks: tasks }
    }

    pub(crate) async fn until_open(&self, open: bool) {
        until("the way to Redis is open or not", async || self.link.verdict().is_ok() == open).await;
    }
}

/// A Redis of one test alone, which can be killed, stopped and flushed. It writes down what it does, as
/// an installation's may.
pub(crate) struct Server {
    port: u16,
    folder: PathBuf,
    process: Child,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("vestnik-redis-{}", Uuid::now_v7()));
        std::fs::create_dir_all(&folder).unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let process = run(port, &folder);
        let server = Self { port, folder, process };
        server.until_there().await;
        server
    }

    pub(crate) fn url(&self) -> SecretString {
        format!("redis://127.0.0.1:{}/", self.port).into()
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts it again on what it wrote down.
    pub(crate) async fn start_again(&mut self) {
        self.process = run(self.port, &self.folder);
        self.until_there().await;
    }

    /// Forgets everything.
    pub(crate) async fn flush(&self) {
        let _: () = redis::cmd("FLUSHALL").query_async(&mut self.connection().await.unwrap()).await.unwrap();
    }

    /// Every key in it.
    pub(crate) async fn keys(&self) -> Vec<String> {
        redis::cmd("KEYS").arg("*").query_async(&mut self.connection().await.unwrap()).await.unwrap()
    }

    /// Lets it hang (`STOP`), or go on (`CONT`).
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
    }

    async fn connection(&self) -> redis::RedisResult<redis::aio::MultiplexedConnection> {
        let url = format!("redis://127.0.0.1:{}/", self.port);
        redis::Client::open(url).unwrap().get_multiplexed_async_connection().await
    }

    async fn until_there(&self) {
        until("Redis is there", async || {
            let Ok(mut connection) = self.connection().await else { return false };
            redis::cmd("PING").query_async::<String>(&mut connection).await.is_ok()
        })
        .await;
    }
}

fn run(port: u16, folder: &PathBuf) -> Child {
    Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--appendonly", "yes", "--save", ""])
        .arg("--dir")
        .arg(folder)
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server; `tests/run` installs it")
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
