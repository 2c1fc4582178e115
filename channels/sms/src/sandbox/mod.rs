//! An SMSC that speaks SMPP 3.4 on a loopback port, with an encoder of its own.
//!
//! It takes any number of transceiver binds with one system id and password, puts the parts of long
//! messages together and shows them as one, gives each part a message id and a receipt (with text
//! and TLVs), brings citizens' replies, and keeps what was not answered for a later session. Its
//! memory is bounded: when 50,000 receipts wait, messages are refused with `ESME_RMSGQFUL`. Told to allow
//! fewer sessions, it refuses a bind too many with `ESME_RALYBND`.
//!
//! How faults look on this wire: `Throttle` 0x58 (SMPP names no wait), `Blocked` 0x0B,
//! `SoftUnreachable` 0xFE, `Rejected` 0x66, `ServerError` 0x08. `WrongToken` refuses the message
//! with 0x0E, unbinds, and refuses the next bind with 0x0E. A message of several parts meets one
//! fault, at its first part. What was accepted and cut has receipts in a later session, under ids
//! that the client never learnt.

mod connection;
mod desk;
mod letters;
mod tally;
pub(crate) mod wire;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use vestnik_contract::sandbox::{Faults, Sandbox, Screen};
use vestnik_contract::{ChannelId, ClockFn, Driver};

use desk::Desk;

/// How many connections are served at a time; more are closed.
const CONNECTIONS: usize = 256;

/// How to start an SMSC.
#[derive(Clone)]
pub struct Options {
    /// The loopback port to listen on; 0 for any that is free.
    pub port: u16,
    /// The account's name that a bind must give.
    pub system_id: String,
    /// The account's password, at most 8 characters.
    pub password: String,
    /// How many of the newest messages the screen keeps.
    pub keep: usize,
    /// Where the time comes from.
    pub clock: ClockFn,
}

/// The SMSC.
pub struct Smsc {
    desk: Arc<Desk>,
    cuts: watch::Sender<u64>,
}

impl Smsc {
    /// Listens on 127.0.0.1. The driver serves until it is dropped, and all connections end with it.
    pub async fn start(options: Options) -> io::Result<(Arc<Self>, Driver, SocketAddr)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let address = listener.local_addr()?;
        let channel = ChannelId::new("sms").map_err(io::Error::other)?;
        let account = (options.system_id, options.password);
        let desk = Arc::new(Desk::new(channel, account, options.keep, options.clock));
        let smsc = Arc::new(Self { desk: desk.clone(), cuts: watch::Sender::new(0) });
        let driver = Box::pin(run(listener, desk, smsc.cuts.clone()));
        Ok((smsc, driver, address))
    }

    /// Cuts all connections of now.
    pub fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Refuses the next `times` binds as if the password were wrong.
    pub fn refuse_binds(&self, times: u32) {
        self.desk.refuse_binds(times);
    }

    /// Allows so many sessions at a time, and no more. Those of now go on.
    pub fn allow_sessions(&self, at_most: usize) {
        self.desk.allow_sessions(at_most);
    }

    /// How many sessions there are.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.desk.sessions().now
    }

    /// How many sessions there were at most at a time.
    #[must_use]
    pub fn most_sessions(&self) -> usize {
        self.desk.sessions().most
    }

    /// How many binds were refused because there were as many sessions as it allows.
    #[must_use]
    pub fn sessions_refused(&self) -> u64 {
        self.desk.sessions().refused
    }

    /// The greatest number of `submit_sm` that came within one second, refused ones included.
    #[must_use]
    pub fn greatest_rate(&self) -> u64 {
        self.desk.greatest_rate()
    }
}

#[async_trait]
impl Sandbox for Smsc {
    fn channel(&self) -> &ChannelId {
        &self.desk.channel
    }

    fn screen(&self) -> &Screen {
        &self.desk.screen
    }

    fn faults(&self) -> &Faults {
        &self.desk.faults
    }

    async fn reply(&self, address: &str, text: &str) {
        self.desk.reply(address, text);
    }

    async fn block(&self, address: &str, blocked: bool) {
        self.desk.block(address, blocked);
    }

    /// SMS tells nobody that it was read; it is only shown as read.
    async fn read(&self, number: u64) {
        self.desk.screen.mark_read(number);
    }
}

async fn run(listener: TcpListener, desk: Arc<Desk>, cuts: watch::Sender<u64>) {
    tokio::select! {
        () = accept(listener, &desk, cuts) => {}
        () = turn_pages(&desk) => {}
    }
}

async fn accept(listener: TcpListener, desk: &Arc<Desk>, cuts: watch::Sender<u64>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if connections.len() < CONNECTIONS => {
                    let (desk, cuts) = (desk.clone(), cuts.subscribe());
                    connections.spawn(async move { connection::serve(&desk, stream, cuts).await });
                }
                Ok(_) => {}
                // Out of files or the like: it may pass.
                Err(_) => sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Makes late receipts due when their time comes.
async fn turn_pages(desk: &Desk) {
    loop {
        match desk.turn(Instant::now()) {
            Some(next) => tokio::select! {
                () = sleep_until(next) => {}
                () = desk.later.notified() => {}
            },
            None => desk.later.notified().await,
        }
    }
}
