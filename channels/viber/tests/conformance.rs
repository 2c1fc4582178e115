//! The channel against the suite that every channel must pass, with the sandbox as Viber.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by a panic")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use url::Url;
use uuid::Uuid;
use vestnik_contract::conformance::{Rig, check};
use vestnik_contract::sandbox::{Fault, Sandbox};
use vestnik_contract::{
    Adapter, Address, CallbackRequest, Callbacks, Channel, Event, InboundContent, Message, RouteId,
    SecretRef, SendErrorKind, Sender, Setup,
};
use vestnik_viber::sandbox::{SandboxOptions, ViberSandbox};
use vestnik_viber::{Settings, connect};

const TOKEN: &str = "4453b6ac12345678-e02c5f12174805f9-daec9cbb5448c51f";

struct ViberRig {
    adapter: Adapter,
    sandbox: Arc<ViberSandbox>,
    url: Url,
    events: Mutex<mpsc::Receiver<Event>>,
    people: AtomicU64,
    running: JoinSet<()>,
}

fn clock() -> Timestamp {
    "2026-11-22T10:00:00Z".parse().unwrap()
}

fn token_file() -> SecretRef {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("vestnik-viber-{}-{count}", std::process::id()));
    std::fs::write(&path, TOKEN).unwrap();
    SecretRef::File(path)
}

fn adapter(api_url: Url, callback_url: Option<Url>) -> Adapter {
    let sender = Sender {
        label: "Міністерство".into(),
        sms_sender: "Minsoc".into(),
        email_address: "a@example.org".into(),
        viber_name: "Міністерство".into(),
        telegram_bot: "min_bot".into(),
    };
    let setup = Setup { route: RouteId::new("main").unwrap(), sender, clock: Arc::new(clock), callback_url };
    let token = token_file();
    let welcome_text = Some("Напишіть нам".into());
    let settings =
        Settings { token: token.clone(), api_url, call_timeout_seconds: 1, min_api_version: 1, welcome_text };
    let adapter = connect(&settings, &setup).unwrap();
    if let SecretRef::File(path) = token {
        std::fs::remove_file(path).unwrap();
    }
    adapter
}

#[derive(Clone)]
struct Callee {
    callbacks: Arc<dyn Callbacks>,
    events: mpsc::Sender<Event>,
}

/// Receives callbacks as the gateway does: the events are kept before the answer is given.
async fn receive(
    State(callee): State<Callee>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, Vec<u8>) {
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned()))
        .collect();
    let query = query.unwrap_or_default();
    let request = CallbackRequest { method: "POST", path: "", query: &query, headers: &headers, body: &body };
    let outcome = callee.callbacks.receive(&request, clock());
    for event in outcome.events {
        callee.events.send(event).await.unwrap();
    }
    (StatusCode::from_u16(outcome.reply.status).unwrap(), outcome.reply.body)
}

async fn rig() -> ViberRig {
    let options = SandboxOptions {
        listen: "127.0.0.1:0".parse().unwrap(),
        token: TOKEN.into(),
        keep: 100,
        clock: Arc::new(clock),
    };
    let (sandbox, driver, url) = ViberSandbox::start(options).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let callback_url = format!("http://{}/callbacks/viber/main", listener.local_addr().unwrap());
    let mut adapter = adapter(url.clone(), Some(callback_url.parse().unwrap()));
    let (events, received) = mpsc::channel(16);
    let callee = Callee { callbacks: adapter.callbacks.clone().unwrap(), events };
    let app = Router::new().route("/callbacks/viber/main", post(receive)).with_state(callee);
    let mut running = JoinSet::new();
    running.spawn(driver);
    running.spawn(async move { axum::serve(listener, app).await.unwrap() });
    // The driver's work is to register the webhook; it is done when it ends.
    adapter.driver.take().unwrap().await;
    ViberRig { adapter, sandbox, url, events: Mutex::new(received), people: AtomicU64::new(0), running }
}

