//! One-click unsubscribe (RFC 8058): a POST stops at once, a GET shows a page with one button. No
//! login and no script; the token in the address is all that is needed.

mod page;
mod words;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{
    ACCEPT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tracing::warn;

use self::page::Page;
use self::words::Words;
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
        Ok(locale) => {
            let words = Words::of(locale, &token.channel, web.rules.renderer.identity());
            shown(StatusCode::OK, locale, &words.question())
        }
        Err(error) => away(&web, guess, &error),
    }
}

/// Stops. Asked again it changes nothing and says the same.
async fn stop(State(web): State<WebState>, token: Token, headers: HeaderMap) -> Response {
    let guess = accepted(&headers);
    let Some(token) = opened(&web, token) else { return unknown(&web, guess) };
    match stopped(&web, &token, guess).await {
        Ok(locale) => {
            let words = Words::of(locale, &token.channel, web.rules.renderer.identity());
            shown(StatusCode::OK, locale, &words.done())
        }
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
    let page = Words::unknown(locale, web.rules.renderer.identity());
    shown(StatusCode::NOT_FOUND, locale, &page)
}

fn away(web: &WebState, locale: Locale, error: &LedgerError) -> Response {
    warn!(error = error as &dyn std::error::Error, "an unsubscribe could not be answered");
    let page = Words::away(locale, web.rules.renderer.identity());
    let mut response = shown(StatusCode::SERVICE_UNAVAILABLE, locale, &page);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("60"));
    response
}

/// The first language of `Accept-Language` that texts are written in.
fn accepted(headers: &HeaderMap) -> Locale {
    let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let tags = wanted.split(',').filter_map(|part| part.split(';').next()?.trim().parse().ok());
    tags.into_iter().next().unwrap_or(Locale::En)
}

/// Nothing is loaded, nothing is run, nobody frames it, nobody learns where the visitor came from.
fn shown(status: StatusCode, locale: Locale, page: &Page) -> Response {
    const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");
    let fixed = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (REFERRER_POLICY, "no-referrer"),
        (X_FRAME_OPTIONS, "DENY"),
        (ROBOTS, "noindex"),
    ];
    let policy = HeaderValue::from_str(&page::security_policy());
    let mut response = (status, fixed, page.html(locale)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, policy.unwrap_or(HeaderValue::from_static("default-src 'none'")));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_we_write_is_taken() {
        let table = [
            ("uk-UA,uk;q=0.9,en;q=0.5", Locale::Uk),
            ("de-DE, ru;q=0.8, en;q=0.5", Locale::Ru),
            ("de", Locale::En),
            ("", Locale::En),
            (";;,,", Locale::En),
        ];
        for (wanted, expected) in table {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(wanted));
            assert_eq!(accepted(&headers), expected, "{wanted}");
        }
        assert_eq!(accepted(&HeaderMap::new()), Locale::En);
    }
}
