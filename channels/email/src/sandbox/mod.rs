//! A mail relay to try the channel on: SMTP with STARTTLS and a login, mailboxes that take
//! everything, and misbehaviour on request. It reads commands and mails with code of its own.

mod mailbox;
mod returns;
mod server;

use std::collections::{HashSet, VecDeque};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use rcgen::generate_simple_self_signed;
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use url::Url;
use vestnik_contract::sandbox::{Faults, Sandbox, Screen};
use vestnik_contract::{ChannelId, ClockFn, Driver};

pub use mailbox::Mail;
use returns::Returns;

/// Who may log in to the sandbox.
pub const USERNAME: &str = "vestnik";
/// And with what.
pub const PASSWORD: &str = "sandbox-password";

/// How many mails stay on the screen, and how many are kept whole.
const KEEP: usize = 5_000;

/// The relay's side.
pub struct EmailSandbox {
    channel: ChannelId,
    screen: Screen,
    faults: Faults,
    clock: ClockFn,
    acceptor: TlsAcceptor,
    certificate: String,
    blocked: Mutex<HashSet<String>>,
    mails: Mutex<VecDeque<Mail>>,
    returns: Returns,
}

impl EmailSandbox {
    /// Listens on this port of 127.0.0.1 (0: any free one), in the clear until STARTTLS. It works
    /// while the driver runs.
    pub async fn listen(port: u16, clock: ClockFn) -> io::Result<(Arc<Self>, Driver, SocketAddr)> {
        Self::open(port, clock, false).await
    }

    /// The same with TLS from the first byte.
    pub async fn listen_tls(port: u16, clock: ClockFn) -> io::Result<(Arc<Self>, Driver, SocketAddr)> {
        Self::open(port, clock, true).await
    }

    async fn open(port: u16, clock: ClockFn, tls: bool) -> io::Result<(Arc<Self>, Driver, SocketAddr)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let (acceptor, certificate) = identity().map_err(io::Error::other)?;
        let sandbox = Arc::new(Self {
            channel: ChannelId::new("email").map_err(io::Error::other)?,
            screen: Screen::new(KEEP),
            faults: Faults::default(),
            clock,
            acceptor,
            certificate,
            blocked: Mutex::default(),
            mails: Mutex::default(),
            returns: Returns::default(),
        });
        let driver = Box::pin(server::run(listener, sandbox.clone(), tls));
        Ok((sandbox, driver, address))
    }

    /// The certificate of this run, for `localhost` and `127.0.0.1`, in PEM: what a `ca_file` needs
    /// to hold.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.certificate
    }

    /// The mail with this number on the screen, whole: for its headers and its HTML.
    #[must_use]
    pub fn mail(&self, number: u64) -> Option<Mail> {
        lock(&self.mails).iter().rev().find(|mail| mail.number == number).cloned()
    }

    /// The newest mail to this address, whole.
    #[must_use]
    pub fn newest(&self, address: &str) -> Option<Mail> {
        lock(&self.mails).iter().rev().find(|mail| mail.to == address).cloned()
    }

    /// Hands mail that comes back over to this URL from now on, with this secret. Until one is given it is
    /// dropped.
    pub fn hand_returns_to(&self, url: Url, secret: &str) {
        self.returns.hand_over_to(url, secret);
    }

    fn is_blocked(&self, address: &str) -> bool {
        lock(&self.blocked).contains(address)
    }

    /// Puts a mail into its mailbox and onto the screen.
    fn deliver(&self, mut mail: Mail) {
        let mut mails = lock(&self.mails);
        mail.number = self.screen.show(mail.shown(&self.channel, (self.clock)()));
        if mails.len() == KEEP {
            mails.pop_front();
        }
        mails.push_back(mail);
    }
}

/// A certificate and its key, made for this run.
fn identity() -> Result<(TlsAcceptor, String), Box<dyn std::error::Error + Send + Sync>> {
    let made = generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())?;
    Ok((TlsAcceptor::from(Arc::new(config)), made.cert.pem()))
}

#[async_trait]
impl Sandbox for EmailSandbox {
    fn channel(&self) -> &ChannelId {
        &self.channel
    }

    fn screen(&self) -> &Screen {
        &self.screen
    }

    fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The channel takes no replies: they go to the sender's mailbox, which is not ours.
    async fn reply(&self, _address: &str, _text: &str) {}

    /// A reader blocks a sender by calling the newest mail spam, and the provider's feedback loop tells so.
    async fn block(&self, address: &str, blocked: bool) {
        if !blocked {
            lock(&self.blocked).remove(address);
            return;
        }
        lock(&self.blocked).insert(address.to_owned());
        if let Some(mail) = self.newest(address) {
            self.returns.hand_over(returns::complaint(&mail)).await;
        }
    }

    /// Marks it on the screen; a relay tells nobody.
    async fn read(&self, number: u64) {
        self.screen.mark_read(number);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
