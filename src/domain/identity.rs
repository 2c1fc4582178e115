//! The one registered sender, as citizens read it.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use vestnik_contract::{ChannelId, Label, Sender};

use super::wording::{Allowed, digits, is_line, line_of};
use super::{Locale, Localized};

/// The agency as citizens see it in every text and on every channel. It comes from the
/// configuration alone, and its lengths are checked when it is read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The full name, at most 120 characters: the first line of every long text.
    #[serde(deserialize_with = "Localized::lines::<120, _>")]
    pub agency: Localized,
    /// The name in an SMS, at most 24 characters.
    #[serde(deserialize_with = "Localized::lines::<24, _>")]
    pub agency_short: Localized,
    /// The single number to call, written as people read it: 3 to 20 digits, spaces, `+ - ( )`.
    #[serde(deserialize_with = "phone")]
    pub phone: String,
    /// What links and numbers texts may hold besides.
    #[serde(default)]
    pub allowed: OwnPlaces,
    /// The sender on each channel.
    #[serde(with = "CheckedSender")]
    pub sender: Sender,
}

/// The agency's own places beside the single number, which approved texts may name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnPlaces {
    /// Hosts, such as `portal.example`.
    #[serde(default, deserialize_with = "hosts")]
    pub links: Vec<String>,
    /// Phone numbers, written as people read them.
    #[serde(default, deserialize_with = "phones")]
    pub phones: Vec<String>,
}

impl Identity {
    /// What links and numbers may stand in approved texts.
    #[must_use]
    pub fn allowed(&self) -> Allowed {
        let phones = self.allowed.phones.iter().chain([&self.phone]);
        Allowed {
            hosts: self.allowed.links.iter().map(|host| host.to_lowercase()).collect(),
            phones: phones.map(|phone| digits(phone)).collect(),
        }
    }
}

impl Identity {
    /// The sender as a channel shows it: its number, name or address there.
    #[must_use]
    pub fn shown_on(&self, channel: &ChannelId, locale: Locale) -> String {
        let Sender { label, sms_sender, email_address, viber_name, telegram_bot } = &self.sender;
        match channel.as_str() {
            "sms" => sms_sender.clone(),
            "viber" => viber_name.clone(),
            "telegram" => format!("@{telegram_bot}"),
            "email" => email_address.clone(),
            _ => label.of(&locale.to_string()).to_owned(),
        }
    }
}

/// The fields of [`Sender`] with their lengths checked.
#[derive(Deserialize)]
#[serde(remote = "Sender", deny_unknown_fields)]
struct CheckedSender {
    #[serde(deserialize_with = "label::<32, _>")]
    label: Label,
    #[serde(deserialize_with = "line::<16, _>")]
    sms_sender: String,
    #[serde(deserialize_with = "mail_address")]
    email_address: String,
    #[serde(deserialize_with = "line::<28, _>")]
    viber_name: String,
    #[serde(deserialize_with = "line::<32, _>")]
    telegram_bot: String,
}

fn line<'de, const MAX: usize, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    checked(from, |text| is_line(text, MAX), || line_of(MAX))
}

/// One text for all locales, or a table with one for each, of at most `MAX` characters.
pub fn label<'de, const MAX: usize, D: Deserializer<'de>>(from: D) -> Result<Label, D::Error> {
    from.deserialize_any(LabelVisitor::<MAX>)
}

struct LabelVisitor<const MAX: usize>;

impl<'de, const MAX: usize> Visitor<'de> for LabelVisitor<MAX> {
    type Value = Label;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text in quotes, or a table with the same in ru, uk and en")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Label, E> {
        line::<MAX, _>(text.into_deserializer()).map(Label::Same)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Label, A::Error> {
        let each = Localized::lines::<MAX, _>(MapAccessDeserializer::new(map))?;
        Ok(Label::Each(each.iter().map(|(locale, name)| (locale.to_string(), name.to_owned())).collect()))
    }
}

fn mail_address<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let is_address = |text: &str| {
        let printable = text.len() <= 254 && text.bytes().all(|b| b.is_ascii_graphic());
        printable && text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
    };
    checked(from, is_address, || "a mail address".to_owned())
}

const PHONE: &str = "a phone number of 3 to 20 digits, spaces and + - ( )";

fn phone<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    checked(from, is_phone, || PHONE.to_owned())
}

fn is_phone(text: &str) -> bool {
    let known = text.bytes().all(|b| b.is_ascii_digit() || b" +-()".contains(&b));
    known && digits(text).len() >= 3 && text.len() <= 20
}

