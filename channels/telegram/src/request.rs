//! What we ask Telegram. Pure.

use teloxide_core::payloads::{GetUpdates, SendMessage};
use teloxide_core::types::{AllowedUpdate, ChatId, LinkPreviewOptions};
use vestnik_contract::{Address, AddressForm, Measure, Message};

/// The longest text, "1-4096 characters after entities parsing" (Bot API, `sendMessage`).
pub(crate) const TEXT_LIMIT: u32 = 4096;

/// A plain text: no parse mode, so that nothing in a text is markup, and no preview of its links.
/// `None` if the recipient is not a chat id.
pub(crate) fn send_message(message: &Message) -> Option<SendMessage> {
    let mut request = SendMessage::new(ChatId(chat_id(message.recipient.expose())?), message.text.clone());
    request.link_preview_options = Some(LinkPreviewOptions {
        is_disabled: true,
        url: None,
        prefer_small_media: false,
        prefer_large_media: false,
        show_above_text: false,
    });
    Some(request)
}

/// A long poll of `seconds` for messages and for blocks. A given offset confirms every update
/// before it.
pub(crate) fn get_updates(offset: Option<u32>, seconds: u16) -> GetUpdates {
    let mut request = GetUpdates::new();
    request.offset = offset.and_then(|offset| offset.try_into().ok());
    request.timeout = Some(seconds.into());
    request.allowed_updates = Some(vec![AllowedUpdate::Message, AllowedUpdate::MyChatMember]);
    request
}

/// How long the text is, in UTF-16 units, which Telegram measures entities in and which are never
/// fewer than its characters.
pub(crate) fn measure(text: &str) -> Measure {
    let units = u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX);
    Measure { fits: units <= TEXT_LIMIT, segments: 1, units, limit: TEXT_LIMIT }
}

/// How addresses of Telegram are written.
pub const ADDRESSES: AddressForm =
    AddressForm { looks: "the number of a private chat such as 2004711", read: address };

/// The id of a private chat in its one form: a number without sign and leading zeros.
pub(crate) fn address(text: &str) -> Option<Address> {
    chat_id(text.trim()).map(|id| Address::new(id.to_string()))
}

/// The id of a private chat: positive, "at most 52 significant bits" (Bot API, `Chat`). Groups and
/// channels have negative ids.
fn chat_id(text: &str) -> Option<i64> {
    let digits = (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let id: i64 = text.parse().ok()?;
    (digits && (1..1 << 52).contains(&id)).then_some(id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_send_is_plain_text_without_previews() {
        let message = Message {
            attempt: uuid::Uuid::nil(),
            recipient: Address::new("5000000001"),
            locale: "uk".into(),
            title: "ignored".into(),
            text: "*Не* <розмітка> https://example.org".into(),
            expires_at: None,
            unsubscribe: None,
        };
        let mut json = serde_json::to_value(send_message(&message).unwrap()).unwrap();
        json["link_preview_options"].as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let expected = json!({
            "chat_id": 5_000_000_001_i64,
            "text": "*Не* <розмітка> https://example.org",
            "link_preview_options": { "is_disabled": true },
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn a_poll_asks_for_messages_and_blocks_only() {
        let json = serde_json::to_value(get_updates(Some(7), 25)).unwrap();
        assert_eq!(
            json,
            json!({ "offset": 7, "timeout": 25, "allowed_updates": ["message", "my_chat_member"] })
        );
        assert!(serde_json::to_value(get_updates(None, 25)).unwrap().get("offset").is_none());
    }

    #[test]
    fn a_text_fits_to_4096_units() {
        for (text, units, fits) in [
            ("ж".repeat(4096), 4096, true),
            ("ж".repeat(4097), 4097, false),
            ("😀".repeat(2048), 4096, true),
            ("😀".repeat(2049), 4098, false),
        ] {
            assert_eq!(measure(&text), Measure { fits, segments: 1, units, limit: 4096 });
        }
    }

    #[test]
    fn an_address_is_the_id_of_a_private_chat() {
        for (text, id) in [("42", "42"), (" 0042\n", "42"), ("4503599627370495", "4503599627370495")] {
            assert_eq!(address(text), Some(Address::new(id)), "{text:?}");
        }
        for bad in
            ["", "0", "-100123", "+42", "4503599627370496", "4 2", "@name", "4.2", "४२", &"9".repeat(30)]
        {
            assert_eq!(address(bad), None, "{bad:?}");
        }
    }
}
