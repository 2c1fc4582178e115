//! Bodies of requests, limited in size before they are read.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Request};

use super::problem::Problem;
use crate::domain::RefusalReason;

/// The largest body of one message or one change, in bytes.
pub const ONE: usize = 256 * 1024;

/// The largest body of many messages, in bytes.
pub const MANY: usize = 8 * 1024 * 1024;

/// A body of at most `LIMIT` bytes.
pub struct Limited<const LIMIT: usize>(pub Bytes);

impl<S: Send + Sync, const LIMIT: usize> FromRequest<S> for Limited<LIMIT> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        read(request.into_body(), LIMIT).await.map(Self)
    }
}

/// Reads a body up to a limit. What breaks off in the middle looks to the client like nothing, since
/// it is gone.
pub async fn read(body: Body, limit: usize) -> Result<Bytes, Problem> {
    to_bytes(body, limit).await.map_err(|_| {
        Problem::new(RefusalReason::TooLarge, format!("expected a body of at most {} KiB", limit / 1024))
    })
}
