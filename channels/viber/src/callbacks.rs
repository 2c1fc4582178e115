//! What Viber calls us with (REST bot API, "Callbacks"). Pure.

use jiff::Timestamp;
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use vestnik_contract::{
    CallbackOutcome, CallbackReply, CallbackRequest, Callbacks, Event, Inbound, InboundContent, Receipt,
    ReceiptState,
};

use crate::link::is_token;
use crate::request::{Welcome, address};
use crate::wire::MessageToken;

/// Understands the callbacks of one bot.
pub(crate) struct ViberCallbacks {
    key: hmac::Key,
    /// The answer to a conversation that somebody opened to whom we may not write yet.
    welcome: CallbackReply,
}

impl ViberCallbacks {
    /// Callbacks signed with this token; an opened conversation is answered with this text.
    pub(crate) fn new(token: &SecretString, welcome_text: Option<&str>, sender_name: &str) -> Self {
        let welcome = welcome_text.and_then(|text| serde_json::to_vec(&Welcome::new(text, sender_name)).ok());
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, token.expose_secret().as_bytes()),
            welcome: welcome.map_or_else(|| CallbackReply::empty(200), |body| CallbackReply::json(200, body)),
        }
    }

    /// Whether the signature, in the header or in the query, is that of the body. The comparison
    /// takes the same time wherever the first difference is.
    fn is_signed(&self, request: &CallbackRequest<'_>) -> bool {
        let header = request.header("x-viber-content-signature");
        let query = request.query.split('&').find_map(|pair| pair.strip_prefix("sig="));
        header.into_iter().chain(query).any(|hex| {
            let tag = data_encoding::HEXLOWER_PERMISSIVE.decode(hex.trim().as_bytes());
            tag.is_ok_and(|tag| hmac::verify(&self.key, request.body, &tag).is_ok())
        })
    }

    fn translate(&self, callback: Callback) -> Option<CallbackOutcome> {
        let stranger = matches!(callback.said, Said::ConversationStarted { subscribed: false, .. });
        let reply = if stranger { self.welcome.clone() } else { CallbackReply::empty(200) };
        let events = callback.events()?;
        Some(CallbackOutcome { events, reply })
    }
}

impl Callbacks for ViberCallbacks {
    fn receive(&self, request: &CallbackRequest<'_>, _now: Timestamp) -> CallbackOutcome {
        if request.method != "POST" {
            return CallbackOutcome::refused(405);
        }
        if !self.is_signed(request) {
            return CallbackOutcome::refused(403);
        }
        let callback = serde_json::from_slice(request.body).ok();
        callback
            .and_then(|callback| self.translate(callback))
            .unwrap_or_else(|| CallbackOutcome::refused(400))
    }
}

