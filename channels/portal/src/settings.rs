//! What is configured of the portal.

use std::net::IpAddr;
use std::path::PathBuf;

use serde::Deserialize;
use url::{Host, Url};
use vestnik_contract::range::whole;
use vestnik_contract::{SecretRef, SetupError};

/// The settings of one route to a portal.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where messages are posted to: `https`, or `http` to a loopback host.
    pub url: Url,
    /// The secret that both sides sign with: `whsec_` and the base64 of 24 to 64 random bytes.
    pub secret: SecretRef,
    /// A PEM file of certificate authorities to trust besides the public ones.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// How long one call may take, from 1 to 300 seconds. Default 10.
    #[serde(default = "default_call_timeout_seconds", deserialize_with = "whole::<1, 300, _, _>")]
    pub call_timeout_seconds: u16,
    /// The longest text the portal takes, from 1,000 to 1,000,000 characters. Default 20,000.
    #[serde(default = "default_max_text_characters", deserialize_with = "whole::<1000, 1_000_000, _, _>")]
    pub max_text_characters: u32,
}

fn default_call_timeout_seconds() -> u16 {
    10
}

fn default_max_text_characters() -> u32 {
    20_000
}

impl Settings {
    /// Says which setting cannot be used, without touching file or network.
    pub(crate) fn validate(&self) -> Result<(), SetupError> {
        let encrypted = match self.url.scheme() {
            "https" => true,
            "http" => is_loopback(&self.url),
            _ => false,
        };
        if !encrypted {
            return Err(SetupError::new("url", "an https address (http only to a loopback host)"));
        }
        Ok(())
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str) -> Settings {
        let json = serde_json::json!({ "url": url, "secret": { "env": "PORTAL_SECRET" } });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn defaults_are_as_documented() {
        let settings = settings("https://portal.example/hook");
        assert_eq!(settings.call_timeout_seconds, 10);
        assert_eq!(settings.max_text_characters, 20_000);
        assert_eq!(settings.validate(), Ok(()));
    }

    #[test]
    fn messages_go_in_the_clear_to_loopback_only() {
        for good in
            ["http://127.0.0.1:8000/", "http://[::1]:1/", "http://localhost/", "https://portal.example"]
        {
            assert_eq!(settings(good).validate(), Ok(()), "{good}");
        }
        for bad in ["http://portal.example/", "ftp://127.0.0.1/", "data:text/plain,x", "http://10.0.0.1/"] {
            assert_eq!(settings(bad).validate().unwrap_err().setting, "url", "{bad}");
        }
    }

    #[test]
    fn senseless_numbers_and_unknown_keys_are_refused() {
        for bad in ["call_timeout_seconds\":0", "max_text_characters\":0", "retries\":3"] {
            let text = format!(r#"{{"url":"https://p.example","secret":{{"env":"S"}},"{bad}}}"#);
            assert!(serde_json::from_str::<Settings>(&text).is_err(), "{bad}");
        }
    }
}