#[async_trait(?Send)]
impl Rig for ViberRig {
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
            recipient: Address::new(format!("Vb{number:020}==")),
            locale: "uk".into(),
            title: "Title".into(),
            text: text.into(),
            expires_at: None,
            unsubscribe: None,
        }
    }

    fn bad_addresses(&self) -> &[&'static str] {
        &["+380671234567", "user@example.org", "два слова", "a b"]
    }

    fn spellings(&self) -> &[(&'static str, &'static str)] {
        &[("EWzlyeZ3Cs0uCO+wPvEOyg==", " EWzlyeZ3Cs0uCO+wPvEOyg==\n")]
    }

    fn faults(&self) -> &[(Fault, Option<&'static str>)] {
        const FAULTS: &[(Fault, Option<&str>)] = &[
            (Fault::Throttle(Duration::from_secs(7)), Some("12")),
            (Fault::Blocked, Some("6")),
            (Fault::SoftUnreachable, Some("11")),
            (Fault::Rejected, Some("3")),
            (Fault::ServerError, Some("500")),
            (Fault::WrongToken, Some("2")),
            (Fault::Hang, None),
            (Fault::AcceptThenCut, None),
        ];
        FAULTS
    }

    fn names_wait(&self) -> bool {
        false
    }

    fn unplugged(&self) -> Arc<dyn Channel> {
        // Port 1 is for root alone, and nobody serves tcpmux.
        adapter("http://127.0.0.1:1/".parse().unwrap(), None).channel
    }

    fn stranded(&self) -> Option<Adapter> {
        let callback_url = "http://127.0.0.1:1/callbacks/viber/main".parse().unwrap();
        Some(adapter("http://127.0.0.1:1/".parse().unwrap(), Some(callback_url)))
    }

    async fn event(&self) -> Event {
        let mut events = self.events.lock().await;
        let next = tokio::time::timeout(Duration::from_secs(10), events.recv()).await;
        next.expect("an event within ten seconds").expect("the callee lives")
    }

    fn takes_replies(&self) -> bool {
        true
    }
}

async fn content(rig: &ViberRig) -> InboundContent {
    let Event::Inbound(inbound) = rig.event().await else { panic!("expected an inbound") };
    inbound.content
}

#[tokio::test]
async fn viber_passes_the_suite() {
    let rig = rig().await;
    check(&rig).await;
}

#[tokio::test]
async fn a_citizen_links_blocks_and_comes_back() {
    let rig = rig().await;
    let message = rig.message("Текст");
    let address = message.recipient.expose();
    rig.sandbox.open(address, "one-time_Token9").await;
    assert_eq!(content(&rig).await, InboundContent::Link { token: "one-time_Token9".into() });
    rig.sandbox.block(address, true).await;
    assert_eq!(content(&rig).await, InboundContent::Blocked);
    let refused = rig.adapter.channel.send(&message).await.unwrap_err();
    assert_eq!(refused.provider_code(), Some("6"));
    rig.sandbox.block(address, false).await;
    assert_eq!(content(&rig).await, InboundContent::Unblocked);
    rig.adapter.channel.send(&message).await.unwrap();
}

#[tokio::test]
async fn a_callback_that_is_not_answered_with_200_comes_again() {
    let mut rig = rig().await;
    let (failing, mut calls) = mpsc::channel(16);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: Url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let answers = Arc::new(AtomicU64::new(0));
    let answer = move |body: Bytes| {
        let (failing, turn) = (failing.clone(), answers.fetch_add(1, Ordering::Relaxed));
        async move {
            failing.send(body).await.unwrap();
            if turn == 1 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
        }
    };
    let app = Router::new().route("/", post(answer));
    rig.running.spawn(async move { axum::serve(listener, app).await.unwrap() });
    let set = serde_json::json!({ "url": url, "auth_token": TOKEN });
    let sandbox = rig.url.join("pa/set_webhook").unwrap();
    let response = reqwest::Client::new().post(sandbox).json(&set).send().await.unwrap();
    assert_eq!(response.json::<serde_json::Value>().await.unwrap()["status"], 0);
    assert!(calls.recv().await.unwrap().starts_with(b"{"), "the webhook is tried first");
    rig.sandbox.reply("EWzlyeZ3Cs0uCO+wPvEOyg==", "Слово").await;
    let (first, second) = (calls.recv().await.unwrap(), calls.recv().await.unwrap());
    assert_eq!(first, second);
}

#[tokio::test]
async fn a_wrong_token_is_found_by_a_probe() {
    let rig = rig().await;
    let wrong = reqwest::Client::new()
        .post(rig.url.join("pa/get_account_info").unwrap())
        .header("X-Viber-Auth-Token", "wrong")
        .body("{}");
    let answer: serde_json::Value = wrong.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["status"], 2);
    let unplugged = rig.unplugged().probe().await.unwrap_err();
    assert_eq!(unplugged.kind(), SendErrorKind::Unavailable);
}
