//! The channel wired to its sandbox.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by a panic")]
#![allow(dead_code, reason = "not every test uses all of it")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::timeout;
use uuid::Uuid;
use vestnik_contract::{Adapter, Address, ClockFn, Event, Message, RouteId, Sender, Setup};
use vestnik_sms::Settings;
use vestnik_sms::sandbox::{Options, Smsc};

/// An SMSC, an adapter bound to it, and the tasks of both. All end when it is dropped.
pub(crate) struct Wired {
    pub(crate) smsc: Arc<Smsc>,
    pub(crate) adapter: Adapter,
    pub(crate) port: u16,
    pub(crate) tasks: std::sync::Mutex<JoinSet<()>>,
    numbers: AtomicU64,
    events: Mutex<Vec<Event>>,
}

pub(crate) fn clock() -> ClockFn {
    Arc::new(|| "2026-11-22T10:00:00Z".parse().unwrap())
}

/// An adapter for this port; `more` is JSON members of the settings, beginning with a comma.
pub(crate) fn adapter(port: u16, more: &str) -> Adapter {
    let secret = std::env::temp_dir().join(format!("vestnik-sms-{}-{port}", std::process::id()));
    std::fs::write(&secret, "secret08").unwrap();
    let path = secret.display().to_string();
    let settings = format!(
        r#"{{"host": "127.0.0.1", "port": {port}, "system_id": "ministry", "password": {{"file": {path:?}}},
            "reconnect_first_seconds": 0.05, "reconnect_max_seconds": 0.2 {more}}}"#
    );
    let settings: Settings = serde_json::from_str(&settings).unwrap();
    let sender = Sender {
        label: "Ministry".into(),
        sms_sender: "Minsoc".into(),
        email_address: "vestnik@minsoc.example".into(),
        viber_name: "Ministry".into(),
        telegram_bot: "minsoc_bot".into(),
    };
    let route = RouteId::new("main").unwrap();
    let adapter =
        vestnik_sms::connect(settings, &Setup { route, sender, clock: clock(), callback_url: None });
    std::fs::remove_file(&secret).unwrap();
    adapter.unwrap()
}

impl Wired {
    pub(crate) async fn start(more: &str) -> Self {
        let options = Options {
            port: 0,
            system_id: "ministry".into(),
            password: "secret08".into(),
            keep: 1000,
            clock: clock(),
        };
        let (smsc, driver, address) = Smsc::start(options).await.unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(driver);
        let mut adapter = adapter(address.port(), more);
        tasks.spawn(adapter.driver.take().unwrap());
        Self {
            smsc,
            adapter,
            port: address.port(),
            tasks: std::sync::Mutex::new(tasks),
            numbers: AtomicU64::new(0),
            events: Mutex::default(),
        }
    }

    /// A message to another number each time.
    pub(crate) fn message(&self, text: &str) -> Message {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        message(&format!("+380671{number:06}"), text)
    }

    /// The next event, acknowledged with its batch.
    pub(crate) async fn event(&self) -> Event {
        let mut events = self.events.lock().await;
        if events.is_empty() {
            let source = self.adapter.events.as_ref().unwrap();
            let batch = timeout(Duration::from_secs(10), source.next()).await;
            let batch = batch.expect("no event within ten seconds").unwrap();
            events.extend(batch.events.into_iter().rev());
            source.acknowledge(batch.token).await.unwrap();
        }
        events.pop().expect("a batch has events")
    }
}

pub(crate) fn message(to: &str, text: &str) -> Message {
    Message {
        attempt: Uuid::now_v7(),
        recipient: Address::new(to),
        locale: "uk".into(),
        title: String::new(),
        text: text.into(),
        expires_at: None,
        unsubscribe: None,
    }
}
