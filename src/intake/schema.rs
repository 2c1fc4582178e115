//! The published JSON Schema of the messages.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::wire::AnyBody;

/// The version of the message format; it rises when a message that was good becomes bad.
pub const VERSION: u32 = 1;

/// What a schema cannot say: for its instance, of two members of one name there is only one.
const ONCE: &str = "No object may have two members of the same name: such a message is refused as \
    invalid_field, with a pointer to the name.";

/// The JSON Schema (draft 2020-12) of every message that a source may send. It tells all but what the
/// catalogue and the permissions of the source decide: life events, measures and params.
#[must_use]
pub fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<AnyBody>();
    schema.insert("$id".to_owned(), format!("urn:vestnik:message:{VERSION}").into());
    schema.insert("title".to_owned(), "A message from a source to Vestnik".into());
    schema.insert("$comment".to_owned(), ONCE.into());
    schema.to_value()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::wire::expected;

    #[test]
    fn every_field_is_described_here_and_in_refusals() {
        let schema = schema();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        for body in ["NotificationBody", "CancelBody", "CloudEvent"] {
            for (field, of) in schema["$defs"][body]["properties"].as_object().unwrap() {
                assert!(of["description"].is_string(), "{body}.{field}: {of}");
                let own = body != "CloudEvent" || matches!(field.as_str(), "data" | "specversion");
                assert!(!own || expected(field) != expected(""), "{field}");
            }
        }
    }
}
