//! What is configured of a Viber route, and building its adapter.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::oneshot;
use url::Url;
use vestnik_contract::range::whole;
use vestnik_contract::{Adapter, ChannelId, Driver, SecretRef, Setup, SetupError};

use crate::callbacks::ViberCallbacks;
use crate::client::{Api, Viber};
use crate::request::{SENDER_NAME_LIMIT, TEXT_LIMIT, measure};
use crate::webhook;

/// The settings of one bot.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The bot's authentication token, from the bot's "Edit info" page at Viber.
    pub token: SecretRef,
    /// Where Viber's API is; `https://chatapi.viber.com` unless said otherwise.
    #[serde(default = "default_api_url")]
    pub api_url: Url,
    /// How long one call may take, connecting included, in seconds; 10 unless said otherwise.
    #[serde(default = "default_call_timeout_seconds", deserialize_with = "whole::<1, 120, _, _>")]
    pub call_timeout_seconds: u16,
    /// The lowest API version a phone must know to be sent to; 1, which is every phone, unless said
    /// otherwise.
    #[serde(default = "default_min_api_version", deserialize_with = "whole::<1, 255, _, _>")]
    pub min_api_version: u8,
    /// What a citizen reads who opens the conversation and has not written yet. Viber lets a bot write
    /// only to those who have written to it, so this should ask for an answer. No text unless given.
    #[serde(default)]
    pub welcome_text: Option<String>,
}

fn default_api_url() -> Url {
    #[expect(clippy::expect_used, reason = "a constant that the tests parse")]
    Url::parse("https://chatapi.viber.com").expect("a URL")
}

fn default_call_timeout_seconds() -> u16 {
    10
}

fn default_min_api_version() -> u8 {
    1
}

/// Builds the adapter of one bot. Makes no call: whether the token is good is for
/// [`Channel::probe`](vestnik_contract::Channel::probe) to find out.
pub fn connect(settings: &Settings, setup: &Setup) -> Result<Adapter, SetupError> {
    check(settings, setup)?;
    let secret = settings.token.resolve("token")?;
    let timeout = Duration::from_secs(settings.call_timeout_seconds.into());
    let api = Api::new(settings.api_url.clone(), token_header(&secret)?, timeout)
        .map_err(|error| SetupError::new("api_url", format!("an HTTP client to start ({error})")))?;
    let api = Arc::new(api);
    let sender_name = setup.sender.viber_name.clone();
    let callbacks = ViberCallbacks::new(&secret, settings.welcome_text.as_deref(), &sender_name);
    let (alive, until) = oneshot::channel();
    let (registrar, registration) = webhook::registration(setup.callback_url.is_some());
    let driver = setup.callback_url.clone().map(|url| -> Driver {
        Box::pin(registrar.register(Arc::clone(&api), url, setup.route.clone(), until))
    });
    let min_api_version = settings.min_api_version;
    let channel = Viber { id: channel_id()?, api, sender_name, min_api_version, registration, _alive: alive };
    Ok(Adapter {
        channel: Arc::new(channel),
        callbacks: Some(Arc::new(callbacks)),
        events: None,
        driver,
        turn: None,
    })
}

/// The id that every route of this crate has.
pub(crate) fn channel_id() -> Result<ChannelId, SetupError> {
    ChannelId::new("viber").map_err(|error| SetupError::new("channel", error.to_string()))
}

fn check(settings: &Settings, setup: &Setup) -> Result<(), SetupError> {
    if !matches!(settings.api_url.scheme(), "http" | "https") {
        return Err(SetupError::new("api_url", "an http or https address"));
    }
    if settings.welcome_text.as_deref().is_some_and(|text| text.is_empty() || !measure(text).fits) {
        return Err(SetupError::new("welcome_text", format!("1 to {TEXT_LIMIT} characters")));
    }
    let name = setup.sender.viber_name.trim();
    if name.is_empty() || name.chars().count() > SENDER_NAME_LIMIT {
        return Err(SetupError::new("viber_name", format!("1 to {SENDER_NAME_LIMIT} characters")));
    }
    Ok(())
}

fn token_header(secret: &SecretString) -> Result<HeaderValue, SetupError> {
    let mut header = HeaderValue::from_str(secret.expose_secret())
        .map_err(|_| SetupError::new("token", "only characters that an HTTP header can carry"))?;
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_must_be_given() {
        let settings: Settings = serde_json::from_str(r#"{"token":{"env":"VIBER"}}"#).unwrap();
        let expected = Settings {
            token: SecretRef::Env("VIBER".into()),
            api_url: Url::parse("https://chatapi.viber.com").unwrap(),
            call_timeout_seconds: 10,
            min_api_version: 1,
            welcome_text: None,
        };
        assert_eq!(settings, expected);
        let unknown = serde_json::from_str::<Settings>(r#"{"token":{"env":"VIBER"},"timeout":1}"#);
        assert!(unknown.unwrap_err().to_string().contains("unknown field `timeout`"));
    }
}
