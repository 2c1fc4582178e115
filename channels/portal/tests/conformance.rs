//! The channel against its own sandbox, by the suite that every channel must pass.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may end where it likes")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::routing::any;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use uuid::Uuid;
use vestnik_contract::conformance::{Rig, check};
use vestnik_contract::sandbox::{Fault, Sandbox};
use vestnik_contract::{
    Adapter, CallbackRequest, Callbacks, Channel, ClockFn, Event, Message, RouteId, SecretRef, SendErrorKind,
    Sender, Setup,
};
use vestnik_portal::sandbox::{PortalSandbox, SECRET};
use vestnik_portal::{Settings, connect};

struct PortalRig {
    adapter: Adapter,
    sandbox: Arc<PortalSandbox>,
    port: u16,
    desk: Desk,
    events: Mutex<mpsc::UnboundedReceiver<Event>>,
    next: AtomicU64,
    _tasks: JoinSet<()>,
}

fn clock() -> ClockFn {
    // The one moment of these tests; both sides live in it.
    let now: Timestamp = "2026-11-22T08:00:00Z".parse().unwrap();
    Arc::new(move || now)
}

fn adapter(port: u16, secret: &str) -> Adapter {
    let file = std::env::temp_dir().join(format!("vestnik-portal-{}-{}", std::process::id(), Uuid::now_v7()));
    std::fs::write(&file, secret).unwrap();
    let settings = Settings {
        url: format!("http://127.0.0.1:{port}/messages").parse().unwrap(),
        secret: SecretRef::File(file.clone()),
        ca_file: None,
        call_timeout_seconds: 1,
        max_text_characters: 20_000,
    };
    let sender = Sender {
        label: "Ministry".into(),
        sms_sender: "Ministry".into(),
        email_address: "no-reply@agency.example".into(),
        viber_name: "Ministry".into(),
        telegram_bot: "ministry_bot".into(),
    };
    let setup = Setup { route: RouteId::new("main").unwrap(), sender, clock: clock(), callback_url: None };
    let adapter = connect(&settings, &setup).unwrap();
    std::fs::remove_file(file).unwrap();
    adapter
}

/// Serves callbacks as the gateway does: understands them, hands their events on, answers.
struct Reception {
    callbacks: Arc<dyn Callbacks>,
    events: mpsc::UnboundedSender<Event>,
    /// How many callbacks cannot be committed yet.
    away: AtomicU64,
}

type Desk = Arc<Reception>;

async fn receive(
    State(desk): State<Desk>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, Vec<u8>) {
    let headers: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let request =
        CallbackRequest { method: method.as_str(), path: "", query: "", headers: &headers, body: &body };
    let outcome = desk.callbacks.receive(&request, clock()());
    if desk.away.try_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
        return (StatusCode::SERVICE_UNAVAILABLE, Vec::new());
    }
    for event in outcome.events {
        desk.events.send(event).unwrap();
    }
    (StatusCode::from_u16(outcome.reply.status).unwrap(), outcome.reply.body)
}

async fn callback_server(tasks: &mut JoinSet<()>, desk: Desk) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/callbacks", any(receive)).with_state(desk);
    tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

impl PortalRig {
    async fn new() -> Self {
        let (sandbox, driver, address) = PortalSandbox::listen(0, clock()).await.unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(driver);
        let adapter = adapter(address.port(), SECRET);
        let (events_in, events) = mpsc::unbounded_channel();
        let callbacks = adapter.callbacks.clone().unwrap();
        let desk = Arc::new(Reception { callbacks, events: events_in, away: AtomicU64::new(0) });
        let callbacks = callback_server(&mut tasks, desk.clone()).await;
        sandbox.call_back_to(format!("http://{callbacks}/callbacks").parse().unwrap());
        Self {
            adapter,
            sandbox,
            port: address.port(),
            desk,
            events: Mutex::new(events),
            next: AtomicU64::new(1),
            _tasks: tasks,
        }
    }
}

#[async_trait(?Send)]
impl Rig for PortalRig {
    fn adapter(&self) -> &Adapter {
        &self.adapter
    }

    fn sandbox(&self) -> &dyn Sandbox {
        self.sandbox.as_ref()
    }

    fn message(&self, text: &str) -> Message {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Message {
            attempt: Uuid::now_v7(),
            recipient: self.adapter.channel.address(&format!("user-{number}")).unwrap(),
            locale: "ru".into(),
            title: "Вам положена выплата".into(),
            text: text.into(),
            expires_at: "2026-12-01T00:00:00Z".parse().ok(),
            unsubscribe: None,
        }
    }

