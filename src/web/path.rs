//! What stands in the path and the query of a request.

use std::collections::BTreeMap;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::Uri;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::domain::{CitizenId, RefusalReason};

/// The citizen that the path names. It goes into no log and no metric.
pub struct Citizen(pub CitizenId);

impl<S: Send + Sync> FromRequestParts<S> for Citizen {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(mut named) = names(parts, state).await?;
        let id = named.remove("id").and_then(|id| CitizenId::new(id).ok());
        let wrong = || {
            Problem::new(
                RefusalReason::InvalidQuery,
                "expected a citizen id of 1 to 128 printable ASCII characters",
            )
        };
        id.map(Self).ok_or_else(wrong)
    }
}

/// The last thing that the path names.
pub struct Named<T>(pub T);

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(mut named) = names(parts, state).await?;
        named.remove("id");
        let one = named.into_values().next().and_then(|word| word.parse().ok());
        one.map(Self).ok_or_else(|| Problem::new(RefusalReason::NotFound, "expected an id that is one"))
    }
}

type Names = Path<BTreeMap<String, String>>;

async fn names<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Names, Problem> {
    let read = Names::from_request_parts(parts, state).await;
    read.map_err(|_| Problem::new(RefusalReason::InvalidQuery, "expected a path in UTF-8"))
}

/// Reads the query; `expected` says what may stand there.
pub fn query<T: DeserializeOwned>(uri: &Uri, expected: &str) -> Result<T, Problem> {
    let read = Query::try_from_uri(uri).map(|Query(read)| read);
    read.map_err(|_| Problem::new(RefusalReason::InvalidQuery, format!("expected {expected}")))
}
