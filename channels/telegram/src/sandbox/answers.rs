//! What Telegram answers, in its own words.

use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// A success.
pub(super) fn ok(result: impl Into<Value>) -> Response {
    Json(json!({ "ok": true, "result": result.into() })).into_response()
}

/// A refusal, whose code is the HTTP status too.
pub(super) fn refusal(code: u16, description: &str) -> Response {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(json!({ "ok": false, "error_code": code, "description": description }))).into_response()
}

/// "Too Many Requests", with the wait in whole seconds, rounded up.
pub(super) fn throttled(wait: Duration) -> Response {
    let seconds = wait.as_millis().div_ceil(1000);
    let answer = json!({
        "ok": false, "error_code": 429, "description": format!("Too Many Requests: retry after {seconds}"),
        "parameters": { "retry_after": seconds },
    });
    (StatusCode::TOO_MANY_REQUESTS, Json(answer)).into_response()
}

pub(super) fn blocked() -> Response {
    refusal(403, "Forbidden: bot was blocked by the user")
}

pub(super) fn unauthorized() -> Response {
    refusal(401, "Unauthorized")
}

pub(super) fn not_found() -> Response {
    refusal(404, "Not Found")
}

/// Cuts the connection: a body that fails before its first byte makes the server drop the
/// connection with nothing written.
pub(super) fn cut() -> Response {
    let broken = futures_util::stream::iter([Err::<Bytes, _>(std::io::Error::other("cut"))]);
    Response::new(Body::from_stream(broken))
}
