//! The five providers' sides, on loopback ports of this machine, and the settings that point the
//! shipped configuration at them.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context as _;
use tokio::task::JoinSet;
use url::Url;
use vestnik_contract::sandbox::Sandbox;
use vestnik_contract::{ChannelId, Driver};
use vestnik_email::sandbox::EmailSandbox;
use vestnik_portal::sandbox::PortalSandbox;
use vestnik_sms::sandbox::Smsc;
use vestnik_telegram::sandbox::TelegramSandbox;
use vestnik_viber::sandbox::ViberSandbox;

use super::folder::{Folder, random_name, text};
use crate::clock::Clock;
use crate::config::Overrides;

/// Any free port of this machine.
pub(crate) const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// How many messages a screen keeps.
const KEEP: usize = 5_000;

/// The providers' sides.
pub struct Sandboxes {
    all: BTreeMap<ChannelId, Arc<dyn Sandbox>>,
    mail: Arc<EmailSandbox>,
}

/// The providers' sides as they were started.
pub(crate) struct Started {
    pub sandboxes: Sandboxes,
    /// They serve until this is dropped.
    pub drivers: JoinSet<()>,
    /// What points the configuration at them.
    pub settings: Overrides,
}

/// Where the providers' sides listen on this machine.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ports {
    /// Wherever there is room.
    Free,
    /// On five ports from this one on, in the order Viber, Telegram, SMS, email, portal.
    From(u16),
}

impl Ports {
    /// The next port; 0 takes any that is free.
    fn next(&mut self) -> u16 {
        match self {
            Self::Free => 0,
            Self::From(port) => std::mem::replace(port, port.saturating_add(1)),
        }
    }
}

/// The sandboxes while they are being started.
struct Opening<'a> {
    ports: Ports,
    clock: &'a Clock,
    folder: &'a Folder,
    settings: Overrides,
    all: BTreeMap<ChannelId, Arc<dyn Sandbox>>,
    drivers: JoinSet<()>,
}

impl Sandboxes {
    /// Starts all five. `public` is where they reach the gateway.
    pub(crate) async fn start(
        clock: &Clock,
        folder: &Folder,
        public: &Url,
        ports: Ports,
    ) -> anyhow::Result<Started> {
        let mut opening = Opening {
            ports,
            clock,
            folder,
            settings: Overrides::default(),
            all: BTreeMap::new(),
            drivers: JoinSet::new(),
        };
        opening.viber().await.context("the sandbox of Viber")?;
        opening.telegram().await.context("the sandbox of Telegram")?;
        opening.sms().await.context("the sandbox of the SMSC")?;
        let mail = opening.email(public).await.context("the sandbox of the mail relay")?;
        opening.portal(public).await.context("the sandbox of the portal")?;
        let Opening { settings, all, drivers, .. } = opening;
        Ok(Started { sandboxes: Self { all, mail }, drivers, settings })
    }

    /// The provider's side of a channel.
    #[must_use]
    pub fn get(&self, channel: &ChannelId) -> Option<&Arc<dyn Sandbox>> {
        self.all.get(channel)
    }

    /// All of them, by channel.
    pub fn iter(&self) -> impl Iterator<Item = (&ChannelId, &Arc<dyn Sandbox>)> {
        self.all.iter()
    }

    /// Where the "unsubscribe" of a mail with this number on the screen posts to.
    #[must_use]
    pub fn one_click(&self, number: u64) -> Option<Url> {
        self.mail.mail(number)?.one_click()
    }

    /// How many messages were ever accepted, on all channels.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.all.values().map(|sandbox| sandbox.screen().accepted()).sum()
    }
}

