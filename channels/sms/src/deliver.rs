//! From a `deliver_sm` to what it says (SMPP 3.4, 4.6): a receipt or a citizen's words.

use rusmpp::pdus::DeliverSm;
use rusmpp::tlvs::TlvValue;
use rusmpp::values::{ErrorCodeNetworkType, NetworkErrorCode};
use vestnik_contract::{Event, Inbound, InboundContent, Receipt};

use crate::header::Part;
use crate::receipt::MessageState;
use crate::{address, header, receipt, text};

/// The bits of `esm_class` that tell the kind of message (SMPP 3.4, 5.2.12).
const KIND: u8 = 0b0011_1100;
/// A delivery receipt of the SMSC.
const RECEIPT: u8 = 0b0000_0100;
/// An intermediate notification, in the form of a receipt.
const NOTIFICATION: u8 = 0b0010_0000;
/// The text begins with a user data header.
const HEADER: u8 = 0b0100_0000;
/// `unknownSubscriber` among the errors of a GSM network (3GPP TS 29.002, 17.6.6).
const UNKNOWN_SUBSCRIBER: u16 = 1;

/// What a `deliver_sm` says.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) event: Event,
    /// Its place, where it is a part of a longer text.
    pub(crate) part: Option<Part>,
}

/// What the SMSC brought, or `None` where it is of no use to the gateway: the message is still
/// under way, an acknowledgement that nobody asked for, words from a sender without a number.
/// `gone` holds the provider's error codes of numbers that do not exist; `key` names an inbound.
pub(crate) fn understand(
    deliver: &DeliverSm,
    gone: &[String],
    key: impl FnOnce() -> String,
) -> Option<Heard> {
    let (part, words) = words(deliver);
    let event = match u8::from(deliver.esm_class) & KIND {
        RECEIPT | NOTIFICATION => receipt(deliver, &words, gone),
        // Some SMSCs leave the kind out and tell it by TLVs alone.
        0 if id(deliver).is_some() && state(deliver).is_some() => receipt(deliver, &words, gone),
        0 => inbound(deliver, words, key),
        _ => None,
    };
    event.map(|event| Heard { event, part })
}

fn receipt(deliver: &DeliverSm, words: &str, gone: &[String]) -> Option<Event> {
    let said = receipt::read(words, id(deliver), state(deliver))?;
    let is_gone = network_error(deliver).is_some_and(|error| {
        error.network_type == ErrorCodeNetworkType::Gsm && error.error_code == UNKNOWN_SUBSCRIBER
    }) || said.error.as_ref().is_some_and(|code| gone.contains(code));
    Some(Event::Receipt(Receipt {
        key: format!("{}:{}", said.reference, said.state.word()),
        state: said.state.told(is_gone)?,
        code: said.error.filter(|_| said.state != MessageState::Delivered),
        reference: said.reference,
        recipient: sender(deliver),
        // The text's dates are in a zone of the SMSC's own that it does not name.
        at: None,
    }))
}

fn inbound(deliver: &DeliverSm, words: String, key: impl FnOnce() -> String) -> Option<Event> {
    let content = InboundContent::Text(words);
    let sender = sender(deliver)?;
    Some(Event::Inbound(Inbound { key: key(), sender, content, at: None }))
}

/// Who it is from. A receipt comes from the number that the message went to.
fn sender(deliver: &DeliverSm) -> Option<vestnik_contract::Address> {
    address::from_wire(deliver.source_addr_ton, deliver.source_addr.as_str())
}

/// The text without its header, and the place that the header or the TLVs name. A long text may
/// come in a TLV.
fn words(deliver: &DeliverSm) -> (Option<Part>, String) {
    let payload = deliver.tlvs().iter().find_map(|tlv| match tlv.value() {
        Some(TlvValue::MessagePayload(payload)) => Some(&payload.value[..]),
        _ => None,
    });
    let message = match &deliver.short_message()[..] {
        [] => payload.unwrap_or_default(),
        message => message,
    };
    let has_header = u8::from(deliver.esm_class) & HEADER != 0;
    let (part, octets) = if has_header { header::strip(message) } else { (sar(deliver), message) };
    (part, text::decode(u8::from(deliver.data_coding), octets))
}

fn sar(deliver: &DeliverSm) -> Option<Part> {
    let (mut reference, mut total, mut number) = (None, None, None);
    for tlv in deliver.tlvs() {
        match tlv.value() {
            Some(TlvValue::SarMsgRefNum(value)) => reference = Some(*value),
            Some(TlvValue::SarTotalSegments(value)) => total = Some(*value),
            Some(TlvValue::SarSegmentSeqnum(value)) => number = Some(*value),
            _ => {}
        }
    }
    let part = Part { reference: reference?, total: total?, number: number? };
    part.is_possible().then_some(part)
}

fn id(deliver: &DeliverSm) -> Option<&str> {
    deliver.tlvs().iter().find_map(|tlv| match tlv.value() {
        Some(TlvValue::ReceiptedMessageId(id)) => Some(id.as_str()),
        _ => None,
    })
}

fn state(deliver: &DeliverSm) -> Option<u8> {
    deliver.tlvs().iter().find_map(|tlv| match tlv.value() {
        Some(TlvValue::MessageState(state)) => Some(u8::from(*state)),
        _ => None,
    })
}

