//! JSON in which every field of an object stands once. Of a name that stands twice, JSON's own
//! standard leaves open which counts, and readers differ: who says two things has said nothing.

use std::collections::hash_map::{Entry, HashMap};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Why bytes are not read.
#[derive(Debug)]
pub(super) enum Unread {
    /// They are not JSON.
    NotJson(serde_json::Error),
    /// A field stands twice in its object: the way to it from the outside.
    Twice(Vec<Step>),
}

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Field(String),
    Index(usize),
}

/// Reads bytes, all of them.
pub(super) fn read(body: &[u8]) -> Result<Value, Unread> {
    let mut twice = None;
    let mut from = serde_json::Deserializer::from_slice(body);
    let value = Once(&mut twice).deserialize(&mut from).and_then(|value| from.end().map(|()| value));
    value.map_err(|error| match twice {
        // It was noted from the inside outwards.
        Some(steps) => Unread::Twice(steps.into_iter().rev().collect()),
        None => Unread::NotJson(error),
    })
}

/// A value. Where a field stands twice, the steps to it are noted on the way out.
struct Once<'a>(&'a mut Option<Vec<Step>>);

impl Once<'_> {
    fn note(&mut self, step: impl FnOnce() -> Step) {
        if let Some(steps) = self.0 {
            steps.push(step());
        }
    }
}

impl<'de> DeserializeSeed<'de> for Once<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Once<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = HashMap::new();
        while let Some(name) = map.next_key::<String>()? {
            match fields.entry(name) {
                Entry::Occupied(before) => {
                    *self.0 = Some(vec![Step::Field(before.key().clone())]);
                    return Err(A::Error::custom("a field stands twice"));
                }
                Entry::Vacant(place) => {
                    let value = map.next_value_seed(Once(&mut *self.0));
                    let value = value.inspect_err(|_| self.note(|| Step::Field(place.key().clone())))?;
                    place.insert(value);
                }
            }
        }
        Ok(Value::Object(Map::from_iter(fields)))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        loop {
            let item = list.next_element_seed(Once(&mut *self.0));
            match item.inspect_err(|_| self.note(|| Step::Index(items.len())))? {
                Some(item) => items.push(item),
                None => return Ok(Value::Array(items)),
            }
        }
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn twice(body: &str) -> String {
        match read(body.as_bytes()) {
            Err(Unread::Twice(steps)) => format!("{steps:?}"),
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn a_field_that_stands_twice_is_found_at_every_depth() {
        for (body, steps) in [
            (r#"{"id":1,"id":1}"#, r#"[Field("id")]"#),
            (r#"{"id":1,"\u0069d":2}"#, r#"[Field("id")]"#),
            (
                r#"{"params":{"a":[{},{"b":1,"b":2}]}}"#,
                r#"[Field("params"), Field("a"), Index(1), Field("b")]"#,
            ),
            (r#"{"a":{"x":1},"b":{"x":1},"a":{}}"#, r#"[Field("a")]"#),
            (r#"[[{"":1,"":1}"#, r#"[Index(0), Index(0), Field("")]"#),
        ] {
            assert_eq!(twice(body), steps, "{body}");
        }
        for body in ["", "{", "{\"a\":1} 2", "{\"a\":1,}", "\u{feff}{}"] {
            assert!(matches!(read(body.as_bytes()), Err(Unread::NotJson(_))), "{body}");
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..5)
                    .prop_map(|map| Value::Object(Map::from_iter(map))),
            ]
        })
    }

    proptest! {
        #[test]
        fn everything_else_is_read_as_serde_reads_it(value in json()) {
            let text = value.to_string();
            let expected: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(read(text.as_bytes()).unwrap(), expected);
        }
    }
}
