//! What we ask Viber. Pure.

use serde::Serialize;
use url::Url;
use vestnik_contract::{Address, AddressForm, Measure, Message};

/// The longest text of a text message, in characters (REST bot API, "Text message").
pub(crate) const TEXT_LIMIT: u32 = 7000;

/// The longest sender name, in characters (REST bot API, "General send message parameters").
pub(crate) const SENDER_NAME_LIMIT: usize = 28;

/// `POST /pa/send_message` with a text.
#[derive(Serialize)]
pub(crate) struct SendMessage<'a> {
    receiver: &'a str,
    min_api_version: u8,
    sender: Sender<'a>,
    /// Comes back with the citizen's reply; the attempt's id.
    tracking_data: String,
    #[serde(rename = "type")]
    kind: &'static str,
    text: &'a str,
}

#[derive(Serialize)]
struct Sender<'a> {
    name: &'a str,
}

impl<'a> SendMessage<'a> {
    /// This message under this sender's name, for clients from this API version on.
    pub(crate) fn new(message: &'a Message, sender: &'a str, min_api_version: u8) -> Self {
        Self {
            receiver: message.recipient.expose(),
            min_api_version,
            sender: Sender { name: sender },
            tracking_data: message.attempt.to_string(),
            kind: "text",
            text: &message.text,
        }
    }
}

/// The answer to `conversation_started`: a text without a receiver (REST bot API, "Sending a
/// welcome message").
#[derive(Serialize)]
pub(crate) struct Welcome<'a> {
    sender: Sender<'a>,
    #[serde(rename = "type")]
    kind: &'static str,
    text: &'a str,
}

impl<'a> Welcome<'a> {
    /// This text under this sender's name.
    pub(crate) fn new(text: &'a str, sender: &'a str) -> Self {
        Self { sender: Sender { name: sender }, kind: "text", text }
    }
}

/// `POST /pa/set_webhook`. We ask for neither names nor photos of citizens.
#[derive(Serialize)]
pub(crate) struct SetWebhook<'a> {
    url: &'a str,
    event_types: [&'static str; 6],
    send_name: bool,
    send_photo: bool,
}

impl<'a> SetWebhook<'a> {
    /// Asks for callbacks at this address.
    pub(crate) fn new(url: &'a Url) -> Self {
        Self {
            url: url.as_str(),
            event_types: [
                "delivered",
                "seen",
                "failed",
                "subscribed",
                "unsubscribed",
                "conversation_started",
            ],
            send_name: false,
            send_photo: false,
        }
    }
}

/// `POST /pa/get_account_info` takes an empty object.
#[derive(Serialize)]
pub(crate) struct GetAccountInfo {}

/// How long the text is. Viber says "characters"; we count UTF-16 units, which are never fewer, and
/// with which the longest text stays under Viber's 30 kB for a request.
pub(crate) fn measure(text: &str) -> Measure {
    let units = u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX);
    Measure { fits: units <= TEXT_LIMIT, segments: 1, units, limit: TEXT_LIMIT }
}

/// How addresses of Viber are written.
pub const ADDRESSES: AddressForm =
    AddressForm { looks: "a user id as Viber gives it such as aB1cD2eF3gH4iJ5kL6mN7o==", read: address };

/// A Viber user id: up to 64 characters of base 64, given by Viber for each pair of user and bot.
/// A phone number is none, though it has no other characters.
pub(crate) fn address(text: &str) -> Option<Address> {
    let text = text.trim();
    let base64 = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_' | b'=');
    let phone = text.bytes().all(|b| b.is_ascii_digit() || b == b'+');
    let id = (1..=64).contains(&text.len()) && text.bytes().all(base64) && !phone;
    id.then(|| Address::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_send_is_the_json_of_the_providers_page() {
        let message = Message {
            attempt: uuid::Uuid::nil(),
            recipient: Address::new("01234567890A="),
            locale: "uk".into(),
            title: "ignored".into(),
            text: "Дякую \"так\"".into(),
            expires_at: None,
            unsubscribe: None,
        };
        let json = serde_json::to_value(SendMessage::new(&message, "Міністерство", 1)).unwrap();
        let expected = serde_json::json!({
            "receiver": "01234567890A=",
            "min_api_version": 1,
            "sender": { "name": "Міністерство" },
            "tracking_data": "00000000-0000-0000-0000-000000000000",
            "type": "text",
            "text": "Дякую \"так\"",
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn a_webhook_asks_for_no_names_and_no_photos() {
        let url = Url::parse("https://vestnik.example/callbacks/viber/main").unwrap();
        let json = serde_json::to_value(SetWebhook::new(&url)).unwrap();
        assert_eq!(json["url"], "https://vestnik.example/callbacks/viber/main");
        assert_eq!(json["send_name"], false);
        assert_eq!(json["send_photo"], false);
        assert!(json["event_types"].as_array().unwrap().contains(&"seen".into()));
    }

    #[test]
    fn a_text_fits_to_seven_thousand_units() {
        for (text, units, fits) in [
            ("ж".repeat(7000), 7000, true),
            ("ж".repeat(7001), 7001, false),
            ("😀".repeat(3500), 7000, true),
            ("😀".repeat(3501), 7002, false),
        ] {
            assert_eq!(measure(&text), Measure { fits, segments: 1, units, limit: 7000 });
        }
    }

    #[test]
    fn an_address_is_a_viber_user_id() {
        for id in ["01234567890A=", "EWzlyeZ3Cs0uCO+wPvEOyg==", " aBc/+= ", &"a".repeat(64)] {
            assert_eq!(address(id), Some(Address::new(id.trim())), "{id}");
        }
        for bad in ["", "+380671234567", "380671234567", "a b", "ж", "a\0", "@name", &"a".repeat(65)] {
            assert_eq!(address(bad), None, "{bad:?}");
        }
    }
}
