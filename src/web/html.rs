//! Pages for citizens: plain HTML that any phone shows, readable from afar, by keyboard and aloud, without
//! script. The one place that knows how a page looks and what a browser may do with it.

use axum::http::header::{
    ACCEPT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use ring::digest::{SHA256, digest};

use crate::domain::{Identity, Locale};

/// Black on white or white on black as the phone is set, large, with buttons for a thumb.
const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#16202c;--paper:#fff;--soft:#46515e;--line:#8895a4;--deed:#1d5fa8;\
--deed-over:#174d89;--on-deed:#fff;--good:#e7f4ea;--good-edge:#1f7a3a;--bad:#fdecea;--bad-edge:#b3261e}\
*{box-sizing:border-box}\
body{margin:0;font:1.25rem/1.6 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',Arial,sans-serif;\
background:var(--paper);color:var(--ink);overflow-wrap:break-word}\
header,main,footer{max-width:38rem;margin:0 auto;padding:0 1.25rem}\
header{padding-top:1.5rem}footer{padding-bottom:3rem}\
main:focus{outline:0}\
.agency{margin:0 0 1.5rem;padding-bottom:.75rem;border-bottom:3px solid var(--deed);font-weight:600}\
.skip{position:absolute;left:-99rem}\
.skip:focus{position:static;display:inline-block;padding:.75rem 1.25rem}\
h1{margin:0 0 1rem;font-size:1.9rem;line-height:1.25}\
h2{margin:0 0 .75rem;font-size:1.5rem;line-height:1.3}\
h3{margin:0 0 .25rem;font-size:1.25rem;line-height:1.4}\
p,ul,ol{margin:0 0 1rem}\
section{margin-top:2.5rem;padding-top:2rem;border-top:1px solid var(--line)}\
a{color:var(--deed)}a:hover{color:var(--deed-over)}\
.languages{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;list-style:none;margin:0 0 1.5rem;padding:0}\
.languages a{display:inline-block;padding:.35rem 0}\
.languages [aria-current]{color:var(--ink);font-weight:600;text-decoration:none}\
fieldset{margin:0 0 1rem;padding:0;border:0;min-width:0}\
legend{padding:0;margin-bottom:.5rem;font-weight:600}\
.rows{list-style:none;padding:0}\
.row{display:flex;align-items:center;justify-content:space-between;gap:1rem;\
padding:.75rem 0;border-bottom:1px solid var(--line)}\
.pick{display:flex;align-items:flex-start;gap:.75rem;margin:0 0 .75rem}.row .pick{flex:1;min-width:0;margin:0}\
details{margin-top:1.5rem}main>div+div{margin-top:2.5rem}\
.pick label{flex:1}\
input[type=checkbox],input[type=radio]{flex:none;width:1.6rem;height:1.6rem;margin:.2rem 0 0;\
accent-color:var(--deed)}\
select,input[type=time]{font:inherit;padding:.4rem .6rem;min-height:2.9rem;color:inherit;\
background:var(--paper);border:2px solid var(--line);border-radius:.4rem}\
[aria-invalid=true]{border-color:var(--bad-edge)}\
.days{padding-left:2.35rem}\
.day{margin-bottom:.75rem}.day legend{font-weight:400;margin-bottom:.25rem}\
.day span{display:inline-flex;align-items:center;gap:.5rem;margin:0 1.25rem .4rem 0}\
.hint{color:var(--soft);font-size:1.125rem}.pick .hint{display:block}\
button{display:block;width:100%;margin:1.25rem 0 0;padding:.9rem 1rem;border:0;border-radius:.6rem;\
background:var(--deed);color:var(--on-deed);font:inherit;font-weight:600;cursor:pointer}\
button:hover{background:var(--deed-over)}\
button.stop{background:var(--paper);color:var(--bad-edge);border:3px solid var(--bad-edge)}\
button.stop:hover{background:var(--bad)}\
.note{margin:0 0 1.5rem;padding:1rem 1.25rem;border-left:.4rem solid}.note :last-child{margin-bottom:0}\
.good{background:var(--good);border-color:var(--good-edge)}\
.bad{background:var(--bad);border-color:var(--bad-edge)}\
.error{margin:.5rem 0;color:var(--bad-edge);font-weight:600}\
.told{list-style:none;padding:0}.told>li+li{margin-top:1rem;padding-top:1rem;border-top:1px solid var(--line)}\
dl{margin:0}dt{color:var(--soft);font-size:1.125rem}dd{margin:0 0 .5rem}\
.foot{margin-top:2.5rem;padding-top:1rem;border-top:1px solid var(--line)}\
a:focus-visible,button:focus-visible,input:focus-visible,select:focus-visible,summary:focus-visible,\
.note:focus-visible{outline:4px solid var(--ink);outline-offset:3px}\
@media (prefers-color-scheme:dark){:root{--ink:#eef2f6;--paper:#11161d;--soft:#b9c3cf;--line:#66727f;\
--deed:#7db5f2;--deed-over:#a4ccf7;--on-deed:#0b1522;--good:#12301c;--good-edge:#6fce8b;--bad:#3a1512;\
--bad-edge:#ff9d94}}";

/// The id of what a page says first once something was done or went wrong; addresses end with it, so that
/// who reads by ear or by keyboard begins there.
pub const NEWS: &str = "news";

/// A page.
pub struct Document<'a> {
    /// The language it is in.
    pub locale: Locale,
    /// Its name in the window, before the agency's.
    pub title: &'a str,
    /// Who speaks.
    pub identity: &'a Identity,
    /// What stands above the contents, as HTML.
    pub above: &'a str,
    /// The contents, as HTML.
    pub main: &'a str,
}

impl Document<'_> {
    /// The whole page.
    #[must_use]
    pub fn html(&self) -> String {
        let Self { locale, above, main, .. } = self;
        format!(
            "<!DOCTYPE html>\n<html lang=\"{locale}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title} — {agency}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
             <header>\n{above}<p class=\"agency\">{agency}</p>\n</header>\n\
             <main id=\"main\" tabindex=\"-1\">\n{main}</main>\n\
             <footer>\n<p class=\"foot\">{foot}</p>\n</footer>\n</body>\n</html>\n",
            title = escaped(self.title),
            agency = escaped(self.identity.agency.get(*locale)),
            foot = escaped(&questions(*locale, self.identity)),
        )
    }
}

