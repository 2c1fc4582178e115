//! What a delivery receipt says (SMPP 3.4, appendix B), in its text and in its TLVs.

use vestnik_contract::{Permanence, ReceiptState};

/// What was said of a message, before it is an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// The SMSC's message id.
    pub(crate) reference: String,
    /// How far the message came.
    pub(crate) state: MessageState,
    /// The provider's error code, unless it is all zeros.
    pub(crate) error: Option<String>,
}

/// The states of a message (SMPP 3.4, 5.2.28).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageState {
    Enroute,
    Delivered,
    Expired,
    Deleted,
    Undeliverable,
    Accepted,
    Unknown,
    Rejected,
}

impl MessageState {
    /// The state of the TLV `message_state` (5.2.28).
    pub(crate) fn of_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Enroute,
            2 => Self::Delivered,
            3 => Self::Expired,
            4 => Self::Deleted,
            5 => Self::Undeliverable,
            6 => Self::Accepted,
            7 => Self::Unknown,
            8 => Self::Rejected,
            _ => return None,
        })
    }

    /// The state of the text's `stat:` (appendix B).
    fn of_word(word: &str) -> Option<Self> {
        Some(match word.to_ascii_uppercase().as_str() {
            "ENROUTE" => Self::Enroute,
            "DELIVRD" => Self::Delivered,
            "EXPIRED" => Self::Expired,
            "DELETED" => Self::Deleted,
            "UNDELIV" => Self::Undeliverable,
            "ACCEPTD" => Self::Accepted,
            "UNKNOWN" => Self::Unknown,
            "REJECTD" => Self::Rejected,
            _ => return None,
        })
    }

    /// What the gateway is told, or `None` where the message's end is still open: under way,
    /// accepted by somebody between us and the phone, or unknown to the SMSC itself.
    ///
    /// "Undeliverable" closes no address: SMSCs say it of phones that were switched off for long
    /// as well. `gone` says that the provider's error code means that there is no such number.
    pub(crate) fn told(self, gone: bool) -> Option<ReceiptState> {
        match self {
            Self::Delivered => Some(ReceiptState::Delivered),
            Self::Expired => Some(ReceiptState::Expired),
            Self::Deleted | Self::Rejected => Some(ReceiptState::Rejected),
            Self::Undeliverable if gone => Some(ReceiptState::Unreachable(Permanence::Permanent)),
            Self::Undeliverable => Some(ReceiptState::Unreachable(Permanence::Soft)),
            Self::Enroute | Self::Accepted | Self::Unknown => None,
        }
    }

    /// The state's name in keys.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Enroute => "ENROUTE",
            Self::Delivered => "DELIVRD",
            Self::Expired => "EXPIRED",
            Self::Deleted => "DELETED",
            Self::Undeliverable => "UNDELIV",
            Self::Accepted => "ACCEPTD",
            Self::Unknown => "UNKNOWN",
            Self::Rejected => "REJECTD",
        }
    }
}

/// Reads a receipt. The TLVs `receipted_message_id` and `message_state` are believed before the
/// text, whose format the specification leaves to each vendor. `None` if neither names both the
/// message and its state.
pub(crate) fn read(text: &str, id: Option<&str>, state: Option<u8>) -> Option<Said> {
    let reference = id.filter(|id| !id.is_empty()).or_else(|| field(text, "id"))?;
    let in_text = || field(text, "stat").and_then(MessageState::of_word);
    let state = state.and_then(MessageState::of_number).or_else(in_text)?;
    let error = field(text, "err").filter(|code| code.bytes().any(|byte| byte != b'0'));
    Some(Said { reference: short(reference), state, error: error.map(short) })
}

/// A field's value: what follows `name:` up to the next space. The name stands at the beginning or
/// after a space; after `text:` the citizen's own words begin and nothing is read.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut words = text.split_ascii_whitespace().peekable();
    while let Some(word) = words.next() {
        let Some((key, value)) = word.split_once(':') else { continue };
        if key.eq_ignore_ascii_case("text") {
            return None;
        }
        if key.eq_ignore_ascii_case(name) {
            // Some SMSCs write a space after the colon.
            let mut next = || words.peek().copied().filter(|next| !next.contains(':'));
            return if value.is_empty() { next() } else { Some(value) };
        }
    }
    None
}

