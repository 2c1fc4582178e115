//! The routing key that a message is published under.

use serde_json::Value;
use vestnik_contract::is_id;

use super::json;
use super::refusal::Refusal;
use super::wire::expected;
use crate::domain::{Pointer, Priority, RefusalReason};

/// The third word of a cancel's routing key: a cancel names no life event.
pub(super) const CANCEL: &str = "cancel";

/// The routing key `<priority>.<source>.<life_event>` of a message, in a `CloudEvent` or not. Looks at
/// nothing else: whether the message is good is for the gateway to say.
pub fn routing_key(body: &[u8]) -> Result<String, Refusal> {
    let value = json::read(body, expected)?;
    let (message, place) = match value.get("specversion") {
        Some(_) => (&value["data"], "/data"),
        None => (&value, ""),
    };
    let word = |field: &'static str, absent: Option<&'static str>| match (message.get(field), absent) {
        (Some(Value::String(word)), _) if is_id(word) => Ok(word.clone()),
        (None | Some(Value::Null), Some(word)) => Ok(word.to_owned()),
        _ => {
            let detail = format!("expected {}", expected(field));
            Err(Refusal::at(RefusalReason::InvalidField, Pointer::from(place).known(field), detail))
        }
    };
    let third = if message.get("type").is_some_and(|kind| kind == CANCEL) { Some(CANCEL) } else { None };
    let priority = word("priority", Some(Priority::default().as_str()))?;
    Ok(format!("{priority}.{}.{}", word("source", None)?, word("life_event", third)?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::intake::fixture::{notification, with};

    #[test]
    fn the_key_says_what_the_body_says() {
        let key =
            |body: Value| routing_key(body.to_string().as_bytes()).map_err(|refusal| refusal.to_string());
        let event = |data: Value| json!({ "specversion": "1.0", "id": "e", "data": data });
        let table = [
            (notification(), Ok("normal.family_fund.child_birth")),
            (with(json!({ "priority": null })), Ok("normal.family_fund.child_birth")),
            (with(json!({ "priority": "bulk" })), Ok("bulk.family_fund.child_birth")),
            (json!({ "type": "cancel", "source": "a", "id": "1" }), Ok("normal.a.cancel")),
            (event(notification()), Ok("normal.family_fund.child_birth")),
            (with(json!({ "source": "a.b" })), Err("invalid_field: /source: expected an id")),
            (with(json!({ "life_event": null })), Err("invalid_field: /life_event: expected an id")),
            (event(json!({})), Err("invalid_field: /data/source: expected an id")),
            (json!([]), Err("invalid_field: /source: expected an id")),
        ];
        for (body, expected) in table {
            match (key(body.clone()), expected) {
                (Ok(key), Ok(expected)) => assert_eq!(key, expected, "{body}"),
                (Err(refusal), Err(expected)) => assert!(refusal.starts_with(expected), "{refusal}"),
                (found, _) => panic!("{body}: {found:?}"),
            }
        }
        assert!(routing_key(b"{").is_err());
    }
}
