//! Signing and checking by the Standard Webhooks specification, symmetric scheme `v1`:
//! HMAC-SHA256 over `id.timestamp.body`, in base64.
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>

use std::fmt;
use std::time::Duration;

use data_encoding::BASE64;
use jiff::Timestamp;
use ring::hmac;

/// Names the message; the same when it is sent again.
pub const ID_HEADER: &str = "webhook-id";
/// When this sending was made, in seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// One or more signatures, separated by spaces: several while a secret is being replaced.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

/// How far a timestamp may lie from our clock, either way: the five minutes of the reference
/// implementations.
pub const TOLERANCE: Duration = Duration::from_mins(5);

/// Marks a secret of the symmetric scheme.
const SECRET_PREFIX: &str = "whsec_";
/// Marks a signature of the symmetric scheme.
const VERSION: &str = "v1,";
/// More signatures than any replacement of secrets needs; the rest is not looked at.
const MAX_SIGNATURES: usize = 8;

/// The key both sides sign with.
#[derive(Clone)]
pub struct Key(hmac::Key);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

impl Key {
    /// The key of a secret as the specification writes it: `whsec_` and the base64 of 24 to 64
    /// bytes. `None` for anything else.
    #[must_use]
    pub fn parse(secret: &str) -> Option<Self> {
        let bytes = BASE64.decode(secret.strip_prefix(SECRET_PREFIX)?.as_bytes()).ok()?;
        (24..=64).contains(&bytes.len()).then(|| Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// The value of the signature header; `seconds` is the value of the timestamp header.
    #[must_use]
    pub fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let tag = hmac::sign(&self.0, &signed_content(id, &seconds.to_string(), body));
        format!("{VERSION}{}", BASE64.encode(tag.as_ref()))
    }

    /// Whether one of the signatures is ours, for these very bytes, and the timestamp is near
    /// `now`. Compares in constant time.
    #[must_use]
    pub fn verifies(&self, headers: &Headers<'_>, body: &[u8], now: Timestamp) -> bool {
        let Ok(seconds) = headers.timestamp.parse::<i64>() else { return false };
        if seconds.abs_diff(now.as_second()) > TOLERANCE.as_secs() {
            return false;
        }
        let content = signed_content(headers.id, headers.timestamp, body);
        headers
            .signatures
            .split(' ')
            .take(MAX_SIGNATURES)
            .filter_map(|signature| BASE64.decode(signature.strip_prefix(VERSION)?.as_bytes()).ok())
            .any(|tag| hmac::verify(&self.0, &content, &tag).is_ok())
    }
}

/// The three headers of a signed request.
#[derive(Debug, Clone, Copy)]
pub struct Headers<'a> {
    /// The value of [`ID_HEADER`].
    pub id: &'a str,
    /// The value of [`TIMESTAMP_HEADER`].
    pub timestamp: &'a str,
    /// The value of [`SIGNATURE_HEADER`].
    pub signatures: &'a str,
}

fn signed_content(id: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // The vector that the reference implementations share.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const SECONDS: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn key() -> Key {
        Key::parse(SECRET).unwrap()
    }

    fn verifies(timestamp: &str, signatures: &str, now: i64) -> bool {
        let headers = Headers { id: ID, timestamp, signatures };
        key().verifies(&headers, BODY, Timestamp::from_second(now).unwrap())
    }

    #[test]
    fn the_reference_vector_is_reproduced_and_accepted() {
        assert_eq!(key().sign(ID, SECONDS, BODY), SIGNATURE);
        assert!(verifies("1614265330", SIGNATURE, SECONDS));
        assert!(verifies("1614265330", &format!("v1a,AAAA v1,bm9wZQ== {SIGNATURE}"), SECONDS));
    }

    #[test]
    fn a_timestamp_counts_for_five_minutes_either_way() {
        for (apart, good) in [(0, true), (300, true), (-300, true), (301, false), (-301, false)] {
            assert_eq!(verifies("1614265330", SIGNATURE, SECONDS + apart), good, "{apart} s");
        }
        for timestamp in
            ["", "now", "1614265330.0", " 1614265330", "-9223372036854775808", "99999999999999999999"]
        {
            assert!(!verifies(timestamp, SIGNATURE, SECONDS), "{timestamp:?}");
        }
    }

    #[test]
    fn anything_changed_is_refused() {
        for signatures in
            ["", "v1,", "v1,====", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", &SIGNATURE[3..]]
        {
            assert!(!verifies("1614265330", signatures, SECONDS), "{signatures:?}");
        }
        let headers = Headers { id: "msg_other", timestamp: "1614265330", signatures: SIGNATURE };
        assert!(!key().verifies(&headers, BODY, Timestamp::from_second(SECONDS).unwrap()));
    }

    #[test]
    fn a_secret_has_its_prefix_and_its_length() {
        let of = |length: usize| format!("whsec_{}", BASE64.encode(&vec![7; length]));
        for (secret, good) in [
            (of(24), true),
            (of(64), true),
            (of(23), false),
            (of(65), false),
            (SECRET[6..].to_owned(), false),
            ("whsec_not base64".to_owned(), false),
        ] {
            assert_eq!(Key::parse(&secret).is_some(), good, "{} characters", secret.len());
        }
    }

    proptest! {
        #[test]
        fn a_signature_is_good_for_its_own_message_alone(
            id in "[ -~]{0,40}", body in any::<Vec<u8>>(), at in 0..4_000_000_000_i64, flip in any::<prop::sample::Index>(),
        ) {
            let now = Timestamp::from_second(at).unwrap();
            let timestamp = at.to_string();
            let signatures = key().sign(&id, at, &body);
            let headers = Headers { id: &id, timestamp: &timestamp, signatures: &signatures };
            prop_assert!(key().verifies(&headers, &body, now));
            let mut other = body.clone();
            other.push(0);
            let at = flip.index(other.len());
            other[at] ^= 1;
            prop_assert!(!key().verifies(&headers, &other, now));
        }

        #[test]
        fn no_header_makes_it_panic(id in ".*", timestamp in ".*", signatures in ".*", body in any::<Vec<u8>>()) {
            let headers = Headers { id: &id, timestamp: &timestamp, signatures: &signatures };
            prop_assert!(!key().verifies(&headers, &body, Timestamp::UNIX_EPOCH));
        }
    }
}
