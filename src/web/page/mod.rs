//! A citizen's own page, by the link in a message or from the portal: where, about what and when we write,
//! why what came came, and a copy of one's data. Plain HTML without script; the sealed token in the address
//! is all that is needed, and no other site can know it. To look changes nothing: mail programs open links
//! in advance.

mod copy;
mod form;
mod view;
mod words;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use tracing::warn;

use self::copy::Kept;
use self::form::{Deed, Mistake, Posted};
use self::view::View;
use super::body::read;
use super::html::{self, NEWS, accepted};
use super::path::Citizen;
use super::problem::Problem;
use super::state::WebState;
use crate::domain::{Locale, RefusalReason};
use crate::ledger::retry::soon;
use crate::ledger::rules::locale_for;
use crate::ledger::{LedgerError, Opened, PageLink};

/// The largest form, in bytes: the page's own are far smaller.
const FORM: usize = 16 * 1024;

pub(super) fn routes() -> Router<WebState> {
    Router::new().route("/p/{token}", get(show).post(change)).route("/p/{token}/copy", get(copy))
}

/// What the registry may ask for.
pub(super) fn registry_routes() -> Router<WebState> {
    Router::new().route("/v1/citizens/{id}/page-link", axum::routing::post(create_link))
}

/// The address of the page for a citizen whom the portal has logged in.
async fn create_link(State(web): State<WebState>, Citizen(id): Citizen) -> Result<Response, Problem> {
    if web.rules.public_url.is_none() {
        let why = "expected http.public_url in gateway.toml: without it citizens reach no page of ours";
        return Err(Problem::new(RefusalReason::NotFound, why));
    }
    let link = soon(|| web.ledger.create_page_link(&id, &web.rules)).await?;
    let (url, expires_at) =
        link.ok_or_else(|| Problem::new(RefusalReason::NoSuchCitizen, "record the citizen first"))?;
    Ok((StatusCode::CREATED, Json(json!({ "url": url, "expires_at": expires_at }))).into_response())
}

/// What stands in the address, which may be anything.
type Token = Result<Path<String>, PathRejection>;

/// A visit by a good link.
struct Visit {
    link: PageLink,
    token: String,
    /// The language asked for in the address, and the one that the browser would like.
    asked: Option<Locale>,
    guess: Locale,
}

/// What is answered where no page can be shown.
enum NoPage {
    /// The link was never ours.
    Unknown,
    /// The link, or the citizen, is gone.
    Over,
    /// The ledger is away.
    Away(LedgerError),
}

impl From<LedgerError> for NoPage {
    fn from(error: LedgerError) -> Self {
        Self::Away(error)
    }
}

impl Visit {
    fn by(web: &WebState, token: Token, uri: &Uri, headers: &HeaderMap) -> Result<Self, NoPage> {
        let Ok(Path(token)) = token else { return Err(NoPage::Unknown) };
        let asked = queried(uri, "lang").and_then(|tag| tag.parse().ok());
        match web.ledger.open_page_link(&token, web.clock.now()) {
            Opened::Good(link) => Ok(Self { link, token, asked, guess: accepted(headers) }),
            Opened::Over => Err(NoPage::Over),
            Opened::Unknown => Err(NoPage::Unknown),
        }
    }

    /// The page as it stands now, with what was done or what was wrong.
    async fn page(
        &self,
        web: &WebState,
        done: Option<Deed>,
        wrong: Option<(Mistake, &Posted)>,
    ) -> Result<String, NoPage> {
        let page = soon(|| web.ledger.page(&self.link, &web.rules)).await?.ok_or(NoPage::Over)?;
        let locale = self.asked.unwrap_or_else(|| locale_for(&page.citizen, None));
        let (rules, sources) = (&*web.rules, &*web.sources);
        let (link, token, page) = (self.link, self.token.as_str(), &page);
        Ok(View { locale, link, token, page, rules, sources, done, wrong }.html())
    }
}

