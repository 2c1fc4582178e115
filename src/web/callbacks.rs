//! Providers' callbacks. A provider is answered only once what it said is committed; where it cannot
//! be, it is told to come again.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::future::join_all;
use tracing::warn;
use vestnik_contract::{CallbackOutcome, CallbackReply, CallbackRequest, ChannelId, Event, RouteId};

use super::body::{self, ONE};
use super::problem::Problem;
use super::state::WebState;
use crate::callbacks;
use crate::domain::RefusalReason;

const BASE: &str = "/callbacks/";

pub(super) fn routes() -> Router<WebState> {
    Router::new()
        .route("/callbacks/{channel}/{route}", get(take).post(take))
        .route("/callbacks/{channel}/{route}/{*rest}", get(take).post(take))
}

async fn take(State(web): State<WebState>, request: Request) -> Result<Response, Problem> {
    let (parts, content) = request.into_parts();
    let (channel, route, rest) = addressed(parts.uri.path()).ok_or_else(nobody)?;
    let callbacks = web.callbacks.get(&(channel.clone(), route.clone())).ok_or_else(nobody)?;
    let content = body::read(content, ONE).await?;
    let asked = CallbackRequest {
        method: parts.method.as_str(),
        path: rest,
        query: parts.uri.query().unwrap_or_default(),
        headers: &headers(&parts.headers),
        body: &content,
    };
    let CallbackOutcome { events, reply } = callbacks.receive(&asked, web.clock.now());
    count(&channel, &route, reply.status);
    if !events.is_empty() {
        let brought = Brought { channel, route, events };
        let kept = web.brought().bring(brought, |all| keep(web.clone(), all)).await;
        kept.unwrap_or(Err(NotKept))
            .map_err(|NotKept| Problem::new(RefusalReason::Unavailable, "try again in a few seconds"))?;
    }
    Ok(answer(reply))
}

/// What one call brought.
pub(super) struct Brought {
    channel: ChannelId,
    route: RouteId,
    events: Vec<Event>,
}

/// The ledger is away: the provider has to tell it again.
#[derive(Debug, Clone, Copy)]
pub(super) struct NotKept;

/// Puts on record what calls have brought: the events of each route in one go.
async fn keep(web: WebState, all: Vec<Brought>) -> Vec<Result<(), NotKept>> {
    let of: Vec<_> = all.iter().map(|one| (one.channel.clone(), one.route.clone())).collect();
    let mut by_route: BTreeMap<_, Vec<Event>> = BTreeMap::new();
    for Brought { channel, route, events } in all {
        by_route.entry((channel, route)).or_default().extend(events);
    }
    let kept = by_route.into_iter().map(async |((channel, route), events)| {
        let committed = callbacks::take(&web.ledger, &web.rules, &channel, &route, &events).await;
        if let Err(error) = &committed {
            warn!(%channel, %route, error = error as &dyn std::error::Error, "callbacks cannot be kept now");
        }
        ((channel, route), committed.map_err(|_| NotKept))
    });
    let kept: BTreeMap<_, _> = join_all(kept).await.into_iter().collect();
    of.iter().map(|route| kept.get(route).copied().unwrap_or(Err(NotKept))).collect()
}

fn nobody() -> Problem {
    Problem::new(RefusalReason::NotFound, "expected /callbacks/CHANNEL/ROUTE of a route in use")
}

/// Channel, route and what follows them in a path.
fn addressed(path: &str) -> Option<(ChannelId, RouteId, &str)> {
    let mut parts = path.strip_prefix(BASE)?.splitn(3, '/');
    let channel = ChannelId::new(parts.next()?).ok()?;
    let route = RouteId::new(parts.next()?).ok()?;
    Some((channel, route, parts.next().unwrap_or_default()))
}

/// Names come in lower case. What is not text is no header that a provider signs or reads.
fn headers(map: &HeaderMap) -> Vec<(String, String)> {
    let text = map.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    text.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn count(channel: &ChannelId, route: &RouteId, status: u16) {
    let (channel, route, status) = (channel.to_string(), route.to_string(), status.to_string());
    metrics::counter!("vestnik_callbacks_total", "channel" => channel, "route" => route, "status" => status)
        .increment(1);
}

fn answer(reply: CallbackReply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Body::from(reply.body)).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_channel_route_and_what_follows() {
        let table = [
            ("/callbacks/viber/main", Some(("viber", "main", ""))),
            ("/callbacks/viber/main/", Some(("viber", "main", ""))),
            ("/callbacks/portal/main/a/b%20c", Some(("portal", "main", "a/b%20c"))),
            ("/callbacks/viber", None),
            ("/callbacks/VIBER/main", None),
            ("/callbacks//main", None),
        ];
        for (path, expected) in table {
            let found = addressed(path);
            let found =
                found.as_ref().map(|(channel, route, rest)| (channel.as_str(), route.as_str(), *rest));
            assert_eq!(found, expected, "{path}");
        }
    }
}
