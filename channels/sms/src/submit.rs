//! From a message to the `submit_sm` PDUs that carry it (SMPP 3.4, 4.4).

use std::str::FromStr;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rusmpp::pdus::SubmitSm;
use rusmpp::tlvs::MessageSubmissionRequestTlvValue as Tlv;
use rusmpp::types::{COctetString, EmptyOrFullCOctetString, OctetString};
use rusmpp::values::{DataCoding, EsmClass, Npi, RegisteredDelivery, Ton};
use vestnik_contract::{Measure, Message, Permanence, SendError, SendErrorKind};

use crate::address::{self, Source};
use crate::header::Part;
use crate::settings::{AlphabetChoice, Concatenation, Settings};
use crate::text::{self, Alphabet};

/// `esm_class`: store and forward as the SMSC sees fit, nothing special (SMPP 3.4, 5.2.12).
const PLAIN: u8 = 0x00;
/// `esm_class`: the text begins with a user data header.
const WITH_HEADER: u8 = 0x40;
/// `registered_delivery`: a receipt of the end, good or bad (SMPP 3.4, 5.2.17).
const RECEIPT_OF_THE_END: u8 = 0x01;

/// Writes messages in the way that the route is configured for.
#[derive(Debug, Clone)]
pub(crate) struct Composer {
    source: Source,
    concatenation: Concatenation,
    alphabet: AlphabetChoice,
    gsm_data_coding: u8,
    unicode_data_coding: u8,
    max_segments: u8,
    max_validity: SignedDuration,
}

impl Composer {
    pub(crate) fn new(settings: &Settings, source: Source) -> Self {
        Self {
            source,
            concatenation: settings.concatenation,
            alphabet: settings.alphabet,
            gsm_data_coding: settings.gsm_data_coding,
            unicode_data_coding: settings.unicode_data_coding,
            max_segments: settings.max_segments,
            max_validity: SignedDuration::from_hours(settings.max_validity_hours.into()),
        }
    }

    pub(crate) fn measure(&self, text: &str) -> Measure {
        text::measure(text, self.alphabet(text), self.max_segments)
    }

    fn alphabet(&self, text: &str) -> Alphabet {
        match self.alphabet {
            AlphabetChoice::Auto => Alphabet::of(text),
            AlphabetChoice::Unicode => Alphabet::Unicode,
        }
    }

    /// The PDUs of a message, in order. `reference` is the same for the parts of one message and
    /// another for the next. A text of too many parts is refused as a provider would refuse it.
    pub(crate) fn compose(
        &self,
        message: &Message,
        reference: u16,
        now: Timestamp,
    ) -> Result<Vec<SubmitSm>, SendError> {
        if !self.measure(&message.text).fits {
            return Err(SendError::new(SendErrorKind::Rejected).source("the text has too many parts"));
        }
        let recipient = address::e164(message.recipient.expose())
            .ok_or_else(|| SendError::new(SendErrorKind::Unreachable(Permanence::Permanent)))?;
        let alphabet = self.alphabet(&message.text);
        let parts = text::split(&message.text, alphabet);
        let total = u8::try_from(parts.len()).unwrap_or(u8::MAX);
        let blank = self
            .blank(recipient.expose(), alphabet, self.validity(message.expires_at, now))
            .ok_or_else(|| SendError::new(SendErrorKind::Rejected))?;
        let parts = (1..).zip(parts).map(|(number, octets)| {
            self.fill(blank.clone(), octets, Part { reference, total, number })
                .ok_or_else(|| SendError::new(SendErrorKind::Rejected))
        });
        parts.collect()
    }

    /// A `submit_sm` without its text.
    fn blank(&self, recipient: &str, alphabet: Alphabet, validity: Option<String>) -> Option<SubmitSm> {
        let data_coding = match alphabet {
            Alphabet::Gsm7 => self.gsm_data_coding,
            Alphabet::Unicode => self.unicode_data_coding,
        };
        let digits = recipient.trim_start_matches('+');
        let validity = EmptyOrFullCOctetString::from_string(validity.unwrap_or_default()).ok()?;
        let builder = SubmitSm::builder()
            .source_addr_ton(self.source.ton)
            .source_addr_npi(self.source.npi)
            .source_addr(COctetString::from_str(&self.source.text).ok()?)
            .dest_addr_ton(Ton::International)
            .dest_addr_npi(Npi::Isdn)
            .destination_addr(COctetString::from_str(digits).ok()?)
            .esm_class(EsmClass::from(PLAIN))
            .validity_period(validity)
            .registered_delivery(RegisteredDelivery::from(RECEIPT_OF_THE_END))
            .data_coding(DataCoding::from(data_coding));
        Some(builder.build())
    }

