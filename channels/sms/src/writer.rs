//! The writing half of a session.

use std::future::pending;
use std::io;

use futures_util::SinkExt as _;
use rusmpp::pdus::DeliverSmResp;
use rusmpp::{Command, CommandId, CommandStatus, Pdu};
use tokio::sync::{mpsc, watch};
use tokio::time::{Interval, MissedTickBehavior, interval, sleep};

use crate::inbox::Acknowledged;
use crate::link::{Request, State};
use crate::session::{Shared, Writer, turned};
use crate::settings::Spans;

/// The sequence number of the bind, the first of every session.
pub(crate) const BIND: u32 = 1;
/// The greatest sequence number (SMPP 3.4, 3.2).
const GREATEST: u32 = 0x7FFF_FFFF;
/// How many requests are put into one write at most.
const BATCH: usize = 64;

/// Sequence numbers after the bind; they begin again at 1 after the greatest.
#[derive(Debug)]
pub(crate) struct Sequence(u32);

impl Sequence {
    fn after_bind() -> Self {
        Self(BIND)
    }

    fn next(&mut self) -> u32 {
        self.0 = if self.0 >= GREATEST { 1 } else { self.0 + 1 };
        self.0
    }
}

/// What the writer of one session works with.
pub(crate) struct Writing<'a> {
    pub(crate) shared: &'a Shared<'a>,
    pub(crate) session: u64,
    pub(crate) spans: Spans,
    pub(crate) turn: &'a mut watch::Receiver<bool>,
    pub(crate) requests: &'a mut mpsc::Receiver<Request>,
    pub(crate) acknowledged: &'a mut mpsc::Receiver<Acknowledged>,
    pub(crate) answers: mpsc::Receiver<Command>,
}

/// What there is to write.
enum Next {
    Answer(Command),
    Acknowledged(Acknowledged),
    Request(Request),
    EnquireLink,
    /// The adapter was dropped.
    Unbind,
    /// It is the turn of another process.
    GiveWay,
}

impl Writing<'_> {
    /// Writes until the connection breaks or one side unbinds. After an unbind it waits for the
    /// reader to see the other side's end, but not for longer than a call.
    pub(crate) async fn write(mut self, mut writer: Writer) -> io::Result<()> {
        let mut sequence = Sequence::after_bind();
        let mut ticks = interval(self.spans.enquire_link);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.reset();
        loop {
            let next = self.next(&mut ticks).await;
            let mut parting = self.feed(&mut writer, &mut sequence, next).await?;
            for _ in 0..BATCH {
                match self.ready() {
                    Some(next) if !parting => parting = self.feed(&mut writer, &mut sequence, next).await?,
                    _ => break,
                }
            }
            writer.flush().await?;
            if parting {
                sleep(self.spans.call_timeout).await;
                return Ok(());
            }
        }
    }

    async fn next(&mut self, ticks: &mut Interval) -> Next {
        tokio::select! {
            Some(answer) = self.answers.recv() => Next::Answer(answer),
            Some(acknowledged) = self.acknowledged.recv() => Next::Acknowledged(acknowledged),
            request = self.requests.recv() => request.map_or(Next::Unbind, Next::Request),
            () = turned(self.turn, false) => Next::GiveWay,
            _ = ticks.tick() => Next::EnquireLink,
            else => pending().await,
        }
    }

    /// What can be written without waiting.
    fn ready(&mut self) -> Option<Next> {
        let answer = self.answers.try_recv().map(Next::Answer);
        let mut acknowledged = || self.acknowledged.try_recv().map(Next::Acknowledged);
        answer.or_else(|_| acknowledged()).or_else(|_| self.requests.try_recv().map(Next::Request)).ok()
    }

    /// Puts one thing into the write. `true` if nothing may follow it.
    async fn feed(&mut self, writer: &mut Writer, sequence: &mut Sequence, next: Next) -> io::Result<bool> {
        match next {
            Next::Answer(answer) => {
                let parting = matches!(answer.id(), CommandId::UnbindResp | CommandId::Unbind);
                writer.feed(answer).await?;
                return Ok(parting);
            }
            Next::Acknowledged(acknowledged) if acknowledged.session == self.session => {
                for number in acknowledged.sequences {
                    writer.feed(command(number, DeliverSmResp::default())).await?;
                }
            }
            // What an earlier session brought comes again.
            Next::Acknowledged(_) => {}
            Next::Request(request) => self.submit(writer, sequence.next(), request).await?,
            Next::EnquireLink => writer.feed(command(sequence.next(), Pdu::EnquireLink)).await?,
            Next::GiveWay => {
                self.shared.state.send_replace(State::StandingBy);
                writer.feed(command(sequence.next(), Pdu::Unbind)).await?;
                return Ok(true);
            }
            Next::Unbind => {
                writer.feed(command(sequence.next(), Pdu::Unbind)).await?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn submit(&self, writer: &mut Writer, number: u32, request: Request) -> io::Result<()> {
        if !request.ticket.write() {
            return Ok(());
        }
        self.shared.pending().insert(number, request.waiting);
        writer.feed(command(number, request.pdu)).await
    }
}

pub(crate) fn command(sequence: u32, pdu: impl Into<Pdu>) -> Command {
    Command::new(CommandStatus::EsmeRok, sequence, pdu)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_numbers_begin_again_after_the_greatest() {
        let mut sequence = Sequence::after_bind();
        assert_eq!((sequence.next(), sequence.next()), (2, 3));
        let mut sequence = Sequence(GREATEST - 1);
        assert_eq!((sequence.next(), sequence.next(), sequence.next()), (0x7FFF_FFFF, 1, 2));
    }
}
