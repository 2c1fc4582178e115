//! Texts as SMS: which alphabet, how long, in how many parts, and back from the wire.

use vestnik_contract::Measure;

use crate::gsm7;

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alphabet {
    /// The GSM 7-bit default alphabet, counted in septets.
    Gsm7,
    /// UTF-16, high octet first, counted in its units of two octets. The specification says UCS-2;
    /// phones have read surrogate pairs in it for as long as they have shown emoji.
    Unicode,
}

impl Alphabet {
    /// The cheapest alphabet that can write the text.
    pub(crate) fn of(text: &str) -> Self {
        let plain = text.chars().all(|character| gsm7::septets(character).is_some());
        if plain { Self::Gsm7 } else { Self::Unicode }
    }

    /// Units of a message of one part: 140 octets (3GPP TS 23.040, 9.2.3.16).
    pub(crate) fn single(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Unicode => 70,
        }
    }

    /// Units of each of several parts: 140 octets less six of the concatenation header (TS 23.040,
    /// 9.2.3.24.1).
    pub(crate) fn part(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Unicode => 67,
        }
    }

    /// Units of one character.
    fn units(self, character: char) -> usize {
        match self {
            Self::Unicode => character.len_utf16(),
            Self::Gsm7 => match gsm7::septets(character) {
                Some(gsm7::Septets::Escaped(_)) => 2,
                _ => 1,
            },
        }
    }

    fn push(self, character: char, to: &mut Vec<u8>) {
        match self {
            Self::Gsm7 => {
                if let Some(septets) = gsm7::septets(character) {
                    gsm7::push(septets, to);
                }
            }
            Self::Unicode => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    to.extend(unit.to_be_bytes());
                }
            }
        }
    }
}

