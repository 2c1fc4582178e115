//! What Viber answers, and what each answer means. Pure.

use std::time::Duration;

use serde::Deserialize;
use vestnik_contract::{Accepted, Health, Obstacle, Permanence, SendError, SendErrorKind};

use crate::wire::MessageToken;

/// An answer as it came: the HTTP status, the `Retry-After` header, the body.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Vec<u8>,
}

/// The JSON of an answer. `status` is there in every one; the rest depends on the call.
#[derive(Deserialize)]
struct Body {
    status: i64,
    #[serde(default, deserialize_with = "lenient_token")]
    message_token: Option<MessageToken>,
    #[serde(default)]
    name: Option<String>,
}

/// A token that is not one costs the message its receipts and is no reason to call an accepted
/// message lost.
fn lenient_token<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<MessageToken>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Lenient {
        Token(MessageToken),
        Other(serde::de::IgnoredAny),
    }
    Ok(match Lenient::deserialize(deserializer)? {
        Lenient::Token(token) => Some(token),
        Lenient::Other(_) => None,
    })
}

/// Reads the answer to `send_message`.
pub(crate) fn accepted(answer: &Answer) -> Result<Accepted, SendError> {
    let body = success(answer)?;
    Ok(Accepted { references: body.message_token.into_iter().map(|token| token.0).collect() })
}

/// Reads the answer to `get_account_info`.
pub(crate) fn health(answer: &Answer) -> Result<Health, SendError> {
    let body = success(answer)?;
    Ok(Health { account: body.name, balance: None })
}

/// Reads the answer to `set_webhook`.
pub(crate) fn registered(answer: &Answer) -> Result<(), SendError> {
    success(answer).map(drop)
}

/// The body of an answer that says "ok", or what the other one means. The reader's own error is
/// not kept: it may repeat what stands in the body.
fn success(answer: &Answer) -> Result<Body, SendError> {
    if let Some(kind) = kind_of_http(answer.status) {
        let credentials = matches!(answer.status, 401 | 403).then_some(Obstacle::Credentials);
        return Err(refusal(kind, answer.status.to_string(), answer.retry_after).obstacle(credentials));
    }
    let unread = |_| SendError::new(SendErrorKind::Ambiguous).obstacle(Obstacle::Protocol);
    let body: Body = serde_json::from_slice(&answer.body)
        .map_err(|error| unread(error).code(answer.status.to_string()))?;
    // invalidAuthToken
    let credentials = (body.status == 2).then_some(Obstacle::Credentials);
    match kind_of_status(body.status) {
        None => Ok(body),
        Some(kind) => Err(refusal(kind, body.status.to_string(), answer.retry_after).obstacle(credentials)),
    }
}

fn refusal(kind: SendErrorKind, code: String, retry_after: Option<Duration>) -> SendError {
    let error = SendError::new(kind).code(code);
    match (kind, retry_after) {
        (SendErrorKind::Throttled | SendErrorKind::Unavailable, Some(wait)) => error.retry_after(wait),
        _ => error,
    }
}

/// What an HTTP status means; `None` for success, where the body says more. A redirect is never
/// followed: it would take the token elsewhere.
fn kind_of_http(status: u16) -> Option<SendErrorKind> {
    match status {
        200..=299 => None,
        429 => Some(SendErrorKind::Throttled),
        300..=399 | 401 | 403 | 404 => Some(SendErrorKind::Misconfigured),
        400..=499 => Some(SendErrorKind::Rejected),
        _ => Some(SendErrorKind::Unavailable),
    }
}