async fn show(State(web): State<WebState>, token: Token, uri: Uri, headers: HeaderMap) -> Response {
    let done = queried(&uri, "done").and_then(|name| Deed::named(&name));
    let shown = async {
        let visit = Visit::by(&web, token, &uri, &headers)?;
        Ok(html::shown(StatusCode::OK, visit.page(&web, done, None).await?))
    };
    shown.await.unwrap_or_else(|no_page| instead(&web, accepted(&headers), no_page))
}

/// Makes a change, and leads back to the page, so that to load it again changes nothing again.
async fn change(State(web): State<WebState>, token: Token, request: Request) -> Response {
    let (uri, headers) = (request.uri().clone(), request.headers().clone());
    let changed = async {
        let visit = Visit::by(&web, token, &uri, &headers)?;
        // What is too large for a form of ours says nothing.
        let body = read(request.into_body(), FORM).await.unwrap_or_default();
        changed(&web, &visit, &Posted::read(&body)).await
    };
    changed.await.unwrap_or_else(|no_page| instead(&web, accepted(&headers), no_page))
}

async fn changed(web: &WebState, visit: &Visit, posted: &Posted) -> Result<Response, NoPage> {
    let mistake = match posted.change() {
        Err(mistake) => mistake,
        Ok((deed, change)) => {
            let seen = (visit.asked.unwrap_or(visit.guess), posted.seen());
            match soon(|| web.ledger.change(&visit.link, seen, &change, &web.rules)).await? {
                Ok(()) => {
                    metrics::counter!("vestnik_page_changes_total", "what" => deed.as_str()).increment(1);
                    return Ok(back(visit, deed));
                }
                Err(unheard) => Mistake::of(deed, unheard).ok_or(NoPage::Over)?,
            }
        }
    };
    let status = match mistake.wrong {
        form::Wrong::TooMany => StatusCode::TOO_MANY_REQUESTS,
        form::Wrong::Stale => StatusCode::CONFLICT,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Ok(html::shown(status, visit.page(web, None, Some((mistake, posted))).await?))
}

/// The way back to the page; once another language is chosen, in that one.
fn back(visit: &Visit, deed: Deed) -> Response {
    let language = visit.asked.filter(|_| deed != Deed::Language);
    let language = language.map(|locale| format!("&lang={locale}")).unwrap_or_default();
    let to = format!("?done={}{language}#{NEWS}", deed.as_str());
    let mut response = (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response();
    html::guard(&mut response);
    response
}

/// Everything that is kept of the citizen, as a file.
async fn copy(State(web): State<WebState>, token: Token, uri: Uri, headers: HeaderMap) -> Response {
    let copied = async {
        let visit = Visit::by(&web, token, &uri, &headers)?;
        let page = soon(|| web.ledger.page(&visit.link, &web.rules)).await?.ok_or(NoPage::Over)?;
        let kept = soon(|| Kept::of(&web.ledger, &page.id)).await?.ok_or(NoPage::Over)?;
        let document = kept.document(&page.id, visit.link.origin);
        let body = serde_json::to_string_pretty(&document).unwrap_or_default();
        let kind = [
            (CONTENT_TYPE, "application/json"),
            (CONTENT_DISPOSITION, "attachment; filename=\"vestnik.json\""),
        ];
        let mut response = (kind, body).into_response();
        html::guard(&mut response);
        Ok(response)
    };
    copied.await.unwrap_or_else(|no_page| instead(&web, accepted(&headers), no_page))
}

fn instead(web: &WebState, guess: Locale, no_page: NoPage) -> Response {
    let over = |status| html::shown(status, view::over(&web.rules, guess));
    match no_page {
        NoPage::Unknown => over(StatusCode::NOT_FOUND),
        NoPage::Over => over(StatusCode::GONE),
        NoPage::Away(error) => {
            warn!(error = &error as &dyn std::error::Error, "a citizen's page could not be answered");
            let page = view::away(&web.rules, guess);
            let mut response = html::shown(StatusCode::SERVICE_UNAVAILABLE, page);
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("60"));
            response
        }
    }
}

/// A value of the query.
fn queried(uri: &Uri, name: &str) -> Option<String> {
    let query = uri.query().unwrap_or_default().as_bytes();
    url::form_urlencoded::parse(query).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
