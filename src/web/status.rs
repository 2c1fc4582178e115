//! What became of notifications, for the sources that published them: one with its whole timeline,
//! or all statuses page by page.

use super::auth::Bearer;
use super::problem::{Kind, Problem};
use super::state::WebState;
use crate::domain::{SourceId, SourceRef};
use crate::ledger::NotificationView;
use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};

pub(super) fn routes() -> Router<WebState> {
    Router::new().route("/v1/notifications/{source}/{id}", get(one))
}

async fn one(
    State(web): State<WebState>,
    Bearer(grant): Bearer,
    Path((source, id)): Path<(String, String)>,
) -> Result<Json<NotificationView>, Problem> {
    let nothing = || Problem::new(Kind::NotFound, "expected the source and id of a notification");
    let source = SourceId::new(&source).map_err(|_| nothing())?;
    if grant.source.as_ref().is_some_and(|own| *own != source) {
        return Err(Problem::new(Kind::Forbidden, "expected a notification of the token's own source"));
    }
    if !SourceRef::is_valid_id(&id) {
        return Err(nothing());
    }
    let found = web.ledger.notification(&SourceRef { source, id }).await?;
    found.map(Json).ok_or_else(nothing)
}