fn phones<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    each(from, is_phone, PHONE)
}

fn hosts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let is_host = |text: &str| {
        let part = |c: char| c.is_alphanumeric() || c == '-';
        let labels = || text.split('.');
        labels().count() > 1 && labels().all(|label| !label.is_empty() && label.chars().all(part))
    };
    each(from, is_host, "the name of a host, such as portal.example")
}

fn each<'de, D: Deserializer<'de>>(
    from: D,
    fits: impl Fn(&str) -> bool,
    expected: &str,
) -> Result<Vec<String>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    match texts.iter().find(|text| !fits(text)) {
        Some(wrong) => Err(D::Error::custom(format!("expected {expected}, found \"{wrong}\""))),
        None => Ok(texts),
    }
}

fn checked<'de, D: Deserializer<'de>>(
    from: D,
    fits: impl Fn(&str) -> bool,
    expected: impl Fn() -> String,
) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if fits(&text) { Ok(text) } else { Err(D::Error::custom(format!("expected {}", expected()))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Locale;

    const GOOD: &str = r#"
phone = "0 800 000 000"
agency = { ru = "Министерство", uk = "Міністерство", en = "Ministry" }
agency_short = { ru = "Мин", uk = "Мін", en = "Min" }
[sender]
label = "Ministry"
sms_sender = "Ministry"
email_address = "notices@ministry.example"
viber_name = "Ministry"
telegram_bot = "ministry_bot"
"#;

    #[test]
    fn the_label_is_one_for_all_languages_or_one_for_each() {
        let read = |label: &str| {
            toml::from_str::<Identity>(&GOOD.replace("label = \"Ministry\"", &format!("label = {label}")))
        };
        assert_eq!(read("\"Ministry\"").unwrap().sender.label, Label::from("Ministry"));
        let each = read("{ ru = \"Мин\", uk = \"Мін\", en = \"Min\" }").unwrap().sender.label;
        for locale in Locale::ALL {
            assert_ne!(each.of(locale.tag()), "", "{locale}");
        }
        assert_eq!(each.of("uk"), "Мін");
        let table = [
            ("{ ru = \"Мин\", uk = \"Мін\" }", "missing field `en`"),
            ("{ ru = \"Мин\", uk = \"Мін\", en = \"Min\", de = \"Min\" }", "unknown field `de`"),
            ("{ ru = \"Мин\", uk = \"Мін\", en = \"\" }", "expected en to be 1 to 32 characters"),
            ("5", "expected a text in quotes, or a table with the same in ru, uk and en"),
        ];
        for (label, expected) in table {
            let told = read(label).unwrap_err().message().to_owned();
            assert!(told.contains(expected), "{label}: {told}");
        }
    }

    #[test]
    fn every_name_is_bounded_and_a_long_one_is_found_where_it_stands() {
        assert_eq!(toml::from_str::<Identity>(GOOD).unwrap().sender.viber_name, "Ministry");
        let long_label = format!("label = \"{}\"", "я".repeat(33));
        let long_viber = format!("viber_name = \"{}\"", "я".repeat(29));
        let table = [
            ("label = \"Ministry\"", long_label.as_str(), "1 to 32 characters"),
            ("viber_name = \"Ministry\"", &long_viber, "1 to 28 characters"),
            ("phone = \"0 800 000 000\"", "phone = \"call us\"", "expected a phone number"),
            ("en = \"Min\"", "en = \"min.example\"", "expected en to be 1 to 24"),
            ("notices@ministry.example", "nobody", "expected a mail address"),
            (
                "agency_short = { ru = \"Мин\", uk = \"Мін\", en = \"Min\" }",
                "allowed = { phones = [\"call us\"] }",
                "expected a phone number",
            ),
            (
                "agency_short = { ru = \"Мин\", uk = \"Мін\", en = \"Min\" }",
                "allowed = { links = [\"https://a.b\"] }",
                "expected the name of a host",
            ),
            ("telegram_bot", "telegram_bat", "unknown field `telegram_bat`"),
        ];
        for (from, to, message) in table {
            let text = GOOD.replace(from, to);
            let error = toml::from_str::<Identity>(&text).unwrap_err();
            assert!(error.message().contains(message), "{to}: {error}");
            let line = text[..error.span().unwrap().start].lines().count();
            let written = text.lines().position(|line| line.contains(to)).unwrap() + 1;
            assert!(line.abs_diff(written) <= 1, "{to}: {error}");
        }
    }
}
