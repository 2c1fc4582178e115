//! The channel: one mail per message.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::ExposeSecret;
use tokio::time::timeout;
use vestnik_contract::{
    Accepted, Adapter, Address, Callbacks, Capabilities, Channel, ChannelId, ClockFn, Health, Measure,
    Message, Obstacle, SendError, SendErrorKind, Server, Setup, SetupError, TextLength,
};

use crate::address::{address, domain};
use crate::mail::{self, Author};
use crate::pool::Pool;
use crate::returned::Returned;
use crate::session::{Login, Relay};
use crate::settings::Settings;
use crate::tls;
use crate::verdict::{self, Stage};

/// The longest text that is sent, in characters: some thirty printed pages, and far below what any
/// relay takes.
const MAX_TEXT: u32 = 50_000;

/// Shorter ones can be guessed.
const SHORTEST_SECRET: usize = 16;

const CAPABILITIES: Capabilities = Capabilities {
    length: TextLength::Long,
    // SMTP ends when the relay takes the mail. What comes back is of the few that did not arrive.
    receipt_delivered: false,
    receipt_read: false,
    // A resend has the same Message-ID, but nothing obliges a mailbox to show it once.
    idempotent_resend: false,
    one_click_unsubscribe: true,
    per_second: None,
    per_address_per_minute: None,
};

/// Builds the adapter of one route. Reads the password and the certificate file; opens no
/// connection.
pub fn connect(settings: &Settings, setup: &Setup) -> Result<Adapter, SetupError> {
    settings.validate()?;
    let returns = settings.returns.as_ref();
    let author = Author::new(&setup.sender)?.returning_to(returns.map(|returns| returns.address.as_str()));
    let relay = Relay {
        server: Server { host: settings.host.clone(), port: settings.port() },
        encryption: settings.tls,
        connector: tls::connector(settings)?,
        name: tls::server_name(settings)?,
        hello: settings.hello_name.as_deref().and_then(domain).unwrap_or_else(|| author.domain().to_owned()),
        login: login(settings)?,
    };
    let email = Email {
        id: ChannelId::new("email").map_err(|_| SetupError::new("channel", "an id"))?,
        author,
        pool: Pool::new(relay, settings.max_connections),
        limit: Duration::from_secs(settings.call_timeout_seconds.into()),
        clock: setup.clock.clone(),
    };
    let callbacks = returned(settings)?;
    Ok(Adapter { channel: Arc::new(email), callbacks, events: None, driver: None, turn: None })
}

fn returned(settings: &Settings) -> Result<Option<Arc<dyn Callbacks>>, SetupError> {
    let Some(returns) = &settings.returns else { return Ok(None) };
    let secret = returns.secret.resolve("returns.secret")?;
    if secret.expose_secret().len() < SHORTEST_SECRET {
        return Err(SetupError::new("returns.secret", format!("{SHORTEST_SECRET} characters or more")));
    }
    Ok(Some(Arc::new(Returned::new(&secret))))
}

fn login(settings: &Settings) -> Result<Option<Login>, SetupError> {
    let (Some(username), Some(password)) = (&settings.username, &settings.password) else { return Ok(None) };
    Ok(Some(Login { username: username.clone(), password: password.resolve("password")? }))
}

struct Email {
    id: ChannelId,
    author: Author,
    pool: Pool,
    limit: Duration,
    clock: ClockFn,
}

impl Email {
    /// The same error, with the relay that was asked.
    fn at(&self, error: SendError) -> SendError {
        error.at(self.pool.server())
    }
}

fn late(kind: SendErrorKind) -> SendError {
    SendError::new(kind).obstacle(Obstacle::TimedOut)
}

#[async_trait]
impl Channel for Email {
    fn id(&self) -> &ChannelId {
        &self.id
    }

    fn capabilities(&self) -> &Capabilities {
        &CAPABILITIES
    }

    fn measure(&self, text: &str) -> Measure {
        let units = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        Measure { fits: units <= MAX_TEXT, segments: 1, units, limit: MAX_TEXT }
    }

    fn address(&self, text: &str) -> Option<Address> {
        address(text)
    }

    async fn send(&self, message: &Message) -> Result<Accepted, SendError> {
        let mail = mail::write(message, &self.author, (self.clock)())?;
        let mut stage = Stage::Session;
        let sent = timeout(self.limit, self.pool.send(&mail, &mut stage)).await;
        sent.unwrap_or_else(|_late| Err(late(verdict::silence(stage)))).map_err(|error| self.at(error))?;
        Ok(Accepted { references: vec![mail.reference] })
    }

    async fn probe(&self) -> Result<Health, SendError> {
        let probed = timeout(self.limit, self.pool.probe()).await;
        probed
            .unwrap_or_else(|_late| Err(late(SendErrorKind::Unavailable)))
            .map_err(|error| self.at(error))?;
        Ok(Health { account: None, balance: None })
    }
}
