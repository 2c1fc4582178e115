//! PDUs of SMPP 3.4 as an SMSC reads and writes them, by hand and apart from the client's codec.

use bytes::{Buf, BufMut, Bytes, BytesMut};

pub(crate) const GENERIC_NACK: u32 = 0x8000_0000;
pub(crate) const SUBMIT_SM: u32 = 0x04;
pub(crate) const DELIVER_SM: u32 = 0x05;
pub(crate) const UNBIND: u32 = 0x06;
pub(crate) const BIND_TRANSCEIVER: u32 = 0x09;
pub(crate) const ENQUIRE_LINK: u32 = 0x15;
/// Set in the id of an answer.
pub(crate) const RESP: u32 = 0x8000_0000;

pub(crate) const ESME_ROK: u32 = 0x00;
pub(crate) const ESME_RINVCMDLEN: u32 = 0x02;
pub(crate) const ESME_RINVCMDID: u32 = 0x03;
pub(crate) const ESME_RINVBNDSTS: u32 = 0x04;
pub(crate) const ESME_RALYBND: u32 = 0x05;
pub(crate) const ESME_RSYSERR: u32 = 0x08;
pub(crate) const ESME_RINVDSTADR: u32 = 0x0B;
pub(crate) const ESME_RINVPASWD: u32 = 0x0E;
pub(crate) const ESME_RMSGQFUL: u32 = 0x14;
pub(crate) const ESME_RTHROTTLED: u32 = 0x58;
pub(crate) const ESME_RX_R_APPN: u32 = 0x66;
pub(crate) const ESME_RDELIVERYFAILURE: u32 = 0xFE;

const SAR_MSG_REF_NUM: u16 = 0x020C;
const SAR_TOTAL_SEGMENTS: u16 = 0x020E;
const SAR_SEGMENT_SEQNUM: u16 = 0x020F;
const RECEIPTED_MESSAGE_ID: u16 = 0x001E;
const MESSAGE_STATE: u16 = 0x0427;

/// The longest PDU taken.
const LONGEST: usize = 70_000;

/// One PDU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pdu {
    pub(crate) id: u32,
    pub(crate) status: u32,
    pub(crate) sequence: u32,
    pub(crate) body: Bytes,
}

/// The stream is not one of PDUs.
#[derive(Debug)]
pub(crate) struct Broken;

impl Pdu {
    /// Takes the next whole PDU off the stream.
    pub(crate) fn take(stream: &mut BytesMut) -> Result<Option<Self>, Broken> {
        let Some(length) = stream.get(..4) else { return Ok(None) };
        let length = length.iter().fold(0usize, |sum, octet| sum << 8 | usize::from(*octet));
        if !(16..=LONGEST).contains(&length) {
            return Err(Broken);
        }
        if stream.len() < length {
            return Ok(None);
        }
        let mut pdu = stream.split_to(length).freeze();
        pdu.advance(4);
        Ok(Some(Self { id: pdu.get_u32(), status: pdu.get_u32(), sequence: pdu.get_u32(), body: pdu }))
    }

    /// Appends a PDU.
    pub(crate) fn put(out: &mut BytesMut, id: u32, status: u32, sequence: u32, body: &[u8]) {
        let length = u32::try_from(16 + body.len()).unwrap_or(u32::MAX);
        for number in [length, id, status, sequence] {
            out.put_u32(number);
        }
        out.put_slice(body);
    }
}

/// Reads the fields of a body in order. `None` where it is too short.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn octets(&mut self, many: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(many)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.octets(1)?.first().copied()
    }

    fn short(&mut self) -> Option<u16> {
        Some(u16::from(self.byte()?) << 8 | u16::from(self.byte()?))
    }

    /// A C-octet string of at most `most` octets with its NUL.
    fn string(&mut self, most: usize) -> Option<String> {
        let end = self.0.iter().take(most).position(|octet| *octet == 0)?;
        let text = self.octets(end)?;
        self.byte()?;
        Some(text.iter().copied().map(char::from).collect())
    }
}

/// What a bind says of who binds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bind {
    pub(crate) system_id: String,
    pub(crate) password: String,
}

impl Bind {
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let mut fields = Fields(body);
        Some(Self { system_id: fields.string(16)?, password: fields.string(9)? })
    }
}

/// A part's place among the parts of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) reference: u16,
    pub(crate) total: u8,
    pub(crate) number: u8,
}

/// What a `submit_sm` asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Submit {
    pub(crate) source_ton: u8,
    pub(crate) source: String,
    pub(crate) destination: String,
    pub(crate) wants_receipt: bool,
    pub(crate) data_coding: u8,
    pub(crate) place: Option<Place>,
    pub(crate) text: Vec<u8>,
}

