//! The GSM 7-bit default alphabet with its extension table (3GPP TS 23.038, 6.2.1).
//!
//! SMPP carries it unpacked, one septet in each octet; the SMSC packs it for the air.

/// Introduces a character of the extension table.
const ESCAPE: u8 = 0x1B;

/// The default alphabet by septet (TS 23.038, 6.2.1). The place of the escape holds itself.
#[rustfmt::skip]
const BASIC: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å',
    'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', '\u{1b}', 'Æ', 'æ', 'ß', 'É',
    ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/',
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?',
    '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§',
    '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];

/// The extension table (TS 23.038, 6.2.1.1): what follows the escape, and what it means.
const EXTENSION: [(u8, char); 10] = [
    (0x0A, '\u{0c}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2F, '\\'),
    (0x3C, '['),
    (0x3D, '~'),
    (0x3E, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

/// How a character is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Septets {
    /// By one septet.
    One(u8),
    /// By the escape and this septet.
    Escaped(u8),
}

/// How the alphabet writes this character, or `None` if it has no such character.
pub(crate) fn septets(character: char) -> Option<Septets> {
    // Latin letters, digits and a few signs stand at their ASCII places.
    if matches!(character, 'a'..='z' | 'A'..='Z' | '0'..='?' | ' '..='#' | '%'..='/') {
        return u8::try_from(character).ok().map(Septets::One);
    }
    if character == '\u{1b}' || u32::from(character) > u32::from('€') {
        return None;
    }
    let basic = (0u8..).zip(BASIC).find(|(_, it)| *it == character);
    let extended = || EXTENSION.iter().find(|(_, it)| *it == character);
    match basic {
        Some((septet, _)) => Some(Septets::One(septet)),
        None => extended().map(|(septet, _)| Septets::Escaped(*septet)),
    }
}

/// Appends a character's septets.
pub(crate) fn push(septets: Septets, to: &mut Vec<u8>) {
    match septets {
        Septets::One(septet) => to.push(septet),
        Septets::Escaped(septet) => to.extend([ESCAPE, septet]),
    }
}

/// The text of unpacked septets. Nothing is refused: an unknown extension shows the character of
/// the default table, as the specification asks of a phone, and an octet over 0x7F, which only an
/// SMSC that means Latin-1 sends, is read as Latin-1.
pub(crate) fn decode(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    let mut escaped = false;
    for &octet in octets {
        let extended = EXTENSION.iter().find(|(septet, _)| escaped && *septet == octet);
        match (extended, BASIC.get(usize::from(octet))) {
            (None, _) if octet == ESCAPE && !escaped => {
                escaped = true;
                continue;
            }
            (None, _) if octet == ESCAPE => text.push(' '),
            (Some((_, character)), _) | (None, Some(character)) => text.push(*character),
            (None, None) => text.push(char::from(octet)),
        }
        escaped = false;
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encode(text: &str) -> Option<Vec<u8>> {
        let mut octets = Vec::new();
        for character in text.chars() {
            push(septets(character)?, &mut octets);
        }
        Some(octets)
    }

    #[test]
    fn characters_stand_where_the_specification_puts_them() {
        for (text, octets) in [
            ("@", &[0x00][..]),
            ("$_", &[0x02, 0x11]),
            ("\n\r", &[0x0A, 0x0D]),
            ("ÅåÉ", &[0x0E, 0x0F, 0x1F]),
            (" 09?", &[0x20, 0x30, 0x39, 0x3F]),
            ("¡AZ§", &[0x40, 0x41, 0x5A, 0x5F]),
            ("¿azà", &[0x60, 0x61, 0x7A, 0x7F]),
            ("¤", &[0x24]),
            ("€[]{}~|\\^", b"\x1Be\x1B<\x1B>\x1B(\x1B)\x1B=\x1B@\x1B/\x1B\x14"),
        ] {
            assert_eq!(encode(text).as_deref(), Some(octets), "{text}");
            assert_eq!(decode(octets), text);
        }
    }

    #[test]
    fn what_the_alphabet_lacks_is_said_to_be_lacking() {
        for lacking in ['ы', 'ї', '`', 'ç', '\t', '\u{1b}', '₴', '👍', '–', '«'] {
            assert_eq!(septets(lacking), None, "{lacking}");
        }
    }

    #[test]
    fn odd_octets_are_read_as_a_phone_reads_them() {
        assert_eq!(decode(b"a\x1B"), "a", "an escape at the end says nothing");
        assert_eq!(decode(b"\x1Ba"), "a", "an unknown extension shows the default table");
        assert_eq!(decode(b"\x1B\x1Bx"), " x", "an escape of an escape is a space");
        assert_eq!(decode(b"\xE9"), "é", "an octet of eight bits is Latin-1");
    }

    proptest! {
        #[test]
        fn every_text_of_the_alphabet_comes_back(septets in prop::collection::vec(0u8..128, 0..400)) {
            let text = decode(&septets);
            let again = encode(&text).expect("what was decoded is of the alphabet");
            prop_assert_eq!(decode(&again), text);
        }

        #[test]
        fn any_octets_are_read(octets: Vec<u8>) {
            let _ = decode(&octets);
        }
    }
}
