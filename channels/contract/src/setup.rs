//! What the gateway hands to a channel crate when it builds an adapter.

use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;

use crate::{ClockFn, RouteId};

/// The one registered sender, in the form that each channel shows. It comes from the
/// configuration alone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// The agency's short label, at most 32 characters: the name beside a mail address.
    pub label: String,
    /// The registered SMS sender: a number in E.164 or up to 11 letters and digits.
    pub sms_sender: String,
    /// The address mail is sent from.
    pub email_address: String,
    /// The name Viber shows, at most 28 characters.
    pub viber_name: String,
    /// The Telegram bot's user name, without `@`.
    pub telegram_bot: String,
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
}

impl SetupError {
    /// An error of this setting.
    #[must_use]
    pub fn new(setting: &'static str, expected: impl Into<String>) -> Self {
        Self { setting, expected: expected.into() }
    }
}

/// Where a secret is to be read from. A configuration file names the place and never the secret:
/// `token = { env = "VESTNIK_TELEGRAM_TOKEN" }` or `token = { file = "/run/secrets/telegram" }`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
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
            Self::Env(name) => std::env::var(name)
                .map_err(|_| SetupError::new(setting, format!("environment variable {name} to be set"))),
            Self::File(path) => std::fs::read_to_string(path).map_err(|error| {
                SetupError::new(setting, format!("file {} to be readable ({})", path.display(), error.kind()))
            }),
        }?;
        match text.trim() {
            "" => Err(SetupError::new(setting, format!("{self} not to be empty"))),
            secret => Ok(secret.into()),
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
}
