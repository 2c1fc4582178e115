//! Reports, for those who operate.

use std::collections::BTreeSet;

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
use crate::domain::{JurisdictionId, MeasureId, RefusalReason, SourceId};
use crate::policy::strictest;
use crate::reports;
use crate::reports::unreached::{Begin, InvalidCursor, Only, as_csv, page};

/// Looked at for a page, unless asked otherwise; and at most.
const PAGE: u32 = 100;
const LARGEST: u32 = 1_000;

/// How far back the list goes, unless asked otherwise.
const DAYS: SignedDuration = SignedDuration::from_hours(24 * 30);

pub(super) fn routes() -> Router<WebState> {
    Router::new()
        .route("/v1/reports/unreached", get(unreached))
        .route("/v1/reports/reach", get(reach))
        .route("/v1/reports/effectiveness", get(effectiveness))
        .route("/v1/reports/budget", get(budget))
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
    let only = only(&web, asked.source, asked.measure)?;
    let limit = asked.limit.unwrap_or(PAGE).clamp(1, LARGEST);
    let page = page(&web.ledger, begin, &only, limit).await?;
    if !wants_csv(&headers) {
        return Ok(Json(page).into_response());
    }
    let text = as_csv(&page.unreached, asked.after.is_none());
    let mut answer = sheet("unreached", text)?;
    if let Some(Ok(next)) = page.next.map(|next| link(&next, &only).parse()) {
        answer.headers_mut().insert(LINK, next);
    }
    Ok(answer)
}

/// Of which source and about which measure, where there are such: nobody is no good news where it was a slip of
/// the pen.
fn only(web: &WebState, source: Option<SourceId>, measure: Option<MeasureId>) -> Result<Only, Problem> {
    let sources: BTreeSet<_> = web.sources.0.keys().map(SourceId::as_str).collect();
    if let Some(found) = source.as_ref().map(SourceId::as_str).filter(|found| !sources.contains(found)) {
        return Err(Problem::unknown_in_query("source as a registered source", found, sources));
    }
    let measures = web.rules.catalogue.measures().map(|(_, measure)| measure.id.as_str());
    let measures: BTreeSet<_> = measures.collect();
    if let Some(found) = measure.as_ref().map(MeasureId::as_str).filter(|found| !measures.contains(found)) {
        return Err(Problem::unknown_in_query("measure as a measure of the catalogue", found, measures));
    }
    Ok(Only { source, measure })
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

/// A report as a file for spreadsheets.
fn sheet(name: &str, text: Result<String, csv::Error>) -> Result<Response, Problem> {
    let internal = |_| Problem::new(RefusalReason::Internal, "the report could not be written");
    let disposition = format!("attachment; filename=\"{name}.csv\"");
    let headers: [(HeaderName, String); 2] =
        [(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, disposition)];
    Ok((headers, text.map_err(internal)?).into_response())
}

/// Over how many days a report goes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Over {
    #[serde(default = "month")]
    days: u16,
}

fn month() -> u16 {
    30
}

/// The days asked for, up to so many.
fn days(uri: &Uri, most: u16) -> Result<u16, Problem> {
    let expected = format!("days as a whole number from 1 to {most}");
    let Over { days } = query(uri, &expected)?;
    let within = (1..=most).contains(&days).then_some(days);
    within.ok_or_else(|| Problem::new(RefusalReason::InvalidQuery, format!("expected {expected}")))
}

/// As many days as are ever kept that a report of numbers may go over.
const LONGEST: u16 = 366;

/// How many were reached, by channel, measure, source and region.
async fn reach(State(web): State<WebState>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let report = reports::reach::reach(&web.ledger, days(&uri, LONGEST)?).await?;
    if wants_csv(&headers) { sheet("reach", report.as_csv()) } else { Ok(Json(report).into_response()) }
}

/// What became of the messages of each template on each channel.
async fn effectiveness(
    State(web): State<WebState>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let report = reports::effectiveness::effectiveness(&web.ledger, days(&uri, LONGEST)?).await?;
    if wants_csv(&headers) {
        sheet("effectiveness", report.as_csv())
    } else {
        Ok(Json(report).into_response())
    }
}

/// What the contact budget did.
async fn budget(State(web): State<WebState>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let rules = &web.rules;
    let ceilings = |law: &JurisdictionId| strictest(rules.policy.budget, rules.jurisdiction(law).ceilings);
    let days = days(&uri, reports::budget::KNOWN_DAYS)?;
    let report = reports::budget::budget(&web.ledger, days, ceilings).await?;
    if wants_csv(&headers) { sheet("budget", report.as_csv()) } else { Ok(Json(report).into_response()) }
}
