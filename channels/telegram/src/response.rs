//! What Telegram answers, and what each answer means. Pure.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use vestnik_contract::{Accepted, Health, Obstacle, Permanence, SendError, SendErrorKind};

use crate::link::is_bot_name;

/// An answer as it came.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// The JSON of every answer (Bot API, "Making requests").
#[derive(Deserialize)]
struct Body<T> {
    ok: bool,
    #[serde(default = "Option::default")]
    result: Option<T>,
    #[serde(default)]
    error_code: Option<u16>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Parameters {
    /// Seconds.
    #[serde(default)]
    retry_after: Option<u64>,
}

#[derive(Deserialize)]
struct Sent {
    message_id: i64,
}

#[derive(Deserialize)]
struct Me {
    username: String,
}

/// Reads the answer to `sendMessage`. The reference is the message's number in its chat.
pub(crate) fn accepted(answer: &Answer) -> Result<Accepted, SendError> {
    let sent: Sent = success(answer)?;
    Ok(Accepted { references: vec![sent.message_id.to_string()] })
}

/// Reads the answer to `getMe`. A token of another bot than the configured one is a
/// misconfiguration: citizens are sent to the bot of that name to link their chats.
pub(crate) fn health(answer: &Answer, bot: &str) -> Result<Health, SendError> {
    let me: Me = success(answer)?;
    if me.username.eq_ignore_ascii_case(bot) {
        Ok(Health { account: Some(me.username).filter(|name| is_bot_name(name)), balance: None })
    } else {
        Err(SendError::new(SendErrorKind::Misconfigured).code("other_bot"))
    }
}

/// The result of an answer that says "ok", or what the other one means. Neither the reader's own
/// error nor the description is kept: they may repeat what stands in the answer.
pub(crate) fn success<T: DeserializeOwned>(answer: &Answer) -> Result<T, SendError> {
    let Ok(body) = serde_json::from_slice::<Body<T>>(&answer.body) else {
        let unread = SendError::new(kind(answer.status, "")).code(answer.status.to_string());
        return Err(unread.obstacle(obstacle(answer.status).unwrap_or(Obstacle::Protocol)));
    };
    match body {
        Body { ok: true, result: Some(result), .. } => Ok(result),
        body => Err(refusal(body.error_code.unwrap_or(answer.status), &body)),
    }
}

fn refusal<T>(code: u16, body: &Body<T>) -> SendError {
    let description = body.description.as_deref().unwrap_or_default();
    let error = SendError::new(kind(code, description)).code(code.to_string()).obstacle(obstacle(code));
    match body.parameters.as_ref().and_then(|parameters| parameters.retry_after) {
        Some(seconds) => error.retry_after(Duration::from_secs(seconds)),
        None => error,
    }
}

/// What stands between us and the bot: a token that is wrong is 401, one that is none at all 404.
fn obstacle(code: u16) -> Option<Obstacle> {
    matches!(code, 401 | 404).then_some(Obstacle::Credentials)
}

/// What an error code means. Telegram's descriptions are for people, so only those few count that
/// the code leaves open. A success that is not understood is ambiguous.
fn kind(code: u16, description: &str) -> SendErrorKind {
    match code {
        200..=299 => SendErrorKind::Ambiguous,
        // "Forbidden: bot was blocked by the user", "user is deactivated", "bot can't initiate
        // conversation with a user"
        403 => SendErrorKind::Unreachable(Permanence::Permanent),
        400 if is_gone(description) => SendErrorKind::Unreachable(Permanence::Permanent),
        429 => SendErrorKind::Throttled,
        // A token that is wrong, or not a token at all; a redirect, which is never followed, because
        // it would take the token elsewhere; updates that go to a webhook.
        300..=399 | 401 | 404 => SendErrorKind::Misconfigured,
        409 if description.contains("webhook") => SendErrorKind::Misconfigured,
        // Somebody polls with the same token; after a restart that is our own earlier poll.
        409 => SendErrorKind::Unavailable,
        400..=499 => SendErrorKind::Rejected,
        _ => SendErrorKind::Unavailable,
    }
}

/// Whether a "Bad Request" says that there is nobody to write to.
fn is_gone(description: &str) -> bool {
    let description = description.to_ascii_lowercase();
    ["chat not found", "user not found", "peer_id_invalid", "user_deactivated", "user is deactivated"]
        .iter()
        .any(|gone| description.contains(gone))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, body: body.into() }
    }

    #[test]
    fn every_error_has_its_kind() {
        use SendErrorKind::{Misconfigured, Rejected, Throttled, Unavailable, Unreachable};
        let permanent = Unreachable(Permanence::Permanent);
        for (code, description, kind) in [
            (400, "Bad Request: chat not found", permanent),
            (400, "Bad Request: user not found", permanent),
            (400, "Bad Request: PEER_ID_INVALID", permanent),
            (400, "Bad Request: message is too long", Rejected),
            (400, "Bad Request: message text is empty", Rejected),
            (400, "Bad Request: something new", Rejected),
            (401, "Unauthorized", Misconfigured),
            (403, "Forbidden: bot was blocked by the user", permanent),
            (403, "Forbidden: user is deactivated", permanent),
            (403, "Forbidden: bot can't initiate conversation with a user", permanent),
            (404, "Not Found", Misconfigured),
            (
                409,
                "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                Unavailable,
            ),
            (
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
                Misconfigured,
            ),
            (413, "Request Entity Too Large", Rejected),
            (429, "Too Many Requests: retry after 7", Throttled),
            (500, "Internal Server Error", Unavailable),
            (502, "Bad Gateway", Unavailable),
            (302, "", Misconfigured),
        ] {
            let body = serde_json::json!({ "ok": false, "error_code": code, "description": description });
            let error = accepted(&answer(code, &body.to_string())).unwrap_err();
            assert_eq!(
                (error.kind(), error.provider_code()),
                (kind, Some(&*code.to_string())),
                "{description}"
            );
        }
    }

    #[test]
    fn an_answer_that_is_not_json_counts_by_its_status() {
        use SendErrorKind::{Ambiguous, Misconfigured, Rejected, Unavailable};
        for (status, kind) in
            [(200, Ambiguous), (302, Misconfigured), (400, Rejected), (502, Unavailable), (504, Unavailable)]
        {
            for body in ["", "<html>", "null", "{\"ok\":1}"] {
                assert_eq!(accepted(&answer(status, body)).unwrap_err().kind(), kind, "{status} {body}");
            }
        }
        let bare = accepted(&answer(200, r#"{"ok":true}"#)).unwrap_err();
        assert_eq!(bare.kind(), Ambiguous, "a success without a message may be one");
    }

    #[test]
    fn a_throttle_names_its_wait() {
        let body = r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 7","parameters":{"retry_after":7}}"#;
        let error = accepted(&answer(429, body)).unwrap_err();
        assert_eq!((error.kind(), error.wait()), (SendErrorKind::Throttled, Some(Duration::from_secs(7))));
    }

    #[test]
    fn an_accepted_message_has_its_number() {
        let body =
            r#"{"ok":true,"result":{"message_id":77,"date":1,"chat":{"id":5,"type":"private"},"text":"t"}}"#;
        assert_eq!(accepted(&answer(200, body)).unwrap().references, ["77"]);
    }

    #[test]
    fn a_probe_knows_the_bot_by_its_name() {
        let me = answer(
            200,
            r#"{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"M","username":"Minsoc_Bot"}}"#,
        );
        assert_eq!(health(&me, "minsoc_bot").unwrap().account.as_deref(), Some("Minsoc_Bot"));
        let other = health(&me, "other_bot").unwrap_err();
        assert_eq!((other.kind(), other.provider_code()), (SendErrorKind::Misconfigured, Some("other_bot")));
    }

    proptest! {
        #[test]
        fn no_answer_is_a_panic(status: u16, body: Vec<u8>) {
            let _ = accepted(&Answer { status, body });
        }
    }
}
