//! SMS over SMPP 3.4: one transceiver session with an SMSC for each route.
//!
//! - **Texts** go out in the GSM 7-bit alphabet where it can write them and in UTF-16 where not, in
//!   as many parts as they need; no character is split between two parts.
//! - **Sends** share a window of unanswered requests. What the SMSC does not answer in time, or
//!   before the connection breaks, is Ambiguous if it was written and Unavailable if it was not;
//!   request and session settle between them which of both it is. While there is no session, a send
//!   fails at once; while the bind is refused for our credentials, as Misconfigured.
//! - **Sessions**: every process binds, or one of all while it is its turn. Where the SMSC takes no more
//!   binds, other processes send and this one has no work, until a later try is taken.
//! - **A message of several parts** is accepted when all its parts are, and has as many references.
//!   If a later part is not accepted, the send is Ambiguous with that part's code.
//! - **Receipts and replies** are answered only after the gateway has committed them. More than the
//!   configured number are put off (`ESME_RX_T_APPN`), so memory stays bounded. A reply has no id in
//!   SMPP; a reply that comes again after a lost connection is known by its content as long as the
//!   process lives, and is a new one after a restart. The parts of a long reply are put together
//!   if they come within five seconds.

mod address;
mod backoff;
mod channel;
mod codec;
mod deliver;
mod fragments;
mod gsm7;
mod header;
mod inbox;
mod link;
mod reader;
mod receipt;
#[cfg(feature = "sandbox")]
pub mod sandbox;
mod session;
#[cfg(all(test, feature = "sandbox"))]
mod session_tests;
mod settings;
mod status;
mod submit;
mod text;
mod writer;

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicU16;

use rusmpp::pdus::BindTransceiver;
use rusmpp::types::COctetString;
use rusmpp::values::InterfaceVersion;
use secrecy::ExposeSecret;
use tokio::sync::{Semaphore, mpsc, watch};
use vestnik_contract::{Adapter, Capabilities, ChannelId, Server, Setup, SetupError, TextLength};

pub use address::ADDRESSES;
pub use settings::{AlphabetChoice, Concatenation, Sessions, Settings};

use crate::address::Source;
use crate::channel::{Events, Sms};
use crate::inbox::Inbox;
use crate::link::{Link, State};
use crate::session::Session;
use crate::submit::Composer;

/// How many acknowledged batches may wait to be written.
const ACKNOWLEDGED: usize = 16;

/// Builds a route. Nothing is connected before the adapter's driver runs; the driver ends, with an
/// unbind, when the adapter's channel is dropped. Errors name the setting that cannot be used.
pub fn connect(settings: Settings, setup: &Setup) -> Result<Adapter, SetupError> {
    settings.check()?;
    let spans = settings.spans();
    let source = Source::registered(&setup.sender.sms_sender)?;
    let window = usize::from(settings.window);
    let (requests, to_write) = mpsc::channel(window);
    let (acknowledged, to_answer) = mpsc::channel(ACKNOWLEDGED);
    let (state, seen) = watch::channel(State::Starting);
    let (turn, turns) = watch::channel(settings.sessions == Sessions::Each);
    let inbox = Arc::new(Inbox::new(settings.receive_window.into()));
    let server = Server { host: settings.host.clone(), port: settings.port };
    let channel = Sms {
        id: channel_id()?,
        capabilities: capabilities(&settings),
        composer: Composer::new(&settings, source),
        link: Link {
            requests,
            window: Arc::new(Semaphore::new(window)),
            state: seen,
            sessions: settings.sessions,
        },
        call_timeout: spans.call_timeout,
        clock: setup.clock.clone(),
        reference: AtomicU16::new(rand::random()),
        account: settings.system_id.clone(),
        server: server.clone(),
    };
    let session = Session {
        bind: bind(&settings)?,
        server,
        spans,
        gone_codes: settings.gone_codes,
        sessions: settings.sessions,
        turn: turns,
        requests: to_write,
        acknowledged: to_answer,
        state,
        inbox: inbox.clone(),
    };
    Ok(Adapter {
        channel: Arc::new(channel),
        callbacks: None,
        events: Some(Arc::new(Events { inbox, acknowledged })),
        driver: Some(Box::pin(session.run())),
        turn: (settings.sessions == Sessions::One).then_some(turn),
    })
}

fn channel_id() -> Result<ChannelId, SetupError> {
    ChannelId::new("sms").map_err(|error| SetupError::new("channel", error.to_string()))
}

fn capabilities(settings: &Settings) -> Capabilities {
    Capabilities {
        length: TextLength::Short,
        receipt_delivered: true,
        receipt_read: false,
        idempotent_resend: false,
        one_click_unsubscribe: false,
        per_second: settings.per_second,
        per_address_per_minute: None,
    }
}

fn bind(settings: &Settings) -> Result<BindTransceiver, SetupError> {
    let password = settings.password.resolve("password")?;
    let password = password.expose_secret();
    settings::ascii("password", password, 1, 8)?;
    Ok(BindTransceiver::builder()
        .system_id(octets("system_id", &settings.system_id)?)
        .password(octets("password", password)?)
        .system_type(octets("system_type", &settings.system_type)?)
        .interface_version(InterfaceVersion::Smpp3_4)
        .build())
}

/// A checked setting as the wire writes it.
fn octets<const MAX: usize>(setting: &'static str, text: &str) -> Result<COctetString<1, MAX>, SetupError> {
    COctetString::from_str(text).map_err(|error| SetupError::new(setting, error.to_string()))
}