impl Opening<'_> {
    async fn viber(&mut self) -> anyhow::Result<()> {
        let token = random_name();
        let options = vestnik_viber::sandbox::SandboxOptions {
            listen: self.listen(),
            token: token.clone(),
            keep: KEEP,
            clock: self.clock.function(),
        };
        let (sandbox, driver, url) = ViberSandbox::start(options).await?;
        self.settings.set("channels.viber.routes.main.api_url", url.to_string());
        self.settings.set("channels.viber.routes.main.token", self.folder.secret("viber", &token)?);
        self.open(sandbox, driver);
        Ok(())
    }

    async fn telegram(&mut self) -> anyhow::Result<()> {
        let token = format!("100200300:{}", random_name());
        let options = vestnik_telegram::sandbox::SandboxOptions {
            listen: self.listen(),
            token: token.clone(),
            bot: "social_support_demo_bot".to_owned(),
            keep: KEEP,
            clock: self.clock.function(),
        };
        let (sandbox, driver, url) = TelegramSandbox::start(options).await?;
        self.settings.set("channels.telegram.routes.main.api_url", url.to_string());
        self.settings.set("channels.telegram.routes.main.token", self.folder.secret("telegram", &token)?);
        self.open(sandbox, driver);
        Ok(())
    }

    async fn sms(&mut self) -> anyhow::Result<()> {
        // A password of SMPP has at most eight characters.
        let password: String = random_name().chars().take(8).collect();
        let options = vestnik_sms::sandbox::Options {
            port: self.ports.next(),
            system_id: "vestnik".to_owned(),
            password: password.clone(),
            keep: KEEP,
            clock: self.clock.function(),
        };
        let (sandbox, driver, address) = Smsc::start(options).await?;
        self.point("sms", address);
        self.settings.set("channels.sms.routes.main.system_id", "vestnik");
        self.settings.set("channels.sms.routes.main.password", self.folder.secret("sms", &password)?);
        self.open(sandbox, driver);
        Ok(())
    }

    async fn email(&mut self, public: &Url) -> anyhow::Result<Arc<EmailSandbox>> {
        let (sandbox, driver, address) =
            EmailSandbox::listen(self.ports.next(), self.clock.function()).await?;
        let authority = self.folder.write("relay.pem", sandbox.certificate_pem())?;
        let password = self.folder.secret("email", vestnik_email::sandbox::PASSWORD)?;
        let returns = random_name();
        sandbox.hand_returns_to(public.join("callbacks/email/main")?, &returns);
        self.settings.set("channels.email.routes.main.returns.address", "returns@social-support.example");
        self.settings
            .set("channels.email.routes.main.returns.secret", self.folder.secret("returns", &returns)?);
        self.point("email", address);
        self.settings.set("channels.email.routes.main.tls", "starttls");
        self.settings.set("channels.email.routes.main.ca_file", text(&authority));
        self.settings.set("channels.email.routes.main.username", vestnik_email::sandbox::USERNAME);
        self.settings.set("channels.email.routes.main.password", password);
        self.open(sandbox.clone(), driver);
        Ok(sandbox)
    }

    async fn portal(&mut self, public: &Url) -> anyhow::Result<()> {
        let (sandbox, driver, address) =
            PortalSandbox::listen(self.ports.next(), self.clock.function()).await?;
        sandbox.call_back_to(public.join("callbacks/portal/main")?);
        let secret = self.folder.secret("portal", vestnik_portal::sandbox::SECRET)?;
        self.settings.set("channels.portal.routes.main.url", format!("http://{address}/notices"));
        self.settings.set("channels.portal.routes.main.secret", secret);
        self.open(sandbox, driver);
        Ok(())
    }

    fn listen(&mut self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.ports.next()))
    }

    fn point(&mut self, channel: &str, address: SocketAddr) {
        self.settings.set(&format!("channels.{channel}.routes.main.host"), address.ip().to_string());
        self.settings.set(&format!("channels.{channel}.routes.main.port"), i64::from(address.port()));
    }

    fn open(&mut self, sandbox: Arc<dyn Sandbox>, driver: Driver) {
        self.all.insert(sandbox.channel().clone(), sandbox);
        self.drivers.spawn(driver);
    }
}
