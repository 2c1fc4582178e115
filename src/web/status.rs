//! What became of notifications, for the sources that published them: one with its whole timeline,
//! or all statuses page by page.

use axum::extract::{Path, State};
use axum::http::Uri;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;

use super::auth::Bearer;
use super::path::query;
use super::problem::Problem;
use super::state::WebState;
use crate::domain::{RefusalReason, SourceId, SourceRef};
use crate::ledger::NotificationView;
use crate::status::{FeedPage, InvalidCursor, feed};

/// Statuses on a page, unless asked otherwise.
const PAGE: u32 = 100;

pub(super) fn routes() -> Router<WebState> {
    Router::new().route("/v1/notifications/{source}/{id}", get(one)).route("/v1/status", get(page))
}

async fn one(
    State(web): State<WebState>,
    Bearer(grant): Bearer,
    Path((source, id)): Path<(String, String)>,
) -> Result<Json<NotificationView>, Problem> {
    let nothing = || Problem::new(RefusalReason::NotFound, "expected the source and id of a notification");
    let source = SourceId::new(&source).map_err(|_| nothing())?;
    if grant.source.as_ref().is_some_and(|own| *own != source) {
        return Err(Problem::new(
            RefusalReason::Forbidden,
            "expected a notification of the token's own source",
        ));
    }
    if !SourceRef::is_valid_id(&id) {
        return Err(nothing());
    }
    let found = web.ledger.notification(&SourceRef { source, id }).await?;
    found.map(Json).ok_or_else(nothing)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    #[serde(default)]
    after: Option<String>,
    #[serde(default)]
    limit: Option<u32>,
}

async fn page(
    State(web): State<WebState>,
    Bearer(grant): Bearer,
    uri: Uri,
) -> Result<Json<FeedPage>, Problem> {
    let page: Page = query(&uri, "after as an earlier page gave it, and limit as a number")?;
    let limit = page.limit.unwrap_or(PAGE);
    let read = feed(&web.ledger, page.after.as_deref(), grant.source.as_ref(), limit).await?;
    let wrong = |error: InvalidCursor| Problem::new(RefusalReason::InvalidQuery, error.to_string());
    read.map(Json).map_err(wrong)
}
