//! The HTTP side of the gateway: notifications in, statuses out, the registry, the inbox, providers'
//! callbacks, the citizens' own page and the unsubscribe page, and the process's health.
//!
//! Citizens' ids stand in paths, so that no path goes into a log or a metric: requests are counted
//! by the pattern of their route.

mod auth;
mod body;
mod callbacks;
mod check;
pub mod citizens;
mod door;
mod explanation;
mod gather;
mod guard;
mod health;
mod html;
mod inbox;
pub mod json;
mod notifications;
mod page;
mod path;
pub mod problem;
mod reports;
mod scam;
mod state;
mod status;
mod unsubscribe;

#[cfg(test)]
pub(crate) mod tests;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::error;

pub use door::Door;
pub use health::Probe;
pub use state::{WebParts, WebState};

use crate::domain::RefusalReason;
use crate::ledger::Scope;
use problem::Problem;

/// How long one request may take, its body included.
const PATIENCE: Duration = Duration::from_mins(1);

/// Every address that the gateway answers.
pub fn router(state: WebState) -> Router {
    let behind = |scope: Scope, routes: Router<WebState>| {
        routes.route_layer(from_fn_with_state((state.clone(), scope), auth::require))
    };
    Router::new()
        .merge(behind(Scope::Publish, notifications::routes()))
        .merge(behind(Scope::Status, status::routes()))
        .merge(behind(Scope::Registry, citizens::routes().merge(page::registry_routes())))
        .merge(behind(Scope::Inbox, inbox::routes().merge(scam::routes()).merge(explanation::routes())))
        .merge(behind(Scope::Operate, reports::routes().merge(guard::routes())))
        .merge(callbacks::routes())
        .merge(check::routes())
        .merge(page::routes())
        .merge(unsubscribe::routes())
        .merge(health::routes())
        .method_not_allowed_fallback(async || {
            Problem::new(RefusalReason::MethodNotAllowed, "expected another method")
        })
        .fallback(async || Problem::new(RefusalReason::NotFound, "expected an address of the documented API"))
        .layer(from_fn(limited))
        .layer(from_fn(counted))
        .with_state(state)
}

const ELSEWHERE: &str = "this process serves no API; one with the role `web` does";

/// The addresses of a process that does not have the role `web`: how it is, and nothing else.
pub fn health_router(state: WebState) -> Router {
    Router::new()
        .merge(health::routes())
        .fallback(async || Problem::new(RefusalReason::NotFound, ELSEWHERE))
        .layer(from_fn(limited))
        .layer(from_fn(counted))
        .with_state(state)
}

/// Answers on this listener until the process stops; requests under way are answered.
pub async fn serve(listener: TcpListener, router: Router, stopping: CancellationToken) {
    // Answers are written at once: there is nothing to wait for and to put together.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, router).with_graceful_shutdown(stopping.cancelled_owned()).await;
    if let Err(error) = served {
        error!(error = &error as &dyn std::error::Error, "the HTTP server ended");
    }
}

/// Ends what takes too long, and keeps every answer out of caches.
async fn limited(request: Request, next: Next) -> Response {
    let answered = tokio::time::timeout(PATIENCE, next.run(request)).await;
    let mut response = answered.unwrap_or_else(|_| {
        Problem::new(RefusalReason::Timeout, "ask again in a few seconds").into_response()
    });
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Counts and times requests by the pattern of their route.
async fn counted(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = known(request.method());
    let began = Instant::now();
    let response = next.run(request).await;
    record(route, method, response.status(), began.elapsed());
    response
}

fn record(route: String, method: &'static str, status: StatusCode, took: Duration) {
    let status = status.as_u16().to_string();
    metrics::histogram!("vestnik_http_seconds", "route" => route.clone(), "method" => method).record(took);
    metrics::counter!("vestnik_http_requests_total", "route" => route, "method" => method, "status" => status)
        .increment(1);
}

/// A method as a label: whatever else is sent must not make labels.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        _ => "other",
    }
}
