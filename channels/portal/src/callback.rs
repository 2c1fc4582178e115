//! What the portal tells us, by signed webhooks of its own.

use jiff::Timestamp;
use serde::Deserialize;
use vestnik_contract::{
    Address, CallbackOutcome, CallbackReply, CallbackRequest, Callbacks, Event, Inbound, InboundContent,
    Permanence, Receipt, ReceiptState,
};

use crate::address;
use crate::signature::{Headers, ID_HEADER, Key, SIGNATURE_HEADER, TIMESTAMP_HEADER};

/// The longest id or reference that is taken, in bytes.
const MAX_NAME: usize = 256;

/// One callback: a POST, signed with the same secret as our messages. `Webhook-Id` names the
/// event and is the same when the portal posts it again.
///
/// ```json
/// { "type": "delivered", "reference": "p-1", "user": "u-17", "at": "2026-11-22T08:00:00Z" }
/// { "type": "read",      "reference": "p-1", "user": "u-17" }
/// { "type": "failed",    "reference": "p-1", "user": "u-17", "reason": "unavailable" }
/// { "type": "reply",        "user": "u-17", "text": "STOP" }
/// { "type": "unsubscribed", "user": "u-17" }
/// { "type": "subscribed",   "user": "u-17" }
/// ```
///
/// `at` may stand in each. Fields that are not known are passed over.
#[derive(Deserialize)]
pub struct Body {
    /// What happened.
    #[serde(flatten)]
    pub what: What,
    /// The portal's own id of the citizen.
    pub user: String,
    /// When (RFC 3339), where the portal says so.
    #[serde(default)]
    pub at: Option<Timestamp>,
}

/// What happened.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum What {
    /// The message is in the citizen's inbox at the portal.
    Delivered {
        /// The portal's reference.
        reference: String,
    },
    /// The citizen opened it.
    Read {
        /// The portal's reference.
        reference: String,
    },
    /// It will not arrive.
    Failed {
        /// The portal's reference.
        reference: String,
        /// Why; `unavailable` where the portal does not say.
        #[serde(default)]
        reason: Reason,
    },
    /// The citizen wrote.
    Reply {
        /// The words.
        text: String,
    },
    /// The citizen stopped our messages at the portal.
    Unsubscribed,
    /// The citizen wants them again.
    Subscribed,
}

/// Why a message will not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The portal has no such user any more.
    UnknownUser,
    /// The user cannot be reached now; another day it may work.
    #[default]
    Unavailable,
    /// The portal refuses the message.
    Rejected,
    /// The message was not shown in its time.
    Expired,
}

impl Reason {
    fn state(self) -> ReceiptState {
        match self {
            Self::UnknownUser => ReceiptState::Unreachable(Permanence::Permanent),
            Self::Unavailable => ReceiptState::Unreachable(Permanence::Soft),
            Self::Rejected => ReceiptState::Rejected,
            Self::Expired => ReceiptState::Expired,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::UnknownUser => "unknown_user",
            Self::Unavailable => "unavailable",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
        }
    }
}

/// Understands the portal's callbacks.
#[derive(Debug)]
pub struct PortalCallbacks {
    key: Key,
}

impl PortalCallbacks {
    /// For callbacks that are signed with this key.
    #[must_use]
    pub fn new(key: Key) -> Self {
        Self { key }
    }

    /// The `Webhook-Id` of a request whose signature is good.
    fn verified<'a>(&self, request: &CallbackRequest<'a>, now: Timestamp) -> Option<&'a str> {
        let header = |name| -> Option<&'a str> {
            request.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
        };
        let headers = Headers {
            id: header(ID_HEADER)?,
            timestamp: header(TIMESTAMP_HEADER)?,
            signatures: header(SIGNATURE_HEADER)?,
        };
        self.key.verifies(&headers, request.body, now).then_some(headers.id)
    }
}

