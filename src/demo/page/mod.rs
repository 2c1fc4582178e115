//! The page: citizens' phones, live, in a browser on this machine.
//!
//! One HTML file, told of changes by server-sent events. It answers only who asks for it by its own
//! loopback address, and takes orders only as JSON: no page from elsewhere that the same browser
//! shows can give any.

mod view;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Json;
use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use data_encoding::BASE64;
use futures_util::stream::{Stream, unfold};
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::providers::Wish;
use super::stage::Stage;
use super::story::Act;
use crate::domain::{CitizenId, MeasureId};

const PAGE: &str = include_str!("page.html");

/// What the page may load and run: its own script, itself, and nothing else.
fn policy() -> String {
    let script = PAGE.split_once("<script>").and_then(|(_, rest)| rest.split_once("</script>"));
    let script = BASE64.encode(digest(&SHA256, script.map_or("", |(script, _)| script).as_bytes()).as_ref());
    format!(
        "default-src 'none'; script-src 'sha256-{script}'; style-src 'unsafe-inline'; connect-src 'self'; \
         img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// Changes that come this soon after one another are shown at once.
const SOON: Duration = Duration::from_millis(60);

/// Not every change announces itself: a consent that was withdrawn, an address that was closed.
const LOOK_EVERY: Duration = Duration::from_millis(500);

#[derive(Clone)]
struct Page {
    stage: Arc<Stage>,
    address: SocketAddr,
    policy: HeaderValue,
    stopping: CancellationToken,
}

/// What serves the page on `listener` until `stopping`.
pub(super) fn serve(
    stage: Arc<Stage>,
    listener: TcpListener,
    stopping: CancellationToken,
) -> anyhow::Result<impl Future<Output = ()> + use<>> {
    let address = listener.local_addr().context("the page's address")?;
    let policy = HeaderValue::from_str(&policy()).context("the page's policy")?;
    let router = router(Page { stage, address, policy, stopping: stopping.clone() });
    Ok(async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(stopping.cancelled_owned()).await;
        if let Err(error) = served {
            error!(error = &error as &dyn std::error::Error, "the page cannot be served");
        }
    })
}

fn router(page: Page) -> Router {
    Router::new()
        .route("/", get(async || ([(CONTENT_TYPE, "text/html; charset=utf-8")], PAGE)))
        .route("/live", get(live))
        .route("/act", post(act))
        .route("/ask", post(ask))
        .route("/publish", post(publish))
        .route("/leaping", post(leaping))
        .layer(from_fn_with_state(page.clone(), guarded))
        .with_state(page)
}

/// Refuses who asks by another name: a page from elsewhere whose name was made to point here.
async fn guarded(State(page): State<Page>, request: Request, next: Next) -> Response {
    let port = page.address.port();
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if host != page.address.to_string() && host != format!("localhost:{port}") {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, page.policy);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[derive(Deserialize)]
struct Chosen {
    #[serde(default)]
    citizen: String,
}

/// The view of the chosen citizen, now and whenever it changes.
async fn live(
    State(page): State<Page>,
    Query(chosen): Query<Chosen>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = page.stage.changes();
    let viewer = Viewer { page, citizen: chosen.citizen, changes, shown: String::new() };
    let events = unfold(viewer, |mut viewer| async move {
        let news = viewer.next().await?;
        Some((Ok(Event::default().data(news)), viewer))
    });
    Sse::new(events)
}

/// Somebody who looks at the page.
struct Viewer {
    page: Page,
    citizen: String,
    changes: watch::Receiver<u64>,
    shown: String,
}

impl Viewer {
    /// What the page has to show instead of what it shows; `None` once the demonstration ends.
    async fn next(&mut self) -> Option<String> {
        loop {
            self.changes.mark_unchanged();
            if let Ok(view) = view::view(&self.page.stage, &self.citizen).await {
                let now = serde_json::to_string(&view).unwrap_or_default();
                if now != self.shown {
                    self.shown.clone_from(&now);
                    return Some(now);
                }
            }
            let change = tokio::time::timeout(LOOK_EVERY, self.changes.changed());
            self.page.stopping.run_until_cancelled(change).await?.ok();
            self.page.stopping.run_until_cancelled(tokio::time::sleep(SOON)).await?;
        }
    }
}

async fn act(State(page): State<Page>, Json(act): Json<Act>) -> Response {
    answered(page.stage.act(&act).await.map_err(Into::into))
}

async fn ask(State(page): State<Page>, Json(wish): Json<Wish>) -> Response {
    answered(page.stage.ask(&wish).await.map_err(Into::into))
}

#[derive(Deserialize)]
struct Wanted {
    citizen: CitizenId,
    measure: MeasureId,
}

async fn publish(State(page): State<Page>, Json(wanted): Json<Wanted>) -> Response {
    answered(page.stage.publish_sample(&wanted.citizen, &wanted.measure).await)
}

async fn leaping(State(page): State<Page>, Json(leaping): Json<bool>) -> Response {
    page.stage.set_leaping(leaping);
    StatusCode::NO_CONTENT.into_response()
}

fn answered(done: anyhow::Result<()>) -> Response {
    match done {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, format!("{error:#}")).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_runs_its_own_script_and_loads_nothing() {
        assert_eq!(PAGE.matches("<script").count(), 1);
        for outside in ["http:", "https:", "src=", "@import", "url("] {
            assert!(!PAGE.contains(outside), "{outside}");
        }
        let policy = policy();
        assert!(policy.contains("script-src 'sha256-") && !policy.contains("script-src 'unsafe"), "{policy}");
        // Of an empty script, if none was found.
        assert!(!policy.contains("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), "{policy}");
    }
}
