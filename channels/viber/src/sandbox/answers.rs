//! What Viber answers to `send_message`, in its own words.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A status and its name (REST bot API, "Error codes").
pub(super) type Status = (u8, &'static str);

pub(super) const OK: Status = (0, "ok");
pub(super) const INVALID_URL: Status = (1, "invalidUrl");
pub(super) const INVALID_AUTH_TOKEN: Status = (2, "invalidAuthToken");
pub(super) const BAD_DATA: Status = (3, "badData");
pub(super) const MISSING_DATA: Status = (4, "missingData");
pub(super) const NOT_SUBSCRIBED: Status = (6, "receiverNotSubscribed");
pub(super) const NO_SUITABLE_DEVICE: Status = (11, "receiverNoSuitableDevice");
pub(super) const TOO_MANY_REQUESTS: Status = (12, "tooManyRequests");

/// A refusal: HTTP 200 with a status that is not 0.
pub(super) fn refusal((status, status_message): Status) -> Response {
    Json(json!({ "status": status, "status_message": status_message })).into_response()
}

/// An acceptance.
pub(super) fn accepted(message_token: u64) -> Response {
    let (status, status_message) = OK;
    Json(json!({
        "status": status, "status_message": status_message, "message_token": message_token,
        "chat_hostname": "SN-CHAT-05_", "billing_status": 1,
    }))
    .into_response()
}

/// What a server that fails answers.
pub(super) fn server_error() -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, "<html>Internal Server Error</html>").into_response()
}

/// Cuts the connection: a body that fails before its first byte makes the server drop the
/// connection with nothing written.
pub(super) fn cut() -> Response {
    let broken = futures_util::stream::iter([Err::<Bytes, _>(std::io::Error::other("cut"))]);
    Response::new(Body::from_stream(broken))
}