impl Callbacks for PortalCallbacks {
    fn receive(&self, request: &CallbackRequest<'_>, now: Timestamp) -> CallbackOutcome {
        if request.method != "POST" {
            return CallbackOutcome::refused(405);
        }
        let Some(id) = self.verified(request, now) else { return CallbackOutcome::refused(401) };
        match event(id, request.body) {
            Some(event) => CallbackOutcome { events: vec![event], reply: CallbackReply::empty(200) },
            None => CallbackOutcome::refused(400),
        }
    }
}

/// The event of a callback whose signature was good; `None` for a body that is not understood.
fn event(id: &str, body: &[u8]) -> Option<Event> {
    let Body { what, user, at } = serde_json::from_slice(body).ok()?;
    let user = address(&user)?;
    let receipt = |state, reference, code| receipt(state, reference, code, user.clone(), at);
    let inbound = |content| {
        let key = is_name(id).then(|| id.to_owned())?;
        Some(Event::Inbound(Inbound { key, sender: user.clone(), content, at }))
    };
    match what {
        What::Delivered { reference } => receipt(ReceiptState::Delivered, reference, None),
        What::Read { reference } => receipt(ReceiptState::Read, reference, None),
        What::Failed { reference, reason } => receipt(reason.state(), reference, Some(reason.code())),
        // No ledger keeps U+0000, and nobody means it.
        What::Reply { text } => inbound(InboundContent::Text(text.replace('\0', ""))),
        What::Unsubscribed => inbound(InboundContent::Blocked),
        What::Subscribed => inbound(InboundContent::Unblocked),
    }
}

/// A receipt's key is its reference and its state, so that a portal which names the same event
/// twice under two ids is understood all the same.
fn receipt(
    state: ReceiptState,
    reference: String,
    code: Option<&'static str>,
    user: Address,
    at: Option<Timestamp>,
) -> Option<Event> {
    let said = match state {
        ReceiptState::Delivered => "delivered",
        ReceiptState::Read => "read",
        ReceiptState::Complained => "complained",
        ReceiptState::Unreachable(_) | ReceiptState::Rejected | ReceiptState::Expired => "failed",
    };
    is_name(&reference).then(|| {
        Event::Receipt(Receipt {
            key: format!("{reference} {said}"),
            reference,
            recipient: Some(user),
            state,
            code: code.map(str::to_owned),
            at,
        })
    })
}

