//! The channel against the suite that every channel must pass, with the sandbox as Telegram.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by a panic")]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use url::Url;
use uuid::Uuid;
use vestnik_contract::conformance::{Rig, check};
use vestnik_contract::sandbox::{Fault, Sandbox};
use vestnik_contract::{
    Adapter, Address, Channel, Event, EventSource, InboundContent, Message, RouteId, SecretRef,
    SendErrorKind, Sender, Setup, Standing,
};
use vestnik_telegram::sandbox::{SandboxOptions, TelegramSandbox};
use vestnik_telegram::{Settings, connect};

const TOKEN: &str = "123456789:AAE-sandbox_token";

struct TelegramRig {
    adapter: Adapter,
    sandbox: Arc<TelegramSandbox>,
    url: Url,
    events: Mutex<VecDeque<Event>>,
    people: AtomicU64,
    running: JoinSet<()>,
}

fn clock() -> Timestamp {
    "2026-11-22T10:00:00Z".parse().unwrap()
}

fn adapter(api_url: Url, token: &str) -> Adapter {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("vestnik-telegram-{}-{count}", std::process::id()));
    std::fs::write(&path, token).unwrap();
    let sender = Sender {
        label: "Міністерство".into(),
        sms_sender: "Minsoc".into(),
        email_address: "a@example.org".into(),
        viber_name: "Міністерство".into(),
        telegram_bot: "minsoc_bot".into(),
    };
    let setup =
        Setup { route: RouteId::new("main").unwrap(), sender, clock: Arc::new(clock), callback_url: None };
    let token = SecretRef::File(path.clone());
    let settings = Settings { token, api_url, call_timeout_seconds: 1, poll_seconds: 1 };
    let adapter = connect(&settings, &setup).unwrap();
    std::fs::remove_file(path).unwrap();
    adapter
}

async fn start(listen: SocketAddr, running: &mut JoinSet<()>) -> (Arc<TelegramSandbox>, Url) {
    let options = SandboxOptions {
        listen,
        token: TOKEN.into(),
        bot: "Minsoc_bot".into(),
        keep: 100,
        clock: Arc::new(clock),
    };
    let (sandbox, driver, url) = TelegramSandbox::start(options).await.unwrap();
    running.spawn(driver);
    (sandbox, url)
}

async fn rig() -> TelegramRig {
    let mut running = JoinSet::new();
    let (sandbox, url) = start("127.0.0.1:0".parse().unwrap(), &mut running).await;
    let adapter = adapter(url.clone(), TOKEN);
    TelegramRig { adapter, sandbox, url, events: Mutex::default(), people: AtomicU64::new(1), running }
}

impl TelegramRig {
    fn source(&self) -> &dyn EventSource {
        &**self.adapter.events.as_ref().unwrap()
    }

    async fn content(&self) -> InboundContent {
        let Event::Inbound(inbound) = self.event().await else { panic!("expected an inbound") };
        inbound.content
    }
}

#[async_trait(?Send)]
impl Rig for TelegramRig {
    fn adapter(&self) -> &Adapter {
        &self.adapter
    }

    fn sandbox(&self) -> &dyn Sandbox {
        &*self.sandbox
    }

    fn message(&self, text: &str) -> Message {
        let number = self.people.fetch_add(1, Ordering::Relaxed);
        Message {
            attempt: Uuid::from_u128(number.into()),
            recipient: Address::new((7_000_000_000 + number).to_string()),
            locale: "uk".into(),
            title: "Title".into(),
            text: text.into(),
            expires_at: None,
            unsubscribe: None,
        }
    }

    fn bad_addresses(&self) -> &[&'static str] {
        &["+380671234567", "@someone", "-100500", "0", "1e3"]
    }

    fn spellings(&self) -> &[(&'static str, &'static str)] {
        &[("5000000001", " 005000000001\n")]
    }

