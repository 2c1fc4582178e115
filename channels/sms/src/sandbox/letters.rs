//! Texts on the SMSC's side of the wire, written apart from the client's.

use std::sync::LazyLock;

/// The 128 septets of the GSM default alphabet in order, then the ten characters of the extension.
static LETTERS: LazyLock<Vec<char>> = LazyLock::new(|| {
    "@\u{a3}$\u{a5}\u{e8}\u{e9}\u{f9}\u{ec}\u{f2}\u{c7}\n\u{d8}\u{f8}\r\u{c5}\u{e5}\
     \u{394}_\u{3a6}\u{393}\u{39b}\u{3a9}\u{3a0}\u{3a8}\u{3a3}\u{398}\u{39e}\u{1b}\u{c6}\u{e6}\u{df}\u{c9}\
     \u{20}!\"#\u{a4}%&'()*+,-./0123456789:;<=>?\
     \u{a1}ABCDEFGHIJKLMNOPQRSTUVWXYZ\u{c4}\u{d6}\u{d1}\u{dc}\u{a7}\
     \u{bf}abcdefghijklmnopqrstuvwxyz\u{e4}\u{f6}\u{f1}\u{fc}\u{e0}"
        .chars()
        .collect()
});

/// The alphabet's escape.
const ESCAPE: u8 = 0x1B;

fn extended(septet: u8) -> Option<char> {
    Some(match septet {
        10 => '\u{c}',
        20 => '^',
        40 => '{',
        41 => '}',
        47 => '\\',
        60 => '[',
        61 => '~',
        62 => ']',
        64 => '|',
        101 => '\u{20ac}',
        _ => return None,
    })
}

/// The text of a message; `None` for a coding or octets that an SMSC would refuse.
pub(super) fn decode(data_coding: u8, octets: &[u8]) -> Option<String> {
    match data_coding {
        0 => gsm(octets),
        8 if octets.len().is_multiple_of(2) => {
            let units: Vec<u16> =
                octets.chunks_exact(2).map(|pair| u16::from(pair[0]) << 8 | u16::from(pair[1])).collect();
            String::from_utf16(&units).ok()
        }
        _ => None,
    }
}

fn gsm(octets: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(octets.len());
    let mut octets = octets.iter().copied();
    while let Some(octet) = octets.next() {
        let letter = match octet {
            ESCAPE => extended(octets.next()?)?,
            _ => *LETTERS.get(usize::from(octet))?,
        };
        text.push(letter);
    }
    Some(text)
}

/// A text in parts of at most 134 octets, which leaves room for a header: coding and octets.
pub(super) fn encode(text: &str) -> (u8, Vec<Vec<u8>>) {
    let plain: Option<Vec<u8>> = text.chars().map(septet).collect();
    match plain {
        Some(septets) => (0, septets.chunks(134).map(<[u8]>::to_vec).collect()),
        None => (8, utf16(text)),
    }
}

/// The septet of a character that needs no escape.
fn septet(letter: char) -> Option<u8> {
    let at = LETTERS.iter().position(|it| *it == letter && letter != '\u{1b}')?;
    u8::try_from(at).ok()
}

fn utf16(text: &str) -> Vec<Vec<u8>> {
    let mut parts = vec![Vec::new()];
    for letter in text.chars() {
        let octets: Vec<u8> =
            letter.encode_utf16(&mut [0; 2]).iter().flat_map(|it| it.to_be_bytes()).collect();
        match parts.last_mut() {
            Some(part) if part.len() + octets.len() <= 134 => part.extend(octets),
            _ => parts.push(octets),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::{self, Alphabet};

    #[test]
    fn both_sides_of_the_wire_know_one_alphabet() {
        for septet in (0..128u8).filter(|it| *it != ESCAPE) {
            assert_eq!(decode(0, &[septet]), Some(crate::gsm7::decode(&[septet])), "{septet:#x}");
        }
        for septet in (0..128u8).filter(|it| extended(*it).is_some()) {
            let octets = [ESCAPE, septet];
            assert_eq!(decode(0, &octets), Some(crate::gsm7::decode(&octets)), "{septet:#x}");
        }
    }

    proptest! {
        #[test]
        fn what_one_side_writes_the_other_reads(text: String) {
            let alphabet = Alphabet::of(&text);
            let coding = if alphabet == Alphabet::Gsm7 { 0 } else { 8 };
            let sent: Option<String> = text::split(&text, alphabet).iter().map(|it| decode(coding, it)).collect();
            prop_assert_eq!(sent.as_ref(), Some(&text));
            let (coding, parts) = encode(&text);
            let read: String = parts.iter().map(|it| text::decode(coding, it)).collect();
            prop_assert_eq!(read, text);
        }
    }
}
