//! Scam reports over HTTP, for a portal: what citizens say was not from us.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::body::{Limited, ONE};
use super::json;
use super::problem::Problem;
use super::state::WebState;
use crate::domain::{CitizenId, RefusalReason};
use crate::ledger::Scam;
use crate::ledger::retry::soon;

pub(super) fn routes() -> Router<WebState> {
    Router::new().route("/v1/scam-reports", post(report))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScamForm {
    text: String,
    #[serde(default)]
    sender: Option<String>,
    #[serde(default)]
    citizen: Option<CitizenId>,
}

/// What a field has to be.
fn expected(field: &str) -> &'static str {
    match field {
        "text" => "what the message says, in 1 to 4000 characters",
        "sender" => "from whom it seemed to come, in 1 to 200 characters",
        "citizen" => "the id of the citizen who reports",
        _ => "an object",
    }
}

async fn report(State(web): State<WebState>, Limited(body): Limited<ONE>) -> Result<Response, Problem> {
    let ScamForm { text, sender, citizen } = json::read(&body, expected)?;
    for (name, value, most) in [("text", Some(&text), 4_000), ("sender", sender.as_ref(), 200)] {
        if value.is_some_and(|value| !is_said(value, most)) {
            return Err(Problem::field(format!("/{name}"), format!("expected {}", expected(name))));
        }
    }
    let scam = Scam { text, sender };
    let id = soon(|| web.ledger.report_scam(citizen.as_ref(), &scam)).await?;
    let id = id.ok_or_else(|| {
        Problem::at(RefusalReason::NoSuchCitizen, "/citizen", "expected a known citizen, or none")
    })?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))).into_response())
}

fn is_said(text: &str, most: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= most && !text.contains('\0')
}
