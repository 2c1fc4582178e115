//! Bodies in JSON, read strictly: an unknown field is refused with the known one that is nearest,
//! and a refusal names the place and what was expected there, never what was sent.

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use super::problem::{Kind, Problem};
use crate::config::error::nearest;
use crate::domain::is_param_name;

/// Reads a body. `expected` says of a field of this name what it has to be, in words that follow
/// "expected".
pub fn read<T: DeserializeOwned>(body: &[u8], expected: fn(&str) -> &'static str) -> Result<T, Problem> {
    let mut from = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize(&mut from).map_err(|error| refusal(&error, expected))?;
    from.end().map_err(|error| not_json(&error))?;
    Ok(read)
}

fn refusal(
    error: &serde_path_to_error::Error<serde_json::Error>,
    expected: fn(&str) -> &'static str,
) -> Problem {
    if !error.inner().is_data() {
        return not_json(error.inner());
    }
    let place = Place::of(error.path());
    let message = error.inner().to_string();
    if let Some(name) = quoted(&message, "missing field `") {
        return Problem::field(place.below(name), format!("expected {}", expected(name)));
    }
    if let Some(name) = quoted(&message, "duplicate field `") {
        return Problem::field(place.ending_in(name), "expected the field once");
    }
    if let Some(name) = quoted(&message, "unknown field `") {
        return Problem::field(place.ending_in(name), no_such_field(name, &message));
    }
    Problem::field(place.pointer, format!("expected {}", expected(&place.field)))
}

fn not_json(error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    Problem::new(
        Kind::InvalidJson,
        format!("expected JSON; it stops being JSON at line {line} column {column}"),
    )
}

fn no_such_field(found: &str, message: &str) -> String {
    // "unknown field `x`, expected one of `a`, `b`": every second part is a name.
    let known: Vec<_> = message.split('`').skip(3).step_by(2).collect();
    match nearest(found, known.iter().copied()) {
        Some(meant) => format!("expected no such field; did you mean {meant}?"),
        None if known.is_empty() => "expected no such field".to_owned(),
        None => format!("expected no such field; there are {}", known.join(", ")),
    }
}

/// The name that one of serde's messages quotes.
fn quoted<'a>(message: &'a str, before: &str) -> Option<&'a str> {
    message.strip_prefix(before)?.split('`').next()
}

/// Where in the body something stands.
struct Place {
    pointer: String,
    /// The name of the last field on the way.
    field: String,
}

impl Place {
    fn of(path: &serde_path_to_error::Path) -> Self {
        let mut place = Self { pointer: String::new(), field: String::new() };
        for segment in path {
            match segment {
                Segment::Seq { index } => {
                    place.pointer.push('/');
                    place.pointer.push_str(&index.to_string());
                }
                Segment::Map { key } | Segment::Enum { variant: key } => {
                    place.pointer.push_str(&part(key));
                    place.field.clone_from(key);
                }
                Segment::Unknown => {}
            }
        }
        place
    }

    fn below(&self, name: &str) -> String {
        format!("{}{}", self.pointer, part(name))
    }

    /// The pointer to a field of this name, which the path may have named already.
    fn ending_in(&self, name: &str) -> String {
        if self.field == name { self.pointer.clone() } else { self.below(name) }
    }
}

/// A field's part of a pointer. A name that does not look like one of ours may be somebody's data in
/// the wrong place, and is shown as `*`.
fn part(name: &str) -> String {
    if is_param_name(name) { format!("/{name}") } else { "/*".to_owned() }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its reading is looked at")]
    struct Body {
        locale: String,
        #[serde(default)]
        consents: Vec<Consent>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its reading is looked at")]
    struct Consent {
        action: Action,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Action {
        Granted,
    }

    fn expected(field: &str) -> &'static str {
        match field {
            "action" => "granted or withdrawn",
            "locale" => "ru, uk or en",
            _ => "an object",
        }
    }

    #[test]
    fn a_refusal_names_the_place_and_never_the_value() {
        let table = [
            ("", "expected JSON; it stops being JSON at line 1 column 0"),
            ("{\"locale\":\"uk\"} secret", "expected JSON; it stops being JSON at line 1 column 17"),
            ("[]", "expected an object"),
            ("17", ": expected an object"),
            ("{}", "/locale: expected ru, uk or en"),
            (r#"{"locale":"uk","locale":"secret"}"#, "/locale: expected the field once"),
            (r#"{"locale":["secret"]}"#, "/locale: expected ru, uk or en"),
            (r#"{"locale":"uk","consent":[]}"#, "/consent: expected no such field; did you mean consents?"),
            (r#"{"x":1}"#, "/x: expected no such field; there are locale, consents"),
            (r#"{"secret@mail.example":1}"#, "/*: expected no such field; there are locale, consents"),
            (r#"{"locale":"uk","consents":[{}]}"#, "/consents/0/action: expected granted or withdrawn"),
            (
                r#"{"locale":"uk","consents":[{"action":"granted"},{"action":"secret"}]}"#,
                "/consents/1/action: expected granted or withdrawn",
            ),
            (
                r#"{"locale":"uk","consents":[{"action":"granted","at":1}]}"#,
                "/consents/0/at: expected no such field; there are action",
            ),
        ];
        for (body, words) in table {
            let problem = read::<Body>(body.as_bytes(), expected).unwrap_err();
            assert_eq!(problem.in_words(), words.trim_start_matches(": "), "{body}");
            assert!(!problem.document().to_string().contains("secret"), "{problem:?}");
        }
        assert!(read::<Body>(b"\xff\xfe", expected).is_err());
        assert!(read::<Body>(" {\"locale\":\"uk\"}\n".as_bytes(), expected).is_ok());
    }
}
