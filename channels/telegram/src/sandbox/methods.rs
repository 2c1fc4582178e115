//! Answering the bot.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::any;
use axum::serve::ListenerExt;
use serde_json::json;
use tokio::net::TcpListener;
use vestnik_contract::sandbox::{Fault, Shown};

use super::answers::{blocked, cut, not_found, ok, refusal, throttled, unauthorized};
use super::parameters::Parameters;
use super::updates::Polled;
use super::{TelegramSandbox, chat};

/// More than any text with its parameters needs.
const REQUEST_LIMIT: usize = 256 * 1024;
/// The longest time a poll is held open.
const LONGEST_POLL: Duration = Duration::from_secs(50);

/// Serves until dropped.
pub(super) async fn serve(listener: TcpListener, sandbox: Arc<TelegramSandbox>) {
    let app = Router::new()
        .route("/{bot}/{method}", any(call))
        .fallback(|| async { not_found() })
        .layer(DefaultBodyLimit::max(REQUEST_LIMIT))
        .with_state(sandbox);
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    // It never returns: accepting goes on after every error.
    let _ = axum::serve(listener, app).await;
}

async fn call(
    State(sandbox): State<Arc<TelegramSandbox>>,
    Path((bot, method)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(token) = bot.strip_prefix("bot") else { return not_found() };
    if token != sandbox.token {
        return unauthorized();
    }
    let content_type = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some(parameters) = Parameters::read(&query.unwrap_or_default(), content_type, &body) else {
        return refusal(400, "Bad Request: can't parse JSON object");
    };
    match method.to_ascii_lowercase().as_str() {
        "getme" => sandbox.get_me(),
        "sendmessage" => sandbox.send_message(&parameters).await,
        "getupdates" => sandbox.get_updates(&parameters).await,
        "deletewebhook" => ok(true),
        _ => not_found(),
    }
}

/// What a send carries.
struct Outgoing {
    chat_id: i64,
    text: String,
}

impl Outgoing {
    fn read(parameters: &Parameters) -> Result<Self, &'static str> {
        let chat_id = parameters.text("chat_id").ok_or("Bad Request: chat_id is empty")?;
        let chat_id = chat_id.parse().ok().filter(|id| *id > 0).ok_or("Bad Request: chat not found")?;
        let text = parameters.text("text").filter(|text| !text.trim().is_empty());
        let text = text.ok_or("Bad Request: message text is empty")?;
        let fits = text.encode_utf16().count() <= 4096;
        if fits { Ok(Self { chat_id, text }) } else { Err("Bad Request: message is too long") }
    }
}

impl TelegramSandbox {
    fn get_me(&self) -> Response {
        let mut me = self.bot_user();
        me["can_join_groups"] = false.into();
        me["can_read_all_group_messages"] = false.into();
        me["supports_inline_queries"] = false.into();
        me["can_connect_to_business"] = false.into();
        me["has_main_web_app"] = false.into();
        ok(me)
    }

    async fn get_updates(&self, parameters: &Parameters) -> Response {
        let offset = parameters.number("offset").unwrap_or_default();
        let limit = parameters.number("limit").and_then(|limit| limit.try_into().ok()).unwrap_or(100);
        let seconds = parameters.number("timeout").and_then(|seconds| seconds.try_into().ok()).unwrap_or(0);
        let patience = Duration::from_secs(seconds).min(LONGEST_POLL);
        match self.updates.poll(offset, limit.clamp(1, 100), patience).await {
            Polled::Updates(updates) => ok(updates),
            Polled::Replaced => refusal(
                409,
                "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
            ),
        }
    }

    /// Takes a message, or misbehaves as asked.
    async fn send_message(&self, parameters: &Parameters) -> Response {
        let message = match Outgoing::read(parameters) {
            Ok(message) => message,
            Err(description) => return refusal(400, description),
        };
        let fault = self.faults.take(&message.chat_id.to_string());
        match fault {
            Some(Fault::Throttle(wait)) => return throttled(wait),
            Some(Fault::Blocked) => return blocked(),
            Some(Fault::Rejected) => return refusal(400, "Bad Request: message is too long"),
            Some(Fault::ServerError) => return refusal(502, "Bad Gateway"),
            Some(Fault::WrongToken) => return unauthorized(),
            // Ends when the bot gives up and closes the connection.
            Some(Fault::Hang) => std::future::pending().await,
            _ if self.blocked().contains(&message.chat_id) => return blocked(),
            // Telegram has no passing unreachability and no receipts: what is left is accepted.
            _ => {}
        }
        let accepted = self.show(message);
        if fault == Some(Fault::AcceptThenCut) { cut() } else { accepted }
    }

    fn show(&self, message: Outgoing) -> Response {
        let message_id = self.message_id();
        let sent = json!({
            "message_id": message_id, "from": self.bot_user(), "chat": chat(message.chat_id),
            "date": self.now(), "text": message.text,
        });
        self.screen.show(Shown {
            number: 0,
            channel: self.channel.clone(),
            address: message.chat_id.to_string(),
            sender: self.bot.clone(),
            title: None,
            text: message.text,
            reference: message_id.to_string(),
            at: (self.clock)(),
            read: false,
        });
        ok(sent)
    }
}
