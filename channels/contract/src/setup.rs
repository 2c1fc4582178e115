//! What the gateway hands to a channel crate when it builds an adapter.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::{ClockFn, RouteId};

/// The one registered sender, in the form that each channel shows. It comes from the
/// configuration alone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// The agency's short label, at most 32 characters: the name beside a mail address.
    pub label: Label,
    /// The registered SMS sender: a number in E.164 or up to 11 letters and digits.
    pub sms_sender: String,
    /// The address mail is sent from.
    pub email_address: String,
    /// The name Viber shows, at most 28 characters.
    pub viber_name: String,
    /// The Telegram bot's user name, without `@`.
    pub telegram_bot: String,
}

/// A name that citizens read in their own language, or the same in all.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Label {
    /// The same in all languages.
    Same(String),
    /// By the language's tag (BCP 47), such as `uk`; not empty.
    Each(BTreeMap<String, String>),
}

impl Label {
    /// The name in this language; where it is not known, in the first there is.
    #[must_use]
    pub fn of(&self, language: &str) -> &str {
        match self {
            Self::Same(name) => name,
            Self::Each(names) => {
                names.get(language).or_else(|| names.values().next()).map(String::as_str).unwrap_or_default()
            }
        }
    }

    /// Every name that may be read.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let (same, each) = match self {
            Self::Same(name) => (Some(name), None),
            Self::Each(names) => (None, Some(names.values())),
        };
        same.into_iter().chain(each.into_iter().flatten()).map(String::as_str)
    }
}

impl From<&str> for Label {
    fn from(name: &str) -> Self {
        Self::Same(name.to_owned())
    }
}

/// What every channel crate's `connect` takes besides its own settings.
#[derive(Clone)]
pub struct Setup {
    /// The route to build.
    pub route: RouteId,
    /// As whom to send.
    pub sender: Sender,
    /// Where the time comes from.
    pub clock: ClockFn,
    /// Where providers reach our callbacks for this route, such as
    /// `https://vestnik.example/callbacks/viber/main`; `None` where no public address is configured.
    pub callback_url: Option<url::Url>,
}

/// Settings that cannot be used: which one, and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {expected}")]
pub struct SetupError {
    /// The setting's key, such as `token`.
    pub setting: &'static str,
    /// What was expected, in plain words; never the value itself.
    pub expected: String,
    /// Whether it is a secret that is not there to be read, as opposed to a setting that is wrong:
    /// the settings can be checked on a machine that has no secrets.
    pub secret_missing: bool,
}

impl SetupError {
    /// An error of this setting.
    #[must_use]
    pub fn new(setting: &'static str, expected: impl Into<String>) -> Self {
        Self { setting, expected: expected.into(), secret_missing: false }
    }

    /// An error of a setting whose secret is not there to be read.
    #[must_use]
    pub fn secret_missing(setting: &'static str, expected: impl Into<String>) -> Self {
        Self { secret_missing: true, ..Self::new(setting, expected) }
    }
}

/// Where a secret is to be read from. A configuration file names the place and never the secret:
/// `token = { env = "VESTNIK_TELEGRAM_TOKEN" }` or `token = { file = "/run/secrets/telegram" }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretRef {
    /// An environment variable.
    Env(String),
    /// A file; white space around its content is not part of the secret.
    File(PathBuf),
}

impl SecretRef {
    /// Reads the secret. `setting` names the key in the error.
    pub fn resolve(&self, setting: &'static str) -> Result<SecretString, SetupError> {
        let text = match self {
            Self::Env(name) => {
                std::env::var(name).map_err(|_| format!("environment variable {name} to be set"))
            }
            Self::File(path) => std::fs::read_to_string(path)
                .map_err(|error| format!("file {} to be readable ({})", path.display(), error.kind())),
        };
        let text = text.map_err(|expected| SetupError::secret_missing(setting, expected))?;
        match text.trim() {
            "" => Err(SetupError::secret_missing(setting, format!("{self} not to be empty"))),
            secret => Ok(secret.into()),
        }
    }
}

