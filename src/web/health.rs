//! Whether the process lives, whether it can work, and what it measured.

use std::error::Error as _;
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

use super::problem::Problem;
use super::state::WebState;
use crate::domain::RefusalReason;
use crate::ledger::StoreError;

/// Something outside of the process that it works with, such as the broker.
#[derive(Clone)]
pub struct Probe {
    /// Its name in `/readyz`. Where several have one name, what is wrong is told.
    pub name: String,
    /// Whether the gateway is not ready without it. Without one provider it is: the others are used.
    pub needed: bool,
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

/// Each part by name with `ok` or what is wrong; 503 where any that is needed is wrong.
async fn ready(State(web): State<WebState>) -> Response {
    let ledger = tokio::time::timeout(PATIENCE, ask_ledger(&web)).await;
    let ledger = ledger.unwrap_or_else(|_| Err("no answer".to_owned()));
    let mut ready = ledger.is_ok();
    let mut parts = Map::from_iter([("ledger".to_owned(), word(ledger))]);
    for probe in &web.probes {
        let verdict = (probe.check)();
        ready &= verdict.is_ok() || !probe.needed;
        if verdict.is_err() || !parts.contains_key(&probe.name) {
            parts.insert(probe.name.clone(), word(verdict));
        }
    }
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": ready, "parts": parts }))).into_response()
}

fn word(verdict: Result<(), String>) -> Value {
    Value::from(verdict.err().unwrap_or_else(|| "ok".to_owned()))
}

async fn ask_ledger(web: &WebState) -> Result<(), String> {
    let mut tx = web.ledger.store().read().await.map_err(|error| words(&error))?;
    tx.value("ready").await.map(drop).map_err(|error| words(&error))
}

/// What is wrong and why: neither names any data.
fn words(error: &StoreError) -> String {
    let why = error.source().map(|why| format!(": {why}"));
    format!("{error}{}", why.unwrap_or_default())
}

async fn metrics(State(web): State<WebState>) -> Response {
    match &web.metrics {
        Some(metrics) => {
            ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.render()).into_response()
        }
        None => {
            Problem::new(RefusalReason::NotFound, "metrics are not collected by this process").into_response()
        }
    }
}
