//! The portal's own signing and checking, written apart from the channel's.

use data_encoding::BASE64;
use ring::hmac::{Context, HMAC_SHA256, Key};

#[derive(Clone)]
pub(super) struct Seal(Key);

impl Seal {
    pub(super) fn new(secret: &str) -> Option<Self> {
        let bytes = BASE64.decode(secret.trim_start_matches("whsec_").as_bytes()).ok()?;
        Some(Self(Key::new(HMAC_SHA256, &bytes)))
    }

    pub(super) fn of(&self, id: &str, timestamp: &str, body: &[u8]) -> String {
        let mut context = Context::with_key(&self.0);
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            context.update(part);
        }
        let mut seal = String::from("v1,");
        BASE64.encode_append(context.sign().as_ref(), &mut seal);
        seal
    }

    /// A sandbox has nothing to protect, so that a plain comparison is enough.
    pub(super) fn is_good(&self, id: &str, timestamp: &str, body: &[u8], signatures: &str) -> bool {
        let expected = self.of(id, timestamp, body);
        signatures.split_whitespace().any(|signature| signature == expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seal_is_the_one_of_the_reference_implementations() {
        let seal = Seal::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let (id, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", br#"{"test": 2432232314}"#);
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(seal.of(id, "1614265330", body), expected);
        assert!(seal.is_good(id, "1614265330", body, &format!("v1,AAAA {expected}")));
        assert!(!seal.is_good(id, "1614265331", body, expected));
    }
}