    fn bad_addresses(&self) -> &[&'static str] {
        &["a b", "a/b", "ж", "<script>"]
    }

    fn spellings(&self) -> &[(&'static str, &'static str)] {
        &[("user-1", " user-1 ")]
    }

    fn faults(&self) -> &[(Fault, Option<&'static str>)] {
        const FAULTS: &[(Fault, Option<&str>)] = &[
            (Fault::Throttle(Duration::from_secs(30)), Some("429")),
            (Fault::Blocked, Some("410")),
            (Fault::SoftUnreachable, Some("423")),
            (Fault::Rejected, Some("422")),
            (Fault::ServerError, Some("500")),
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
        // Port 1 needs privileges to listen on, and nobody does.
        adapter(1, SECRET).channel
    }

    fn stranded(&self) -> Option<Adapter> {
        None
    }

    async fn event(&self) -> Event {
        let mut events = self.events.lock().await;
        tokio::time::timeout(Duration::from_secs(10), events.recv()).await.expect("no event came").unwrap()
    }

    fn takes_replies(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn the_channel_keeps_the_contract() {
    check(&PortalRig::new().await).await;
}

#[tokio::test]
async fn a_resend_of_an_attempt_reaches_the_citizen_once() {
    let rig = PortalRig::new().await;
    let message = rig.message("once");
    let first = rig.adapter.channel.send(&message).await.unwrap();
    let second = rig.adapter.channel.send(&message).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(rig.sandbox.screen().accepted(), 1);
}

#[tokio::test]
async fn a_callback_that_could_not_be_committed_comes_again() {
    let rig = PortalRig::new().await;
    rig.desk.away.store(2, Ordering::Relaxed);
    let accepted = rig.adapter.channel.send(&rig.message("patience")).await.unwrap();
    let Event::Receipt(receipt) = rig.event().await else { panic!("a send is followed by a receipt") };
    assert_eq!(accepted.references, [receipt.reference]);
}

/// A portal that answers everything with this status and body.
async fn stub(tasks: &mut JoinSet<()>, status: StatusCode, body: Vec<u8>) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let body = Bytes::from(body);
    let answer = move || async move { (status, [("location", "http://127.0.0.1:1/")], body) };
    let router = Router::new().fallback(answer);
    tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
    port
}

#[tokio::test]
async fn an_answer_without_end_is_read_to_its_limit_and_a_redirection_is_not_followed() {
    let rig = PortalRig::new().await;
    let mut tasks = JoinSet::new();
    let endless = stub(&mut tasks, StatusCode::OK, vec![b' '; 8 * 1024 * 1024]).await;
    let message = rig.message("text");
    let accepted = adapter(endless, SECRET).channel.send(&message).await.unwrap();
    assert_eq!(accepted.references, [message.attempt.to_string()], "the portal knows it by our id");
    let moved = stub(&mut tasks, StatusCode::TEMPORARY_REDIRECT, Vec::new()).await;
    let sent = adapter(moved, SECRET).channel.send(&message).await.map_err(|error| error.kind());
    assert_eq!(sent, Err(SendErrorKind::Misconfigured));
}

#[tokio::test]
async fn a_wrong_secret_blames_the_settings() {
    let rig = PortalRig::new().await;
    let other = adapter(rig.port, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").channel;
    let sent = other.send(&rig.message("never")).await.map_err(|error| error.kind());
    assert_eq!(sent, Err(SendErrorKind::Misconfigured));
    let probed = other.probe().await.map_err(|error| error.kind());
    assert_eq!(probed, Err(SendErrorKind::Misconfigured));
    assert_eq!(rig.sandbox.screen().accepted(), 0);
}

#[tokio::test]
async fn a_citizen_who_blocks_is_told_of_and_refused() {
    let rig = PortalRig::new().await;
    let message = rig.message("blocked");
    rig.sandbox.block(message.recipient.expose(), true).await;
    let Event::Inbound(inbound) = rig.event().await else { panic!("a block is an inbound") };
    assert_eq!(inbound.content, vestnik_contract::InboundContent::Blocked);
    let sent = rig.adapter.channel.send(&message).await.map_err(|error| error.kind());
    assert_eq!(sent, Err(SendErrorKind::Unreachable(vestnik_contract::Permanence::Permanent)));
    rig.sandbox.block(message.recipient.expose(), false).await;
    let Event::Inbound(inbound) = rig.event().await else { panic!("lifting it is an inbound") };
    assert_eq!(inbound.content, vestnik_contract::InboundContent::Unblocked);
    assert!(rig.adapter.channel.send(&message).await.is_ok());
}
