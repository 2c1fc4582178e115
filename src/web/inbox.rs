//! The portal inbox over HTTP, for a portal that has logged the citizen in.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::path::{Citizen, Named, query};
use super::problem::Problem;
use super::state::WebState;
use crate::domain::RefusalReason;
use crate::ledger::retry::soon;

/// Entries on a page, unless asked otherwise.
const PAGE: u32 = 20;

pub(super) fn routes() -> Router<WebState> {
    Router::new()
        .route("/v1/citizens/{id}/inbox", get(page))
        .route("/v1/citizens/{id}/inbox/unread", get(unread))
        .route("/v1/citizens/{id}/inbox/{entry}/read", post(read))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    #[serde(default)]
    before: Option<Uuid>,
    #[serde(default)]
    limit: Option<u32>,
}

/// The newest entries first; `next` is the `before` of the page after, where there is one.
async fn page(State(web): State<WebState>, Citizen(id): Citizen, uri: Uri) -> Result<Json<Value>, Problem> {
    let page: Page = query(&uri, "before as an entry's id, and limit as a number")?;
    let found = web.inbox().page(&id, page.before, page.limit.unwrap_or(PAGE)).await?;
    Ok(Json(json!({ "entries": found.entries, "unread": found.unread, "next": found.before })))
}

async fn unread(State(web): State<WebState>, Citizen(id): Citizen) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "unread": web.inbox().unread(&id).await? })))
}

async fn read(
    State(web): State<WebState>,
    Citizen(id): Citizen,
    Named(entry): Named<Uuid>,
) -> Result<StatusCode, Problem> {
    let found = soon(|| web.inbox().read(&id, entry)).await?;
    found
        .map(|_| StatusCode::NO_CONTENT)
        .ok_or_else(|| Problem::new(RefusalReason::NotFound, "expected an entry of the citizen's"))
}
