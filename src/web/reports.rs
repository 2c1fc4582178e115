//! Reports, for those who operate.

use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName, LINK};
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::path::query;
use super::problem::Problem;
use super::state::WebState;
use crate::domain::{MeasureId, RefusalReason, SourceId};
use crate::reports::unreached::{Begin, InvalidCursor, Only, as_csv, page};

/// Looked at for a page, unless asked otherwise; and at most.
const PAGE: u32 = 100;
const LARGEST: u32 = 1_000;

/// How far back the list goes, unless asked otherwise.
const DAYS: SignedDuration = SignedDuration::from_hours(24 * 30);

pub(super) fn routes() -> Router<WebState> {
    Router::new().route("/v1/reports/unreached", get(unreached))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    since: Option<Timestamp>,
    #[serde(default)]
    after: Option<String>,
    #[serde(default)]
    limit: Option<u32>,
    #[serde(default)]
    source: Option<SourceId>,
    #[serde(default)]
    measure: Option<MeasureId>,
}

/// Those whom no notification has reached, as JSON, or as comma-separated values where these are accepted.
async fn unreached(State(web): State<WebState>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let expected =
        "since as a moment, after as an earlier page gave it, limit as a number, source and measure as ids";
    let asked: Asked = query(&uri, expected)?;
    let month_ago = || web.clock.now().saturating_sub(DAYS).unwrap_or(Timestamp::MIN);
    let since = || Begin::at(asked.since.unwrap_or_else(month_ago));
    let wrong = |error: InvalidCursor| Problem::new(RefusalReason::InvalidQuery, error.to_string());
    let begin = asked.after.as_deref().map_or_else(|| Ok(since()), Begin::after).map_err(wrong)?;
    let only = Only { source: asked.source, measure: asked.measure };
    let limit = asked.limit.unwrap_or(PAGE).clamp(1, LARGEST);
    let page = page(&web.ledger, begin, &only, limit).await?;
    if !wants_csv(&headers) {
        return Ok(Json(page).into_response());
    }
    let internal = |_| Problem::new(RefusalReason::Internal, "the list could not be written");
    let text = as_csv(&page.unreached, asked.after.is_none()).map_err(internal)?;
    let mut answer = (csv_headers(), text).into_response();
    if let Some(Ok(next)) = page.next.map(|next| link(&next, &only).parse()) {
        answer.headers_mut().insert(LINK, next);
    }
    Ok(answer)
}

/// Where to go on (RFC 8288).
fn link(next: &str, only: &Only) -> String {
    let mut address = format!("/v1/reports/unreached?after={next}");
    address.extend(only.source.iter().map(|source| format!("&source={source}")));
    address.extend(only.measure.iter().map(|measure| format!("&measure={measure}")));
    format!("<{address}>; rel=\"next\"")
}

fn wants_csv(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|one| one.split(';').next().is_some_and(|kind| kind.trim() == "text/csv"))
}

fn csv_headers() -> [(HeaderName, &'static str); 2] {
    [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"unreached.csv\""),
    ]
}
