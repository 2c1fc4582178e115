//! Notifications in, over HTTP: one, or many at once as a JSON array or as NDJSON.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::auth::Bearer;
use super::body::{Limited, MANY};
use super::problem::Problem;
use super::state::WebState;
use crate::domain::{Priority, RefusalReason, SourceId, SourceRef};
use crate::intake::{Arrived, Envelope, Proof, parse};
use crate::ledger::{Answer, Ask, Submission};

/// Messages in one request at most.
const MOST: usize = 10_000;

/// Messages that are taken in one transaction.
const BATCH: usize = 500;

pub(super) fn routes() -> Router<WebState> {
    Router::new().route("/v1/notifications", post(publish))
}

/// One message is answered with 202 or with its problem; many with 200 and, in their order, what
/// became of each.
async fn publish(
    State(web): State<WebState>,
    Bearer(grant): Bearer,
    headers: HeaderMap,
    Limited(body): Limited<MANY>,
) -> Result<Response, Problem> {
    let source = grant.source.as_ref();
    match messages(&headers, &body)? {
        Messages::One(body) => {
            let single = Single { source: source.cloned(), body: body.to_vec() };
            let verdict = web.singles().bring(single, |all| take_singles(web.clone(), all)).await;
            let lost = || Err(Problem::new(RefusalReason::Unavailable, "try again in a few seconds"));
            verdict
                .unwrap_or_else(lost)
                .map(|taken| (StatusCode::ACCEPTED, Json(taken.document())).into_response())
        }
        Messages::Many(bodies) => Ok(Json(take_all(&web, source, &bodies).await?).into_response()),
    }
}

enum Messages<'a> {
    One(&'a [u8]),
    Many(Vec<&'a [u8]>),
}

fn messages<'a>(headers: &HeaderMap, body: &'a [u8]) -> Result<Messages<'a>, Problem> {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let many = if kind.split(';').next().is_some_and(|kind| kind.trim() == "application/x-ndjson") {
        body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()).collect()
    } else if body.trim_ascii_start().first() == Some(&b'[') {
        array(body)?
    } else {
        return Ok(Messages::One(body));
    };
    if many.len() > MOST {
        return Err(Problem::new(
            RefusalReason::TooLarge,
            format!("expected at most {MOST} messages at once"),
        ));
    }
    Ok(Messages::Many(many))
}

/// The elements of an array as they were written, so that each is read like a message of its own.
fn array(body: &[u8]) -> Result<Vec<&[u8]>, Problem> {
    let read: Vec<&RawValue> = serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let detail = format!("expected a JSON array; it stops being one at line {line} column {column}");
        Problem::new(RefusalReason::InvalidJson, detail)
    })?;
    Ok(read.into_iter().map(|one| one.get().as_bytes()).collect())
}

/// A message that was taken.
pub(super) struct Taken {
    reference: SourceRef,
    result: &'static str,
}

impl Taken {
    fn document(&self) -> Value {
        json!({ "source": self.reference.source, "id": self.reference.id, "result": self.result })
    }
}

pub(super) type Verdict = Result<Taken, Problem>;

/// A message that came alone.
pub(super) struct Single {
    source: Option<SourceId>,
    body: Vec<u8>,
}

/// Takes messages that came one by one at once: those of each source in one transaction.
async fn take_singles(web: WebState, all: Vec<Single>) -> Vec<Verdict> {
    let mut by_source: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (number, single) in all.iter().enumerate() {
        by_source.entry(single.source.clone()).or_default().push(number);
    }
    let mut verdicts = BTreeMap::new();
    for (source, numbers) in by_source {
        let bodies: Vec<_> = numbers.iter().map(|number| all[*number].body.as_slice()).collect();
        let taken = match take(&web, source.as_ref(), &bodies).await {
            Ok(taken) => taken,
            Err(problem) => bodies.iter().map(|_| Err(problem.clone())).collect(),
        };
        verdicts.extend(numbers.into_iter().zip(taken));
    }
    (0..all.len()).map(|number| verdicts.remove(&number).unwrap_or_else(|| Err(lost()))).collect()
}

