//! The user data header, which tells the parts of a long message (3GPP TS 23.040, 9.2.3.24).

/// A part's place in its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Part {
    /// The same for all parts of one message.
    pub(crate) reference: u16,
    /// How many parts there are.
    pub(crate) total: u8,
    /// Which part this is, from 1.
    pub(crate) number: u8,
}

impl Part {
    /// Whether its number is one of its message's.
    pub(crate) fn is_possible(self) -> bool {
        (1..=self.total).contains(&self.number)
    }

    /// The header that says so with a reference of eight bits (TS 23.040, 9.2.3.24.1).
    pub(crate) fn header(self) -> [u8; 6] {
        let [_, reference] = self.reference.to_be_bytes();
        [0x05, 0x00, 0x03, reference, self.total, self.number]
    }
}

/// Takes the header off a message whose `esm_class` says that it has one: the part it names, where
/// it names one, and the octets of the text. A header that is cut short takes everything with it.
pub(crate) fn strip(message: &[u8]) -> (Option<Part>, &[u8]) {
    let Some((length, rest)) = message.split_first() else { return (None, message) };
    let Some((mut header, text)) = rest.split_at_checked(usize::from(*length)) else { return (None, &[]) };
    let mut part = None;
    while let [id, length, rest @ ..] = header {
        let Some((element, next)) = rest.split_at_checked(usize::from(*length)) else { break };
        part = part.or(match (id, element) {
            (0x00, &[reference, total, number]) => {
                Some(Part { reference: u16::from(reference), total, number })
            }
            // With a reference of sixteen bits (TS 23.040, 9.2.3.24.8).
            (0x08, &[high, low, total, number]) => {
                Some(Part { reference: u16::from_be_bytes([high, low]), total, number })
            }
            _ => None,
        });
        header = next;
    }
    (part.filter(|it| it.is_possible()), text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn headers_are_read() {
        let part = |reference, total, number| Some(Part { reference, total, number });
        for (message, expected) in [
            (&b"\x05\x00\x03\x2A\x03\x02text"[..], (part(42, 3, 2), &b"text"[..])),
            (b"\x06\x08\x04\x01\x2A\x03\x02text", (part(298, 3, 2), b"text")),
            // Another element before: application ports.
            (b"\x0B\x05\x04\x23\xF4\x00\x00\x00\x03\x07\x02\x01x", (part(7, 2, 1), b"x")),
            (b"\x00text", (None, b"text")),
            (b"\x05\x00\x03\x2A\x03\x04text", (None, b"text")),
            (b"\x05\x00\x03\x2A\x03\x00text", (None, b"text")),
            (b"\x02\x00\x09text", (None, b"text")),
            (b"\x20text", (None, b"")),
            (b"", (None, b"")),
        ] {
            assert_eq!(strip(message), expected, "{message:x?}");
        }
    }

    proptest! {
        #[test]
        fn a_written_header_is_read(reference: u8, total in 1u8.., text: Vec<u8>) {
            let part = Part { reference: reference.into(), total, number: total };
            let message = [&part.header()[..], &text].concat();
            prop_assert_eq!(strip(&message), (Some(part), &text[..]));
        }

        #[test]
        fn any_octets_are_read(octets: Vec<u8>) {
            let _ = strip(&octets);
        }
    }
}
