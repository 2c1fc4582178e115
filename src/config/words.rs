//! What serde and the TOML reader say, in an operator's words. They give text only, made for whoever
//! writes programs; what is not known here is shown as it is.

use std::net::SocketAddr;

/// What serde says of a value, as "expected …, found …".
pub(super) fn in_words(said: &str) -> String {
    let said = said.replace('\n', ", ");
    let known = typed(&said).or_else(|| address(&said)).or_else(|| id(&said));
    known.or_else(|| whole(&said).map(str::to_owned)).unwrap_or(said)
}

/// What is said in words that do not change, by the readers of TOML, dates and times.
fn whole(said: &str) -> Option<&'static str> {
    match said {
        "wanted string or table" => Some("expected a text in quotes"),
        "invalid unquoted key, expected letters, numbers, `-`, `_`" => {
            Some("expected a key of a-z, A-Z, 0-9, - and _, or one in quotes")
        }
        "key with no value, expected `=`" => Some("expected = and a value after the key"),
        "extra `=`, expected nothing" => Some("expected one =, found another"),
        "unexpected key or value, expected newline, `#`" => Some("expected the end of the line"),
        "duplicate key" => Some("expected each key once, found it again"),
        "invalid boolean, expected `true`"
        | "invalid boolean, expected `false`"
        | "string values must be quoted, expected literal string" => {
            Some("expected a text in quotes, a number, true or false")
        }
        of_jiff if of_jiff.starts_with("failed to parse ") => {
            Some("expected a time such as 09:00 or a date such as 2026-12-31")
        }
        _ => None,
    }
}

/// The field that serde misses, if that is what it says.
pub(super) fn missing_field(said: &str) -> Option<&str> {
    said.strip_prefix("missing field `")?.strip_suffix('`')
}

/// `invalid type: string "many", expected u16` and its like.
fn typed(said: &str) -> Option<String> {
    let rest = ["invalid type: ", "invalid value: ", "invalid length "]
        .iter()
        .find_map(|beginning| said.strip_prefix(beginning))?;
    let (found, expected) = rest.rsplit_once(", expected ")?;
    Some(format!("expected {}, found {}", expected_in_words(expected), found_in_words(found)))
}

/// What was expected: the kinds of numbers with their bounds, and TOML's names for what Rust calls
/// otherwise.
fn expected_in_words(expected: &str) -> String {
    let bounds: Option<(i128, i128)> = match expected {
        "u8" => Some((0, u8::MAX.into())),
        "u16" => Some((0, u16::MAX.into())),
        "u32" => Some((0, u32::MAX.into())),
        "i8" => Some((i8::MIN.into(), i8::MAX.into())),
        "i16" => Some((i16::MIN.into(), i16::MAX.into())),
        "i32" => Some((i32::MIN.into(), i32::MAX.into())),
        "a nonzero u8" => Some((1, u8::MAX.into())),
        "a nonzero u16" => Some((1, u16::MAX.into())),
        "a nonzero u32" => Some((1, u32::MAX.into())),
        _ => None,
    };
    if let Some((least, most)) = bounds {
        return format!("a whole number from {least} to {most}");
    }
    let words = match expected {
        "u64" | "usize" => "a whole number of 0 or more",
        "a nonzero u64" | "a nonzero usize" => "a whole number of 1 or more",
        "i64" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a string" | "a character" | "string or table" => "a text in quotes",
        "path string" => "a path in quotes",
        "a string representing an URL" => WHOLE_ADDRESS,
        "socket address" => ADDRESS_AND_PORT,
        "a sequence" => "a list in brackets, [ ]",
        "a map" => "a table",
        table if table.starts_with("struct ") || table.starts_with("internally tagged enum ") => "a table",
        set if set.starts_with("a sequence") || set.starts_with("a set") => "a list in brackets, [ ]",
        other => other,
    };
    words.to_owned()
}

/// What is said of a text that is no id.
fn id(said: &str) -> Option<String> {
    said.strip_prefix("an id is ").map(|rest| format!("expected an id of {rest}"))
}

const WHOLE_ADDRESS: &str = "a whole address, such as https://vestnik.example/";
const ADDRESS_AND_PORT: &str = "an IP address and a port, such as 127.0.0.1:8080";

/// What was found: the value where it is one, and else what it is.
fn found_in_words(found: &str) -> String {
    let value = ["string ", "integer ", "boolean ", "floating point "]
        .iter()
        .find_map(|kind| found.strip_prefix(kind))
        .map(|value| value.trim_matches('`').to_owned());
    value.unwrap_or_else(|| {
        let words = match found {
            "sequence" => "a list",
            "map" => "a table",
            "datetime" => "a date",
            other => other,
        };
        words.to_owned()
    })
}

/// What the parsers of addresses say of a text that is none.
fn address(said: &str) -> Option<String> {
    let socket = "".parse::<SocketAddr>().err()?.to_string();
    if said == socket {
        return Some(format!("expected {ADDRESS_AND_PORT}"));
    }
    let found = URL.iter().find_map(|error| said.strip_prefix(&error.to_string())?.strip_prefix(": "))?;
    Some(format!("expected {WHOLE_ADDRESS}, found {found}"))
}

