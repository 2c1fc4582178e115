//! The reading half of a session.

use std::hash::BuildHasher as _;
use std::ops::ControlFlow;

use futures_util::StreamExt as _;
use rusmpp::pdus::{DeliverSm, DeliverSmResp};
use rusmpp::{Command, CommandId, CommandStatus, Pdu};
use vestnik_contract::Obstacle;

use crate::codec::Incoming;
use crate::deliver;
use crate::inbox::Offered;
use crate::link::{Answer, State};
use crate::session::{Reader, Shared};
use crate::status;
use crate::writer::BIND;

/// Set in the `command_id` of every answer (SMPP 3.4, 5.1.2.1).
const ANSWER: u32 = 0x8000_0000;

/// Reads until the connection ends. It never waits for anything but the SMSC, so that both sides
/// can not wait for each other.
pub(crate) async fn read(shared: &Shared<'_>, mut reader: Reader) {
    while let Some(Ok(incoming)) = reader.next().await {
        shared.heard();
        let went_on = match incoming {
            Incoming::Command(command) => shared.hear(&command),
            Incoming::Malformed { id, sequence } => shared.puzzled(id, sequence),
        };
        if went_on.is_break() {
            return;
        }
    }
}

impl Shared<'_> {
    fn hear(&self, command: &Command) -> ControlFlow<()> {
        let sequence = command.sequence_number();
        match (command.id(), command.pdu()) {
            (CommandId::SubmitSmResp | CommandId::GenericNack | CommandId::EnquireLinkResp, _) => {
                self.settle(command)
            }
            (_, Some(Pdu::DeliverSm(deliver))) => self.delivered(sequence, deliver),
            (CommandId::EnquireLink, _) => {
                self.answer(sequence, CommandStatus::EsmeRok, Pdu::EnquireLinkResp)
            }
            (CommandId::Unbind, _) => self.part(sequence, Pdu::UnbindResp),
            (CommandId::UnbindResp, _) => ControlFlow::Break(()),
            (CommandId::AlertNotification, _) => ControlFlow::Continue(()),
            (other, _) => self.puzzled(other.into(), sequence),
        }
    }

    /// Hands an answer to who waits for it. One that nobody waits for came too late.
    fn settle(&self, command: &Command) -> ControlFlow<()> {
        let waiting = self.pending().remove(&command.sequence_number());
        let status = u32::from(command.status());
        let id = match command.pdu() {
            Some(Pdu::SubmitSmResp(answer)) => answer.message_id().as_str().to_owned(),
            _ => String::new(),
        };
        let Some(waiting) = waiting else { return ControlFlow::Continue(()) };
        waiting.answer(Answer { status, id });
        if status == status::NOT_BOUND {
            return self.part(BIND, Pdu::Unbind);
        }
        ControlFlow::Continue(())
    }

    fn delivered(&self, sequence: u32, deliver: &DeliverSm) -> ControlFlow<()> {
        let key = || format!("mo-{:032x}", rand::random::<u128>());
        let Some(heard) = deliver::understand(deliver, self.gone_codes, key) else {
            tracing::debug!("a deliver_sm of no use was answered and dropped");
            return self.answer(sequence, CommandStatus::EsmeRok, DeliverSmResp::default());
        };
        let fingerprint = self.fingerprints.hash_one(deliver);
        match self.inbox.offer(sequence, fingerprint, heard) {
            Offered::Kept => ControlFlow::Continue(()),
            Offered::Known => self.answer(sequence, CommandStatus::EsmeRok, DeliverSmResp::default()),
            Offered::Full => self.answer(sequence, CommandStatus::EsmeRxTAppn, DeliverSmResp::default()),
        }
    }

    /// One side parts: no new requests from now on; what is in flight may still be answered.
    fn part(&self, sequence: u32, pdu: Pdu) -> ControlFlow<()> {
        self.state.send_replace(State::Down(Some(Obstacle::Cut)));
        self.answer(sequence, CommandStatus::EsmeRok, pdu)
    }

    /// A PDU that was not understood. A `deliver_sm` is refused for good, since it would be no
    /// clearer when it comes again; an answer leaves its request without one.
    fn puzzled(&self, id: u32, sequence: u32) -> ControlFlow<()> {
        tracing::warn!(command_id = format!("0x{id:08X}"), "a PDU was not understood");
        if id & ANSWER != 0 {
            self.pending().remove(&sequence);
            return ControlFlow::Continue(());
        }
        match CommandId::from(id) {
            CommandId::DeliverSm => {
                self.answer(sequence, CommandStatus::EsmeRxPAppn, DeliverSmResp::default())
            }
            _ => self.answer(sequence, CommandStatus::EsmeRinvcmdid, Pdu::GenericNack),
        }
    }

    /// Gives the writer an answer to write. An SMSC that asks and asks and does not read what it is
    /// answered loses the session.
    fn answer(&self, sequence: u32, status: CommandStatus, pdu: impl Into<Pdu>) -> ControlFlow<()> {
        match self.answers.try_send(Command::new(status, sequence, pdu)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}
