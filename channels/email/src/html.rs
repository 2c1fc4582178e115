//! The HTML half of a mail, made from its text.

use std::fmt::Write;

use url::Url;

/// Around the paragraphs. The type is large, the lines are short, and colours are the reader's own;
/// there is nothing to load.
const BODY: &str = concat!(
    "<body style=\"margin:0;padding:24px;font-family:Arial,Helvetica,sans-serif;font-size:18px;",
    "line-height:1.6\">\n<div style=\"max-width:38em;margin:0 auto\">\n"
);

/// A page that says what the text says: paragraphs where it has empty lines, line breaks where it
/// has lines, and links where it names an `http` or `https` address.
#[must_use]
pub fn page(title: &str, text: &str, locale: &str) -> String {
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n</head>\n{BODY}",
        escaped(locale),
        escaped(title)
    );
    for paragraph in text.replace("\r\n", "\n").split("\n\n").filter(|text| !text.trim().is_empty()) {
        let lines: Vec<String> = paragraph.trim_matches('\n').lines().map(line).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(page, "<p style=\"margin:0 0 1em\">{}</p>", lines.join("<br>\n"));
    }
    page.push_str("</div>\n</body>\n</html>\n");
    page
}

/// One line, escaped, with its links.
fn line(mut text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    while let Some((before, link, after)) = next_link(text) {
        let address = escaped(link);
        let _ = write!(html, "{}<a href=\"{address}\">{address}</a>", escaped(before));
        text = after;
    }
    html.push_str(&escaped(text));
    html
}

/// The text before the first link, the link, and the text after it.
fn next_link(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(found) = text[from..].find("http") {
        let start = from + found;
        let link = link_at(&text[start..]);
        if is_link(link) {
            return Some((&text[..start], link, &text[start + link.len()..]));
        }
        from = start + "http".len();
    }
    None
}

/// What a reader would take for the address that begins here: up to a space, a quotation mark or a
/// bracket, without the punctuation of the sentence around it.
fn link_at(text: &str) -> &str {
    let ends = |c: char| c.is_whitespace() || c.is_control() || "<>\"«»“”„`".contains(c);
    let end = text.find(ends).unwrap_or(text.len());
    text[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}', '\'', '’', '…'])
}

/// Only plain web addresses; one with a user name in it looks like another than it is.
fn is_link(link: &str) -> bool {
    let web = link.starts_with("https://") || link.starts_with("http://");
    web && Url::parse(link).is_ok_and(|url| url.host().is_some() && url.username().is_empty())
}

fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c if c.is_control() => html.push(' '),
            c => html.push(c),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn body(text: &str) -> String {
        let page = page("t", text, "uk");
        let (_, body) = page.split_once(BODY).unwrap();
        body.replace("</div>\n</body>\n</html>\n", "").replace(" style=\"margin:0 0 1em\"", "")
    }

    #[test]
    fn lines_and_paragraphs_are_kept() {
        assert_eq!(body("one\ntwo\n\nthree"), "<p>one<br>\ntwo</p>\n<p>three</p>\n");
        assert_eq!(body("one\r\ntwo\r\n\r\n\r\n\r\nthree\r\n"), "<p>one<br>\ntwo</p>\n<p>three</p>\n");
        assert_eq!(body(""), "");
    }

    #[test]
    fn only_web_addresses_become_links() {
        let link = |url: &str| format!("<a href=\"{url}\">{url}</a>");
        for (text, expected) in [
            ("см. https://a.example/x?y=1.", format!("см. {}.", link("https://a.example/x?y=1"))),
            ("(http://a.example/)", format!("({})", link("http://a.example/"))),
            ("«https://a.example»", format!("«{}»", link("https://a.example"))),
            ("https://a.example https://b.example", {
                format!("{} {}", link("https://a.example"), link("https://b.example"))
            }),
            ("https://a.example/?a=1&b=2", link("https://a.example/?a=1&amp;b=2")),
            ("https://", "https://".into()),
            ("http httpss://a.example", "http httpss://a.example".into()),
            ("javascript:alert(1) ftp://a.example", "javascript:alert(1) ftp://a.example".into()),
            ("https://bank.example@evil.example/", "https://bank.example@evil.example/".into()),
        ] {
            assert_eq!(body(text), format!("<p>{expected}</p>\n"), "{text}");
        }
    }

    #[test]
    fn nothing_in_the_text_is_markup() {
        let page = page("\"><script>", "<b onclick='x'>&amp;</b>", "uk\" onload=\"");
        assert!(
            page.contains("<p style=\"margin:0 0 1em\">&lt;b onclick=&#39;x&#39;&gt;&amp;amp;&lt;/b&gt;</p>")
        );
        assert!(page.contains("<html lang=\"uk&quot; onload=&quot;\">"));
        assert!(page.contains("<title>&quot;&gt;&lt;script&gt;</title>"));
    }

    /// What a reader sees of one paragraph.
    fn seen(html: &str) -> String {
        let mut text = String::new();
        for (number, piece) in html.split('<').enumerate() {
            let shown =
                if number == 0 { piece } else { piece.split_once('>').map_or("", |(_, after)| after) };
            text.push_str(shown);
        }
        for (mark, c) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")] {
            text = text.replace(mark, c);
        }
        text
    }

    proptest! {
        #[test]
        fn the_page_says_what_the_text_says(text in "([ -~жі]|https://a\\.b/|<|&|\"){0,40}") {
            prop_assert_eq!(seen(&line(&text)), text);
        }

        #[test]
        fn no_text_makes_it_panic(title in any::<String>(), text in any::<String>(), locale in any::<String>()) {
            let page = page(&title, &text, &locale);
            prop_assert!(!page.contains('\0'));
        }
    }
}
