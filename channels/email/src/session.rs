//! One SMTP session with the relay.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use data_encoding::BASE64;
use rustls::pki_types::ServerName;
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader,
};
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use vestnik_contract::{Obstacle, SendError, SendErrorKind, Server};

use crate::mail::Mail;
use crate::reply::{Lines, MAX_LINE, Reply};
use crate::settings::Encryption;
use crate::tls;
use crate::verdict::{self, Stage};

/// How long a session may rest and still be used; relays close theirs after a minute or more.
const MAX_REST: Duration = Duration::from_secs(30);

/// Where sessions lead.
pub(crate) struct Relay {
    pub(crate) server: Server,
    pub(crate) encryption: Encryption,
    pub(crate) connector: TlsConnector,
    pub(crate) name: ServerName<'static>,
    pub(crate) hello: String,
    pub(crate) login: Option<Login>,
}

/// As whom to log in.
pub(crate) struct Login {
    pub(crate) username: String,
    pub(crate) password: SecretString,
}

/// What the relay lacks.
#[derive(Debug, thiserror::Error)]
enum Lack {
    #[error("the relay offers no STARTTLS")]
    StartTls,
    #[error("the relay spoke on before TLS began")]
    Silence,
    #[error("the relay offers neither AUTH PLAIN nor AUTH LOGIN")]
    Auth,
}

impl From<Lack> for SendError {
    fn from(lack: Lack) -> Self {
        let obstacle = match lack {
            Lack::StartTls | Lack::Silence => Obstacle::Tls,
            Lack::Auth => Obstacle::Protocol,
        };
        Self::new(SendErrorKind::Misconfigured).obstacle(obstacle).source(lack)
    }
}

/// A connection, encrypted or not.
trait Wire: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Wire for T {}

/// An open session, ready for the next mail.
pub(crate) struct Session {
    wire: BufReader<Box<dyn Wire>>,
    offers: Offers,
    /// The last mail was begun and refused; the relay has to forget it first.
    begun: bool,
    /// Both sides agree on where they are.
    sound: bool,
    used: Instant,
}

impl Session {
    /// Connects, protects the connection as configured, greets and logs in.
    pub(crate) async fn open(relay: &Relay) -> Result<Self, SendError> {
        let tcp = relay.server.dial().await.map_err(disconnected)?;
        tcp.set_nodelay(true).map_err(disconnected)?;
        let mut session = match relay.encryption {
            Encryption::None => Self::over(Box::new(tcp)),
            Encryption::Tls => Self::over(encrypted(relay, Box::new(tcp)).await?),
            Encryption::Starttls => Self::over(Box::new(tcp)).into_encrypted(relay).await?,
        };
        if relay.encryption != Encryption::Starttls {
            session.done(Stage::Session).await?;
        }
        session.hello(&relay.hello).await?;
        if let Some(login) = &relay.login {
            session.login(login).await?;
        }
        Ok(session)
    }

    fn over(wire: Box<dyn Wire>) -> Self {
        let wire = BufReader::new(wire);
        Self { wire, offers: Offers::default(), begun: false, sound: true, used: Instant::now() }
    }

    /// STARTTLS (RFC 3207). Nothing that was said before it is kept: what was offered is asked for
    /// again, and a relay, or someone in between, that says more than it was asked is left.
    async fn into_encrypted(mut self, relay: &Relay) -> Result<Self, SendError> {
        self.done(Stage::Session).await?;
        self.hello(&relay.hello).await?;
        if !self.offers.starttls {
            return Err(Lack::StartTls.into());
        }
        self.command(Stage::Session, "STARTTLS").await?;
        if !self.wire.buffer().is_empty() {
            return Err(Lack::Silence.into());
        }
        Ok(Self::over(encrypted(relay, self.wire.into_inner()).await?))
    }

    async fn hello(&mut self, name: &str) -> Result<(), SendError> {
        let reply = self.command(Stage::Session, &format!("EHLO {name}")).await?;
        self.offers = Offers::read(&reply);
        Ok(())
    }

