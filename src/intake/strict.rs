//! What serde says of a body that it cannot read, said so that its sender can put it right: the
//! field, where it stands, and what was expected there. Never what was sent: serde's own messages
//! may quote it.

use serde_path_to_error::Segment;

use crate::domain::{Pointer, did_you_mean};

/// What a field of this name has to be, in words that follow "expected". A name that gets the words
/// of the empty name, which stands for the whole body, is none that the gateway knows.
pub type Expected = fn(&str) -> &'static str;

/// What is wrong with a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where.
    pub pointer: Pointer,
    /// What was expected there, in plain words.
    pub detail: String,
}

/// Puts serde's words into ours.
#[must_use]
pub fn explain(error: &serde_path_to_error::Error<serde_json::Error>, expected: Expected) -> Mistake {
    let (place, message) = (Place::of(error.path(), expected), error.inner().to_string());
    if let Some(name) = quoted(&message, "missing field `") {
        return Mistake { pointer: place.below(name), detail: missing(name, expected) };
    }
    if let Some(name) = quoted(&message, "duplicate field `") {
        return Mistake { pointer: place.ending_in(name), detail: "expected the field once".to_owned() };
    }
    if let Some(name) = quoted(&message, "unknown field `") {
        let name = place.unknown(&message).unwrap_or(name);
        return Mistake { pointer: place.ending_in(name), detail: no_such_field(name, &message) };
    }
    Mistake { detail: format!("expected {}", place.expected_here()), pointer: place.pointer }
}

/// What is said of a field that is not there.
#[must_use]
pub fn missing(name: &str, expected: Expected) -> String {
    format!("{name} is missing; expected {}", expected(name))
}

/// The pointer with a field of this name behind it.
#[must_use]
pub fn field(pointer: Pointer, name: &str, expected: Expected) -> Pointer {
    if expected(name) == expected("") { pointer.sent(name) } else { pointer.known(name.to_owned()) }
}

fn no_such_field(found: &str, message: &str) -> String {
    // "unknown field `x`, expected one of `a`, `b`": every second part is a name. What the sender
    // chose stands before the last "expected", whatever it holds.
    let listed = message.rsplit_once("`, expected ").map_or("", |(_, listed)| listed);
    let known: Vec<_> = listed.split('`').skip(1).step_by(2).collect();
    match did_you_mean(found, known.iter().copied()) {
        meant if !meant.is_empty() => format!("expected no such field{meant}"),
        _ if known.is_empty() => "expected no such field".to_owned(),
        _ => format!("expected no such field; there are {}", known.join(", ")),
    }
}

/// The name that one of serde's messages quotes.
fn quoted<'a>(message: &'a str, before: &str) -> Option<&'a str> {
    message.strip_prefix(before)?.split('`').next()
}

/// Where in the body something stands.
struct Place {
    pointer: Pointer,
    /// The name of the last field on the way.
    field: String,
    /// It is an element of the list that the field has to be.
    in_list: bool,
    expected: Expected,
}

impl Place {
    fn of(path: &serde_path_to_error::Path, expected: Expected) -> Self {
        path.iter().fold(
            Self { pointer: Pointer::default(), field: String::new(), in_list: false, expected },
            Self::step,
        )
    }

    fn step(self, segment: &Segment) -> Self {
        match segment {
            Segment::Seq { index } => Self { pointer: self.pointer.index(*index), in_list: true, ..self },
            Segment::Map { key } | Segment::Enum { variant: key } => {
                let pointer = field(self.pointer, key, self.expected);
                Self { pointer, field: key.clone(), in_list: false, ..self }
            }
            Segment::Unknown => self,
        }
    }

    fn expected_here(&self) -> &'static str {
        let words = (self.expected)(&self.field);
        if self.in_list { words.strip_prefix("a list of ").unwrap_or(words) } else { words }
    }

    fn below(&self, name: &str) -> Pointer {
        field(self.pointer.clone(), name, self.expected)
    }

    /// The pointer to a field of this name, which the path may have named already.
    fn ending_in(&self, name: &str) -> Pointer {
        if self.field == name { self.pointer.clone() } else { self.below(name) }
    }

    /// The whole name of the unknown field, where the path ends in it: the message alone does not say
    /// where a name with a quote in it ends.
    fn unknown(&self, message: &str) -> Option<&str> {
        message.strip_prefix("unknown field `")?.strip_prefix(&self.field)?;
        Some(self.field.as_str()).filter(|name| !name.is_empty())
    }
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
        action: String,
    }

    fn expected(field: &str) -> &'static str {
        match field {
            "action" => "granted or withdrawn",
            "locale" => "ru, uk or en",
            "consents" => "a list of { action }",
            _ => "an object",
        }
    }

    #[test]
    fn a_mistake_names_the_place_and_what_was_meant() {
        let table = [
            ("[]", "", "expected an object"),
            ("{}", "/locale", "locale is missing; expected ru, uk or en"),
            (r#"{"locale":5}"#, "/locale", "expected ru, uk or en"),
            (r#"{"locale":"uk","locale":"uk"}"#, "/locale", "expected the field once"),
            (r#"{"locael":"uk"}"#, "/locael", "expected no such field; did you mean locale?"),
            (r#"{"x":1}"#, "/x", "expected no such field; there are locale, consents"),
            (r#"{"a`, expected `locale`":1}"#, "/a`, expected `locale`", "expected no such field; there are"),
            (r#"{"consents":5}"#, "/consents", "expected a list of { action }"),
            (r#"{"consents":[5]}"#, "/consents/0", "expected { action }"),
            (
                r#"{"consents":[{}]}"#,
                "/consents/0/action",
                "action is missing; expected granted or withdrawn",
            ),
            (
                r#"{"consents":[{"ivan@mail.example":1}]}"#,
                "/consents/0/ivan@mail.example",
                "expected no such field; there are action",
            ),
        ];
        for (body, pointer, detail) in table {
            let mut from = serde_json::Deserializer::from_str(body);
            let error = serde_path_to_error::deserialize::<_, Body>(&mut from).unwrap_err();
            let mistake = explain(&error, expected);
            assert_eq!(mistake.pointer.to_sender(), pointer, "{body}");
            assert!(mistake.detail.starts_with(detail), "{body}: {}", mistake.detail);
            assert!(!mistake.pointer.to_string().contains("ivan"), "{mistake:?}");
            assert!(!mistake.detail.contains("ivan"), "{mistake:?}");
        }
    }
}
