//! Telephone numbers and senders: the one form we keep, and the forms of the wire.

use rusmpp::values::{Npi, Ton};
use vestnik_contract::{Address, AddressForm, SetupError};

/// Fewest digits of an international number that we take; the shortest in use have seven.
const MIN_DIGITS: usize = 7;
/// Most digits of an international number (ITU-T E.164, 6.2.1).
const MAX_DIGITS: usize = 15;

/// How phone numbers are written.
pub const ADDRESSES: AddressForm =
    AddressForm { looks: "a phone number with its country such as +380671234567", read: e164 };

/// The number in E.164 with a plus, such as `+380671234567`, or `None`. Spaces, dashes and brackets
/// between the digits and a leading `00` in place of the plus are understood. A national number is
/// refused: to guess its country may reach a stranger.
pub(crate) fn e164(text: &str) -> Option<Address> {
    let text = text.trim_matches(' ');
    let international = text.strip_prefix('+').or_else(|| text.strip_prefix("00"))?;
    let separators = [' ', '\u{a0}', '-', '\u{2011}', '(', ')'];
    let digits: String = international.chars().filter(|it| !separators.contains(it)).collect();
    plus(&digits)
}

/// The number of an address field of the wire, or `None` if it is not certainly an international
/// one. SMSCs send international numbers as such or without a type, with and without a plus.
pub(crate) fn from_wire(ton: Ton, text: &str) -> Option<Address> {
    match ton {
        Ton::International | Ton::Unknown => plus(text.strip_prefix('+').unwrap_or(text)),
        _ => None,
    }
}

fn plus(digits: &str) -> Option<Address> {
    let international = (MIN_DIGITS..=MAX_DIGITS).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    international.then(|| Address::new(format!("+{digits}")))
}

/// Who a message is from, as the wire names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) ton: Ton,
    pub(crate) npi: Npi,
    pub(crate) text: String,
}

impl Source {
    /// The registered sender: a number in E.164 (TON 1, NPI 1), a short code of 3 to 8 digits
    /// (TON 3, NPI 0) or a name of up to 11 characters (TON 5, NPI 0; 3GPP TS 23.040, 9.1.2.5).
    pub(crate) fn registered(sender: &str) -> Result<Self, SetupError> {
        let expected = "a number in E.164, a short code of 3 to 8 digits or a name of up to 11 letters, digits, \
                        spaces, dots and dashes";
        let refused = || SetupError::new("sms_sender", expected);
        if sender.starts_with('+') {
            let number = e164(sender).ok_or_else(refused)?;
            let text = number.expose().trim_start_matches('+').to_owned();
            return Ok(Self { ton: Ton::International, npi: Npi::Isdn, text });
        }
        if sender.bytes().all(|byte| byte.is_ascii_digit()) {
            let short = (3..=8).contains(&sender.len());
            return short.then(|| Self::plain(Ton::NetworkSpecific, sender)).ok_or_else(refused);
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b" .-_&".contains(&byte);
        let name = sender.len() <= 11 && sender.bytes().all(allowed) && sender.trim() == sender;
        name.then(|| Self::plain(Ton::Alphanumeric, sender)).ok_or_else(refused)
    }

    fn plain(ton: Ton, text: &str) -> Self {
        Self { ton, npi: Npi::Unknown, text: text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_a_number_become_one() {
        let one = e164("+380671234567");
        assert_eq!(one.as_ref().map(Address::expose), Some("+380671234567"));
        for spelling in [
            "+380 67 123-45-67",
            "00380671234567",
            "00 380 67 123 45 67",
            "+380 (67) 123-45-67",
            " +380\u{a0}67\u{a0}1234567 ",
            "+380-67-123\u{2011}45\u{2011}67",
        ] {
            assert_eq!(e164(spelling), one, "{spelling}");
        }
    }

    #[test]
    fn what_is_not_an_international_number_is_refused() {
        for bad in [
            "",
            "+",
            "00",
            "abc",
            "0671234567",
            "380671234567",
            "+380",
            "+0380671234567",
            "+3806712345678901",
            "+38067123456x",
            "++380671234567",
            "+380671234567\n",
            "+٣٨٠٦٧١٢٣٤٥٦٧",
            "000671234567",
        ] {
            assert_eq!(e164(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn numbers_of_the_wire_are_international_or_nothing() {
        let number = |ton, text| from_wire(ton, text).map(|it| it.expose().to_owned());
        assert_eq!(number(Ton::International, "380671234567").as_deref(), Some("+380671234567"));
        assert_eq!(number(Ton::Unknown, "+380671234567").as_deref(), Some("+380671234567"));
        assert_eq!(number(Ton::National, "671234567"), None, "+671 is Guam");
        assert_eq!(number(Ton::Alphanumeric, "380671234567"), None);
        assert_eq!(number(Ton::International, "12345"), None);
    }

    #[test]
    fn senders_have_their_types() {
        let source = |text| Source::registered(text).map(|it| (u8::from(it.ton), u8::from(it.npi), it.text));
        assert_eq!(source("+380442000000"), Ok((1, 1, "380442000000".into())));
        assert_eq!(source("1545"), Ok((3, 0, "1545".into())));
        assert_eq!(source("Minsoc"), Ok((5, 0, "Minsoc".into())));
        for bad in ["", "12", "123456789", "TwelveLetter", "Мінсоц", " Minsoc", "+38"] {
            assert_eq!(source(bad).map_err(|error| error.setting), Err("sms_sender"), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn the_one_form_is_its_own_one_form(digits in "[1-9][0-9]{6,14}", junk in "[ ()-]{0,3}") {
            let address = e164(&format!("+{junk}{digits}{junk}")).expect("a number");
            prop_assert_eq!(address.expose(), format!("+{digits}"));
            let again = e164(address.expose());
            prop_assert_eq!(again, Some(address));
        }

        #[test]
        fn any_text_is_answered(text: String) {
            let _ = e164(&text);
            let _ = from_wire(Ton::Unknown, &text);
            let _ = Source::registered(&text);
        }
    }
}
