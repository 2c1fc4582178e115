//! The door of the server: it answers from the first moment on, and lets requests through once there is
//! somebody behind it.

use std::sync::{Arc, OnceLock};

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use tower::ServiceExt as _;

use super::problem::Problem;
use crate::domain::RefusalReason;

/// The door. Clones are the same one.
#[derive(Clone, Default)]
pub struct Door(Arc<OnceLock<Router>>);

impl Door {
    /// A door that is closed: the process says that it lives, that it is not ready because the ledger
    /// does not answer, and to whoever wants anything else that it may come again.
    #[must_use]
    pub fn closed() -> Self {
        Self::default()
    }

    /// From now on this router answers. A door is opened once.
    pub fn open(&self, router: Router) {
        let _ = self.0.set(router);
    }

    /// What a server serves.
    pub fn router(&self) -> Router {
        Router::new().fallback(pass).with_state(self.clone())
    }
}

async fn pass(State(door): State<Door>, request: Request) -> Response {
    let router = door.0.get().cloned().unwrap_or_else(anteroom);
    router.oneshot(request).await.into_response()
}

/// What is answered while the door is closed.
fn anteroom() -> Router {
    let wait = async || Problem::new(RefusalReason::Unavailable, "try again in a few seconds");
    Router::new().route("/healthz", get(async || "ok\n")).route("/readyz", get(not_ready)).fallback(wait)
}

async fn not_ready() -> (StatusCode, Json<serde_json::Value>) {
    let parts = json!({ "ledger": "the database is not available" });
    (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "ready": false, "parts": parts })))
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::header::RETRY_AFTER;

    use super::*;

    async fn ask(router: &Router, path: &str) -> (u16, bool, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let (status, again) = (response.status().as_u16(), response.headers().contains_key(RETRY_AFTER));
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, again, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn it_says_how_it_stands_and_opens_once() {
        let door = Door::closed();
        let router = door.router();
        assert_eq!(ask(&router, "/healthz").await, (200, false, "ok\n".to_owned()));
        let (status, _, body) = ask(&router, "/readyz").await;
        assert!(status == 503 && body.contains("\"ledger\"") && body.contains("\"ready\":false"), "{body}");
        let (status, again, body) = ask(&router, "/v1/status").await;
        assert!(status == 503 && again && body.contains("\"unavailable\""), "{body}");

        door.open(Router::new().route("/here", get(async || "somebody")));
        assert_eq!(ask(&router, "/here").await, (200, false, "somebody".to_owned()));
        assert_eq!(ask(&router, "/healthz").await.0, 404);
    }
}
