//! One-click unsubscribe (RFC 8058): a POST stops at once, a GET shows a page with one button. No
//! login and no script; the token in the address is all that is needed.

mod page;
mod words;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::get;
use tracing::warn;

use self::page::Page;
use self::words::Words;
use super::html::{self, accepted};
use super::state::WebState;
use crate::domain::Locale;
use crate::ledger::retry::soon;
use crate::ledger::{LedgerError, StopToken};

pub(super) fn routes() -> Router<WebState> {
    Router::new().route("/unsubscribe/{token}", get(ask).post(stop))
}

/// What stands in the address, which may be anything.
type Token = Result<Path<String>, PathRejection>;

fn opened(web: &WebState, token: Token) -> Option<StopToken> {
    web.ledger.open_stop_token(&token.ok()?)
}

/// Shows what a press of the button would stop. Mail programs that look at links in advance stop
/// nothing.
async fn ask(State(web): State<WebState>, token: Token, headers: HeaderMap) -> Response {
    let guess = accepted(&headers);
    let Some(token) = opened(&web, token) else { return unknown(&web, guess) };
    match locale(&web, &token, guess).await {
        Ok(locale) => shown(&web, StatusCode::OK, locale, &Words::of(locale, &token.channel).question()),
        Err(error) => away(&web, guess, &error),
    }
}

/// Stops. Asked again it changes nothing and says the same.
async fn stop(State(web): State<WebState>, token: Token, headers: HeaderMap) -> Response {
    let guess = accepted(&headers);
    let Some(token) = opened(&web, token) else { return unknown(&web, guess) };
    match stopped(&web, &token, guess).await {
        Ok(locale) => shown(&web, StatusCode::OK, locale, &Words::of(locale, &token.channel).done()),
        Err(error) => away(&web, guess, &error),
    }
}

async fn stopped(web: &WebState, token: &StopToken, guess: Locale) -> Result<Locale, LedgerError> {
    if soon(|| web.ledger.stop(token)).await? {
        metrics::counter!("vestnik_unsubscribed_total", "channel" => token.channel.to_string()).increment(1);
    }
    locale(web, token, guess).await
}

/// The citizen's own language, where the citizen is known.
async fn locale(web: &WebState, token: &StopToken, guess: Locale) -> Result<Locale, LedgerError> {
    Ok(web.ledger.locale_of(token).await?.unwrap_or(guess))
}

fn unknown(web: &WebState, locale: Locale) -> Response {
    shown(web, StatusCode::NOT_FOUND, locale, &Words::unknown(locale))
}

fn away(web: &WebState, locale: Locale, error: &LedgerError) -> Response {
    warn!(error = error as &dyn std::error::Error, "an unsubscribe could not be answered");
    let mut response = shown(web, StatusCode::SERVICE_UNAVAILABLE, locale, &Words::away(locale));
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("60"));
    response
}

fn shown(web: &WebState, status: StatusCode, locale: Locale, page: &Page) -> Response {
    html::shown(status, page.html(locale, web.rules.renderer.identity()))
}
