//! A notification explained to its citizen, for a portal that has logged them in and for the clerk who
//! answers them.

use axum::extract::{Path, State};
use axum::http::Uri;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::path::query;
use super::problem::Problem;
use super::state::WebState;
use crate::domain::{Locale, RefusalReason, SourceId, SourceRef};
use crate::notice::Explanation;
use crate::reports::explanation::explain;

pub(super) fn routes() -> Router<WebState> {
    Router::new().route("/v1/notifications/{source}/{id}/explanation", get(one))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    locale: Option<Locale>,
}

/// The explanation, with what it is of.
#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    reference: SourceRef,
    #[serde(flatten)]
    explanation: Explanation,
}

async fn one(
    State(web): State<WebState>,
    Path((source, id)): Path<(String, String)>,
    uri: Uri,
) -> Result<Json<Told>, Problem> {
    let asked: Asked = query(&uri, "locale as ru, uk or en")?;
    let nothing = || Problem::new(RefusalReason::NotFound, "expected the source and id of a notification");
    let source = SourceId::new(&source).map_err(|_| nothing())?;
    let reference = SourceRef { source, id };
    if !SourceRef::is_valid_id(&reference.id) {
        return Err(nothing());
    }
    let explanation = explain(&web.ledger, &web.rules, &reference, asked.locale).await?;
    explanation.map(|explanation| Json(Told { reference, explanation })).ok_or_else(nothing)
}