impl Submit {
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let mut fields = Fields(body);
        let _service_type = fields.string(6)?;
        let (source_ton, _npi, source) = (fields.byte()?, fields.byte()?, fields.string(21)?);
        let (_ton, _npi, destination) = (fields.byte()?, fields.byte()?, fields.string(21)?);
        let esm_class = fields.byte()?;
        let (_protocol, _priority) = (fields.byte()?, fields.byte()?);
        let (_schedule, _validity) = (fields.string(17)?, fields.string(17)?);
        let registered_delivery = fields.byte()?;
        let (_replace, data_coding, _default) = (fields.byte()?, fields.byte()?, fields.byte()?);
        let length = fields.byte()?;
        let message = fields.octets(length.into())?;
        let sar = sar(fields);
        let (place, text) = if esm_class & 0x40 == 0 { (sar, message) } else { header(message)? };
        Some(Self {
            source_ton,
            source,
            destination,
            wants_receipt: registered_delivery & 0x03 != 0,
            data_coding,
            place,
            text: text.to_vec(),
        })
    }
}

/// The place that the TLVs name, if they do.
fn sar(mut fields: Fields<'_>) -> Option<Place> {
    let (mut reference, mut total, mut number) = (None, None, None);
    while let (Some(tag), Some(length)) = (fields.short(), fields.short()) {
        let mut value = Fields(fields.octets(length.into())?);
        match tag {
            SAR_MSG_REF_NUM => reference = value.short(),
            SAR_TOTAL_SEGMENTS => total = value.byte(),
            SAR_SEGMENT_SEQNUM => number = value.byte(),
            _ => {}
        }
    }
    Some(Place { reference: reference?, total: total?, number: number? })
}

/// The place that a header of the common form names, and the text behind it.
fn header(message: &[u8]) -> Option<(Option<Place>, &[u8])> {
    match message {
        [5, 0, 3, reference, total, number, text @ ..] => {
            let place = Place { reference: u16::from(*reference), total: *total, number: *number };
            Some((Some(place), text))
        }
        _ => None,
    }
}

/// What a `deliver_sm` brings.
pub(crate) struct Deliver<'a> {
    /// Who it is from: digits of an international number.
    pub(crate) source: &'a str,
    pub(crate) destination: &'a str,
    pub(crate) esm_class: u8,
    pub(crate) data_coding: u8,
    /// At most 255 octets.
    pub(crate) text: &'a [u8],
    /// For a receipt: the message's id and state.
    pub(crate) receipted: Option<(&'a str, u8)>,
}

impl Deliver<'_> {
    pub(crate) fn body(&self) -> Bytes {
        let mut body = BytesMut::with_capacity(128 + self.text.len());
        body.put_slice(&[0, 1, 1]);
        string(&mut body, self.source);
        body.put_slice(&[5, 0]);
        string(&mut body, self.destination);
        body.put_slice(&[self.esm_class, 0, 0, 0, 0, 0, 0, self.data_coding, 0]);
        let text = &self.text[..self.text.len().min(255)];
        body.put_u8(u8::try_from(text.len()).unwrap_or(u8::MAX));
        body.put_slice(text);
        if let Some((id, state)) = self.receipted {
            body.put_u16(RECEIPTED_MESSAGE_ID);
            body.put_u16(u16::try_from(id.len() + 1).unwrap_or(u16::MAX));
            string(&mut body, id);
            body.put_u16(MESSAGE_STATE);
            body.put_u16(1);
            body.put_u8(state);
        }
        body.freeze()
    }
}

/// Appends a C-octet string.
pub(crate) fn string(body: &mut BytesMut, text: &str) {
    body.put_slice(text.as_bytes());
    body.put_u8(0);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_bind_of_the_specification_is_read() {
        // The example of SMPP 3.4, 3.2.3.
        let octets = b"\x00\x00\x00\x2F\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x01SMPP3TEST\0secret08\0SUBMIT1\0\x50\x01\x01\0";
        let mut stream = BytesMut::from(&octets[..]);
        let pdu = Pdu::take(&mut stream).unwrap().unwrap();
        assert_eq!((pdu.id, pdu.sequence), (2, 1));
        let bind = Bind::read(&pdu.body);
        assert_eq!(bind, Some(Bind { system_id: "SMPP3TEST".into(), password: "secret08".into() }));
    }

    #[test]
    fn a_deliver_sm_is_read_by_the_clients_codec() {
        use tokio_util::codec::Decoder as _;
        let deliver = Deliver {
            source: "380671234567",
            destination: "Minsoc",
            esm_class: 4,
            data_coding: 0,
            text: b"id:7 stat:DELIVRD",
            receipted: Some(("7", 2)),
        };
        let mut stream = BytesMut::new();
        Pdu::put(&mut stream, DELIVER_SM, 0, 3, &deliver.body());
        let incoming = crate::codec::Wire.decode(&mut stream).unwrap().unwrap();
        let crate::codec::Incoming::Command(command) = incoming else { panic!("malformed") };
        let Some(rusmpp::Pdu::DeliverSm(read)) = command.pdu() else { panic!("not a deliver_sm") };
        assert_eq!((read.source_addr.as_str(), read.destination_addr.as_str()), ("380671234567", "Minsoc"));
        assert_eq!((u8::from(read.esm_class), read.tlvs().len()), (4, 2));
        assert_eq!(&read.short_message()[..], b"id:7 stat:DELIVRD");
    }

    proptest! {
        #[test]
        fn any_octets_are_read(octets: Vec<u8>) {
            let _ = Bind::read(&octets);
            let _ = Submit::read(&octets);
            let _ = Pdu::take(&mut BytesMut::from(&octets[..]));
        }
    }
}