    fn fill(&self, mut submit: SubmitSm, octets: Vec<u8>, part: Part) -> Option<SubmitSm> {
        let octets = match self.concatenation {
            _ if part.total < 2 => octets,
            Concatenation::Udh => {
                submit.esm_class = EsmClass::from(WITH_HEADER);
                [&part.header()[..], &octets].concat()
            }
            Concatenation::Sar => {
                submit.push_tlv(Tlv::SarMsgRefNum(part.reference));
                submit.push_tlv(Tlv::SarTotalSegments(part.total));
                submit.push_tlv(Tlv::SarSegmentSeqnum(part.number));
                octets
            }
        };
        submit.set_short_message(OctetString::from_vec(octets).ok()?);
        Some(submit)
    }

    /// Until when the SMSC tries, as an absolute time in UTC (SMPP 3.4, 7.1.1).
    fn validity(&self, expires_at: Option<Timestamp>, now: Timestamp) -> Option<String> {
        let latest = now.saturating_add(self.max_validity).unwrap_or(Timestamp::MAX);
        let until = TimeZone::UTC.to_datetime(expires_at?.min(latest));
        Some(until.strftime("%y%m%d%H%M%S000+").to_string())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use vestnik_contract::Address;

    use super::*;

    fn composer(more: &str) -> Composer {
        let settings = format!(r#"{{"host": "h", "system_id": "s", "password": {{"env": "P"}} {more}}}"#);
        let settings: Settings = serde_json::from_str(&settings).unwrap();
        Composer::new(&settings, Source::registered("Minsoc").unwrap())
    }

    fn message(text: &str, expires_at: Option<&str>) -> Message {
        Message {
            attempt: Uuid::nil(),
            recipient: Address::new("+380671234567"),
            locale: "uk".into(),
            title: String::new(),
            text: text.into(),
            expires_at: expires_at.map(|it| it.parse().unwrap()),
            unsubscribe: None,
        }
    }

    fn compose(composer: &Composer, message: &Message) -> Vec<SubmitSm> {
        composer.compose(message, 0x012A, "2026-11-22T10:00:00Z".parse().unwrap()).unwrap()
    }

    #[test]
    fn a_short_text_is_one_plain_pdu() {
        let sent = compose(&composer(""), &message("Hello", None));
        let [one] = &sent[..] else { panic!("{} PDUs", sent.len()) };
        assert_eq!(one.destination_addr.as_str(), "380671234567");
        assert_eq!((u8::from(one.dest_addr_ton), u8::from(one.dest_addr_npi)), (1, 1));
        assert_eq!((one.source_addr.as_str(), u8::from(one.source_addr_ton)), ("Minsoc", 5));
        assert_eq!((u8::from(one.esm_class), u8::from(one.registered_delivery)), (0, 1));
        assert_eq!((u8::from(one.data_coding), &one.short_message()[..]), (0, &b"Hello"[..]));
        assert!(one.validity_period.as_str().is_empty() && one.tlvs().is_empty());
    }

    #[test]
    fn a_long_text_is_told_by_headers_or_by_tlvs() {
        let long = message(&"ї".repeat(80), None);
        let sent = compose(&composer(""), &long);
        let numbers: Vec<_> = sent.iter().map(|it| it.short_message()[..6].to_vec()).collect();
        assert_eq!(numbers, [[5, 0, 3, 0x2A, 2, 1], [5, 0, 3, 0x2A, 2, 2]]);
        assert!(sent.iter().all(|it| u8::from(it.esm_class) == 0x40 && u8::from(it.data_coding) == 8));
        let sent = compose(&composer(r#", "concatenation": "sar""#), &long);
        assert!(sent.iter().all(|it| u8::from(it.esm_class) == 0 && it.tlvs().len() == 3));
        assert_eq!(sent[0].short_message().len(), 134);
    }

    #[test]
    fn data_coding_is_the_providers() {
        let unicode = composer(r#", "alphabet": "unicode", "unicode_data_coding": 24"#);
        let sent = compose(&unicode, &message("Hi", None));
        assert_eq!((u8::from(sent[0].data_coding), &sent[0].short_message()[..]), (24, &b"\0H\0i"[..]));
        let sent = compose(&composer(r#", "gsm_data_coding": 241"#), &message("Hi", None));
        assert_eq!(u8::from(sent[0].data_coding), 241);
    }

    #[test]
    fn the_smsc_tries_until_the_message_expires_and_no_longer_than_we_allow() {
        let period = |expires| compose(&composer(""), &message("Hi", expires))[0].validity_period.to_string();
        assert_eq!(period(Some("2026-11-23T08:09:10.9Z")), "261123080910000+");
        assert_eq!(period(Some("2027-01-01T00:00:00Z")), "261125100000000+");
        assert_eq!(period(None), "");
    }

    #[test]
    fn what_cannot_be_sent_is_refused_here() {
        let kind = |message: &Message| {
            composer(r#", "max_segments": 2"#)
                .compose(message, 1, Timestamp::UNIX_EPOCH)
                .map_err(|it| it.kind())
        };
        assert_eq!(kind(&message(&"ї".repeat(135), None)), Err(SendErrorKind::Rejected));
        let nobody = Message { recipient: Address::new("nobody"), ..message("Hi", None) };
        assert_eq!(kind(&nobody), Err(SendErrorKind::Unreachable(Permanence::Permanent)));
    }
}
