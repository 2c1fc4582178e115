//! A whole installation for one test: the shipped configuration, a ledger, a virtual host at the
//! broker, the providers' sandboxes, citizens, and the gateway's process, which can be started,
//! stopped and killed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use crate::broker::{USER, VirtualHost};
use crate::database::Database;
use crate::feed::{Status, endings};
use crate::people::{Person, SOURCE, import_file};
use crate::process::{Process, Setting, sum_of, tail};
use crate::sandboxes::{CHANNELS, Sandboxes};
use crate::servers::Servers;
use crate::tier::until;

/// Which ledger a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    Sqlite,
    Postgres,
}

/// An installation.
pub(crate) struct World {
    pub(crate) host: VirtualHost,
    pub(crate) sandboxes: Sandboxes,
    pub(crate) setting: Setting,
    pub(crate) public: Url,
    pub(crate) http: reqwest::Client,
    token: String,
    portal_token: String,
    database: Option<Database>,
    process: Option<Process>,
    told: Vec<Status>,
    cursor: Option<String>,
}

/// The ledger's master key, which no log may show.
pub(crate) const MASTER_KEY: &str = "0123456789abcdef0123456789abcdef";

/// How long the gateway may take to be ready.
const READY: Duration = Duration::from_mins(2);

impl World {
    /// Prepares everything and starts nothing of the gateway.
    pub(crate) async fn new(kept: Kept, people: &[Person]) -> Self {
        Self::on(Servers::shared(), kept, people).await
    }

    /// The same on these servers.
    pub(crate) async fn on(servers: Servers, kept: Kept, people: &[Person]) -> Self {
        let folder = std::env::temp_dir().join(format!("vestnik-e2e-{}", Uuid::now_v7()));
        fs::create_dir_all(&folder).unwrap();
        copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("config"), &folder.join("config"));
        open_at_all_hours(&folder);
        let public: Url = format!("http://127.0.0.1:{}/", free_port()).parse().unwrap();
        let sandboxes = Sandboxes::start(&public).await;
        let host = VirtualHost::create(servers.broker, &folder);
        let mut setting = Setting { environment: sandboxes.settings(&folder), folder, shell: "" };
        setting.environment.extend(usual_settings(&public, &host));
        let database = match kept {
            Kept::Sqlite => None,
            Kept::Postgres => Some(Database::create(servers.postgres).await),
        };
        if let Some(database) = &database {
            database.in_place_of_sqlite(&mut setting);
        }
        setting.run(&["migrate"]);
        let file = setting.folder.join("citizens.ndjson");
        fs::write(&file, import_file(people)).unwrap();
        setting.run(&["import", file.to_str().unwrap()]);
        let create = ["token", "create", "--label", "a test", "--scope"];
        let token = |scope: &[&str]| setting.run(&[&create, scope].concat()).trim().to_owned();
        let (portal_token, token) = (token(&["inbox"]), token(&["publish,status", "--source", SOURCE]));
        let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
        let (process, told, cursor) = (None, Vec::new(), None);
        Self { host, sandboxes, setting, public, http, token, portal_token, database, process, told, cursor }
    }

    /// Sets a setting of the processes to come.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.setting.environment.push((name.to_owned(), value.into()));
    }

    /// Starts the gateway and waits until it is ready.
    pub(crate) async fn start(&mut self) {
        self.spawn();
        self.until_ready(true).await;
    }

    /// Starts the gateway.
    pub(crate) fn spawn(&mut self) {
        self.process = Some(self.setting.serve());
    }

    /// Waits until `/readyz` says that the gateway is ready, or that it is not. It must be alive.
    pub(crate) async fn until_ready(&mut self, ready: bool) {
        let mut process = self.process.take().unwrap();
        until("/readyz says so", READY, async || {
            assert_eq!(process.ended(), None, "the gateway ended");
            self.readiness().await.is_some_and(|(status, _)| (status == StatusCode::OK) == ready)
        })
        .await;
        self.process = Some(process);
    }

    /// What `/readyz` says; `None` where nobody listens.
    pub(crate) async fn readiness(&self) -> Option<(StatusCode, Value)> {
        let answer = self.http.get(self.public.join("readyz").unwrap()).send().await.ok()?;
        Some((answer.status(), answer.json().await.ok()?))
    }

    /// What the system calls the gateway's process.
    pub(crate) fn pid(&self) -> u32 {
        self.process.as_ref().unwrap().pid()
    }

    /// Publishes a notification over HTTP; how that was answered.
    pub(crate) async fn publish(&self, body: &Value) -> StatusCode {
        let to = self.public.join("v1/notifications").unwrap();
        self.http.post(to).bearer_auth(&self.token).json(body).send().await.unwrap().status()
    }

    /// Ends the gateway as a power cut does.
    pub(crate) fn kill(&mut self) {
        self.process.take().unwrap().kill();
    }

    /// Ends the gateway in good order: there is nothing to complain of.
    pub(crate) async fn stop(&mut self) {
        let status = self.process.take().unwrap().terminate(READY).await;
        assert!(status.success(), "SIGTERM: {status}");
        let log = fs::read_to_string(self.setting.log()).unwrap();
        let (_, end) = log.rsplit_once("a signal came").unwrap();
        // The driver of the database says when it was slow, which says something of the machine alone.
        let mut lines = end.lines().filter(|line| !line.contains(" sqlx::"));
        assert!(lines.all(|line| !line.contains("WARN") && !line.contains("ERROR")), "{end}");
    }

    /// Asks the HTTP API as the source.
    pub(crate) async fn get(&self, path: &str) -> Value {
        self.ask(path, &self.token).await
    }

    /// A citizen's inbox, as the portal shows it.
    pub(crate) async fn inbox(&self, person: &Person) -> Value {
        self.ask(&format!("v1/citizens/{}/inbox", person.id), &self.portal_token).await
    }

    /// Asks until there is an answer: while the ledger does not answer, it is 503 or late.
    async fn ask(&self, path: &str, token: &str) -> Value {
        let mut told = Value::Null;
        until("the API answers", READY, async || {
            let answer = self.http.get(self.public.join(path).unwrap()).bearer_auth(token).send().await;
            let Ok(answer) = answer else { return false };
            if answer.status() == StatusCode::SERVICE_UNAVAILABLE {
                return false;
            }
            told = answer.error_for_status().unwrap().json().await.unwrap();
            true
        })
        .await;
        told
    }

    /// All statuses so far, as the pull feed tells them.
    pub(crate) async fn statuses(&mut self) -> &[Status] {
        loop {
            let after = self.cursor.as_ref().map(|cursor| format!("&after={cursor}")).unwrap_or_default();
            let page = self.get(&format!("v1/status?limit=500{after}")).await;
            let statuses: Vec<Status> = serde_json::from_value(page["statuses"].clone()).unwrap();
            self.cursor = page["next"].as_str().map(str::to_owned);
            if statuses.is_empty() {
                return &self.told;
            }
            self.told.extend(statuses);
        }
    }

    /// Waits until this many notifications have ended.
    pub(crate) async fn until_ended(&mut self, count: usize, at_most: Duration) -> Vec<Status> {
        until("every notification has ended", at_most, async || {
            endings(self.statuses().await).len() >= count
        })
        .await;
        self.told.clone()
    }

    /// The database, where the ledger is in one.
    pub(crate) fn database(&self) -> &Database {
        self.database.as_ref().unwrap()
    }

    /// The sum of a metric over all series with this label.
    pub(crate) async fn metric(&self, name: &str, label: &str) -> u64 {
        let answer = self.http.get(self.public.join("metrics").unwrap()).send().await.unwrap();
        sum_of(&answer.text().await.unwrap(), name, label)
    }

    /// The dead letters, the newest first.
    pub(crate) fn dead_letters(&self) -> Vec<Value> {
        let list = self.setting.run(&["dead", "list", "--json", "--limit", "1000"]);
        serde_json::from_str(&list).unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("The end of the gateway's log:\n{}", tail(&self.setting.log()));
        }
        self.process = None;
        if let Some(database) = self.database.take() {
            database.remove();
        }
        let _ = fs::remove_dir_all(&self.setting.folder);
    }
}

