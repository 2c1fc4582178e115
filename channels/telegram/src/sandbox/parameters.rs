//! The parameters of a method, however they came (Bot API, "Making requests").

use serde_json::{Map, Value};
use url::form_urlencoded;

/// Parameters by name. Those of a form and of the query are texts; a number in JSON may be one too.
pub(super) struct Parameters(Map<String, Value>);

impl Parameters {
    /// Those of the query, and then those of the body, which is JSON or a form.
    pub(super) fn read(query: &str, content_type: &str, body: &[u8]) -> Option<Self> {
        let mut all = texts(query.as_bytes());
        if content_type.starts_with("application/json") {
            all.extend(serde_json::from_slice::<Map<String, Value>>(body).ok()?);
        } else {
            all.extend(texts(body));
        }
        Some(Self(all))
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }
}

fn texts(form: &[u8]) -> Map<String, Value> {
    form_urlencoded::parse(form).map(|(name, text)| (name.into_owned(), text.into_owned().into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_forms_and_queries_say_the_same() {
        let text = Some("Дякую".to_owned());
        for (query, content_type, body) in [
            ("", "application/json", r#"{"chat_id":5,"text":"Дякую"}"#),
            ("", "application/json; charset=utf-8", r#"{"chat_id":"5","text":"Дякую"}"#),
            ("", "application/x-www-form-urlencoded", "chat_id=5&text=%D0%94%D1%8F%D0%BA%D1%83%D1%8E"),
            ("chat_id=5&text=%D0%94%D1%8F%D0%BA%D1%83%D1%8E", "", ""),
        ] {
            let read = Parameters::read(query, content_type, body.as_bytes()).unwrap();
            assert_eq!((read.number("chat_id"), read.text("text")), (Some(5), text.clone()), "{body}");
        }
        assert!(Parameters::read("", "application/json", b"[]").is_none());
        assert!(Parameters::read("", "", &[0xff, b'=', 0]).is_some());
    }
}
