//! What is configured of the relay.

use std::net::IpAddr;
use std::path::PathBuf;

use serde::Deserialize;
use vestnik_contract::range::{whole, whole_if_any};
use vestnik_contract::{SecretRef, SetupError};

use crate::address::{address, domain};

/// The settings of one route to a mail relay.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The relay: a name or an IP address. The certificate must name it.
    pub host: String,
    /// Default 587 for `starttls`, 465 for `tls`, 25 for `none`.
    #[serde(default, deserialize_with = "whole_if_any::<1, 65535, _, _>")]
    pub port: Option<u16>,
    /// `starttls` (default), `tls` from the first byte, or `none`, which only a loopback host may
    /// have.
    #[serde(default)]
    pub tls: Encryption,
    /// A PEM file of certificate authorities to trust besides the public ones.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// The user to log in as; without one the relay must know us by our address.
    #[serde(default)]
    pub username: Option<String>,
    /// The user's password. Stands where `username` stands.
    #[serde(default)]
    pub password: Option<SecretRef>,
    /// How many connections may be open at once, from 1 to 200. Default 4.
    #[serde(default = "default_max_connections", deserialize_with = "whole::<1, 200, _, _>")]
    pub max_connections: u16,
    /// How long one mail may take, from connecting to the relay's last answer: 1 to 300 seconds.
    /// Default 30.
    #[serde(default = "default_call_timeout_seconds", deserialize_with = "whole::<1, 300, _, _>")]
    pub call_timeout_seconds: u16,
    /// The domain name we greet with (EHLO). Default: the domain of the sender's address.
    #[serde(default)]
    pub hello_name: Option<String>,
    /// Where mail that cannot be delivered comes back to, and who hands it over; without it nothing is
    /// heard of a mail once the relay took it.
    #[serde(default)]
    pub returns: Option<Returns>,
}

/// How mail that comes back reaches us.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Returns {
    /// The envelope's sender of each mail (RFC 5321, section 4.4: the return path), at which feedback loops
    /// are registered too. The relay posts what comes to it to the route's callbacks.
    pub address: String,
    /// What the relay proves itself with, as a bearer token (RFC 6750).
    pub secret: SecretRef,
}

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encryption {
    /// Begins in the clear and must change to TLS before anything is said (RFC 3207).
    #[default]
    Starttls,
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// In the clear.
    None,
}

fn default_max_connections() -> u16 {
    4
}

fn default_call_timeout_seconds() -> u16 {
    30
}

impl Settings {
    /// The configured port, or the one that belongs to the kind of protection (RFC 8314,
    /// section 3; RFC 5321, section 4.5.4.2).
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            Encryption::Starttls => 587,
            Encryption::Tls => 465,
            Encryption::None => 25,
        })
    }

    /// Says which setting cannot be used, without touching file or network.
    pub(crate) fn validate(&self) -> Result<(), SetupError> {
        let ip = self.host.parse::<IpAddr>().ok();
        if ip.is_none() && self.host != "localhost" && domain(&self.host).is_none() {
            return Err(SetupError::new("host", "a host name or an IP address"));
        }
        let loopback = ip.map_or(self.host == "localhost", |ip| ip.is_loopback());
        if self.tls == Encryption::None && !loopback {
            return Err(SetupError::new("tls", "`starttls` or `tls` (`none` only for a loopback host)"));
        }
        if self.username.is_some() != self.password.is_some() {
            return Err(SetupError::new("password", "to stand where `username` stands, and only there"));
        }
        if self.username.as_deref().is_some_and(|name| name.is_empty() || name.contains('\0')) {
            return Err(SetupError::new("username", "not to be empty"));
        }
        if self.hello_name.as_deref().is_some_and(|name| domain(name).is_none()) {
            return Err(SetupError::new("hello_name", "a domain name"));
        }
        if self.returns.as_ref().is_some_and(|returns| address(&returns.address).is_none()) {
            return Err(SetupError::new("returns.address", "a mail address"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings(host: &str) -> Settings {
        serde_json::from_value(json!({ "host": host })).unwrap()
    }

    fn fault(settings: &Settings) -> &'static str {
        settings.validate().unwrap_err().setting
    }

    #[test]
    fn defaults_are_as_documented() {
        let mut settings = settings("relay.agency.example");
        assert_eq!((settings.max_connections, settings.call_timeout_seconds), (4, 30));
        assert_eq!(settings.validate(), Ok(()));
        for (tls, port) in [(Encryption::Starttls, 587), (Encryption::Tls, 465), (Encryption::None, 25)] {
            settings.tls = tls;
            assert_eq!(settings.port(), port);
        }
        settings.port = Some(2525);
        assert_eq!(settings.port(), 2525);
    }

    #[test]
    fn mail_goes_in_the_clear_to_loopback_only() {
        for (host, good) in [
            ("127.0.0.1", true),
            ("::1", true),
            ("localhost", true),
            ("10.0.0.1", false),
            ("relay.agency.example", false),
            ("localhost.example", false),
        ] {
            let settings = Settings { tls: Encryption::None, ..settings(host) };
            assert_eq!(settings.validate().is_ok(), good, "{host}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let good = settings("relay.agency.example");
        for host in ["", "two words", "a\r\nb", "http://relay"] {
            assert_eq!(fault(&settings(host)), "host", "{host:?}");
        }
        let named = |name: &str| Settings { username: Some(name.into()), ..good.clone() };
        assert_eq!(fault(&named("vestnik")), "password");
        let secret = Some(SecretRef::Env("SMTP_PASSWORD".into()));
        assert_eq!(fault(&Settings { password: secret.clone(), ..good.clone() }), "password");
        assert_eq!(fault(&Settings { password: secret, ..named("") }), "username");
        assert_eq!(fault(&Settings { hello_name: Some("a b".into()), ..good.clone() }), "hello_name");
        let returns = Returns { address: "a b".into(), secret: SecretRef::Env("RETURNS".into()) };
        assert_eq!(fault(&Settings { returns: Some(returns), ..good }), "returns.address");
        for (key, number) in [("pool", 1), ("max_connections", 0), ("call_timeout_seconds", 301), ("port", 0)]
        {
            let read = serde_json::from_value::<Settings>(json!({ "host": "h", key: number }));
            assert!(read.is_err(), "{key}");
        }
    }
}
