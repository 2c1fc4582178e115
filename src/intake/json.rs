//! Bytes to JSON, with the bounds that hold for every message.

use serde_json::Value;

use super::refusal::Refusal;
use super::strict::field;
use super::wire::expected;
use crate::domain::{Pointer, RefusalReason};

/// The largest body that is read, in bytes.
pub const MAX_BODY: usize = 256 * 1024;

/// How deep a body may be nested. A notification in a `CloudEvent` needs four levels.
const MAX_DEPTH: usize = 16;

/// Reads a body: at most [`MAX_BODY`] bytes of JSON, no U+0000 in any string, not nested deeper than
/// any message needs.
pub(super) fn read(body: &[u8]) -> Result<Value, Refusal> {
    if body.len() > MAX_BODY {
        return Err(Refusal::whole(RefusalReason::TooLarge, "expected a body of at most 256 KiB"));
    }
    let value = serde_json::from_slice(body).map_err(|error| not_json(&error))?;
    check(&value, MAX_DEPTH)?;
    Ok(value)
}

/// serde's own message may quote the body, so that only the place is told.
fn not_json(error: &serde_json::Error) -> Refusal {
    let detail =
        format!("expected JSON; it stops being JSON at line {} column {}", error.line(), error.column());
    Refusal::whole(RefusalReason::InvalidJson, detail)
}

fn check(value: &Value, depth: usize) -> Result<(), Refusal> {
    match value {
        Value::String(text) => check_text(text),
        Value::Array(_) | Value::Object(_) if depth == 0 => {
            let detail = format!("expected at most {MAX_DEPTH} levels of nesting");
            Err(Refusal::whole(RefusalReason::InvalidJson, detail))
        }
        Value::Array(items) => items.iter().enumerate().try_for_each(|(at, item)| {
            check(item, depth - 1).map_err(|refusal| refusal.within(Pointer::default().index(at)))
        }),
        Value::Object(fields) => fields.iter().try_for_each(|(name, item)| {
            check_text(name)?;
            let place = || field(Pointer::default(), name, expected);
            check(item, depth - 1).map_err(|refusal| refusal.within(place()))
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
            (&deep, "invalid_json: /0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0: expected at most 16 levels"),
            (&endless, "invalid_json: expected JSON"),
            (&large, "too_large: expected a body of at most 256 KiB"),
        ];
        for (body, expected) in table {
            let refusal = read(body.as_bytes()).unwrap_err().to_string();
            assert!(refusal.starts_with(expected), "{refusal}");
            assert!(!refusal.contains("secret"), "{refusal}");
        }
        assert!(read(b"\xff\xfe").is_err(), "not UTF-8");
        assert!(read(&deep.as_bytes()[1..deep.len() - 1]).is_ok(), "16 levels are fine");
    }
}
