//! Who asks, and whether they may: API tokens as bearers (RFC 6750).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::extract::{FromRequestParts, Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};

use super::problem::Problem;
use super::state::WebState;
use crate::domain::RefusalReason;
use crate::ledger::{Denied, Grant, Scope};

/// How long a grant is remembered: a token that is revoked is refused within this time everywhere.
const REMEMBERED: SignedDuration = SignedDuration::from_secs(10);

/// Grants remembered at most. Only tokens that are in force are remembered, so that nobody can fill
/// it with guesses.
const ROOM: usize = 1024;

/// Grants by their token's keyed hash, each with the moment it was asked for.
#[derive(Default)]
pub(super) struct Grants(Mutex<HashMap<[u8; 32], (Grant, Timestamp)>>);

impl Grants {
    fn recall(&self, hash: &[u8; 32], now: Timestamp) -> Option<Grant> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (grant, since) = known.get(hash)?;
        let age = now.duration_since(*since);
        (!age.is_negative() && age < REMEMBERED).then(|| grant.clone())
    }

    fn remember(&self, hash: [u8; 32], grant: &Grant, now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= ROOM {
            known.clear();
        }
        known.insert(hash, (grant.clone(), now));
    }
}

/// The bearer of a token in force, with any scope.
pub(super) struct Bearer(pub Grant);

impl FromRequestParts<WebState> for Bearer {
    type Rejection = Problem;

    /// [`require`] has put the grant there for every route behind it.
    async fn from_request_parts(parts: &mut Parts, _: &WebState) -> Result<Self, Problem> {
        let grant = parts.extensions.get::<Grant>().cloned();
        grant.map(Self).ok_or_else(|| Problem::new(RefusalReason::Unauthorized, EXPECTED))
    }
}

const EXPECTED: &str = "expected the header Authorization: Bearer vst_…";

/// Lets only bearers of a token with this scope pass.
pub(super) async fn require(
    State((web, scope)): State<(WebState, Scope)>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let token =
        bearer(request.headers()).ok_or_else(|| Problem::new(RefusalReason::Unauthorized, EXPECTED))?;
    let grant = grant(&web, token, scope).await?;
    request.extensions_mut().insert(grant);
    Ok(next.run(request).await)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

async fn grant(web: &WebState, token: &str, scope: Scope) -> Result<Grant, Problem> {
    let (hash, now) = (web.ledger.keys().token(token), web.clock.now());
    if let Some(grant) = web.grants().recall(&hash, now).filter(|grant| grant.scopes.contains(&scope)) {
        return Ok(grant);
    }
    let grant = web.ledger.verify(token, scope).await?.map_err(|denied| refusal(denied, scope))?;
    web.grants().remember(hash, &grant, now);
    Ok(grant)
}

fn refusal(denied: Denied, scope: Scope) -> Problem {
    match denied {
        Denied::Unknown => Problem::new(RefusalReason::Unauthorized, "expected a token that is in force"),
        Denied::Scope => {
            Problem::new(RefusalReason::Forbidden, format!("expected a token with the scope {scope}"))
        }
    }
}
