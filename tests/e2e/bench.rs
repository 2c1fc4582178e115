//! `vestnik bench`, with the real servers and few notifications.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};
use serde::Deserialize;
use sqlx::{Connection as _, PgConnection};
use url::Url;
use uuid::Uuid;

/// A folder for what the benchmark keeps for a while, removed at the end of the test.
struct Scratch(PathBuf);

impl Scratch {
    fn create() -> Self {
        let path = std::env::temp_dir().join(format!("vestnik-e2e-bench-{}", Uuid::now_v7()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn bench(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestnik"));
        command.arg("bench").args(arguments).env("TMPDIR", &self.0);
        command
    }

    fn entries(&self) -> Vec<PathBuf> {
        fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().path()).collect()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[derive(Debug, Deserialize)]
struct Report {
    groups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
struct Group {
    part: String,
    columns: Vec<Column>,
}

#[derive(Debug, Deserialize)]
struct Column {
    name: String,
    #[serde(flatten)]
    figures: BTreeMap<String, f64>,
}

impl Report {
    fn names(&self) -> Vec<String> {
        let columns = |group: &Group| {
            group.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>().join(", ")
        };
        self.groups.iter().map(|group| format!("{}: {}", group.part, columns(group))).collect()
    }

    /// The last column of a part has these figures, all above nothing.
    fn has(&self, part: &str, figures: &[&str]) {
        let group = self.groups.iter().find(|group| group.part == part).unwrap();
        let column = group.columns.last().unwrap();
        for figure in figures {
            assert!(column.figures.get(*figure).is_some_and(|figure| *figure > 0.0), "{figure}: {group:?}");
        }
    }
}

fn measured(scratch: &Scratch, arguments: &[&str]) -> Report {
    let output = scratch.bench(arguments).arg("--json").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(scratch.entries().is_empty(), "{:?}", scratch.entries());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_benchmark_compares_every_setup_in_every_shape() {
    let report = measured(&Scratch::create(), &["--count", "50", "--quick"]);
    let parts = ["one", "mixed", "deferred", "suppressed", "failover"];
    assert_eq!(report.names(), parts.map(|part| format!("{part}: bare loop, cluster, embedded")));
    for part in parts {
        report.has(part, &["per_second", "ratio_to_bare", "done_s", "taken_in_s"]);
    }
    for part in ["one", "mixed", "failover"] {
        report.has(part, &["full_p50_ms", "full_p99_ms"]);
    }
}

#[test]
fn the_benchmark_measures_latency_replicas_old_rows_and_a_backlog() {
    let mut arguments = vec!["--count", "50", "--only", "cluster", "--shape", "mixed"];
    arguments.extend(["--replicas", "2", "--old-rows", "0,2000", "--backlog", "100"]);
    let report = measured(&Scratch::create(), &arguments);
    let expected = [
        "mixed: cluster",
        "replicas: 1 replica, 2 replicas",
        "old-rows: 0 old, 2000 old",
        "backlog: cluster",
    ];
    assert_eq!(report.names(), expected);
    report.has("mixed", &["half_p50_ms", "half_p99_ms", "idle_p50_ms", "idle_p99_ms", "database_mib"]);
    report.has("replicas", &["ratio_to_one"]);
    report.has("old-rows", &["cost_ratio"]);
    report.has("backlog", &["urgent_p50_ms", "urgent_p99_ms"]);
}

#[tokio::test]
async fn a_benchmark_that_is_stopped_leaves_nothing_behind() {
    let scratch = Scratch::create();
    let mut command = scratch.bench(&["--count", "2000", "--only", "cluster", "--shape", "mixed"]);
    let mut bench = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(bench.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(said.any(|line| line.contains("importing")));
    let database = database(&scratch.entries()[0]);
    assert!(exists(&database).await);

    let sent = Command::new("kill").args(["-TERM", &bench.id().to_string()]).status().unwrap();
    assert!(sent.success());
    assert_eq!(bench.wait().unwrap().code(), Some(1));
    assert!(said.any(|line| line.contains("the benchmark was stopped")));
    assert!(scratch.entries().is_empty(), "{:?}", scratch.entries());
    assert!(!exists(&database).await);
    assert!(!has_queue(&format!("{}.intake.normal", database.replace('_', "-"))).await);
}

/// The database that a running benchmark has made.
fn database(folder: &Path) -> String {
    let url: Url = fs::read_to_string(folder.join("postgres")).unwrap().parse().unwrap();
    url.path().trim_start_matches('/').to_owned()
}

fn server(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: `tests/run` starts the servers and runs all tests"))
}

async fn exists(database: &str) -> bool {
    let mut connection = PgConnection::connect(&server("VESTNIK_TEST_POSTGRES_URL")).await.unwrap();
    let found = sqlx::query("SELECT FROM pg_database WHERE datname = $1").bind(database);
    found.fetch_optional(&mut connection).await.unwrap().is_some()
}

async fn has_queue(name: &str) -> bool {
    let url = server("VESTNIK_TEST_AMQP_URL");
    let connection = Connection::connect(&url, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let asking = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(name.into(), asking, FieldTable::default()).await.is_ok()
}
