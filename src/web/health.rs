//! Whether the process lives, whether it can work, and what it measured.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Map, Value, json};

use super::problem::{Kind, Problem};
use super::state::WebState;

/// Something that has to be there for the gateway to work, such as the broker.
#[derive(Clone)]
pub struct Probe {
    /// Its name in `/readyz`.
    pub name: &'static str,
    /// Says at once whether it is there, or what is wrong in a few words without anything secret.
    pub check: Arc<dyn Fn() -> Result<(), String> + Send + Sync>,
}

/// How long the ledger may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) fn routes() -> Router<WebState> {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
}

/// Each part by name with `ok` or what is wrong; 503 where any is wrong.
async fn ready(State(web): State<WebState>) -> Response {
    let ledger = tokio::time::timeout(PATIENCE, ask_ledger(&web)).await;
    let ledger = ledger.unwrap_or_else(|_| Err("no answer".to_owned()));
    let others = web.probes.iter().map(|probe| (probe.name, (probe.check)()));
    let verdicts: Vec<_> = std::iter::once(("ledger", ledger)).chain(others).collect();
    let ready = verdicts.iter().all(|(_, verdict)| verdict.is_ok());
    let parts: Map<_, _> = verdicts
        .into_iter()
        .map(|(name, verdict)| {
            (name.to_owned(), Value::from(verdict.err().unwrap_or_else(|| "ok".to_owned())))
        })
        .collect();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": ready, "parts": parts }))).into_response()
}

async fn ask_ledger(web: &WebState) -> Result<(), String> {
    // The words of a store error name no data.
    let words = |error: crate::ledger::StoreError| error.to_string();
    let mut tx = web.ledger.store().read().await.map_err(words)?;
    tx.value("ready").await.map(drop).map_err(words)
}

async fn metrics(State(web): State<WebState>) -> Response {
    match &web.metrics {
        Some(metrics) => {
            ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.render()).into_response()
        }
        None => Problem::new(Kind::NotFound, "metrics are not collected by this process").into_response(),
    }
}
