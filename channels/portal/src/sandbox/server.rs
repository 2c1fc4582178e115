//! The portal's door: takes our messages.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt;
use futures_util::stream;
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;
use vestnik_contract::sandbox::Fault;

use super::PortalSandbox;

/// A message as the portal reads it.
#[derive(Deserialize)]
pub(super) struct Incoming {
    pub(super) id: String,
    pub(super) user: String,
    pub(super) title: String,
    pub(super) text: String,
}

type Portal = State<Arc<PortalSandbox>>;

pub(super) async fn serve(listener: TcpListener, sandbox: Arc<PortalSandbox>) {
    let listener = listener.tap_io(|stream| {
        // Only a matter of speed.
        let _ = stream.set_nodelay(true);
    });
    let door = get(probe).post(take);
    let router = Router::new().route("/", door.clone()).route("/{*path}", door).with_state(sandbox);
    if let Err(error) = axum::serve(listener, router).await {
        tracing::error!(%error, "the sandbox portal stopped");
    }
}

async fn probe(State(sandbox): Portal, headers: HeaderMap) -> Response {
    if !is_signed(&sandbox, &headers, b"") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    json_answer(StatusCode::OK, &json!({ "account": "Sandbox portal" }))
}

async fn take(State(sandbox): Portal, headers: HeaderMap, body: Bytes) -> Response {
    if !is_signed(&sandbox, &headers, &body) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Ok(message) = serde_json::from_slice::<Incoming>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    if header(&headers, "webhook-id") != Some(message.id.as_str()) {
        return StatusCode::BAD_REQUEST.into_response();
    }
    if let Some(reference) = sandbox.taken_before(&message.id) {
        return json_answer(StatusCode::CONFLICT, &json!({ "reference": reference }));
    }
    let fault = sandbox.faults.take(&message.user);
    match fault.and_then(refusal) {
        Some(refusal) => refusal,
        None if sandbox.is_blocked(&message.user) => StatusCode::GONE.into_response(),
        None => accept(&sandbox, &message, fault).await,
    }
}

async fn accept(sandbox: &PortalSandbox, message: &Incoming, fault: Option<Fault>) -> Response {
    if fault == Some(Fault::Hang) {
        return std::future::pending().await;
    }
    let reference = sandbox.accept(message);
    sandbox.report(&reference, &message.user, fault).await;
    if fault == Some(Fault::AcceptThenCut) {
        return cut();
    }
    json_answer(StatusCode::OK, &json!({ "reference": reference }))
}

/// The answer of a fault that refuses; `None` for one that accepts first or never answers.
fn refusal(fault: Fault) -> Option<Response> {
    let status = match fault {
        Fault::Throttle(wait) => {
            let headers = [(RETRY_AFTER, wait.as_secs().to_string())];
            return Some((StatusCode::TOO_MANY_REQUESTS, headers).into_response());
        }
        Fault::Blocked => StatusCode::GONE,
        Fault::SoftUnreachable => StatusCode::LOCKED,
        Fault::Rejected => StatusCode::UNPROCESSABLE_ENTITY,
        Fault::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
        Fault::WrongToken => StatusCode::UNAUTHORIZED,
        Fault::Hang
        | Fault::AcceptThenCut
        | Fault::LateReceipt(_)
        | Fault::DuplicateReceipt
        | Fault::EarlyReceipt
        | Fault::NoReceipt
        | Fault::FailedReceipt => return None,
    };
    Some(status.into_response())
}

/// An answer that breaks off before its body.
fn cut() -> Response {
    let broken = stream::once(async { Err::<Bytes, _>(std::io::Error::other("cut on request")) });
    Body::from_stream(broken).into_response()
}

fn is_signed(sandbox: &PortalSandbox, headers: &HeaderMap, body: &[u8]) -> bool {
    let id = header(headers, "webhook-id");
    let timestamp = header(headers, "webhook-timestamp");
    let signatures = header(headers, "webhook-signature");
    let (Some(id), Some(timestamp), Some(signatures)) = (id, timestamp, signatures) else { return false };
    let now = (sandbox.clock)().as_second();
    let fresh = timestamp.parse::<i64>().is_ok_and(|at| at.abs_diff(now) <= 300);
    fresh && sandbox.seal.is_good(id, timestamp, body, signatures)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn json_answer(status: StatusCode, body: &serde_json::Value) -> Response {
    (status, axum::Json(body)).into_response()
}