/// What Viber's status means; `None` for 0, "ok". The numbers and names are those of the REST bot
/// API, "Error codes".
fn kind_of_status(status: i64) -> Option<SendErrorKind> {
    use SendErrorKind::{Misconfigured, Rejected, Throttled, Unavailable, Unreachable};
    match status {
        // ok
        0 => None,
        // badData, missingData, incompatibleWithVersion, inchatReplyMessageNotAllowed,
        // publicAccountIsNotInline, noPublicChat, cannotSendBroadcast, broadcastNotAllowed,
        // paymentUnsupported
        3 | 4 | 14 | 16..=20 | 22 => Some(Rejected),
        // receiverNotRegistered, receiverNotSubscribed
        5 | 6 => Some(Unreachable(Permanence::Permanent)),
        // receiverNoSuitableDevice, apiVersionNotSupported, unsupportedCountry
        11 | 13 | 21 => Some(Unreachable(Permanence::Soft)),
        // tooManyRequests
        12 => Some(Throttled),
        // invalidUrl, invalidAuthToken, publicAccountBlocked, publicAccountNotFound,
        // publicAccountSuspended, webhookNotSet, publicAccountNotAuthorized, freeMessagesExceeded,
        // noBalance
        1 | 2 | 7..=10 | 15 | 23 | 24 => Some(Misconfigured),
        // General error, and what the page does not name: refused, and nothing says for ever.
        _ => Some(Unavailable),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, retry_after: None, body: body.into() }
    }

    #[test]
    fn every_status_has_its_kind() {
        use SendErrorKind::{Misconfigured, Rejected, Throttled, Unavailable, Unreachable};
        let permanent = Unreachable(Permanence::Permanent);
        let soft = Unreachable(Permanence::Soft);
        #[rustfmt::skip]
        let table = [
            (1, Misconfigured), (2, Misconfigured), (3, Rejected), (4, Rejected), (5, permanent),
            (6, permanent), (7, Misconfigured), (8, Misconfigured), (9, Misconfigured),
            (10, Misconfigured), (11, soft), (12, Throttled), (13, soft), (14, Rejected),
            (15, Misconfigured), (16, Rejected), (17, Rejected), (18, Rejected), (19, Rejected),
            (20, Rejected), (21, soft), (22, Rejected), (23, Misconfigured), (24, Misconfigured),
            (25, Unavailable), (-1, Unavailable), (i64::MAX, Unavailable),
        ];
        for (status, kind) in table {
            let body = format!(r#"{{"status":{status},"status_message":"x"}}"#);
            let error = accepted(&answer(200, &body)).unwrap_err();
            assert_eq!((error.kind(), error.provider_code()), (kind, Some(&*status.to_string())));
        }
    }

    #[test]
    fn every_http_status_has_its_kind() {
        use SendErrorKind::{Ambiguous, Misconfigured, Rejected, Throttled, Unavailable};
        #[rustfmt::skip]
        let table = [
            (200, Ambiguous), (301, Misconfigured), (302, Misconfigured), (400, Rejected),
            (401, Misconfigured), (403, Misconfigured), (404, Misconfigured), (413, Rejected),
            (429, Throttled), (500, Unavailable), (502, Unavailable), (503, Unavailable),
        ];
        for (status, kind) in table {
            let error = accepted(&answer(status, "<html>")).unwrap_err();
            assert_eq!((error.kind(), error.provider_code()), (kind, Some(&*status.to_string())));
        }
    }

    #[test]
    fn an_accepted_message_keeps_its_token_exactly() {
        let references = |body| accepted(&answer(200, body)).unwrap().references;
        let body =
            r#"{"status":0,"status_message":"ok","message_token":5741311803571721087,"billing_status":1}"#;
        assert_eq!(references(body), ["5741311803571721087"]);
        assert!(references(r#"{"status":0}"#).is_empty());
        assert!(references(r#"{"status":0,"message_token":1.5}"#).is_empty());
    }

    #[test]
    fn an_account_tells_its_name() {
        let body = r#"{"status":0,"status_message":"ok","id":"pa:1","name":"Міністерство","uri":"min"}"#;
        assert_eq!(health(&answer(200, body)).unwrap().account.as_deref(), Some("Міністерство"));
    }

    #[test]
    fn a_named_wait_is_kept() {
        let throttled = Answer { status: 429, retry_after: Some(Duration::from_secs(7)), body: Vec::new() };
        assert_eq!(accepted(&throttled).unwrap_err().wait(), Some(Duration::from_secs(7)));
    }

    proptest! {
        #[test]
        fn no_answer_is_a_panic(status: u16, body: Vec<u8>) {
            let _ = accepted(&Answer { status, retry_after: None, body });
        }

        #[test]
        fn no_json_is_a_panic(status: i64, token in "\\PC{0,20}") {
            let body = serde_json::json!({ "status": status, "message_token": token }).to_string();
            let _ = accepted(&answer(200, &body));
        }
    }
}
