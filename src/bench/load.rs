//! Citizens and notifications in any number, one JSON object each. Pure.
//!
//! Everything about a citizen follows from a number, so that a message on a provider's screen tells by
//! its address which notification it is.

use std::ops::Range;

use jiff::Timestamp;
use serde_json::json;

use super::shape::Shape;
use crate::domain::Priority;

/// The source that speaks.
pub(super) const SOURCE: &str = "family_fund";

/// A channel on which a citizen can be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Viber,
    Telegram,
    Sms,
    Email,
    Portal,
}

impl Place {
    pub const ALL: [Self; 5] = [Self::Viber, Self::Telegram, Self::Sms, Self::Email, Self::Portal];

    pub fn channel(self) -> &'static str {
        match self {
            Self::Viber => "viber",
            Self::Telegram => "telegram",
            Self::Sms => "sms",
            Self::Email => "email",
            Self::Portal => "portal",
        }
    }

    /// The address there of the citizen with this number.
    pub fn address(self, number: usize) -> String {
        match self {
            Self::Viber => format!("bench{number:0>14}A=="),
            Self::Telegram => (FIRST_CHAT + number).to_string(),
            Self::Sms => format!("{PHONES}{number:0>7}"),
            Self::Email => format!("citizen{number}@example.org"),
            Self::Portal => format!("citizen-{number}"),
        }
    }
}

/// A chat's id on Telegram is a number like this.
const FIRST_CHAT: usize = 1_000_000;
/// What the benchmark's telephone numbers begin with; seven digits follow.
const PHONES: &str = "+38000";

/// Whose address it is, on the screen of this channel.
pub(super) fn number_of(channel: &str, address: &str) -> Option<usize> {
    let address = match channel {
        // A provider of SMS shows it without the plus.
        "sms" => address.trim_start_matches('+').strip_prefix(&PHONES[1..])?,
        _ => address,
    };
    let digits: String = address.chars().filter(char::is_ascii_digit).collect();
    let number: usize = digits.parse().ok()?;
    if channel == "telegram" { number.checked_sub(FIRST_CHAT) } else { Some(number) }
}

/// The id of the citizen with this number.
fn citizen_id(number: usize) -> String {
    format!("bench:{number}")
}

/// The citizens with these numbers, one a line, as `import` reads them.
pub(super) fn citizens(shape: Shape, numbers: Range<usize>, now: Timestamp) -> impl Iterator<Item = String> {
    let (zone, consents) = (shape.zone(now), shape.consents());
    numbers.map(move |number| {
        let places = shape.places(number);
        let addresses: Vec<_> = places
            .iter()
            .map(|place| json!({ "channel": place.channel(), "address": place.address(number) }))
            .collect();
        let citizen = json!({
            "id": citizen_id(number), "locale": (["uk", "ru", "en"][number / 5 % 3]), "zone": zone,
            "jurisdiction": "ua", "addresses": addresses, "consents": consents,
        });
        format!("{citizen}\n")
    })
}

/// The notification for the citizen with this number.
pub(super) fn notification(shape: Shape, number: usize, priority: Priority) -> Vec<u8> {
    let (life_event, measure, params) = shape.measure();
    let notification = json!({
        "source": SOURCE, "id": number.to_string(), "citizen": citizen_id(number),
        "life_event": life_event, "measure": measure, "params": params, "priority": priority.as_str(),
    });
    notification.to_string().into_bytes()
}

/// The number of a notification from what was published. The bare loop writes to its citizen.
pub(super) fn number_in(notification: &[u8]) -> Option<usize> {
    let notification: serde_json::Value = serde_json::from_slice(notification).ok()?;
    notification["id"].as_str()?.parse().ok()
}

/// The routing key it is published under.
pub(super) fn routing_key(shape: Shape, priority: Priority) -> String {
    format!("{}.{SOURCE}.{}", priority.as_str(), shape.measure().0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_tells_whose_it_is() {
        for place in Place::ALL {
            for number in [0, 7, 380, 1_000_000, 4_999_999] {
                let address = place.address(number);
                assert_eq!(number_of(place.channel(), &address), Some(number), "{address}");
            }
        }
        assert_eq!(number_of("sms", "380000000042"), Some(42));
        assert_eq!(number_of("telegram", "12"), None);
        assert_eq!(number_of("email", "nobody@example.org"), None);
    }

    #[test]
    fn a_notification_tells_its_number() {
        assert_eq!(number_in(&notification(Shape::Mixed, 42, Priority::Normal)), Some(42));
        assert_eq!(number_in(b"{}"), None);
        assert_eq!(number_in(b"nonsense"), None);
    }

    #[test]
    fn each_citizen_is_one_line() {
        for shape in Shape::ALL {
            let lines: Vec<_> = citizens(shape, 3..13, Timestamp::UNIX_EPOCH).collect();
            assert_eq!(lines.len(), 10);
            assert!(lines.iter().all(|line| line.matches('\n').count() == 1 && line.ends_with("}\n")));
        }
    }
}
