//! Whose address it is, and whether the citizen lives: one-time codes, deaths, and what the registry's owner
//! is told of both.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use vestnik_contract::ChannelId;

use super::form::{AddressForm, DeathForm, expected, ground};
use super::{change, no_such_citizen};
use crate::domain::{ANSWERED, RefusalReason, did_you_mean};
use crate::ledger::NoCode;
use crate::ledger::registry::Registration;
use crate::ledger::retry::soon;
use crate::status::{InvalidCursor, RegistryPage, registry_feed};
use crate::web::body::{Limited, ONE};
use crate::web::json;
use crate::web::path::{Citizen, query};
use crate::web::problem::Problem;
use crate::web::state::WebState;

/// Events on a page, unless asked otherwise.
const PAGE: u32 = 100;

pub(super) fn routes() -> Router<WebState> {
    Router::new()
        .route("/v1/citizens/{id}/addresses/verify", post(hand_out_code))
        .route("/v1/citizens/{id}/deceased", post(deceased))
        .route("/v1/citizens/{id}/events", get(record))
        .route("/v1/registry/events", get(page))
}

/// For which address a code is handed out, and by whom.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeForm {
    channel: ChannelId,
    address: String,
    #[serde(default)]
    evidence: Option<String>,
    #[serde(default)]
    actor: Option<String>,
}

async fn hand_out_code(
    State(web): State<WebState>,
    Citizen(id): Citizen,
    Limited(body): Limited<ONE>,
) -> Result<Response, Problem> {
    let CodeForm { channel, address, evidence, actor } = json::read(&body, expected)?;
    let by = ground(evidence, actor, "handed out over the API")?;
    let one = AddressForm { channel, address, reopen: false, shown_closed: None }.check(&web.rules)?;
    if let Some(why) = not_answered(&one.channel) {
        return Err(Problem::field("/channel", why));
    }
    match soon(|| web.ledger.hand_out_code(&id, &one.channel, Some(&one.address), &by)).await? {
        Ok(code) => {
            let answer = json!({ "code": code.code, "expires_at": code.expires_at });
            Ok((StatusCode::CREATED, Json(answer)).into_response())
        }
        Err(NoCode::NoSuchCitizen) => Err(no_such_citizen()),
        Err(NoCode::NoSuchAddress | NoCode::Several) => {
            Err(Problem::new(RefusalReason::NotFound, "expected an address of the citizen; record it first"))
        }
    }
}

/// Why no code can come back on a channel, where none can.
#[must_use]
pub fn not_answered(channel: &ChannelId) -> Option<String> {
    let known = ANSWERED.contains(&channel.as_str());
    let meant = || did_you_mean(channel.as_str(), ANSWERED);
    let list = || ANSWERED.join(", ");
    (!known).then(|| format!("expected a channel on which citizens write back ({}){}", list(), meant()))
}

async fn deceased(
    State(web): State<WebState>,
    Citizen(id): Citizen,
    Limited(body): Limited<ONE>,
) -> Result<Json<Value>, Problem> {
    let form: DeathForm = json::read(&body, expected)?;
    let death = Some(form.check()?);
    change(&web, Registration { death, ..Registration::nothing(id) }).await
}

/// What the registry's owner was told of one citizen, with the evidence of it.
async fn record(State(web): State<WebState>, Citizen(id): Citizen) -> Result<Json<Value>, Problem> {
    let events = web.ledger.registry_record(&id).await?.ok_or_else(no_such_citizen)?;
    Ok(Json(json!({ "events": events })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    #[serde(default)]
    after: Option<String>,
    #[serde(default)]
    limit: Option<u32>,
}

async fn page(State(web): State<WebState>, uri: Uri) -> Result<Json<RegistryPage>, Problem> {
    let page: Page = query(&uri, "after as an earlier page gave it, and limit as a number")?;
    let read = registry_feed(&web.ledger, page.after.as_deref(), page.limit.unwrap_or(PAGE)).await?;
    let wrong = |error: InvalidCursor| Problem::new(RefusalReason::InvalidQuery, error.to_string());
    read.map(Json).map_err(wrong)
}