#[derive(Deserialize)]
struct Callback {
    /// The same when Viber repeats a callback; of a receipt, that of the message.
    message_token: Option<MessageToken>,
    /// Milliseconds since 1970.
    timestamp: Option<i64>,
    #[serde(flatten)]
    said: Said,
}

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Said {
    Delivered {
        user_id: String,
    },
    Seen {
        user_id: String,
    },
    /// The phone refused the message. Viber adds words and no code.
    Failed {
        user_id: String,
    },
    Message {
        sender: User,
        message: Content,
    },
    Subscribed {
        user: User,
    },
    Unsubscribed {
        user_id: String,
    },
    ConversationStarted {
        user: User,
        context: Option<String>,
        /// Whether the bot may write to the user already.
        #[serde(default)]
        subscribed: bool,
    },
    /// The call by which `set_webhook` tries our address, and whatever else Viber may say one day.
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct User {
    id: String,
}

#[derive(Deserialize)]
struct Content {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
}

impl Callback {
    /// The events said; `None` where something that must be there is missing.
    fn events(self) -> Option<Vec<Event>> {
        let at = self.timestamp.and_then(|millis| Timestamp::from_millisecond(millis).ok());
        let token = self.message_token.map(|token| token.0);
        let receipt = |name, user: &str, state| {
            let reference = token.clone()?;
            let key = format!("{reference}:{name}");
            let recipient = address(user);
            Some(vec![Event::Receipt(Receipt { key, reference, recipient, state, code: None, at })])
        };
        let inbound = |name, user: &str, content| {
            let (key, sender) = (format!("{}:{name}", token.as_ref()?), address(user)?);
            Some(vec![Event::Inbound(Inbound { key, sender, content, at })])
        };
        match self.said {
            Said::Delivered { user_id } => receipt("delivered", &user_id, ReceiptState::Delivered),
            Said::Seen { user_id } => receipt("seen", &user_id, ReceiptState::Read),
            Said::Failed { user_id } => receipt("failed", &user_id, ReceiptState::Rejected),
            Said::Message { sender, message } => match message.words() {
                Some(text) => inbound("message", &sender.id, InboundContent::Text(text)),
                None => Some(Vec::new()),
            },
            Said::Subscribed { user } => inbound("subscribed", &user.id, InboundContent::Unblocked),
            Said::Unsubscribed { user_id } => inbound("unsubscribed", &user_id, InboundContent::Blocked),
            Said::ConversationStarted { user, context, .. } => match context.filter(|text| is_token(text)) {
                Some(token) => inbound("conversation_started", &user.id, InboundContent::Link { token }),
                None => Some(Vec::new()),
            },
            Said::Other => Some(Vec::new()),
        }
    }
}

impl Content {
    /// The words of a text; nothing of a picture or a sticker.
    fn words(self) -> Option<String> {
        self.text.filter(|text| self.kind == "text" && !text.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use vestnik_contract::Address;

    use super::*;

    const TOKEN: &str = "445da6az1s345z78-dazcczb2542zv51a-e0vc5fva17480im9";
    const DELIVERED: &str = r#"{"event":"delivered","timestamp":1457764197627,"message_token":5741311803571721087,"user_id":"01234567890A="}"#;
    /// Made with Python's `hmac`.
    const DELIVERED_SIGNATURE: &str = "b6fb56aa7ee2454daaf2cb30b3334b7460f5d59b64c1115b8ea514dca5e3ab2e";

    fn callbacks() -> ViberCallbacks {
        ViberCallbacks::new(&TOKEN.into(), Some("Напишіть нам"), "Міністерство")
    }

    fn receive(method: &str, query: &str, signature: Option<&str>, body: &[u8]) -> CallbackOutcome {
        let headers: Vec<_> =
            signature.map(|hex| ("x-viber-content-signature".into(), hex.into())).into_iter().collect();
        let request = CallbackRequest { method, path: "", query, headers: &headers, body };
        callbacks().receive(&request, Timestamp::UNIX_EPOCH)
    }

    fn signed(body: &[u8]) -> CallbackOutcome {
        let key = hmac::Key::new(hmac::HMAC_SHA256, TOKEN.as_bytes());
        let signature = data_encoding::HEXLOWER.encode(hmac::sign(&key, body).as_ref());
        receive("POST", "", Some(&signature), body)
    }

    #[test]
    fn only_a_signed_post_is_heard() {
        let body = DELIVERED.as_bytes();
        let wrong = DELIVERED_SIGNATURE.replace('b', "c");
        let in_query = format!("a=1&sig={DELIVERED_SIGNATURE}");
        for (method, query, header, status) in [
            ("POST", "", Some(DELIVERED_SIGNATURE), 200),
            ("POST", "", Some(&*DELIVERED_SIGNATURE.to_uppercase()), 200),
            ("POST", &*in_query, None, 200),
            ("POST", &*in_query, Some(&*wrong), 200),
            ("POST", "", Some(&*wrong), 403),
            ("POST", "sig=", Some(""), 403),
            ("POST", "sig=zz", None, 403),
            ("POST", "", None, 403),
            ("GET", "", Some(DELIVERED_SIGNATURE), 405),
        ] {
            let outcome = receive(method, query, header, body);
            assert_eq!(outcome.reply.status, status, "{method} {query} {header:?}");
            assert_eq!(outcome.events.len(), usize::from(status == 200));
        }
    }

    #[test]
    fn receipts_name_the_message_and_the_recipient() {
        for (event, state) in [
            ("delivered", ReceiptState::Delivered),
            ("seen", ReceiptState::Read),
            ("failed", ReceiptState::Rejected),
        ] {
            let body = DELIVERED.replace("delivered", event);
            let expected = Receipt {
                key: format!("5741311803571721087:{event}"),
                reference: "5741311803571721087".into(),
                recipient: Some(Address::new("01234567890A=")),
                state,
                code: None,
                at: Some("2016-03-12T06:29:57.627Z".parse().unwrap()),
            };
            assert_eq!(signed(body.as_bytes()).events, [Event::Receipt(expected)]);
        }
    }

    #[test]
    fn citizens_write_subscribe_and_open() {
        let user = r#""user":{"id":"u1==","name":"N","avatar":"http://a","country":"UA","language":"uk","api_version":1}"#;
        let sender = user.replacen("user", "sender", 1);
        let link = InboundContent::Link { token: "a-B_9".into() };
        for (event, rest, content) in [
            (
                "message",
                format!(r#"{sender},"message":{{"type":"text","text":"СТОП","tracking_data":"t"}}"#),
                Some(InboundContent::Text("СТОП".into())),
            ),
            ("message", format!(r#"{sender},"message":{{"type":"picture","media":"http://m"}}"#), None),
            ("subscribed", user.to_owned(), Some(InboundContent::Unblocked)),
            ("unsubscribed", r#""user_id":"u1==""#.to_owned(), Some(InboundContent::Blocked)),
            (
                "conversation_started",
                format!(r#"{user},"type":"open","context":"a-B_9","subscribed":false"#),
                Some(link),
            ),
            (
                "conversation_started",
                format!(r#"{user},"type":"open","context":"not ours!","subscribed":false"#),
                None,
            ),
            ("conversation_started", format!(r#"{user},"type":"open","subscribed":true"#), None),
            ("webhook", r#""chat_hostname":"SN""#.to_owned(), None),
            ("client_status", user.to_owned(), None),
        ] {
            let body = format!(r#"{{"event":"{event}","timestamp":1,"message_token":9,{rest}}}"#);
            let outcome = signed(body.as_bytes());
            assert_eq!(outcome.reply.status, 200, "{body}");
            let expected = content.map(|content| {
                let (key, sender) = (format!("9:{event}"), Address::new("u1=="));
                Event::Inbound(Inbound { key, sender, content, at: Timestamp::from_millisecond(1).ok() })
            });
            assert_eq!(outcome.events, Vec::from_iter(expected), "{body}");
        }
    }

    #[test]
    fn a_stranger_who_opens_the_conversation_is_welcomed() {
        let body = r#"{"event":"conversation_started","timestamp":1,"message_token":9,"user":{"id":"u1=="},"subscribed":false}"#;
        let known = body.replace("false", "true");
        assert_eq!(signed(known.as_bytes()).reply, CallbackReply::empty(200));
        let reply = signed(body.as_bytes()).reply;
        let json: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        let expected = serde_json::json!({
            "sender": { "name": "Міністерство" }, "type": "text", "text": "Напишіть нам",
        });
        assert_eq!((reply.content_type, json), ("application/json", expected));
    }

    #[test]
    fn what_is_signed_and_not_understood_is_refused() {
        for body in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"event":"delivered"}"#,
            r#"{"event":"seen","user_id":"u"}"#,
            r#"{"event":"unsubscribed","message_token":1,"user_id":"not an id"}"#,
            r#"{"event":"delivered","message_token":1.5,"user_id":"u"}"#,
        ] {
            assert_eq!(signed(body.as_bytes()), CallbackOutcome::refused(400), "{body}");
        }
        let far = DELIVERED.replace("1457764197627", "9223372036854775807");
        let Event::Receipt(receipt) = &signed(far.as_bytes()).events[0] else { panic!("no receipt") };
        assert_eq!(receipt.at, None, "a moment beyond the calendar is none");
    }

    proptest! {
        #[test]
        fn no_body_is_a_panic(body: Vec<u8>, query in "\\PC{0,40}", header in "\\PC{0,80}") {
            prop_assert!(receive("POST", &query, Some(&header), &body).events.is_empty());
            signed(&body);
        }

        #[test]
        fn no_json_is_a_panic(event in "[a-z_]{0,22}", token: i64, at: i64, words in "\\PC{0,40}") {
            let user = serde_json::json!({ "id": words });
            let body = serde_json::json!({
                "event": event, "timestamp": at, "message_token": token, "user_id": words, "user": user,
                "sender": user, "message": { "type": "text", "text": words }, "context": words,
            });
            signed(body.to_string().as_bytes());
        }
    }
}