fn network_error(deliver: &DeliverSm) -> Option<&NetworkErrorCode> {
    deliver.tlvs().iter().find_map(|tlv| match tlv.value() {
        Some(TlvValue::NetworkErrorCode(error)) => Some(error),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use rusmpp::tlvs::MessageDeliveryRequestTlvValue as Tlv;
    use rusmpp::types::{COctetString, OctetString};
    use rusmpp::values::{DataCoding, EsmClass, MessagePayload, Ton};
    use vestnik_contract::{Permanence, ReceiptState};

    use super::*;

    fn deliver(esm_class: u8, data_coding: u8, message: &[u8]) -> DeliverSm {
        DeliverSm::builder()
            .source_addr_ton(Ton::International)
            .source_addr(COctetString::from_str("380671234567").unwrap())
            .esm_class(EsmClass::from(esm_class))
            .data_coding(DataCoding::from(data_coding))
            .short_message(OctetString::from_slice(message).unwrap())
            .build()
    }

    fn heard(deliver: &DeliverSm) -> Option<Event> {
        understand(deliver, &["0A3".into()], || "key".into()).map(|heard| heard.event)
    }

    fn told(deliver: &DeliverSm) -> Option<(String, String, ReceiptState, Option<String>)> {
        match heard(deliver)? {
            Event::Receipt(it) => Some((it.key, it.reference, it.state, it.code)),
            Event::Inbound(_) => panic!("not a receipt"),
        }
    }

    fn wrote(deliver: &DeliverSm) -> Option<(String, InboundContent)> {
        match heard(deliver)? {
            Event::Inbound(it) => Some((it.sender.expose().to_owned(), it.content)),
            Event::Receipt(_) => panic!("not an inbound"),
        }
    }

    #[test]
    fn receipts_are_told_by_text_and_by_tlvs() {
        let delivered = deliver(0x04, 0, b"id:77 stat:DELIVRD err:012");
        let expected = ("77:DELIVRD".into(), "77".into(), ReceiptState::Delivered, None);
        assert_eq!(told(&delivered), Some(expected));
        let Some(Event::Receipt(receipt)) = heard(&delivered) else { panic!("no receipt") };
        assert_eq!(receipt.recipient, address::e164("+380671234567"));

        let mut tagged = deliver(0x00, 0, b"");
        tagged.push_tlv(Tlv::ReceiptedMessageId(COctetString::from_str("abc").unwrap()));
        tagged.push_tlv(Tlv::MessageState(rusmpp::values::MessageState::Expired));
        assert_eq!(told(&tagged), Some(("abc:EXPIRED".into(), "abc".into(), ReceiptState::Expired, None)));
    }

    #[test]
    fn only_a_code_that_says_so_closes_an_address() {
        let soft = ReceiptState::Unreachable(Permanence::Soft);
        let permanent = ReceiptState::Unreachable(Permanence::Permanent);
        let failed = |code: &str| deliver(0x04, 0, format!("id:7 stat:UNDELIV err:{code}").as_bytes());
        assert_eq!(told(&failed("001")).map(|it| it.2), Some(soft));
        assert_eq!(told(&failed("0A3")).map(|it| it.2), Some(permanent));
        for (network, code, state) in [
            (ErrorCodeNetworkType::Gsm, 1, permanent),
            (ErrorCodeNetworkType::Gsm, 27, soft),
            (ErrorCodeNetworkType::SmppError, 1, soft),
        ] {
            let mut failed = failed("000");
            failed.push_tlv(Tlv::NetworkErrorCode(NetworkErrorCode::new(network, code)));
            assert_eq!(told(&failed).map(|it| it.2), Some(state));
        }
    }

    #[test]
    fn what_is_of_no_use_is_nothing() {
        assert!(heard(&deliver(0x20, 0, b"id:7 stat:ENROUTE")).is_none(), "under way");
        assert!(heard(&deliver(0x04, 0, b"thank you")).is_none(), "not a receipt's text");
        assert!(heard(&deliver(0x08, 0, b"ok")).is_none(), "a phone's own acknowledgement");
        let mut named = deliver(0x00, 0, b"promo");
        named.source_addr_ton = Ton::Alphanumeric;
        assert!(heard(&named).is_none(), "nobody to answer to");
    }

    #[test]
    fn words_come_from_the_text_or_the_payload_and_without_their_header() {
        let from = "+380671234567".to_owned();
        let text = |text: &str| Some((from.clone(), InboundContent::Text(text.into())));
        assert_eq!(wrote(&deliver(0x00, 8, b"\x04\x21\x04\x22\x04\x1E\x04\x1F")), text("СТОП"));
        assert_eq!(wrote(&deliver(0x40, 0, b"\x05\x00\x03\x01\x02\x01hello ")), text("hello "));
        let mut part = deliver(0x00, 0, b"hello ");
        for tlv in [Tlv::SarMsgRefNum(300), Tlv::SarTotalSegments(2), Tlv::SarSegmentSeqnum(1)] {
            part.push_tlv(tlv);
        }
        let heard = understand(&part, &[], || "key".into()).and_then(|heard| heard.part);
        assert_eq!(heard, Some(Part { reference: 300, total: 2, number: 1 }));
        let mut long = deliver(0x00, 0, b"");
        long.push_tlv(Tlv::MessagePayload(MessagePayload::new(b"long"[..].into())));
        assert_eq!(wrote(&long), text("long"));
    }
}
