//! What the portal's answers mean.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde::Deserialize;
use vestnik_contract::{Accepted, Health, Obstacle, Permanence, SendError, SendErrorKind};

/// The longest wait that is believed; a greater one is taken as this.
const MAX_WAIT: Duration = Duration::from_hours(24);
/// The longest reference that is kept, in bytes.
const MAX_REFERENCE: usize = 256;

/// An answer as far as it is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The `Retry-After` header.
    pub retry_after: Option<String>,
    /// The body, cut short; read only where [`has_body`] says so.
    pub body: Vec<u8>,
}

/// Whether the body of an answer with this status is of use.
#[must_use]
pub fn has_body(status: u16) -> bool {
    matches!(status, 200..=299 | 409)
}

/// What an answer to a send means. `id` is the `Webhook-Id`, which names the message where the
/// portal gives no reference of its own.
pub fn sent(answer: &Answer, id: &str, now: Timestamp) -> Result<Accepted, SendError> {
    match kind(answer.status) {
        None => Ok(Accepted { references: vec![reference(&answer.body).unwrap_or_else(|| id.to_owned())] }),
        Some(kind) => Err(failure(kind, answer, now)),
    }
}

/// What an answer to a probe (a signed GET of the same URL) means. A portal that knows no GET has
/// at least been reached.
pub fn probed(answer: &Answer, now: Timestamp) -> Result<Health, SendError> {
    match answer.status {
        200..=299 | 405 | 501 => Ok(Health { account: account(&answer.body), balance: None }),
        404 | 410 => Err(failure(SendErrorKind::Misconfigured, answer, now)),
        status => Err(failure(kind(status).unwrap_or(SendErrorKind::Misconfigured), answer, now)),
    }
}

/// The one table of statuses (RFC 9110, section 15; 423: RFC 4918; 429: RFC 6585). `None` is
/// success.
#[must_use]
pub fn kind(status: u16) -> Option<SendErrorKind> {
    Some(match status {
        // Taken now, or taken before under the same `Webhook-Id`.
        200..=299 | 409 => return None,
        // A redirection would take the citizen's words to an address nobody configured; 407 is our
        // own proxy's.
        ..200 | 300..=399 | 401 | 402 | 403 | 405 | 407 => SendErrorKind::Misconfigured,
        404 | 410 => SendErrorKind::Unreachable(Permanence::Permanent),
        423 => SendErrorKind::Unreachable(Permanence::Soft),
        429 => SendErrorKind::Throttled,
        // 408 and 425: the request did not arrive whole, or too early to be taken.
        408 | 425 | 500.. => SendErrorKind::Unavailable,
        400..=499 => SendErrorKind::Rejected,
    })
}

fn failure(kind: SendErrorKind, answer: &Answer, now: Timestamp) -> SendError {
    let credentials = matches!(answer.status, 401 | 403).then_some(Obstacle::Credentials);
    let error = SendError::new(kind).code(answer.status.to_string()).obstacle(credentials);
    match answer.retry_after.as_deref().and_then(|value| wait(value, now)) {
        Some(wait) => error.retry_after(wait),
        None => error,
    }
}

/// `Retry-After` is a number of seconds or a date (RFC 9110, section 10.2.3).
fn wait(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    let wait = if value.bytes().all(|byte| byte.is_ascii_digit()) {
        Duration::from_secs(value.parse().ok()?)
    } else {
        let until = rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(value).ok()?;
        Duration::try_from(until.duration_since(now)).unwrap_or_default()
    };
    Some(wait.min(MAX_WAIT))
}

fn reference(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Body {
        reference: String,
    }
    let Body { reference } = serde_json::from_slice(body).ok()?;
    let printable = reference.bytes().all(|byte| byte.is_ascii_graphic());
    (printable && (1..=MAX_REFERENCE).contains(&reference.len())).then_some(reference)
}