/// What stands in a file in place of a secret.
const PLACE: &str = "the place of a secret, { env = \"NAME\" } or { file = \"/path\" }";

impl<'de> Deserialize<'de> for SecretRef {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        // Not `deserialize_map`: some formats would refuse a text by themselves, and repeat it.
        from.deserialize_any(PlaceVisitor)
    }
}

/// Reads the place of a secret. A value that stands there instead may be the secret itself: the
/// error must not repeat it.
struct PlaceVisitor;

fn literal<E: Error>() -> E {
    E::custom(format!("expected {PLACE}, found a value: secrets never stand in a configuration file"))
}

impl<'de> Visitor<'de> for PlaceVisitor {
    type Value = SecretRef;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PLACE)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<SecretRef, E> {
        Err(literal())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<SecretRef, E> {
        Err(literal())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<SecretRef, E> {
        Err(literal())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<SecretRef, E> {
        Err(literal())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SecretRef, A::Error> {
        let place = match map.next_key::<String>()?.as_deref() {
            Some("env") => SecretRef::Env(map.next_value()?),
            Some("file") => SecretRef::File(map.next_value()?),
            Some(other) => return Err(A::Error::unknown_field(other, &["env", "file"])),
            None => return Err(A::Error::custom(format!("expected {PLACE}"))),
        };
        match map.next_key::<String>()? {
            None => Ok(place),
            Some(_) => Err(A::Error::custom(format!("expected {PLACE}, found more than one place"))),
        }
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "environment variable {name}"),
            Self::File(path) => write!(f, "file {}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_label_is_read_in_the_language_that_is_asked_for() {
        assert_eq!(Label::from("Ministry").of("uk"), "Ministry");
        let each: Label = serde_json::from_str(r#"{"en":"Ministry","uk":"Міністерство"}"#).unwrap();
        assert_eq!((each.of("uk"), each.of("en"), each.of("de")), ("Міністерство", "Ministry", "Ministry"));
        assert_eq!(each.names().collect::<Vec<_>>(), ["Ministry", "Міністерство"]);
    }

    #[test]
    fn a_secret_is_read_without_its_line_end_and_an_absent_one_is_named() {
        let path = std::env::temp_dir().join(format!("vestnik-secret-{}", std::process::id()));
        std::fs::write(&path, "s3cret\n").unwrap();
        let read = SecretRef::File(path.clone()).resolve("token").unwrap();
        assert_eq!(read.expose_secret(), "s3cret");
        std::fs::write(&path, " \n").unwrap();
        assert_eq!(SecretRef::File(path.clone()).resolve("token").unwrap_err().setting, "token");
        std::fs::remove_file(&path).unwrap();
        let absent = SecretRef::Env("VESTNIK_NO_SUCH_VARIABLE".into()).resolve("token").unwrap_err();
        assert_eq!(absent.to_string(), "token: environment variable VESTNIK_NO_SUCH_VARIABLE to be set");
    }

    #[test]
    fn a_secret_in_the_file_itself_is_refused_and_not_repeated() {
        let read = |json: serde_json::Value| serde_json::from_value::<SecretRef>(json);
        let named = read(serde_json::json!({ "env": "TOKEN" })).unwrap();
        assert_eq!(named, SecretRef::Env("TOKEN".into()));
        for secret in [serde_json::json!("s3cret"), serde_json::json!(12_345_678), serde_json::json!(-5)] {
            let error = read(secret.clone()).unwrap_err().to_string();
            assert!(error.contains("{ env = \"NAME\" }") && error.contains("never stand"), "{error}");
            assert!(!error.contains("s3cret") && !error.contains("12345678"), "{error}");
        }
        for bad in [serde_json::json!({}), serde_json::json!({ "env": "A", "file": "/b" })] {
            assert!(read(bad).unwrap_err().to_string().contains("expected the place of a secret"));
        }
        assert!(read(serde_json::json!({ "envv": "A" })).unwrap_err().to_string().contains("unknown field"));
    }
}