/// Takes many messages, batch by batch. Once the ledger has gone away what is left is answered with
/// that; only if nothing was taken at all the whole request fails.
async fn take_all(web: &WebState, source: Option<&SourceId>, bodies: &[&[u8]]) -> Result<Value, Problem> {
    let mut verdicts: Vec<Verdict> = Vec::with_capacity(bodies.len());
    for batch in bodies.chunks(BATCH) {
        match take(web, source, batch).await {
            Ok(taken) => verdicts.extend(taken),
            Err(problem) if verdicts.is_empty() => return Err(problem),
            Err(problem) => {
                verdicts.resize_with(bodies.len(), || Err(problem.clone()));
                break;
            }
        }
    }
    let results: Vec<_> = verdicts.iter().map(document).collect();
    Ok(json!({ "results": results }))
}

fn document(verdict: &Verdict) -> Value {
    match verdict {
        Ok(taken) => taken.document(),
        Err(problem) => json!({ "result": "refused", "problem": problem.document() }),
    }
}

/// Takes a batch in one transaction, but for those messages that have to wait.
async fn take(web: &WebState, source: Option<&SourceId>, bodies: &[&[u8]]) -> Result<Vec<Verdict>, Problem> {
    let envelope = Envelope { proof: Proof::Source(source), routing_key: None };
    let asks: Vec<_> = bodies
        .iter()
        .map(|body| parse(body, &envelope, &web.sources, &web.rules.catalogue).ok().map(Named::of))
        .collect();
    let waiting = web.waiting().await?;
    let waits = |ask: &Option<Named>| ask.as_ref().is_some_and(|ask| ask.has_to_wait(web, waiting));
    let arrived: Vec<_> = (bodies.iter().zip(&asks))
        .filter(|(_, ask)| !waits(ask))
        .map(|(body, _)| Arrived { body, envelope, origin: "http" })
        .collect();
    let mut answers = web.desk().take(&arrived).await?.into_iter();
    let verdict = |ask: Option<Named>| {
        if waits(&ask) {
            return Err(Problem::new(RefusalReason::BackPressure, "try again in a few seconds"));
        }
        match (answers.next(), ask) {
            (Some(Ok(answer)), Some(ask)) => Ok(Taken { reference: ask.reference, result: word(&answer) }),
            (Some(Err(refusal)), _) => Err(Problem::from(refusal)),
            _ => Err(lost()),
        }
    };
    Ok(asks.into_iter().map(verdict).collect())
}

/// A repeat gets the same answer as the first time.
fn word(answer: &Answer) -> &'static str {
    match answer {
        Answer::Accepted(_) | Answer::Repeated(_) => "accepted",
        Answer::Cancelled => "cancelled",
        Answer::CancelTooLate => "cancel_too_late",
        Answer::CancelKept => "cancel_kept",
        Answer::Conflict => "conflict",
    }
}

fn lost() -> Problem {
    Problem::new(RefusalReason::Internal, "the gateway has no answer for the message")
}

/// What a message is about.
struct Named {
    reference: SourceRef,
    /// Absent in a cancel, which never has to wait.
    priority: Option<Priority>,
}

impl Named {
    fn of(submission: Submission) -> Self {
        match submission.ask {
            Ask::Notify { notification, .. } => {
                Self { priority: Some(notification.priority), reference: notification.reference }
            }
            Ask::Cancel(reference) => Self { reference, priority: None },
        }
    }

    fn has_to_wait(&self, web: &WebState, waiting: u64) -> bool {
        match self.priority {
            Some(Priority::Bulk) => waiting > web.back_pressure.bulk_waits_above,
            Some(Priority::Normal) => waiting > web.back_pressure.normal_waits_above,
            Some(Priority::Urgent) | None => false,
        }
    }
}

/// How much work is open, as it was counted a moment ago.
#[derive(Default)]
pub(super) struct Load(Mutex<Option<(u64, Timestamp)>>);

/// For how long a count is good enough.
const COUNTED: SignedDuration = SignedDuration::from_secs(1);

impl WebState {
    /// How much work is open.
    async fn waiting(&self) -> Result<u64, Problem> {
        let now = self.clock.now();
        let known = *self.load().0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((count, _)) = known.filter(|(_, at)| now.duration_since(*at).abs() < COUNTED) {
            return Ok(count);
        }
        let count = self.ledger.open_work(self.back_pressure.normal_waits_above.saturating_add(1)).await?;
        *self.load().0.lock().unwrap_or_else(PoisonError::into_inner) = Some((count, now));
        Ok(count)
    }
}