    /// AUTH PLAIN (RFC 4616) in one step, or LOGIN in three for relays that know no other.
    async fn login(&mut self, login: &Login) -> Result<(), SendError> {
        let (name, password) = (login.username.as_str(), login.password.expose_secret());
        if self.offers.plain {
            let token = BASE64.encode(format!("\0{name}\0{password}").as_bytes());
            self.command(Stage::Login, &format!("AUTH PLAIN {token}")).await?;
        } else if self.offers.login {
            self.go_on(Stage::Login, "AUTH LOGIN", 334).await?;
            self.go_on(Stage::Login, &BASE64.encode(name.as_bytes()), 334).await?;
            self.command(Stage::Login, &BASE64.encode(password.as_bytes())).await?;
        } else {
            return Err(Lack::Auth.into());
        }
        Ok(())
    }

    /// Hands one mail over. `stage` tells at every moment how far it has come, whether or not this
    /// call is waited for to its end.
    pub(crate) async fn send(&mut self, mail: &Mail, stage: &mut Stage) -> Result<(), SendError> {
        *stage = Stage::Sender;
        if self.begun {
            self.command(Stage::Sender, "RSET").await?;
        }
        self.begun = true;
        self.envelope(mail, stage).await?;
        *stage = Stage::Content;
        self.go_on(Stage::Content, "DATA", 354).await?;
        self.write(Stage::Content, &stuffed(&mail.content)).await?;
        *stage = Stage::Sent;
        self.write(Stage::Sent, b".\r\n").await?;
        self.done(Stage::Sent).await?;
        self.begun = false;
        self.used = Instant::now();
        Ok(())
    }

    /// MAIL and RCPT, in one go where the relay can (RFC 2920).
    async fn envelope(&mut self, mail: &Mail, stage: &mut Stage) -> Result<(), SendError> {
        let size = if self.offers.size { format!(" SIZE={}", mail.content.len()) } else { String::new() };
        let sender = format!("MAIL FROM:<{}>{size}", mail.from);
        let recipient = format!("RCPT TO:<{}>", mail.to);
        if !self.offers.pipelining {
            self.command(Stage::Sender, &sender).await?;
            *stage = Stage::Recipient;
            return self.command(Stage::Recipient, &recipient).await.map(drop);
        }
        self.write(Stage::Sender, format!("{sender}\r\n{recipient}\r\n").as_bytes()).await?;
        let of_sender = self.read(Stage::Sender).await?;
        *stage = Stage::Recipient;
        let of_recipient = self.read(Stage::Recipient).await?;
        self.accept(Stage::Sender, of_sender)?;
        self.accept(Stage::Recipient, of_recipient).map(drop)
    }

    /// Whether another mail can go over this session.
    pub(crate) fn is_sound(&self) -> bool {
        self.sound
    }

    /// Whether the relay has kept a resting session open and said nothing.
    pub(crate) async fn is_fresh(&mut self) -> bool {
        let wire = &mut self.wire;
        let silent =
            poll_fn(|context| Poll::Ready(Pin::new(&mut *wire).poll_fill_buf(context).is_pending())).await;
        silent && self.used.elapsed() < MAX_REST
    }

    /// Asks for nothing and says goodbye.
    pub(crate) async fn close(mut self) -> Result<(), SendError> {
        self.command(Stage::Session, "NOOP").await?;
        // Whether the relay says goodbye too is its own affair.
        let _ = self.command(Stage::Session, "QUIT").await;
        Ok(())
    }

    async fn command(&mut self, stage: Stage, line: &str) -> Result<Reply, SendError> {
        self.write(stage, format!("{line}\r\n").as_bytes()).await?;
        self.done(stage).await
    }

    /// A command that the relay answers by asking for more.
    async fn go_on(&mut self, stage: Stage, line: &str, code: u16) -> Result<(), SendError> {
        self.write(stage, format!("{line}\r\n").as_bytes()).await?;
        let reply = self.read(stage).await?;
        if reply.code == code { Ok(()) } else { Err(self.refuse(stage, &reply)) }
    }

    async fn done(&mut self, stage: Stage) -> Result<Reply, SendError> {
        let reply = self.read(stage).await?;
        self.accept(stage, reply)
    }

    fn accept(&mut self, stage: Stage, reply: Reply) -> Result<Reply, SendError> {
        if reply.is_done() { Ok(reply) } else { Err(self.refuse(stage, &reply)) }
    }

    /// After a refusal the session goes on, unless the relay is leaving (421), the two have lost
    /// each other, or a new login may help.
    fn refuse(&mut self, stage: Stage, reply: &Reply) -> SendError {
        let error = verdict::refused(stage, reply);
        let plain = (400..600).contains(&reply.code) && reply.code != 421;
        self.sound &= plain && error.kind() != SendErrorKind::Misconfigured;
        error
    }