fn is_name(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_795_334_400;

    fn key() -> Key {
        Key::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()
    }

    fn receive(method: &str, id: &str, body: &[u8], at: i64) -> CallbackOutcome {
        let headers = [
            ("webhook-id".to_owned(), id.to_owned()),
            ("webhook-timestamp".to_owned(), at.to_string()),
            ("webhook-signature".to_owned(), key().sign(id, at, body)),
        ];
        let request = CallbackRequest { method, path: "", query: "", headers: &headers, body };
        PortalCallbacks::new(key()).receive(&request, Timestamp::from_second(NOW).unwrap())
    }

    fn told(body: &str) -> Event {
        let outcome = receive("POST", "evt-1", body.as_bytes(), NOW);
        assert_eq!(outcome.reply.status, 200, "{body}");
        outcome.events.into_iter().next().unwrap()
    }

    fn receipt_of(body: &str) -> (ReceiptState, String, Option<String>) {
        match told(body) {
            Event::Receipt(receipt) => {
                assert_eq!(receipt.reference, "p-1");
                assert_eq!(receipt.recipient, Some(Address::new("u-17")));
                (receipt.state, receipt.key, receipt.code)
            }
            Event::Inbound(_) => panic!("{body} is no inbound"),
        }
    }

    #[test]
    fn receipts_are_understood() {
        let of = |what: &str, more: &str| {
            receipt_of(&format!(r#"{{"type":"{what}","reference":"p-1","user":"u-17"{more}}}"#))
        };
        assert_eq!(of("delivered", ""), (ReceiptState::Delivered, "p-1 delivered".into(), None));
        assert_eq!(of("read", r#","colour":"red""#), (ReceiptState::Read, "p-1 read".into(), None));
        let failures = [
            ("", ReceiptState::Unreachable(Permanence::Soft), "unavailable"),
            (r#","reason":"unavailable""#, ReceiptState::Unreachable(Permanence::Soft), "unavailable"),
            (r#","reason":"unknown_user""#, ReceiptState::Unreachable(Permanence::Permanent), "unknown_user"),
            (r#","reason":"rejected""#, ReceiptState::Rejected, "rejected"),
            (r#","reason":"expired""#, ReceiptState::Expired, "expired"),
        ];
        for (more, state, code) in failures {
            assert_eq!(of("failed", more), (state, "p-1 failed".into(), Some(code.into())), "{more}");
        }
    }

    #[test]
    fn inbounds_are_understood() {
        let table = [
            (r#"{"type":"reply","user":" u-17 ","text":"С\u0000ТОП"}"#, InboundContent::Text("СТОП".into())),
            (r#"{"type":"unsubscribed","user":"u-17"}"#, InboundContent::Blocked),
            (r#"{"type":"subscribed","user":"u-17"}"#, InboundContent::Unblocked),
        ];
        for (body, content) in table {
            let inbound = Inbound { key: "evt-1".into(), sender: Address::new("u-17"), content, at: None };
            assert_eq!(told(body), Event::Inbound(inbound), "{body}");
        }
        let dated = r#"{"type":"reply","user":"u-17","text":"?","at":"2026-11-22T08:00:00Z"}"#;
        let Event::Inbound(inbound) = told(dated) else { panic!("a reply is an inbound") };
        assert_eq!(inbound.at, "2026-11-22T08:00:00Z".parse().ok());
    }

    #[test]
    fn a_refusal_has_no_events_and_its_own_status() {
        let good = br#"{"type":"subscribed","user":"u-17"}"#;
        for (method, at, status) in [("GET", NOW, 405), ("PUT", NOW, 405), ("POST", NOW - 301, 401)] {
            assert_eq!(receive(method, "e", good, at), CallbackOutcome::refused(status));
        }
        let bodies = [
            "",
            "null",
            "{}",
            r#"{"type":"exploded","user":"u-17"}"#,
            r#"{"type":"reply","user":"u-17"}"#,
            r#"{"type":"reply","user":"u 17","text":"?"}"#,
            r#"{"type":"delivered","user":"u-17"}"#,
            r#"{"type":"delivered","user":"u-17","reference":""}"#,
            r#"{"type":"delivered","user":"u-17","reference":"a b"}"#,
            r#"{"type":"failed","user":"u-17","reference":"p-1","reason":"bored"}"#,
            r#"{"type":"read","user":"u-17","reference":"p-1","at":"yesterday"}"#,
        ];
        for body in bodies {
            let outcome = receive("POST", "evt-1", body.as_bytes(), NOW);
            assert_eq!(outcome, CallbackOutcome::refused(400), "{body}");
        }
        assert_eq!(receive("POST", "", good, NOW).reply.status, 400, "an event without a name");
    }

    proptest! {
        #[test]
        fn no_request_makes_it_panic(
            method in "POST|GET|.*", headers in prop::collection::vec((".*", ".*"), 0..5), body in any::<Vec<u8>>(),
        ) {
            let request = CallbackRequest { method: &method, path: "", query: "", headers: &headers, body: &body };
            let outcome = PortalCallbacks::new(key()).receive(&request, Timestamp::UNIX_EPOCH);
            prop_assert!(outcome.events.is_empty());
        }

        #[test]
        fn no_signed_body_makes_it_panic(body in any::<Vec<u8>>(), id in "[ -~]{0,300}") {
            let outcome = receive("POST", &id, &body, NOW);
            prop_assert!(outcome.events.is_empty());
        }
    }
}