    fn faults(&self) -> &[(Fault, Option<&'static str>)] {
        const FAULTS: &[(Fault, Option<&str>)] = &[
            (Fault::Throttle(Duration::from_secs(7)), Some("429")),
            (Fault::Blocked, Some("403")),
            (Fault::Rejected, Some("400")),
            (Fault::ServerError, Some("502")),
            (Fault::WrongToken, Some("401")),
            (Fault::Hang, None),
            (Fault::AcceptThenCut, None),
        ];
        FAULTS
    }

    fn names_wait(&self) -> bool {
        true
    }

    fn unplugged(&self) -> Arc<dyn Channel> {
        // Port 1 is for root alone, and nobody serves tcpmux.
        adapter("http://127.0.0.1:1/".parse().unwrap(), TOKEN).channel
    }

    fn stranded(&self) -> Option<Adapter> {
        Some(adapter("http://127.0.0.1:1/".parse().unwrap(), TOKEN))
    }

    async fn event(&self) -> Event {
        let mut events = self.events.lock().await;
        let patience = tokio::time::Instant::now() + Duration::from_secs(10);
        loop {
            if let Some(event) = events.pop_front() {
                return event;
            }
            let batch = tokio::time::timeout_at(patience, self.source().next()).await;
            let batch = batch.expect("an event within ten seconds").unwrap();
            events.extend(batch.events);
            self.source().acknowledge(batch.token).await.unwrap();
        }
    }

    fn takes_replies(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn telegram_passes_the_suite() {
    let rig = rig().await;
    check(&rig).await;
}

#[tokio::test]
async fn a_citizen_links_blocks_and_comes_back() {
    let rig = rig().await;
    let message = rig.message("Текст");
    let address = message.recipient.expose();
    rig.sandbox.open(address, "one-time_Token9").await;
    assert_eq!(rig.content().await, InboundContent::Link { token: "one-time_Token9".into() });
    rig.sandbox.block(address, true).await;
    assert_eq!(rig.content().await, InboundContent::Blocked);
    let refused = rig.adapter.channel.send(&message).await.unwrap_err();
    assert_eq!(refused.provider_code(), Some("403"));
    rig.sandbox.block(address, false).await;
    assert_eq!(rig.content().await, InboundContent::Unblocked);
    rig.adapter.channel.send(&message).await.unwrap();
}

#[tokio::test]
async fn what_is_not_acknowledged_comes_again() {
    let rig = rig().await;
    rig.sandbox.reply("5", "перше").await;
    let first = rig.source().next().await.unwrap();
    let again = rig.source().next().await.unwrap();
    assert_eq!(first.events, again.events);
    rig.source().acknowledge(u64::MAX).await.unwrap();
    rig.sandbox.reply("5", "друге").await;
    let both = rig.source().next().await.unwrap();
    assert_eq!(both.events.len(), 2, "an unknown token confirms nothing");
    rig.source().acknowledge(both.token).await.unwrap();
    rig.sandbox.reply("5", "третє").await;
    let third = rig.source().next().await.unwrap();
    assert_eq!(third.events.len(), 1);
    let elsewhere = adapter(rig.url.clone(), TOKEN).events.unwrap();
    assert_eq!(elsewhere.next().await.unwrap().events, third.events, "another process gets it too");
}

#[tokio::test]
async fn an_update_without_meaning_is_acknowledged() {
    let rig = rig().await;
    rig.sandbox.reply("-5", "з групи").await;
    let batch = rig.source().next().await.unwrap();
    assert!(batch.events.is_empty());
    rig.source().acknowledge(batch.token).await.unwrap();
    rig.sandbox.reply("5", "слово").await;
    assert_eq!(rig.content().await, InboundContent::Text("слово".into()));
}

#[tokio::test]
async fn a_wrong_token_is_a_misconfiguration() {
    let rig = rig().await;
    let stranger = adapter(rig.url.clone(), "123456789:other");
    let sent = stranger.channel.send(&rig.message("Текст")).await.unwrap_err();
    let probed = stranger.channel.probe().await.unwrap_err();
    let polled = stranger.events.as_ref().unwrap().next().await.unwrap_err();
    let Standing::Broken(standing) = stranger.channel.standing() else { panic!("nobody lets us poll") };
    for error in [sent, probed, polled, standing] {
        assert_eq!((error.kind(), error.provider_code()), (SendErrorKind::Misconfigured, Some("401")));
    }
}

#[tokio::test]
async fn a_poll_of_nobody_is_an_error_at_once() {
    let mut rig = rig().await;
    rig.running.shutdown().await;
    let error = rig.source().next().await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::Unavailable);
}

#[tokio::test]
async fn a_poll_that_is_well_again_is_news_also_while_nobody_writes() {
    let mut rig = rig().await;
    rig.running.shutdown().await;
    rig.source().next().await.unwrap_err();
    let address = rig.url.socket_addrs(|| None).unwrap()[0];
    start(address, &mut rig.running).await;
    let batch = rig.source().next().await.unwrap();
    assert!(batch.events.is_empty());
    rig.source().acknowledge(batch.token).await.unwrap();
}