/// What differs from the shipped configuration besides the providers: places and secrets, and limits
/// and waits that would make a test last for hours.
fn usual_settings(public: &Url, host: &VirtualHost) -> Vec<(String, String)> {
    let mut settings = Vec::from(
        [
            ("VESTNIK_MASTER_KEY", MASTER_KEY),
            ("VESTNIK_AMQP_URL", host.gateway().as_str()),
            ("VESTNIK__GATEWAY__BROKER__URL", "{ env = \"VESTNIK_AMQP_URL\" }"),
            ("VESTNIK__GATEWAY__HTTP__LISTEN", &public[url::Position::BeforeHost..url::Position::AfterPort]),
            ("VESTNIK__GATEWAY__HTTP__PUBLIC_URL", public.as_str()),
            ("VESTNIK__POLICY__BUDGET__PER_DAY", "100000"),
            ("VESTNIK__POLICY__BUDGET__PER_WEEK", "100000"),
            ("VESTNIK__POLICY__BUDGET__PER_MONTH", "100000"),
            ("VESTNIK__POLICY__BUNDLING__MODE", "off"),
            ("VESTNIK__POLICY__GUARD__MODE", "off"),
            ("VESTNIK__POLICY__INTRODUCTION__MODE", "off"),
            ("VESTNIK__POLICY__RETRY__FIRST_SECONDS", "1"),
            ("VESTNIK__POLICY__RETRY__LONGEST_SECONDS", "2"),
            ("VESTNIK__POLICY__RETRY__TRIES", "100"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    settings.push((format!("VESTNIK__SOURCES__{}__AMQP_USER", SOURCE.to_uppercase()), USER.to_owned()));
    for channel in CHANNELS.map(str::to_uppercase) {
        settings.push((format!("VESTNIK__POLICY__CHANNELS__{channel}__WAIT_MINUTES"), "1".to_owned()));
        for (key, value) in
            [("LEASE_SECONDS", "15"), ("PER_SECOND", "5000"), ("PER_CITIZEN_PER_MINUTE", "100000")]
        {
            settings.push((format!("VESTNIK__CHANNELS__{channel}__LANE__{key}"), value.to_owned()));
        }
    }
    settings
}

/// The jurisdictions' files are law and cannot be set from the environment: a test that would wait
/// for the morning writes its own.
fn open_at_all_hours(folder: &Path) {
    let file = folder.join("config/jurisdictions/ua.toml");
    let mut text = fs::read_to_string(&file).unwrap();
    for hours in [r#"from = "09:00", until = "20:00""#, r#"from = "10:00", until = "18:00""#] {
        assert!(text.contains(hours));
        text = text.replace(hours, r#"from = "00:00", until = "00:00""#);
    }
    fs::write(file, text).unwrap();
}

/// A port on which nothing listens, below those that the system gives to outgoing connections.
pub(crate) fn free_port() -> u16 {
    let ports = std::iter::repeat_with(|| 10_000 + rand::random::<u16>() % 10_000);
    let mut free = ports.filter(|port| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.next().unwrap()
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target: PathBuf = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
