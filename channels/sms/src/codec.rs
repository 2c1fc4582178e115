//! PDUs on a stream of octets: rusmpp's codec behind a frame of our own.
//!
//! The frame keeps a PDU that cannot be understood from taking the rest of the stream with it: it
//! is cut out by its length, named by its header, and can be answered.

use std::io;

use bytes::{Buf, BytesMut};
use rusmpp::Command;
use rusmpp::tokio_codec::{CommandCodec, EncodeError};
use tokio_util::codec::{Decoder, Encoder};

/// Length, id, status and sequence number, four octets each (SMPP 3.4, 3.2).
const HEADER: usize = 16;
/// The longest PDU that we read: a `message_payload` of 64 KiB and its fields.
const LONGEST: usize = 70_000;

/// A PDU that came.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// Understood.
    Command(Box<Command>),
    /// Not understood; its header says this.
    Malformed {
        /// `command_id`
        id: u32,
        /// `sequence_number`
        sequence: u32,
    },
}

/// Cuts a stream into PDUs. An error is an end: the stream has lost its rhythm.
#[derive(Debug, Default)]
pub(crate) struct Wire;

impl Decoder for Wire {
    type Item = Incoming;
    type Error = io::Error;

    fn decode(&mut self, stream: &mut BytesMut) -> io::Result<Option<Incoming>> {
        let Some(mut header) = stream.get(..HEADER) else { return Ok(None) };
        let length = usize::try_from(header.get_u32()).unwrap_or(usize::MAX);
        if !(HEADER..=LONGEST).contains(&length) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a PDU of an impossible length"));
        }
        if stream.len() < length {
            stream.reserve(length - stream.len());
            return Ok(None);
        }
        let (id, _status, sequence) = (header.get_u32(), header.get_u32(), header.get_u32());
        let mut pdu = stream.split_to(length);
        let understood = CommandCodec::new().without_max_length().decode(&mut pdu);
        Ok(Some(match understood {
            Ok(Some(command)) => Incoming::Command(command.into()),
            _ => Incoming::Malformed { id, sequence },
        }))
    }
}

impl Encoder<Command> for Wire {
    type Error = io::Error;

    fn encode(&mut self, command: Command, stream: &mut BytesMut) -> io::Result<()> {
        CommandCodec::new().encode(command, stream).map_err(|error| match error {
            EncodeError::Io(error) => error,
            _ => io::Error::other("a PDU that cannot be written"),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rusmpp::{CommandStatus, Pdu};

    use super::*;

    fn pdu(id: u32, sequence: u32, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(HEADER + body.len()).unwrap();
        let header = [length, id, 0, sequence].map(u32::to_be_bytes).concat();
        [header, body.to_vec()].concat()
    }

    #[test]
    fn a_pdu_that_is_not_understood_leaves_the_next_one_whole() {
        let mut stream = BytesMut::new();
        stream.extend(pdu(0x0000_0005, 7, b"\xFF\xFF not a deliver_sm"));
        stream.extend(pdu(0x0000_0015, 8, b""));
        let first = Wire.decode(&mut stream).unwrap();
        assert!(matches!(first, Some(Incoming::Malformed { id: 5, sequence: 7 })), "{first:?}");
        let second = Wire.decode(&mut stream).unwrap();
        assert!(matches!(second, Some(Incoming::Command(it)) if it.pdu() == Some(&Pdu::EnquireLink)));
        assert!(Wire.decode(&mut stream).unwrap().is_none());
    }

    #[test]
    fn a_refusal_may_come_without_a_body() {
        let mut stream = BytesMut::from(&pdu(0x8000_0004, 9, b"")[..]);
        stream[11] = 0x58;
        let Some(Incoming::Command(command)) = Wire.decode(&mut stream).unwrap() else { panic!("malformed") };
        assert_eq!((command.status(), command.sequence_number()), (CommandStatus::EsmeRthrottled, 9));
    }

    #[test]
    fn impossible_lengths_end_the_stream() {
        for length in [0u32, 15, 70_001, u32::MAX] {
            let mut stream = BytesMut::from(&[length.to_be_bytes(), [0; 4], [0; 4], [0; 4]].concat()[..]);
            assert!(Wire.decode(&mut stream).is_err(), "{length}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn any_body_of_any_pdu_is_read(
            id in prop_oneof![Just(5u32), Just(0x103), Just(0x8000_0004), Just(0x8000_0009), any::<u32>()],
            zeros in 0usize..24,
            body in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let body = [vec![0; zeros], body].concat();
            let mut stream = BytesMut::from(&pdu(id, 1, &body)[..]);
            prop_assert!(Wire.decode(&mut stream).unwrap().is_some());
            prop_assert!(stream.is_empty());
        }
    }
}