    async fn write(&mut self, stage: Stage, bytes: &[u8]) -> Result<(), SendError> {
        let wire = self.wire.get_mut();
        let written = match wire.write_all(bytes).await {
            Ok(()) => wire.flush().await,
            Err(error) => Err(error),
        };
        written.map_err(|error| self.lost(stage, error))
    }

    async fn read(&mut self, stage: Stage) -> Result<Reply, SendError> {
        let mut lines = Lines::default();
        loop {
            let mut line = Vec::new();
            let limited = (&mut self.wire).take(MAX_LINE as u64).read_until(b'\n', &mut line).await;
            limited.map_err(|error| self.lost(stage, error))?;
            if !line.ends_with(b"\n") {
                return Err(self.lost(stage, io::ErrorKind::UnexpectedEof.into()));
            }
            match lines.push(&line) {
                Ok(Some(reply)) => return Ok(reply),
                Ok(None) => {}
                Err(garbled) => {
                    return Err(self.lost(stage, io::Error::new(io::ErrorKind::InvalidData, garbled)));
                }
            }
        }
    }

    fn lost(&mut self, stage: Stage, error: io::Error) -> SendError {
        self.sound = false;
        SendError::new(verdict::silence(stage)).obstacle(Obstacle::of(&error)).source(error)
    }
}

async fn encrypted(relay: &Relay, wire: Box<dyn Wire>) -> Result<Box<dyn Wire>, SendError> {
    match relay.connector.connect(relay.name.clone(), wire).await {
        Ok(encrypted) => Ok(Box::new(encrypted)),
        Err(error) if tls::is_distrust(&error) => {
            Err(SendError::new(SendErrorKind::Misconfigured).obstacle(Obstacle::Tls).source(error))
        }
        Err(error) => Err(disconnected(error)),
    }
}

fn disconnected(error: io::Error) -> SendError {
    SendError::new(verdict::silence(Stage::Session)).obstacle(Obstacle::of(&error)).source(error)
}

/// What the relay offers (RFC 5321, section 4.1.1.1), as far as it is used.
#[expect(clippy::struct_excessive_bools, reason = "each is an independent yes or no of the relay")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Offers {
    starttls: bool,
    pipelining: bool,
    size: bool,
    plain: bool,
    login: bool,
}

impl Offers {
    fn read(hello: &Reply) -> Self {
        let mut offers = Self::default();
        for line in hello.lines.iter().skip(1) {
            let line = line.to_ascii_uppercase();
            let mut words = line.split_whitespace();
            match words.next() {
                Some("STARTTLS") => offers.starttls = true,
                Some("PIPELINING") => offers.pipelining = true,
                Some("SIZE") => offers.size = true,
                Some("AUTH") => {
                    for word in words {
                        offers.plain |= word == "PLAIN";
                        offers.login |= word == "LOGIN";
                    }
                }
                _ => {}
            }
        }
        offers
    }
}

/// The content with every leading dot doubled (RFC 5321, section 4.5.2) and a line end at its end.
fn stuffed(content: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(content.len() + 64);
    for line in content.split_inclusive(|byte| *byte == b'\n') {
        if line.first() == Some(&b'.') {
            wire.push(b'.');
        }
        wire.extend_from_slice(line);
    }
    if !wire.ends_with(b"\r\n") {
        wire.extend_from_slice(b"\r\n");
    }
    wire
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_dots_are_doubled_and_nothing_else() {
        for (content, wire) in [
            ("a\r\n.b\r\n..\r\nc.d\r\n", "a\r\n..b\r\n...\r\nc.d\r\n"),
            (".\r\n", "..\r\n"),
            ("a", "a\r\n"),
            ("", "\r\n"),
        ] {
            assert_eq!(stuffed(content.as_bytes()), wire.as_bytes(), "{content:?}");
        }
    }

    #[test]
    fn offers_are_read_in_any_case_and_the_greeting_offers_nothing() {
        let lines = ["STARTTLS is my name", "pipelining", "SIZE 1000", "Auth CRAM-MD5 plain", "X-NEW"];
        let hello = Reply { code: 250, enhanced: None, lines: lines.map(str::to_owned).to_vec() };
        let expected = Offers { pipelining: true, size: true, plain: true, ..Offers::default() };
        assert_eq!(Offers::read(&hello), expected);
    }
}