/// No field of a receipt is longer than a message id (SMPP 3.4, 5.2.23: 64 characters).
fn short(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(reference: &str, state: MessageState, error: Option<&str>) -> Said {
        Said { reference: reference.into(), state, error: error.map(Into::into) }
    }

    #[test]
    fn receipts_of_many_smscs_are_read() {
        use MessageState::{Accepted, Delivered, Expired, Undeliverable};
        for (text, expected) in [
            (
                "id:1234567890 sub:001 dlvrd:001 submit date:2611221200 done date:2611221201 stat:DELIVRD err:000 \
                 text:id:9 stat:REJECTD",
                Some(said("1234567890", Delivered, None)),
            ),
            (
                "id:c449ab sub:1 dlvrd:0 submit date:261122120000 stat:UNDELIV err:1",
                Some(said("c449ab", Undeliverable, Some("1"))),
            ),
            ("ID: 77 STAT: EXPIRED ERR: 0A3 Text: x", Some(said("77", Expired, Some("0A3")))),
            ("stat:acceptd id:77", Some(said("77", Accepted, None))),
            ("id:77 done date:x", None),
            ("stat:DELIVRD err:000", None),
            ("id: stat:DELIVRD", None),
            ("grid:5 id:6 stat:DELIVRD", Some(said("6", Delivered, None))),
            ("text:id:1 stat:DELIVRD", None),
            ("", None),
        ] {
            assert_eq!(read(text, None, None), expected, "{text}");
        }
    }

    #[test]
    fn tlvs_are_believed_before_the_text() {
        let text = "id:1 stat:ACCEPTD err:012";
        assert_eq!(read(text, Some("0x9"), Some(2)), Some(said("0x9", MessageState::Delivered, Some("012"))));
        assert_eq!(read("", Some("9"), Some(5)), Some(said("9", MessageState::Undeliverable, None)));
        assert_eq!(read(text, Some(""), Some(99)), Some(said("1", MessageState::Accepted, Some("012"))));
        assert_eq!(read("", Some("9"), None), None);
    }

    #[test]
    fn only_ends_are_told() {
        use MessageState::{
            Accepted, Deleted, Delivered, Enroute, Expired, Rejected, Undeliverable, Unknown,
        };
        for (state, told) in [
            (Delivered, Some(ReceiptState::Delivered)),
            (Expired, Some(ReceiptState::Expired)),
            (Deleted, Some(ReceiptState::Rejected)),
            (Rejected, Some(ReceiptState::Rejected)),
            (Undeliverable, Some(ReceiptState::Unreachable(Permanence::Soft))),
            (Enroute, None),
            (Accepted, None),
            (Unknown, None),
        ] {
            assert_eq!(state.told(false), told, "{}", state.word());
            assert_eq!(MessageState::of_word(state.word()), Some(state));
        }
        let gone = Undeliverable.told(true);
        assert_eq!(gone, Some(ReceiptState::Unreachable(Permanence::Permanent)));
        assert_eq!(Delivered.told(true), Some(ReceiptState::Delivered));
    }

    proptest! {
        #[test]
        fn any_text_is_read(text: String, id: Option<String>, state: Option<u8>) {
            if let Some(said) = read(&text, id.as_deref(), state) {
                prop_assert!(!said.reference.is_empty() && said.reference.chars().count() <= 64);
            }
        }

        #[test]
        fn a_written_receipt_is_read(id in "[0-9a-zA-Z-]{1,64}", number in 1u8..=8, text: String) {
            let state = MessageState::of_number(number).expect("a state");
            let word = state.word();
            let text = format!("id:{id} sub:001 dlvrd:001 stat:{word} err:000 text:{text}");
            prop_assert_eq!(read(&text, None, None), Some(said(&id, state, None)));
        }
    }
}
