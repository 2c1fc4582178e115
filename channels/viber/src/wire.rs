//! What requests, answers and callbacks have in common.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A `message_token`: a number of up to 64 bits, kept as its digits, because a reader that takes it
/// for a floating point number loses its last ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MessageToken(pub(crate) String);

impl<'de> Deserialize<'de> for MessageToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Digits)
    }
}

struct Digits;

impl Visitor<'_> for Digits {
    type Value = MessageToken;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number or its digits")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<MessageToken, E> {
        Ok(MessageToken(number.to_string()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<MessageToken, E> {
        Ok(MessageToken(number.to_string()))
    }

    fn visit_str<E: Error>(self, digits: &str) -> Result<MessageToken, E> {
        if (1..=20).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) {
            Ok(MessageToken(digits.to_owned()))
        } else {
            Err(E::custom("a message token has 1 to 20 digits"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_keeps_every_digit() {
        for (json, digits) in [
            ("5741311803571721087", "5741311803571721087"),
            ("18446744073709551615", "18446744073709551615"),
            ("\"4912661846655238145\"", "4912661846655238145"),
            ("7", "7"),
        ] {
            assert_eq!(serde_json::from_str::<MessageToken>(json).unwrap(), MessageToken(digits.to_owned()));
        }
        for json in ["5.7e18", "null", "\"\"", "\"12a\"", "[1]", "true"] {
            assert!(serde_json::from_str::<MessageToken>(json).is_err(), "{json}");
        }
    }
}
