//! Which notification a message speaks of, as far as it can be read: for whoever has to find it again
//! by the words of its source.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::domain::SourceRef;
use crate::domain::wording::escaped;

/// Characters of an id that are shown at most; a good one has no more.
const SHOWN: usize = 128;

/// The id of a notification as its source wrote it, which may be anything. `Display` is fit for the
/// log: an id that is none is not repeated there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedId(String);

impl NamedId {
    /// The id for the operator's own eyes: bounded, and with what does not print written out.
    #[must_use]
    pub fn to_operator(&self) -> String {
        let more = if self.0.chars().count() > SHOWN { "…" } else { "" };
        escaped(&self.0.chars().take(SHOWN).collect::<String>()) + more
    }
}

impl fmt::Display for NamedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if SourceRef::is_valid_id(&self.0) { &self.0 } else { "no good id" })
    }
}

/// The id in a message or in the message of a `CloudEvent`, also where the body stops being JSON
/// behind it. Of an id that stands there twice, the first.
#[must_use]
pub fn named_id(body: &[u8]) -> Option<NamedId> {
    let mut found = Found::default();
    // However far it came: what it found is what there is.
    let _ = Fields(&mut found, Level::Outer).deserialize(&mut serde_json::Deserializer::from_slice(body));
    let id = if found.is_event { found.in_data } else { found.id.or(found.in_data) };
    id.map(NamedId)
}

#[derive(Default)]
struct Found {
    id: Option<String>,
    in_data: Option<String>,
    is_event: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Outer,
    Data,
}

/// Looks through one object; passes over whatever else stands there.
struct Fields<'a>(&'a mut Found, Level);

impl<'de> DeserializeSeed<'de> for Fields<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(found, level) = self;
        while let Some(name) = map.next_key::<String>()? {
            match (name.as_str(), level) {
                ("id", _) => {
                    let id = text(map.next_value()?);
                    let place = if level == Level::Data { &mut found.in_data } else { &mut found.id };
                    *place = place.take().or(id);
                }
                ("data", Level::Outer) => map.next_value_seed(Fields(&mut *found, Level::Data))?,
                ("specversion", Level::Outer) => {
                    found.is_event = true;
                    map.next_value::<IgnoredAny>()?;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A source that counts its notifications may well write a number.
fn text(id: Value) -> Option<String> {
    match id {
        Value::String(id) => Some(id),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn named(body: &str) -> Option<String> {
        named_id(body.as_bytes()).map(|id| id.to_operator())
    }

    #[test]
    fn the_id_is_found_as_far_as_the_message_can_be_read() {
        let table = [
            (r#"{"source":"a","id":"2f1c9a"}"#, Some("2f1c9a")),
            (r#"{"id":17}"#, Some("17")),
            (r#"{"params":{"id":"x"},"id":"y","measure":"#, Some("y")),
            (r#"{"id":"first","id":"second"}"#, Some("first")),
            (r#"{"specversion":"1.0","id":"event","data":{"id":"n-1"}}"#, Some("n-1")),
            (r#"{"id":"event","data":{"id":"n-1"},"specversion":"1.0"}"#, Some("n-1")),
            (r#"{"specversion":"1.0","id":"event","data":["n-1"]}"#, None),
            (r#"{"id":null}"#, None),
            (r#"{"id":["a"]}"#, None),
            ("[{\"id\":\"a\"}]", None),
            ("5", None),
            ("", None),
        ];
        for (body, expected) in table {
            assert_eq!(named(body).as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn a_hostile_id_is_bounded_escaped_and_kept_out_of_the_log() {
        let id = named_id(b"{\"id\":\"a\\u001b[2J\\u202eb\\n\"}").unwrap();
        assert_eq!(id.to_operator(), "a\\u{1b}[2J\\u{202e}b\\n");
        assert_eq!(id.to_string(), "no good id");
        let long = named(&format!("{{\"id\":\"{}\"}}", "x".repeat(200_000))).unwrap();
        assert_eq!(long.chars().count(), SHOWN + 1);
        assert_eq!(named_id(br#"{"id":"2f1c9a"}"#).unwrap().to_string(), "2f1c9a");
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_without_a_panic(body in any::<Vec<u8>>(), json in "[\\[\\]{}\":,iddata0]{0,40}") {
            let _ = (named_id(&body), named_id(json.as_bytes()));
        }
    }
}