/// Whom to ask, in one line.
#[must_use]
pub fn questions(locale: Locale, identity: &Identity) -> String {
    let phone = phone(identity);
    match locale {
        Locale::Ru => format!("Вопросы? Наш единственный номер: {phone}"),
        Locale::Uk => format!("Маєте запитання? Наш єдиний номер: {phone}"),
        Locale::En => format!("Questions? Our only number: {phone}"),
    }
}

/// The number, which is read, and called, in one line.
#[must_use]
pub fn phone(identity: &Identity) -> String {
    identity.phone.replace(' ', "\u{a0}")
}

/// A text that can stand in an element, and between quotes in an attribute.
#[must_use]
pub fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

/// The first language of `Accept-Language` that texts are written in.
#[must_use]
pub fn accepted(headers: &HeaderMap) -> Locale {
    let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let tags = wanted.split(',').filter_map(|part| part.split(';').next()?.trim().parse().ok());
    tags.into_iter().next().unwrap_or(Locale::En)
}

/// A page as an answer: nothing is loaded, nothing is run, nobody frames it, nobody learns where the
/// visitor came from.
#[must_use]
pub fn shown(status: StatusCode, html: String) -> Response {
    let mut response = (status, [(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response();
    guard(&mut response);
    response
}

/// Puts on an answer to a citizen what keeps it from others.
pub fn guard(response: &mut Response) {
    const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");
    let policy = HeaderValue::from_str(&security_policy());
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, policy.unwrap_or(HeaderValue::from_static("default-src 'none'")));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(ROBOTS, HeaderValue::from_static("noindex"));
}

/// What a browser may do with a page: use this one style, and post to where it came from.
fn security_policy() -> String {
    let style = BASE64.encode(digest(&SHA256, STYLE.as_bytes()).as_ref());
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}

/// What a page says when nothing can be read or changed just now: a heading and a text.
#[must_use]
pub fn away(locale: Locale) -> (&'static str, &'static str) {
    match locale {
        Locale::Ru => (
            "Сейчас не получилось",
            "Мы не смогли выполнить вашу просьбу. Пожалуйста, попробуйте ещё раз через несколько минут.",
        ),
        Locale::Uk => (
            "Зараз не вдалося",
            "Ми не змогли виконати ваше прохання. Будь ласка, спробуйте ще раз за кілька хвилин.",
        ),
        Locale::En => {
            ("It did not work just now", "We could not do what you asked. Please try again in a few minutes.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_markup_gets_through() {
        assert_eq!(escaped("<b title=\"a'b\">&amp;"), "&lt;b title=&quot;a&#39;b&quot;&gt;&amp;amp;");
    }

    #[test]
    fn the_policy_allows_the_style_and_nothing_else() {
        let policy = security_policy();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("script"), "{policy}");
    }

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
