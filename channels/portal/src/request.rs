//! What is posted to the portal.

use jiff::Timestamp;
use serde::Serialize;
use vestnik_contract::{Message, SendError, SendErrorKind};

/// A message for one of the portal's users.
///
/// ```json
/// { "id": "0199c0de-…", "user": "u-17", "title": "…", "text": "…", "locale": "uk",
///   "expires_at": "2026-11-22T09:00:00Z" }
/// ```
///
/// The portal answers:
///
/// | status | meaning |
/// |---|---|
/// | 2xx `{"reference": "…"}` | taken; callbacks name this reference, or `id` where there is none |
/// | 409 `{"reference": "…"}` | taken before, under this `Webhook-Id` |
/// | 404, 410 | no such user, or the user stopped such messages for good |
/// | 423 | the user cannot be reached now; another day it may work |
/// | 400, 422 and other 4xx | this message is refused |
/// | 401, 403 | the signature is not good |
/// | 429, 503 with `Retry-After` | later |
#[derive(Serialize)]
pub struct Body<'a> {
    /// The attempt: equal to `Webhook-Id`, and the same when the message is sent again.
    pub id: String,
    /// The portal's own id of the citizen.
    pub user: &'a str,
    /// One line.
    pub title: &'a str,
    /// The text, with line breaks.
    pub text: &'a str,
    /// BCP 47 tag of title and text.
    pub locale: &'a str,
    /// After this moment (RFC 3339, UTC) the portal need not show it; absent where it never ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// The bytes to sign and to post.
pub fn body(message: &Message) -> Result<Vec<u8>, SendError> {
    let body = Body {
        id: message.attempt.to_string(),
        user: message.recipient.expose(),
        title: &message.title,
        text: &message.text,
        locale: &message.locale,
        expires_at: message.expires_at,
    };
    serde_json::to_vec(&body).map_err(|error| SendError::new(SendErrorKind::Rejected).source(error))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use uuid::Uuid;
    use vestnik_contract::Address;

    use super::*;

    #[test]
    fn the_body_is_the_documented_one() {
        let mut message = Message {
            attempt: Uuid::from_u128(17),
            recipient: Address::new("u-17"),
            locale: "uk".into(),
            title: "Виплата".into(),
            text: "Рядок\nдругий \"рядок\"".into(),
            expires_at: Some("2026-11-22T09:00:00Z".parse().unwrap()),
            unsubscribe: None,
        };
        let parsed = |message: &Message| serde_json::from_slice::<Value>(&body(message).unwrap()).unwrap();
        let expected = json!({
            "id": "00000000-0000-0000-0000-000000000011",
            "user": "u-17",
            "title": "Виплата",
            "text": "Рядок\nдругий \"рядок\"",
            "locale": "uk",
            "expires_at": "2026-11-22T09:00:00Z",
        });
        assert_eq!(parsed(&message), expected);
        message.expires_at = None;
        assert!(parsed(&message).get("expires_at").is_none());
    }
}
