//! The unsubscribe page: a heading, what there is to say, and one button.

use std::fmt::Write as _;

use crate::domain::{Identity, Locale};
use crate::web::html::{Document, escaped};

/// What a page says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The heading.
    pub heading: String,
    /// Paragraphs.
    pub text: Vec<String>,
    /// The words on the one button, where there is one; it posts to the same address.
    pub button: Option<String>,
}

impl Page {
    /// The whole document.
    #[must_use]
    pub fn html(&self, locale: Locale, identity: &Identity) -> String {
        let mut main = format!("<h1>{}</h1>\n", escaped(&self.heading));
        // Writing into a text cannot fail.
        for paragraph in &self.text {
            let _ = writeln!(main, "<p>{}</p>", escaped(paragraph));
        }
        if let Some(button) = &self.button {
            let _ = writeln!(
                main,
                "<form method=\"post\"><button type=\"submit\" name=\"List-Unsubscribe\" \
                 value=\"One-Click\">{}</button></form>",
                escaped(button)
            );
        }
        Document { locale, title: &self.heading, identity, above: "", main: &main }.html()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::fixture::World;

    #[tokio::test]
    async fn a_page_names_the_agency_and_lets_no_markup_through() {
        let world = World::sqlite().await;
        let identity = world.rules.renderer.identity();
        let page = Page { heading: "<Stop>?".to_owned(), text: vec!["\"One\"".to_owned()], button: None };
        let html = page.html(Locale::Uk, identity);
        assert!(html.starts_with("<!DOCTYPE html>\n<html lang=\"uk\">"));
        assert!(html.contains("<p class=\"agency\">Ministry of Families</p>"));
        assert!(html.contains("<h1>&lt;Stop&gt;?</h1>") && html.contains("<p>&quot;One&quot;</p>"));
        assert!(!html.contains("<form") && !html.contains("<script"));
        let button = Page { button: Some("Stop".to_owned()), ..page };
        assert!(button.html(Locale::En, identity).contains("<form method=\"post\">"));
    }
}
