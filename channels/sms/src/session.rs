//! The session with the SMSC: one transceiver bind, opened again for as long as the adapter lives.
//!
//! All of it is one future, the adapter's driver. While bound, three parts of it run side by side:
//! one reads, one writes, one watches the time. They share the requests in flight and end together.

use std::collections::HashMap;
use std::future::pending;
use std::hash::RandomState;
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusmpp::pdus::BindTransceiver;
use rusmpp::{Command, CommandStatus, Pdu};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::codec::{FramedRead, FramedWrite};
use vestnik_contract::{Obstacle, Outage, Server};

use futures_util::{SinkExt as _, StreamExt as _};

use crate::backoff::Backoff;
use crate::codec::{Incoming, Wire};
use crate::inbox::{Acknowledged, Inbox};
use crate::link::{Request, State, Waiting};
use crate::settings::{Sessions, Spans};
use crate::status;
use crate::{reader, writer};

pub(crate) type Reader = FramedRead<OwnedReadHalf, Wire>;
pub(crate) type Writer = FramedWrite<OwnedWriteHalf, Wire>;

/// How many answers to the SMSC may wait to be written before it is taken for hostile.
const ANSWERS: usize = 1024;

/// Everything the session needs.
pub(crate) struct Session {
    pub(crate) server: Server,
    pub(crate) bind: BindTransceiver,
    pub(crate) spans: Spans,
    pub(crate) gone_codes: Vec<String>,
    pub(crate) sessions: Sessions,
    /// Whether it is our turn to have the session.
    pub(crate) turn: watch::Receiver<bool>,
    pub(crate) requests: mpsc::Receiver<Request>,
    pub(crate) acknowledged: mpsc::Receiver<Acknowledged>,
    pub(crate) state: watch::Sender<State>,
    pub(crate) inbox: Arc<Inbox>,
}

/// What the reader, the writer and the watch of one session share.
pub(crate) struct Shared<'a> {
    pub(crate) state: &'a watch::Sender<State>,
    pub(crate) inbox: &'a Inbox,
    pub(crate) gone_codes: &'a [String],
    pub(crate) fingerprints: &'a RandomState,
    /// Answers to the SMSC's own requests, for the writer.
    pub(crate) answers: mpsc::Sender<Command>,
    /// The requests that were written and not answered, by sequence number. No more than the window.
    pending: Mutex<HashMap<u32, Waiting>>,
    heard: Mutex<Instant>,
}

impl Shared<'_> {
    pub(crate) fn pending(&self) -> MutexGuard<'_, HashMap<u32, Waiting>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The SMSC gave a sign of life.
    pub(crate) fn heard(&self) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn quiet_for(&self) -> Duration {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}

/// Why a bind failed.
enum BindError {
    Io(io::Error),
    Refused(u32),
}

impl From<io::Error> for BindError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Session {
    /// Binds, serves, and binds again while it is our turn, until the adapter is dropped.
    pub(crate) async fn run(mut self) {
        let mut backoff = Backoff::new(self.spans.reconnect_first, self.spans.reconnect_max);
        let mut outage = Outage::new();
        let fingerprints = RandomState::new();
        for number in 1.. {
            if !*self.turn.borrow() {
                outage.over(Instant::now());
                if !self.stand_by().await {
                    return;
                }
            }
            match self.bind().await {
                None => return,
                Some(Ok((reader, writer))) => {
                    let began = Instant::now();
                    outage.over(began);
                    tracing::info!(server = %self.server, "bound to the SMSC");
                    self.serve(number, reader, writer, &fingerprints).await;
                    if self.requests.is_closed() {
                        return;
                    }
                    if !*self.turn.borrow() {
                        continue;
                    }
                    tracing::warn!(server = %self.server, "the session with the SMSC ended");
                    backoff.stood_for(began.elapsed());
                }
                Some(Err(failure)) => self.report(&failure, outage.failed(Instant::now())),
            }
            if !self.pause(backoff.next()).await {
                return;
            }
        }
    }

    /// Waits for our turn. `false` if the adapter was dropped meanwhile.
    async fn stand_by(&mut self) -> bool {
        self.state.send_replace(State::StandingBy);
        let Self { turn, requests, acknowledged, .. } = self;
        loop {
            tokio::select! {
                () = turned(turn, true) => break,
                // A request that comes now is dropped: it was not written.
                request = requests.recv() => if request.is_none() { return false },
                Some(_) = acknowledged.recv() => {}
            }
        }
        self.state.send_replace(State::Starting);
        true
    }

    fn report(&self, failure: &BindError, told: Option<Duration>) {
        if let Some(so_long) = told {
            self.tell(failure, so_long.as_secs());
        }
        self.state.send_replace(match failure {
            BindError::Io(error) => State::Down(Obstacle::of(error)),
            BindError::Refused(status) => State::Refused(*status),
        });
    }

