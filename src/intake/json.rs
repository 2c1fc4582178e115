//! Bytes to JSON and to what it means: the one way of all JSON that people send, in messages, over
//! the HTTP API and in files. Strict, and bounded.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::fields::Fields;
use super::once::{self, Step, Unread};
use super::refusal::Refusal;
use super::strict::{Expected, explain, field};
use crate::domain::{Pointer, RefusalReason};

/// The largest body that is read, in bytes.
pub const MAX_BODY: usize = 256 * 1024;

/// How deep a body may be nested. A notification in a `CloudEvent` needs four levels.
const MAX_DEPTH: usize = 16;

/// Reads a body: at most [`MAX_BODY`] bytes of JSON, no field twice in an object, no U+0000 in any
/// string, not nested deeper than any message needs. `expected` tells the fields that the gateway knows
/// from those that the sender chose.
pub fn read(body: &[u8], expected: Expected) -> Result<Value, Refusal> {
    if body.len() > MAX_BODY {
        return Err(Refusal::whole(RefusalReason::TooLarge, "expected a body of at most 256 KiB"));
    }
    let value = once::read(body).map_err(|unread| match unread {
        Unread::NotJson(error) => not_json(&error),
        Unread::Twice(steps) => twice(&steps, expected),
    })?;
    check(&value, MAX_DEPTH, expected)?;
    Ok(value)
}

/// Reads a value as what it means; nothing with fields is read from a list.
pub fn typed<T: DeserializeOwned>(value: &Value, expected: Expected) -> Result<T, Refusal> {
    serde_path_to_error::deserialize(Fields(value)).map_err(|error| {
        let mistake = explain(&error, expected);
        Refusal::at(RefusalReason::InvalidField, mistake.pointer, mistake.detail)
    })
}

fn twice(steps: &[Step], expected: Expected) -> Refusal {
    let pointer = steps.iter().fold(Pointer::default(), |pointer, step| match step {
        Step::Field(name) => field(pointer, name, expected),
        Step::Index(at) => pointer.index(*at),
    });
    Refusal::at(RefusalReason::InvalidField, pointer, "expected the field once")
}

/// serde's own message may quote the body, so that only the place is told.
fn not_json(error: &serde_json::Error) -> Refusal {
    let detail =
        format!("expected JSON; it stops being JSON at line {} column {}", error.line(), error.column());
    Refusal::whole(RefusalReason::InvalidJson, detail)
}

fn check(value: &Value, depth: usize, expected: Expected) -> Result<(), Refusal> {
    match value {
        Value::String(text) => check_text(text),
        Value::Array(_) | Value::Object(_) if depth == 0 => {
            let detail = format!("expected at most {MAX_DEPTH} levels of nesting");
            Err(Refusal::whole(RefusalReason::InvalidJson, detail))
        }
        Value::Array(items) => items.iter().enumerate().try_for_each(|(at, item)| {
            check(item, depth - 1, expected).map_err(|refusal| refusal.within(Pointer::default().index(at)))
        }),
        Value::Object(fields) => fields.iter().try_for_each(|(name, item)| {
            check_text(name)?;
            let place = || field(Pointer::default(), name, expected);
            check(item, depth - 1, expected).map_err(|refusal| refusal.within(place()))
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// PostgreSQL keeps no NUL in a text.
fn check_text(text: &str) -> Result<(), Refusal> {
    if text.contains('\0') {
        return Err(Refusal::whole(RefusalReason::InvalidJson, "expected no character U+0000"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::wire::expected as fields;

    #[test]
    fn what_is_out_of_bounds_is_refused_where_it_stands() {
        let deep = format!("{}1{}", "[".repeat(17), "]".repeat(17));
        let endless = "[".repeat(100_000);
        let large = format!("\"{}\"", "a".repeat(MAX_BODY));
        let table = [
            ("", "invalid_json: expected JSON"),
            ("{\"secret\" 1}", "invalid_json: expected JSON"),
            ("\"\u{1}\"", "invalid_json: expected JSON"),
            (r#"{"params":{"office":"a\u0000"}}"#, "invalid_json: /params/*: expected no character U+0000"),
            (r#"{"a\u0000b":1}"#, "invalid_json: expected no character U+0000"),
            (r#"{"Иван":{"a":["\u0000"]}}"#, "invalid_json: /*/*/0: expected no character"),
            (r#"{"id":"1","id":"2"}"#, "invalid_field: /id: expected the field once"),
            (
                r#"{"data":{"params":{"secret":1,"secret":1}}}"#,
                "invalid_field: /data/params/*: expected the field",
            ),
            (&deep, "invalid_json: /0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0: expected at most 16 levels"),
            (&endless, "invalid_json: expected JSON"),
            (&large, "too_large: expected a body of at most 256 KiB"),
        ];
        for (body, expected) in table {
            let refusal = read(body.as_bytes(), fields).unwrap_err().to_string();
            assert!(refusal.starts_with(expected), "{refusal}");
            assert!(!refusal.contains("secret"), "{refusal}");
        }
        assert!(read(b"\xff\xfe", fields).is_err(), "not UTF-8");
        assert!(read(&deep.as_bytes()[1..deep.len() - 1], fields).is_ok(), "16 levels are fine");
    }
}