/// How long the text is and whether it makes at most `max_segments` parts. The limit is exact for
/// texts of characters of one unit; a character of two units that would stand across the end of a
/// part moves to the next one, which may cost a unit per part.
pub(crate) fn measure(text: &str, alphabet: Alphabet, max_segments: u8) -> Measure {
    let (mut units, mut segments, mut filled) = (0usize, 1usize, 0usize);
    for character in text.chars() {
        let width = alphabet.units(character);
        units += width;
        if filled + width > alphabet.part() {
            segments += 1;
            filled = 0;
        }
        filled += width;
    }
    if units <= alphabet.single() {
        segments = 1;
    }
    let limit = match max_segments {
        0 | 1 => alphabet.single(),
        many => alphabet.part() * usize::from(many),
    };
    Measure {
        fits: segments <= usize::from(max_segments),
        segments: count(segments),
        units: count(units),
        limit: count(limit),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The octets of each part. No character, and so no surrogate pair and no escape, is split.
pub(crate) fn split(text: &str, alphabet: Alphabet) -> Vec<Vec<u8>> {
    let several = measure(text, alphabet, 1).segments > 1;
    let mut parts = vec![Vec::new()];
    let mut filled = 0;
    for character in text.chars() {
        let width = alphabet.units(character);
        if several && filled + width > alphabet.part() {
            parts.push(Vec::new());
            filled = 0;
        }
        filled += width;
        if let Some(part) = parts.last_mut() {
            alphabet.push(character, part);
        }
    }
    parts
}

/// The text of octets that came with this `data_coding` (SMPP 3.4, 5.2.19; the upper values are
/// those of 3GPP TS 23.038, 4). Nothing is refused: what is not understood is read as UTF-8 if it is
/// that, and as Latin-1 if not.
pub(crate) fn decode(data_coding: u8, octets: &[u8]) -> String {
    match data_coding {
        0 | 0xF0..=0xF3 => gsm7::decode(octets),
        8 => utf16(octets),
        6 => octets.iter().map(|octet| cyrillic(*octet)).collect(),
        // The general data coding group: bits 3 and 2 name the alphabet.
        0x10..=0x3F => match data_coding & 0b1100 {
            0b0000 => gsm7::decode(octets),
            0b1000 => utf16(octets),
            _ => utf8_or_latin1(octets),
        },
        _ => utf8_or_latin1(octets),
    }
}

fn utf16(octets: &[u8]) -> String {
    let units = octets.chunks(2).map(|pair| match pair {
        [high, low] => u16::from_be_bytes([*high, *low]),
        _ => 0xFFFD,
    });
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// ISO-8859-5: from 0xA1 on it runs beside the Cyrillic block, with three exceptions.
fn cyrillic(octet: u8) -> char {
    match octet {
        0..=0xA0 | 0xAD => char::from(octet),
        0xF0 => '№',
        0xFD => '§',
        _ => char::from_u32(0x0360 + u32::from(octet)).unwrap_or(char::REPLACEMENT_CHARACTER),
    }
}

fn utf8_or_latin1(octets: &[u8]) -> String {
    match std::str::from_utf8(octets) {
        Ok(text) => text.to_owned(),
        Err(_) => octets.iter().copied().map(char::from).collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lengths(text: &str) -> (u32, u32) {
        let measure = measure(text, Alphabet::of(text), 255);
        (measure.units, measure.segments)
    }

    #[test]
    fn segments_are_counted_as_operators_bill_them() {
        for (text, expected) in [
            (String::new(), (0, 1)),
            ("a".repeat(160), (160, 1)),
            ("a".repeat(161), (161, 2)),
            ("a".repeat(306), (306, 2)),
            ("a".repeat(307), (307, 3)),
            ("€".repeat(80), (160, 1)),
            ("€".repeat(81), (162, 2)),
            // 152 septets and then an escape that does not fit into the first part.
            ("€".repeat(153), (306, 3)),
            ("ы".repeat(70), (70, 1)),
            ("ы".repeat(71), (71, 2)),
            ("ы".repeat(134), (134, 2)),
            ("ы".repeat(135), (135, 3)),
            ("👍".repeat(35), (70, 1)),
            ("👍".repeat(36), (72, 2)),
            // 33 pairs fill 66 of 67 units: the pair is not split.
            ("👍".repeat(67), (134, 3)),
        ] {
            assert_eq!(lengths(&text), expected, "{} of {:?}", text.chars().count(), text.chars().next());
        }
    }

    #[test]
    fn a_text_fits_up_to_the_configured_parts() {
        let measured = |length, max| measure(&"ы".repeat(length), Alphabet::Unicode, max);
        assert!(measured(70, 1).fits && !measured(71, 1).fits);
        assert_eq!(measured(1, 1).limit, 70);
        assert!(measured(201, 3).fits && !measured(202, 3).fits);
        assert_eq!(measured(1, 3).limit, 201);
    }

    #[test]
    fn codings_are_read() {
        for (coding, octets, text) in [
            (0, &b"STOP \x1Be"[..], "STOP €"),
            (1, b"STOP", "STOP"),
            (3, b"caf\xE9", "café"),
            (4, "СТОП".as_bytes(), "СТОП"),
            (6, b"\xC1\xC2\xBE\xBF \xF0", "СТОП №"),
            (8, b"\x04\x21\x04\x22\x04\x1E\x04\x1F", "СТОП"),
            (0x18, b"\x04\x21", "С"),
            (0x11, b"\x00", "@"),
            (0xF1, b"\x00", "@"),
            (0xF5, b"ok", "ok"),
            (8, b"\xD8\x3D\xDC\x4D", "👍"),
            (8, b"\xD8\x3D\x00", "\u{FFFD}\u{FFFD}"),
        ] {
            assert_eq!(decode(coding, octets), text, "{coding:#x}");
        }
    }

    proptest! {
        #[test]
        fn parts_joined_are_the_text(text in any::<String>().prop_map(|it| it.repeat(7))) {
            for alphabet in [Alphabet::Unicode, Alphabet::of(&text)] {
                let parts = split(&text, alphabet);
                let coding = if alphabet == Alphabet::Gsm7 { 0 } else { 8 };
                // Each part is whole in itself: decoded alone and joined they are the text.
                let joined: String = parts.iter().map(|part| decode(coding, part)).collect();
                prop_assert_eq!(&joined, &text);
                prop_assert_eq!(parts.len(), measure(&text, alphabet, 255).segments as usize);
                let octets = if alphabet == Alphabet::Gsm7 { 1 } else { 2 };
                let limit = if parts.len() == 1 { alphabet.single() } else { alphabet.part() };
                prop_assert!(parts.iter().all(|part| part.len() <= limit * octets));
            }
        }

        #[test]
        fn texts_of_the_short_alphabet_come_back(text in "[ -~à€\\n]{0,500}") {
            let text = text.replace('`', "'");
            prop_assert_eq!(Alphabet::of(&text), Alphabet::Gsm7);
            let parts = split(&text, Alphabet::Gsm7);
            prop_assert_eq!(parts.iter().map(|part| decode(0, part)).collect::<String>(), text);
        }

        #[test]
        fn any_octets_are_read(coding: u8, octets: Vec<u8>) {
            let _ = decode(coding, &octets);
        }
    }
}
