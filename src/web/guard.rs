//! The guard over HTTP, for those who operate.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use vestnik_contract::ChannelId;

use super::body::{Limited, ONE};
use super::citizens::form::check_channel;
use super::json;
use super::problem::Problem;
use super::state::WebState;
use crate::domain::{Catalogue, RefusalReason, TemplateName, wording};
use crate::ledger::GATEWAY;
use crate::ledger::retry::soon;

pub(super) fn routes() -> Router<WebState> {
    Router::new().route("/v1/guard", get(list)).route("/v1/guard/release", post(release))
}

/// How templates stand on channels.
async fn list(State(web): State<WebState>) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "guard": web.ledger.guards().await? })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReleaseForm {
    channel: ChannelId,
    template: TemplateName,
    by: String,
    reason: String,
}

/// What a field has to be.
fn expected(field: &str) -> &'static str {
    match field {
        "channel" => "the id of a channel",
        "template" => "the id of a measure, or gateway:introduction",
        "by" => "the name of the person who releases it, in 1 to 200 characters on one line",
        "reason" => "why, in 1 to 200 characters on one line",
        _ => "an object",
    }
}

/// Lets a template be sent again on a channel.
async fn release(State(web): State<WebState>, Limited(body): Limited<ONE>) -> Result<StatusCode, Problem> {
    let ReleaseForm { channel, template, by, reason } = json::read(&body, expected)?;
    for (name, value) in [("by", &by), ("reason", &reason)] {
        if !wording::is_line(value, 200) || name == "by" && value == GATEWAY {
            return Err(Problem::field(format!("/{name}"), format!("expected {}", expected(name))));
        }
    }
    if soon(|| web.ledger.release_from_guard(&channel, &template, &by, &reason)).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    check_channel(Some(&channel), "/channel")?;
    check_template(&template, &web.rules.catalogue)?;
    Err(Problem::new(
        RefusalReason::NotFound,
        "expected a template that the guard has paused on this channel",
    ))
}

fn check_template(template: &TemplateName, catalogue: &Catalogue) -> Result<(), Problem> {
    let TemplateName::Measure(template) = template else { return Ok(()) };
    let known: BTreeSet<_> = catalogue.measures().map(|(_, measure)| measure.id.as_str()).collect();
    if known.contains(template.as_str()) {
        return Ok(());
    }
    Err(Problem::unknown_field("/template", "a measure of the catalogue", template.as_str(), known))
}
