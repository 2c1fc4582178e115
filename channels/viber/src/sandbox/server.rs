//! Answering the bot.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::serve::ListenerExt;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;
use vestnik_contract::sandbox::{Fault, Shown};

use super::ViberSandbox;
use super::answers::{self, Status, accepted, cut, refusal, server_error};

/// "The maximum JSON size of the request is 30kb" (REST bot API, "Send message").
const REQUEST_LIMIT: usize = 30 * 1024;

/// What a bot hears of when it names no events.
const ALL_EVENTS: [&str; 6] =
    ["delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started"];

/// Serves until dropped.
pub(super) async fn serve(listener: TcpListener, sandbox: Arc<ViberSandbox>) {
    let app = Router::new()
        .route("/pa/send_message", post(send_message))
        .route("/pa/set_webhook", post(set_webhook))
        .route("/pa/get_account_info", post(get_account_info))
        .layer(DefaultBodyLimit::max(REQUEST_LIMIT))
        .with_state(sandbox);
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    // It never returns: accepting goes on after every error.
    let _ = axum::serve(listener, app).await;
}

type Shared = State<Arc<ViberSandbox>>;

async fn send_message(State(sandbox): Shared, headers: HeaderMap, body: Bytes) -> Response {
    match authorised(&sandbox, &headers, &body).and_then(|body| Outgoing::read(&body)) {
        Ok(message) => sandbox.take(message).await,
        Err(status) => refusal(status),
    }
}

async fn set_webhook(State(sandbox): Shared, headers: HeaderMap, body: Bytes) -> Response {
    let body = match authorised(&sandbox, &headers, &body) {
        Ok(body) => body,
        Err(status) => return refusal(status),
    };
    // An empty address removes the webhook.
    if body["url"] == "" {
        sandbox.pusher.set_webhook(None);
        return refusal(answers::OK);
    }
    let url = body["url"].as_str().and_then(|text| Url::parse(text).ok());
    let Some(url) = url.filter(|url| matches!(url.scheme(), "http" | "https")) else {
        return refusal(answers::INVALID_URL);
    };
    let hello = sandbox.event("webhook", sandbox.token(), json!({}));
    if !sandbox.pusher.call(url.clone(), &hello.body).await {
        return refusal(answers::INVALID_URL);
    }
    sandbox.pusher.set_webhook(Some(url));
    let events = body.get("event_types").cloned().unwrap_or_else(|| json!(ALL_EVENTS));
    axum::Json(json!({ "status": 0, "status_message": "ok", "event_types": events })).into_response()
}

async fn get_account_info(State(sandbox): Shared, headers: HeaderMap, body: Bytes) -> Response {
    match authorised(&sandbox, &headers, &body) {
        Ok(_) => axum::Json(json!({
            "status": 0, "status_message": "ok", "id": "pa:75346594275468546724", "name": "Sandbox",
            "uri": "vestnik_sandbox", "category": "Government", "subscribers_count": 1,
        }))
        .into_response(),
        Err(status) => refusal(status),
    }
}

/// The JSON of a request that shows the token, in the header or, as Viber's Python library does, in
/// the body.
fn authorised(sandbox: &ViberSandbox, headers: &HeaderMap, body: &[u8]) -> Result<Value, Status> {
    let body: Value = serde_json::from_slice(body).map_err(|_| answers::BAD_DATA)?;
    let header = headers.get("x-viber-auth-token").and_then(|value| value.to_str().ok());
    let token = header.or_else(|| body["auth_token"].as_str());
    if token == Some(&sandbox.token) { Ok(body) } else { Err(answers::INVALID_AUTH_TOKEN) }
}

/// What a send carries.
struct Outgoing {
    receiver: String,
    sender: String,
    text: String,
}

impl Outgoing {
    fn read(body: &Value) -> Result<Self, Status> {
        let field = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let text = |value| field(value).ok_or(answers::MISSING_DATA);
        if text(&body["type"])? != "text" {
            return Err(answers::BAD_DATA);
        }
        let read = Self {
            receiver: text(&body["receiver"])?,
            sender: text(&body["sender"]["name"])?,
            text: text(&body["text"])?,
        };
        let fits = read.sender.chars().count() <= 28 && read.text.chars().count() <= 7000;
        if fits { Ok(read) } else { Err(answers::BAD_DATA) }
    }
}

impl ViberSandbox {
    /// Takes a message, or misbehaves as asked.
    async fn take(&self, message: Outgoing) -> Response {
        let fault = self.faults.take(&message.receiver);
        match fault {
            Some(Fault::Throttle(_)) => return refusal(answers::TOO_MANY_REQUESTS),
            Some(Fault::Blocked) => return refusal(answers::NOT_SUBSCRIBED),
            Some(Fault::SoftUnreachable) => return refusal(answers::NO_SUITABLE_DEVICE),
            Some(Fault::Rejected) => return refusal(answers::BAD_DATA),
            Some(Fault::ServerError) => return server_error(),
            Some(Fault::WrongToken) => return refusal(answers::INVALID_AUTH_TOKEN),
            // Ends when the bot gives up and closes the connection.
            Some(Fault::Hang) => std::future::pending().await,
            _ if self.is_blocked(&message.receiver) => return refusal(answers::NOT_SUBSCRIBED),
            _ => {}
        }
        let receiver = message.receiver.clone();
        let token = self.show(message);
        if fault == Some(Fault::AcceptThenCut) {
            return cut();
        }
        self.receipt(token, &receiver, fault).await;
        accepted(token)
    }

    fn show(&self, message: Outgoing) -> u64 {
        let token = self.token();
        self.screen.show(Shown {
            number: 0,
            channel: self.channel.clone(),
            address: message.receiver,
            sender: message.sender,
            title: None,
            text: message.text,
            reference: token.to_string(),
            at: (self.clock)(),
            read: false,
        });
        token
    }

    /// The receipt of an accepted message, as the fault has it.
    async fn receipt(&self, token: u64, receiver: &str, fault: Option<Fault>) {
        let failed = json!({ "user_id": receiver, "desc": "failure description" });
        let mut push = match fault {
            Some(Fault::NoReceipt) => return,
            Some(Fault::FailedReceipt) => self.event("failed", token, failed),
            _ => self.event("delivered", token, json!({ "user_id": receiver })),
        };
        match fault {
            // Whoever waits here waits for the bot, which is sure to hear of it first.
            Some(Fault::EarlyReceipt) => return self.pusher.deliver(&push).await,
            Some(Fault::LateReceipt(wait)) => push.after = wait,
            Some(Fault::DuplicateReceipt) => self.pusher.enqueue(push.clone()).await,
            _ => push.after = Duration::ZERO,
        }
        self.pusher.enqueue(push).await;
    }
}
