//! What a route of this channel can be told.

use std::time::Duration;

use serde::Deserialize;
use vestnik_contract::range::{seconds, whole, whole_if_any};
use vestnik_contract::{SecretRef, SetupError};

/// One route: an account at an SMSC that speaks SMPP 3.4, bound as a transceiver.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Host name or address of the SMSC.
    pub host: String,
    /// TCP port; 2775 is the registered one.
    #[serde(default = "port", deserialize_with = "whole::<1, 65535, _, _>")]
    pub port: u16,
    /// The account's name, at most 15 ASCII characters.
    pub system_id: String,
    /// Where the account's password is read from; at most 8 ASCII characters.
    pub password: SecretRef,
    /// What the provider calls the kind of our system, at most 12 ASCII characters; usually empty.
    #[serde(default)]
    pub system_type: String,
    /// Who binds, where several processes send.
    #[serde(default)]
    pub sessions: Sessions,
    /// How many messages may be on their way to the SMSC without an answer, 1 to 10,000.
    #[serde(default = "window", deserialize_with = "whole::<1, 10_000, _, _>")]
    pub window: u16,
    /// How many receipts and replies may wait for their commit; more are put off. 1 to 10,000.
    #[serde(default = "receive_window", deserialize_with = "whole::<1, 10_000, _, _>")]
    pub receive_window: u16,
    /// How often the connection is tried. An SMSC that says nothing for this time and `call_timeout`
    /// together is taken for gone. This and the other spans are seconds from 0.01 to 3600.
    #[serde(rename = "enquire_link_seconds")]
    #[serde(default = "enquire_link", deserialize_with = "seconds::<10, 3_600_000, _>")]
    pub enquire_link: Duration,
    /// How long one send may take, all parts together; also how long a connection and a bind may take.
    /// Shorter than a lease.
    #[serde(rename = "call_timeout_seconds")]
    #[serde(default = "call_timeout", deserialize_with = "seconds::<10, 3_600_000, _>")]
    pub call_timeout: Duration,
    /// The first wait before a lost connection is opened again; each further one is twice as long, up
    /// to `reconnect_max`. The wait taken is between half of it and all.
    #[serde(rename = "reconnect_first_seconds")]
    #[serde(default = "reconnect_first", deserialize_with = "seconds::<10, 3_600_000, _>")]
    pub reconnect_first: Duration,
    /// The longest wait before a connection is opened again.
    #[serde(rename = "reconnect_max_seconds")]
    #[serde(default = "reconnect_max", deserialize_with = "seconds::<10, 3_600_000, _>")]
    pub reconnect_max: Duration,
    /// How many parts a message may have, 1 to 255. Each is paid for.
    #[serde(default = "max_segments", deserialize_with = "whole::<1, 255, _, _>")]
    pub max_segments: u8,
    /// How many parts per second the SMSC takes, 1 to 100,000; absent where it names no limit.
    #[serde(default, deserialize_with = "whole_if_any::<1, 100_000, _, _>")]
    pub per_second: Option<u32>,
    /// How the parts of a long message are told to the SMSC.
    #[serde(default)]
    pub concatenation: Concatenation,
    /// Which alphabets may be used.
    #[serde(default)]
    pub alphabet: AlphabetChoice,
    /// The `data_coding` of texts in the GSM 7-bit alphabet: 0, or what the provider asks for.
    #[serde(default)]
    pub gsm_data_coding: u8,
    /// The `data_coding` of texts in UTF-16: 8, or what the provider asks for.
    #[serde(default = "unicode_data_coding")]
    pub unicode_data_coding: u8,
    /// For how long the SMSC tries at most, 1 to 720 hours, whatever the message allows. Then it says
    /// "expired" and the next step can begin.
    #[serde(default = "max_validity_hours", deserialize_with = "whole::<1, 720, _, _>")]
    pub max_validity_hours: u32,
    /// The provider's error codes in failed receipts that mean that there is no such number, such
    /// as `["001"]`; they close the address. Empty until the provider has told them.
    #[serde(default)]
    pub gone_codes: Vec<String>,
}

/// Who binds, where several processes send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sessions {
    /// Every process has a session of its own.
    #[default]
    Each,
    /// One process of all has the session and sends; the others stand by to take over.
    One,
}