fn account(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Body {
        account: String,
    }
    let Body { account } = serde_json::from_slice(body).ok()?;
    Some(account.chars().filter(|c| !c.is_control()).take(64).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-22T08:00:00Z".parse().unwrap()
    }

    fn answer(status: u16, retry_after: Option<&str>, body: &str) -> Answer {
        Answer { status, retry_after: retry_after.map(str::to_owned), body: body.into() }
    }

    #[test]
    fn every_status_has_its_kind() {
        use SendErrorKind::{Misconfigured, Rejected, Throttled, Unavailable, Unreachable};
        let table = [
            (200, None),
            (204, None),
            (409, None),
            (100, Some(Misconfigured)),
            (301, Some(Misconfigured)),
            (400, Some(Rejected)),
            (401, Some(Misconfigured)),
            (403, Some(Misconfigured)),
            (404, Some(Unreachable(Permanence::Permanent))),
            (405, Some(Misconfigured)),
            (408, Some(Unavailable)),
            (410, Some(Unreachable(Permanence::Permanent))),
            (413, Some(Rejected)),
            (422, Some(Rejected)),
            (423, Some(Unreachable(Permanence::Soft))),
            (429, Some(Throttled)),
            (500, Some(Unavailable)),
            (503, Some(Unavailable)),
            (599, Some(Unavailable)),
        ];
        for (status, expected) in table {
            assert_eq!(kind(status), expected, "{status}");
        }
    }

    #[test]
    fn the_reference_is_the_portals_or_ours() {
        let of = |status, body| sent(&answer(status, None, body), "ours", now()).unwrap().references;
        assert_eq!(of(200, r#"{"reference":"p-1","more":1}"#), ["p-1"]);
        assert_eq!(of(409, r#"{"reference":"p-1"}"#), ["p-1"]);
        for body in ["", "[]", "{}", r#"{"reference":7}"#, r#"{"reference":""}"#, r#"{"reference":"a b"}"#] {
            assert_eq!(of(202, body), ["ours"], "{body}");
        }
        let endless = format!(r#"{{"reference":"{}"}}"#, "x".repeat(257));
        assert_eq!(of(200, &endless), ["ours"]);
    }

    #[test]
    fn the_wait_is_read_in_both_its_forms() {
        let table = [
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("Sun, 22 Nov 2026 08:01:30 GMT", Some(90)),
            ("Sun, 22 Nov 2026 07:00:00 GMT", Some(0)),
            ("99999999", Some(86_400)),
            ("Sat, 22 Nov 3026 08:00:00 GMT", Some(86_400)),
            ("", None),
            ("-1", None),
            ("soon", None),
            ("99999999999999999999999", None),
        ];
        for (value, seconds) in table {
            let error = sent(&answer(429, Some(value), ""), "ours", now()).unwrap_err();
            assert_eq!(error.wait().map(|wait| wait.as_secs()), seconds, "{value:?}");
            assert_eq!(error.provider_code(), Some("429"));
        }
    }

    #[test]
    fn a_probe_tells_the_account_and_blames_the_settings() {
        let probe = |status, body| probed(&answer(status, None, body), now()).map_err(|error| error.kind());
        let account = |name: Option<&str>| Health { account: name.map(str::to_owned), balance: None };
        assert_eq!(probe(200, r#"{"account":"City"}"#), Ok(account(Some("City"))));
        assert_eq!(probe(405, ""), Ok(account(None)));
        for status in [302, 401, 403, 404, 409, 410] {
            assert_eq!(probe(status, ""), Err(SendErrorKind::Misconfigured), "{status}");
        }
        assert_eq!(probe(502, ""), Err(SendErrorKind::Unavailable));
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(status in any::<u16>(), retry in ".*", body in any::<Vec<u8>>()) {
            let answer = Answer { status, retry_after: Some(retry), body };
            let _ = sent(&answer, "ours", now());
            let _ = probed(&answer, now());
        }
    }
}