/// Why a text is no URL.
const URL: [url::ParseError; 8] = [
    url::ParseError::EmptyHost,
    url::ParseError::IdnaError,
    url::ParseError::InvalidPort,
    url::ParseError::InvalidIpv4Address,
    url::ParseError::InvalidIpv6Address,
    url::ParseError::InvalidDomainCharacter,
    url::ParseError::RelativeUrlWithoutBase,
    url::ParseError::Overflow,
];

/// serde's "unknown field" and "unknown variant" messages, taken apart. serde gives them as text
/// only; where the text is another one, it is shown as it is.
pub(super) struct UnknownWord<'a> {
    pub(super) found: &'a str,
    pub(super) expected: Vec<&'a str>,
}

impl<'a> UnknownWord<'a> {
    pub(super) fn parse(message: &'a str) -> Option<Self> {
        let rest =
            message.strip_prefix("unknown field ").or_else(|| message.strip_prefix("unknown variant "))?;
        let mut quoted = rest.split('`').skip(1).step_by(2);
        Some(Self { found: quoted.next()?, expected: quoted.collect() })
    }

    pub(super) fn message(&self) -> String {
        match self.expected.as_slice() {
            [] => format!("expected nothing more, found \"{}\"", self.found),
            [only] => format!("expected {only}, found \"{}\"", self.found),
            many => format!("expected one of {}, found \"{}\"", many.join(", "), self.found),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::num::NonZeroU32;
    use std::path::PathBuf;

    use serde::de::DeserializeOwned;
    use url::Url;

    use super::*;

    fn said<T: DeserializeOwned>(value: &str) -> String {
        let read = toml::from_str::<BTreeMap<String, T>>(&format!("key = {value}"));
        in_words(read.map(drop).unwrap_err().message())
    }

    #[test]
    fn what_does_not_fit_is_told_as_an_operator_speaks() {
        let table = [
            (said::<u16>("\"many\""), "expected a whole number from 0 to 65535, found \"many\""),
            (said::<u16>("70000"), "expected a whole number from 0 to 65535, found 70000"),
            (said::<u16>("-1"), "expected a whole number from 0 to 65535, found -1"),
            (said::<u64>("-1"), "expected a whole number of 0 or more, found -1"),
            (said::<u32>("1.5"), "expected a whole number from 0 to 4294967295, found 1.5"),
            (said::<NonZeroU32>("0"), "expected a whole number from 1 to 4294967295, found 0"),
            (said::<bool>("\"yes\""), "expected true or false, found \"yes\""),
            (said::<String>("true"), "expected a text in quotes, found true"),
            (said::<String>("[1]"), "expected a text in quotes, found a list"),
            (said::<PathBuf>("7"), "expected a path in quotes, found 7"),
            (said::<Vec<String>>("\"one\""), "expected a list in brackets, [ ], found \"one\""),
            (said::<BTreeSet<String>>("1"), "expected a list in brackets, [ ], found 1"),
            (said::<BTreeMap<String, u8>>("1"), "expected a table, found 1"),
            (said::<String>("{ a = 1 }"), "expected a text in quotes, found a table"),
            (said::<SocketAddr>("\"8080\""), "expected an IP address and a port, such as 127.0.0.1:8080"),
            (
                said::<Url>("\"vestnik.example\""),
                &format!("expected {WHOLE_ADDRESS}, found \"vestnik.example\""),
            ),
            (said::<Url>("\"http://a:b/\""), &format!("expected {WHOLE_ADDRESS}, found \"http://a:b/\"")),
        ];
        for (said, expected) in table {
            assert_eq!(said, expected);
        }
        let day = said::<jiff::civil::Date>("\"1.1.2026\"");
        assert_eq!(day, "expected a time such as 09:00 or a date such as 2026-12-31");
        for text in ["key = text", "key = ", "key = true_"] {
            let read = toml::from_str::<BTreeMap<String, String>>(text).unwrap_err();
            assert_eq!(
                in_words(read.message()),
                "expected a text in quotes, a number, true or false",
                "{text}"
            );
        }
        for (text, expected) in [
            ("ключ = 1", "expected a key of a-z, A-Z, 0-9, - and _, or one in quotes"),
            ("key", "expected = and a value after the key"),
            ("key = = 1", "expected one =, found another"),
        ] {
            let read = toml::from_str::<BTreeMap<String, String>>(text).unwrap_err();
            assert_eq!(in_words(read.message()), expected, "{text}");
        }
        let twice = toml::from_str::<BTreeMap<String, u8>>("key = 1\nkey = 2").unwrap_err();
        assert_eq!(in_words(twice.message()), "expected each key once, found it again");
        assert_eq!(missing_field("missing field `port`"), Some("port"));
        let id = said::<vestnik_contract::ChannelId>("\"SMS\"");
        assert_eq!(id, "expected an id of 1 to 64 characters of a-z, 0-9, _ and -");
        assert_eq!(in_words("something new"), "something new");
    }
}
