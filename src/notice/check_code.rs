//! The check code: eight characters at the end of every message, by which a citizen can ask on the
//! portal or on the phone whether a message really came from the agency.

use std::fmt;
use std::str::FromStr;

use ring::hmac;

use crate::domain::NoticeId;

/// Crockford's base 32 (<https://www.crockford.com/base32.html>): no I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The key that check codes are made with.
pub struct CheckKey(hmac::Key);

impl CheckKey {
    /// A key of these bytes; 32 random ones are best.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The code of a notice. Without the key nobody can make one that fits.
    #[must_use]
    pub fn code(&self, notice: NoticeId) -> CheckCode {
        let mut signing = hmac::Context::with_key(&self.0);
        // The purpose keeps these tags apart from others made with the same key.
        signing.update(b"vestnik check code\0");
        signing.update(notice.0.as_bytes());
        let tag = signing.sign();
        CheckCode(tag.as_ref().iter().take(5).fold(0, |bits, byte| bits << 8 | u64::from(*byte)))
    }
}

impl fmt::Debug for CheckKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CheckKey(..)")
    }
}

/// Forty bits, shown as `7K2M-9QXT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CheckCode(u64);

impl CheckCode {
    /// The code as a number below 2^40, as it is kept.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0.cast_signed()
    }
}

impl fmt::Display for CheckCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in 0..8 {
            let dash = if place == 4 { "-" } else { "" };
            let digit = (self.0 >> (5 * (7 - place)) & 31) as usize;
            write!(f, "{dash}{}", char::from(ALPHABET[digit]))?;
        }
        Ok(())
    }
}

/// A text that is no check code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a check code is eight letters and digits, such as 7K2M-9QXT")]
pub struct InvalidCheckCode;

impl FromStr for CheckCode {
    type Err = InvalidCheckCode;

    /// Reads a code as people write it: in either case, with spaces and dashes anywhere, with `O`
    /// for zero, `I` and `L` for one, and with Cyrillic letters that look the same.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bits = 0;
        let mut digits = 0;
        for character in text.chars().filter(|c| !is_separator(*c)) {
            let digit = digit(character).ok_or(InvalidCheckCode)?;
            bits = (bits << 5 | digit) & ((1 << 40) - 1);
            digits += 1;
            if digits > 8 {
                return Err(InvalidCheckCode);
            }
        }
        if digits == 8 { Ok(Self(bits)) } else { Err(InvalidCheckCode) }
    }
}

fn is_separator(character: char) -> bool {
    character.is_whitespace() || matches!(character, '-' | '–' | '—' | '‑')
}

fn digit(character: char) -> Option<u64> {
    let upper = character.to_uppercase().next()?;
    let latin = match upper {
        'O' | 'О' => '0',
        'I' | 'L' | 'І' => '1',
        'А' => 'A',
        'В' => 'B',
        'Е' => 'E',
        'К' => 'K',
        'М' => 'M',
        'Н' => 'H',
        'Р' => 'P',
        'С' => 'C',
        'Т' => 'T',
        'Х' => 'X',
        other => other,
    };
    ALPHABET.iter().position(|known| char::from(*known) == latin).map(|at| at as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_code_depends_on_the_notice_and_on_the_key() {
        let (one, other) = (NoticeId(Uuid::from_u128(1)), NoticeId(Uuid::from_u128(2)));
        let key = CheckKey::new(b"key");
        assert_eq!(key.code(one), key.code(one));
        assert_ne!(key.code(one), key.code(other));
        assert_ne!(key.code(one), CheckKey::new(b"another").code(one));
    }

    #[test]
    fn a_code_is_read_as_people_write_it() {
        let code: CheckCode = "1A0M-9QXT".parse().unwrap();
        for spelling in ["1a0m9qxt", " IAOM 9QXT\n", "l-a-o-m-9-q-x-t", "1А0М—9QХТ", "іа0м9qхт"] {
            assert_eq!(spelling.parse(), Ok(code), "{spelling}");
        }
        for bad in ["", "1A0M-9QX", "1A0M-9QXTT", "1A0M-9QXU", "1A0M-9QX!", "1A0M-9QXя"] {
            assert_eq!(bad.parse::<CheckCode>(), Err(InvalidCheckCode), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_shown_code_reads_back(bits in 0_u64..1 << 40) {
            let shown = CheckCode(bits).to_string();
            prop_assert_eq!(shown.len(), 9);
            prop_assert_eq!(shown.parse(), Ok(CheckCode(bits)));
        }

        #[test]
        fn no_text_breaks_the_reader(text in ".*") {
            let _ = text.parse::<CheckCode>();
        }
    }
}
