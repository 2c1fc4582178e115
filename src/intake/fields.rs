//! A JSON value as serde reads it, but for one thing: what has fields is an object. serde takes a list
//! for it too, value by value in the order of the fields, so that a mistake would be read as something.

use serde::de::value::{MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Value};

/// The value to read from.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub &'a Value);

impl<'de> IntoDeserializer<'de, Error> for Fields<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Fields<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(items) => {
                let mut list = SeqDeserializer::new(items.iter().map(Fields));
                let value = visitor.visit_seq(&mut list)?;
                list.end().map(|()| value)
            }
            Value::Object(fields) => {
                let fields = fields.iter().map(|(name, value)| (name.as_str(), Fields(value)));
                let mut map = MapDeserializer::new(fields);
                let value = visitor.visit_map(&mut map)?;
                map.end().map(|()| value)
            }
            plain => plain.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.0.is_array() {
            return Err(Error::invalid_type(Unexpected::Seq, &visitor));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    /// The choices in what people send are words, and carry nothing.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::String(word) => visitor.visit_enum(StrDeserializer::<Error>::new(word)),
            _ => Err(Error::invalid_type(Unexpected::Other("no word"), &visitor)),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde::de::DeserializeOwned;
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Outer {
        name: Option<String>,
        #[serde(default)]
        inner: Vec<Inner>,
        hours: Option<Inner>,
        rest: Option<Value>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        from: u8,
        word: Option<Word>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Word {
        Good,
    }

    fn read<T: DeserializeOwned>(value: &Value) -> Result<T, Error> {
        T::deserialize(Fields(value))
    }

    #[test]
    fn what_serde_reads_is_read_the_same_unless_a_list_stands_for_an_object() {
        let rest = json!({ "a": [null, true, -1, 1.5, "x", { "b": [] }] });
        for good in [
            json!({}),
            json!({ "name": null, "inner": [], "rest": rest }),
            json!({ "name": "x", "inner": [{ "from": 1, "word": "good" }], "hours": { "from": 2 } }),
        ] {
            assert_eq!(
                read::<Outer>(&good).unwrap(),
                serde_json::from_value(good.clone()).unwrap(),
                "{good}"
            );
        }
        for list in [
            json!(["x", []]),
            json!({ "inner": [[1, "good"]] }),
            json!({ "hours": [1, null] }),
            json!({ "hours": [] }),
        ] {
            let said = read::<Outer>(&list).unwrap_err().to_string();
            assert!(said.starts_with("invalid type: sequence, expected struct"), "{list}: {said}");
        }
        for bad in [
            json!({ "inner": [{ "from": 300 }] }),
            json!({ "inner": [{ "from": "1" }] }),
            json!({ "inner": [{ "from": 1, "word": "bad" }] }),
            json!({ "inner": [{ "from": 1, "word": { "good": null } }] }),
            json!({ "name": 5 }),
            json!(null),
        ] {
            assert!(read::<Outer>(&bad).is_err(), "{bad}");
        }
    }
}
