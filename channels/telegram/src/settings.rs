//! What is configured of a Telegram route, and building its adapter.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;
use vestnik_contract::range::whole;
use vestnik_contract::{Adapter, ChannelId, SecretRef, Setup, SetupError};

use crate::client::{Api, Telegram};
use crate::link::is_bot_name;
use crate::source::{Polling, Updates};

/// The settings of one bot.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The bot's token, as `@BotFather` gave it.
    pub token: SecretRef,
    /// Where the Bot API is; `https://api.telegram.org` unless said otherwise.
    #[serde(default = "default_api_url")]
    pub api_url: Url,
    /// How long one call may take, connecting included, in seconds; 10 unless said otherwise.
    #[serde(default = "default_call_timeout_seconds", deserialize_with = "whole::<1, 120, _, _>")]
    pub call_timeout_seconds: u16,
    /// How long Telegram may hold a poll open, in seconds; 25 unless said otherwise.
    #[serde(default = "default_poll_seconds", deserialize_with = "whole::<1, 50, _, _>")]
    pub poll_seconds: u16,
}

fn default_api_url() -> Url {
    #[expect(clippy::expect_used, reason = "a constant that the tests parse")]
    Url::parse("https://api.telegram.org").expect("a URL")
}

fn default_call_timeout_seconds() -> u16 {
    10
}

fn default_poll_seconds() -> u16 {
    25
}

/// Builds the adapter of one bot. Makes no call: whether the token is good, and that of the bot in
/// [`Sender::telegram_bot`](vestnik_contract::Sender::telegram_bot), is for
/// [`Channel::probe`](vestnik_contract::Channel::probe) to find out.
pub fn connect(settings: &Settings, setup: &Setup) -> Result<Adapter, SetupError> {
    check(settings, setup)?;
    let token = settings.token.resolve("token")?;
    check_token(&token)?;
    let timeout = Duration::from_secs(settings.call_timeout_seconds.into());
    let api = Api::new(settings.api_url.clone(), token, timeout)
        .map_err(|error| SetupError::new("api_url", format!("an HTTP client to start ({error})")))?;
    let api = Arc::new(api);
    let polling = Arc::new(Polling::default());
    let events = Updates::new(Arc::clone(&api), settings.poll_seconds, Arc::clone(&polling));
    let id = ChannelId::new("telegram").map_err(|error| SetupError::new("channel", error.to_string()))?;
    let channel = Telegram { id, api, bot: setup.sender.telegram_bot.clone(), polling };
    Ok(Adapter {
        channel: Arc::new(channel),
        callbacks: None,
        events: Some(Arc::new(events)),
        driver: None,
        turn: None,
    })
}

fn check(settings: &Settings, setup: &Setup) -> Result<(), SetupError> {
    if !matches!(settings.api_url.scheme(), "http" | "https") {
        return Err(SetupError::new("api_url", "an http or https address"));
    }
    if !is_bot_name(&setup.sender.telegram_bot) {
        return Err(SetupError::new("telegram_bot", "5 to 32 letters, digits and underscores, without @"));
    }
    Ok(())
}

/// The token stands in the path of every call, where nothing else may get in with it.
fn check_token(token: &SecretString) -> Result<(), SetupError> {
    let expected = || SetupError::new("token", "a bot's number, a colon, and letters, digits, _ and -");
    let (number, secret) = token.expose_secret().split_once(':').ok_or_else(expected)?;
    let number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let letters = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    if number && !secret.is_empty() && secret.bytes().all(letters) { Ok(()) } else { Err(expected()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_must_be_given() {
        let settings: Settings = serde_json::from_str(r#"{"token":{"env":"TELEGRAM"}}"#).unwrap();
        let expected = Settings {
            token: SecretRef::Env("TELEGRAM".into()),
            api_url: Url::parse("https://api.telegram.org").unwrap(),
            call_timeout_seconds: 10,
            poll_seconds: 25,
        };
        assert_eq!(settings, expected);
        let unknown = serde_json::from_str::<Settings>(r#"{"token":{"env":"TELEGRAM"},"timeout":1}"#);
        assert!(unknown.unwrap_err().to_string().contains("unknown field `timeout`"));
    }

    #[test]
    fn a_token_is_a_number_and_a_secret() {
        for (token, good) in [
            ("123456789:AAE-x_9", true),
            ("123456789", false),
            (":AAE", false),
            ("12a:AAE", false),
            ("123:", false),
            ("123:a/../b", false),
            ("123:a?b", false),
        ] {
            assert_eq!(check_token(&token.into()).is_ok(), good, "{token}");
        }
    }
}