    fn tell(&self, failure: &BindError, seconds: u64) {
        let server = &self.server;
        match failure {
            BindError::Io(error) => {
                let why = Obstacle::of(error);
                let why = why.map_or_else(|| error.kind().to_string(), |why| why.to_string());
                tracing::warn!(%server, why, seconds, "the SMSC cannot be reached; it is tried again and again");
            }
            BindError::Refused(code) => {
                let status = status::code(*code);
                match status::no_more_sessions(*code, self.sessions) {
                    Some(told) => {
                        tracing::warn!(%server, status, seconds, "{told}; nothing is sent from here, and it is tried again and again");
                    }
                    None => {
                        tracing::error!(%server, status, seconds, "the SMSC refuses our bind; it is tried again and again");
                    }
                }
            }
        }
    }

    /// Binds once; `None` if the adapter was dropped meanwhile: there is no session yet to say goodbye
    /// to, so nothing is waited for.
    async fn bind(&mut self) -> Option<Result<(Reader, Writer), BindError>> {
        let Self { server, bind, spans, requests, .. } = self;
        let mut bound = pin!(timeout(spans.call_timeout, try_bind(server, bind)));
        loop {
            tokio::select! {
                bound = &mut bound => {
                    let late = |_| Err(io::Error::from(io::ErrorKind::TimedOut).into());
                    return Some(bound.unwrap_or_else(late));
                }
                // A request that comes now is dropped: it was not written.
                request = requests.recv() => drop(request?),
            }
        }
    }

    /// One session, from its bind to its end. Whatever was in flight is then dropped, which answers
    /// it, and only after the state says that there is no session any more.
    async fn serve(&mut self, number: u64, reader: Reader, writer: Writer, fingerprints: &RandomState) {
        let (answers, to_answer) = mpsc::channel(ANSWERS);
        self.inbox.begin(number);
        self.state.send_replace(State::Bound);
        let shared = Shared {
            state: &self.state,
            inbox: &self.inbox,
            gone_codes: &self.gone_codes,
            fingerprints,
            answers,
            pending: Mutex::default(),
            heard: Mutex::new(Instant::now()),
        };
        let writing = writer::Writing {
            shared: &shared,
            session: number,
            spans: self.spans,
            turn: &mut self.turn,
            requests: &mut self.requests,
            acknowledged: &mut self.acknowledged,
            answers: to_answer,
        };
        tokio::select! {
            () = reader::read(&shared, reader) => {}
            _ = writing.write(writer) => {}
            () = watch(&shared, self.spans) => {}
        }
        let ours = *self.turn.borrow();
        self.state.send_replace(if ours { State::Down(Some(Obstacle::Cut)) } else { State::StandingBy });
        self.inbox.end();
        shared.pending().clear();
        while self.requests.try_recv().is_ok() {}
    }

    /// Waits before the next try, while it is our turn. `false` if the adapter was dropped meanwhile.
    async fn pause(&mut self, wait: Duration) -> bool {
        let Self { turn, requests, acknowledged, .. } = self;
        let until = Instant::now() + wait;
        loop {
            tokio::select! {
                () = sleep_until(until) => return true,
                () = turned(turn, false) => return true,
                // A request that comes now is dropped: it was not written.
                request = requests.recv() => if request.is_none() { return false },
                Some(_) = acknowledged.recv() => {}
            }
        }
    }
}

/// Waits until it is our turn, or is not any more. What nobody changes stays as it is.
pub(crate) async fn turned(turn: &mut watch::Receiver<bool>, ours: bool) {
    if turn.wait_for(|now| *now == ours).await.is_err() {
        pending::<()>().await;
    }
}

async fn try_bind(server: &Server, bind: &BindTransceiver) -> Result<(Reader, Writer), BindError> {
    let stream = server.dial().await?;
    stream.set_nodelay(true)?;
    let (read, write) = stream.into_split();
    let (mut reader, mut writer) = (FramedRead::new(read, Wire), FramedWrite::new(write, Wire));
    let bind = Command::new(CommandStatus::EsmeRok, writer::BIND, bind.clone());
    writer.send(bind).await?;
    // An SMSC may ask or bring things before it has answered; they come again.
    while let Some(incoming) = reader.next().await {
        let Incoming::Command(command) = incoming? else { continue };
        let answers = matches!(command.pdu(), Some(Pdu::BindTransceiverResp(_) | Pdu::GenericNack) | None);
        if answers && command.sequence_number() == writer::BIND {
            return match u32::from(command.status()) {
                status::OK => Ok((reader, writer)),
                status => Err(BindError::Refused(status)),
            };
        }
    }
    Err(io::Error::from(io::ErrorKind::UnexpectedEof).into())
}

/// Ends when the SMSC was quiet for too long. Until then it gives back the places of the window that
/// are held for requests nobody waits for any more, and ends the wait of parts of replies.
async fn watch(shared: &Shared<'_>, spans: Spans) {
    let patience = spans.enquire_link + spans.call_timeout;
    let mut ticks = tokio::time::interval(spans.call_timeout.min(Duration::from_secs(1)) / 4);
    while shared.quiet_for() < patience {
        ticks.tick().await;
        shared.pending().retain(|_, waiting| !waiting.given_up());
        shared.inbox.give_up_waiting(Instant::now());
    }
}
