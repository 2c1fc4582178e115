//! A page for a citizen: plain HTML that any phone shows, readable from afar, without script.

use std::fmt::Write as _;

use data_encoding::BASE64;
use ring::digest::{SHA256, digest};

use crate::domain::Locale;

/// What a page says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Who speaks: the agency, first of all.
    pub agency: String,
    /// The heading.
    pub heading: String,
    /// Paragraphs.
    pub text: Vec<String>,
    /// The words on the one button, where there is one; it posts to the same address.
    pub button: Option<String>,
    /// What stands below a line: whom to call.
    pub foot: String,
}

/// Black on white or white on black as the phone is set, large, with a button for a thumb.
const STYLE: &str = "\
:root{color-scheme:light dark}\
body{margin:0;font:1.25rem/1.6 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',Arial,sans-serif;\
background:#fff;color:#16202c}\
main{max-width:34rem;margin:0 auto;padding:2rem 1.25rem 3rem}\
.agency{margin:0 0 2rem;padding-bottom:.75rem;border-bottom:3px solid #1d5fa8;font-weight:600}\
h1{margin:0 0 1rem;font-size:1.9rem;line-height:1.25}\
p{margin:0 0 1rem}\
button{display:block;width:100%;margin:1.75rem 0;padding:1rem;border:0;border-radius:.6rem;\
background:#1d5fa8;color:#fff;font:inherit;font-weight:600;cursor:pointer}\
button:hover{background:#174d89}\
button:focus-visible{outline:3px solid #f2a900;outline-offset:3px}\
.foot{margin-top:2rem;padding-top:1rem;border-top:1px solid #b9c3cf}\
@media (prefers-color-scheme:dark){body{background:#11161d;color:#eef2f6}\
.agency{border-color:#7db5f2}.foot{border-color:#46515e}\
button{background:#7db5f2;color:#0b1522}button:hover{background:#a4ccf7}}";

/// What a browser may do with a page: use this one style, and post to where it came from.
#[must_use]
pub fn security_policy() -> String {
    let style = BASE64.encode(digest(&SHA256, STYLE.as_bytes()).as_ref());
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}

impl Page {
    /// The whole document.
    #[must_use]
    pub fn html(&self, locale: Locale) -> String {
        let mut html = format!(
            "<!DOCTYPE html>\n<html lang=\"{locale}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title} — {agency}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
             <p class=\"agency\">{agency}</p>\n<h1>{title}</h1>\n",
            title = escaped(&self.heading),
            agency = escaped(&self.agency),
        );
        // Writing into a text cannot fail.
        for paragraph in &self.text {
            let _ = writeln!(html, "<p>{}</p>", escaped(paragraph));
        }
        if let Some(button) = &self.button {
            let _ = writeln!(
                html,
                "<form method=\"post\"><button type=\"submit\" name=\"List-Unsubscribe\" \
                 value=\"One-Click\">{}</button></form>",
                escaped(button)
            );
        }
        let _ = writeln!(html, "<p class=\"foot\">{}</p>", escaped(&self.foot));
        html.push_str("</main>\n</body>\n</html>\n");
        html
    }
}

/// A text that can stand in an element.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_the_agency_and_lets_no_markup_through() {
        let page = Page {
            agency: "Families & <Friends>".to_owned(),
            heading: "Stop?".to_owned(),
            text: vec!["\"One\"".to_owned()],
            button: None,
            foot: "Call".to_owned(),
        };
        let html = page.html(Locale::Uk);
        assert!(html.starts_with("<!DOCTYPE html>\n<html lang=\"uk\">"));
        assert!(html.contains("Families &amp; &lt;Friends&gt;") && html.contains("<p>&quot;One&quot;</p>"));
        assert!(!html.contains("<form") && !html.contains("<script"));
        let button = Page { button: Some("Stop".to_owned()), ..page };
        assert!(button.html(Locale::En).contains("<form method=\"post\">"));
    }

    #[test]
    fn the_policy_allows_the_style_and_nothing_else() {
        let policy = security_policy();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
}