/// How the parts of a long message are told to the SMSC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Concatenation {
    /// By a header in the text, which every SMSC passes on.
    #[default]
    Udh,
    /// By the TLVs `sar_msg_ref_num`, `sar_total_segments` and `sar_segment_seqnum`.
    Sar,
}

/// Which alphabets may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlphabetChoice {
    /// The GSM 7-bit alphabet where it can write the text, UTF-16 where it cannot.
    #[default]
    Auto,
    /// UTF-16 always: for an SMSC whose default alphabet is not GSM's.
    Unicode,
}

fn port() -> u16 {
    2775
}

fn window() -> u16 {
    50
}

fn receive_window() -> u16 {
    500
}

fn enquire_link() -> Duration {
    Duration::from_secs(30)
}

fn call_timeout() -> Duration {
    Duration::from_secs(10)
}

fn reconnect_first() -> Duration {
    Duration::from_millis(500)
}

fn reconnect_max() -> Duration {
    Duration::from_secs(30)
}

fn max_segments() -> u8 {
    6
}

fn unicode_data_coding() -> u8 {
    8
}

fn max_validity_hours() -> u32 {
    72
}

/// The time spans of the settings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spans {
    pub(crate) call_timeout: Duration,
    pub(crate) enquire_link: Duration,
    pub(crate) reconnect_first: Duration,
    pub(crate) reconnect_max: Duration,
}

impl Settings {
    /// Checks what the types cannot say.
    pub(crate) fn check(&self) -> Result<(), SetupError> {
        ascii("system_id", &self.system_id, 1, 15)?;
        ascii("system_type", &self.system_type, 0, 12)?;
        if self.host.trim().is_empty() {
            return Err(SetupError::new("host", "a host name or an address"));
        }
        Ok(())
    }

    pub(crate) fn spans(&self) -> Spans {
        let Self { call_timeout, enquire_link, reconnect_first, reconnect_max, .. } = *self;
        Spans { call_timeout, enquire_link, reconnect_first, reconnect_max }
    }
}

/// A C-octet string of the bind: printable ASCII of this length.
pub(crate) fn ascii(setting: &'static str, text: &str, min: usize, max: usize) -> Result<(), SetupError> {
    let good = (min..=max).contains(&text.len()) && text.bytes().all(|byte| (0x20..0x7F).contains(&byte));
    good.then_some(()).ok_or_else(|| SetupError::new(setting, format!("{min} to {max} ASCII characters")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(more: &serde_json::Value) -> Result<Settings, String> {
        let mut whole =
            serde_json::json!({ "host": "smsc", "system_id": "ministry", "password": { "env": "P" } });
        if let (Some(whole), Some(more)) = (whole.as_object_mut(), more.as_object()) {
            whole.extend(more.clone());
        }
        serde_json::from_value(whole).map_err(|error| error.to_string())
    }

    #[test]
    fn three_keys_are_enough_and_unknown_ones_are_refused() {
        let sane = settings(&serde_json::json!({})).unwrap();
        assert_eq!((sane.port, sane.window, sane.max_segments, sane.unicode_data_coding), (2775, 50, 6, 8));
        assert!(sane.check().is_ok());
        assert_eq!(sane.sessions, Sessions::Each);
        assert!(settings(&serde_json::json!({ "tps": 5 })).unwrap_err().contains("unknown field `tps`"));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (key, value) in [
            ("system_id", serde_json::json!("sixteen-letters!")),
            ("system_id", serde_json::json!("мінсоц")),
            ("system_type", serde_json::json!("thirteen chars")),
            ("host", serde_json::json!(" ")),
        ] {
            let settings = settings(&serde_json::json!({ key: value })).unwrap();
            assert_eq!(settings.check().unwrap_err().setting, key);
        }
        for (key, value) in [
            ("port", serde_json::json!(0)),
            ("window", serde_json::json!(0)),
            ("sessions", serde_json::json!(2)),
            ("sessions", serde_json::json!("two")),
            ("receive_window", serde_json::json!(60_000)),
            ("max_segments", serde_json::json!(0)),
            ("per_second", serde_json::json!(0)),
            ("max_validity_hours", serde_json::json!(0)),
            ("call_timeout_seconds", serde_json::json!(0)),
            ("enquire_link_seconds", serde_json::json!(-1)),
            ("reconnect_max_seconds", serde_json::json!(1e9)),
        ] {
            assert!(settings(&serde_json::json!({ key: value })).is_err(), "{key}");
        }
    }
}
