//! The providers' side of the five protocols, in the test's own process: they outlive every process
//! of the gateway. They have threads of their own, so that what a test does delays nothing that they count.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use url::Url;
use vestnik::clock::Clock;
use vestnik_contract::Driver;
use vestnik_contract::sandbox::{Sandbox, Shown};
use vestnik_email::sandbox::EmailSandbox;
use vestnik_portal::sandbox::PortalSandbox;
use vestnik_sms::sandbox::Smsc;
use vestnik_telegram::sandbox::TelegramSandbox;
use vestnik_viber::sandbox::ViberSandbox;

use crate::tier::until;

/// The channels, in the order of the shipped policy.
pub(crate) const CHANNELS: [&str; 5] = ["viber", "telegram", "sms", "email", "portal"];

const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
/// Messages on each screen: what a test counts must all be there.
const KEEP: usize = 200_000;
const VIBER_TOKEN: &str = "445da6az1s345z78-dazcczb2542zv51a-e0vc5fva17480im9";
const TELEGRAM_TOKEN: &str = "1234567890:an-end-to-end-token";
const SMSC_PASSWORD: &str = "s3cr3t";
const RETURNS_SECRET: &str = "an-end-to-end-secret-of-the-relay";

/// The secrets that the gateway is given, none of which its log may show.
pub(crate) const SECRETS: [&str; 6] = [
    VIBER_TOKEN,
    TELEGRAM_TOKEN,
    SMSC_PASSWORD,
    vestnik_email::sandbox::PASSWORD,
    vestnik_portal::sandbox::SECRET,
    RETURNS_SECRET,
];

/// The five providers.
pub(crate) struct Sandboxes {
    all: BTreeMap<&'static str, Arc<dyn Sandbox>>,
    pub(crate) mail: Arc<EmailSandbox>,
    pub(crate) smsc: Arc<Smsc>,
    /// Where each listens.
    pub(crate) addresses: BTreeMap<&'static str, SocketAddr>,
    _drivers: JoinSet<()>,
    _threads: Threads,
}

/// What the sandboxes run on. It ends without being waited for, as a test must not wait in its end.
#[derive(Default)]
struct Threads(Option<Runtime>);

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Sandboxes {
    /// Starts all five. `public` is where they reach the gateway.
    pub(crate) async fn start(public: &Url) -> Self {
        let threads = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let sandboxes = threads.spawn(Self::open(public.clone())).await.unwrap();
        Self { _threads: Threads(Some(threads)), ..sandboxes }
    }

    async fn open(public: Url) -> Self {
        let mut all = BTreeMap::<_, Arc<dyn Sandbox>>::new();
        let mut addresses = BTreeMap::new();
        let mut drivers = JoinSet::new();
        let mut open = |name, sandbox: Arc<dyn Sandbox>, driver: Driver, address: SocketAddr| {
            sandbox.screen().keep(KEEP);
            all.insert(name, sandbox);
            addresses.insert(name, address);
            drivers.spawn(driver);
        };
        let clock = || Clock::system().function();

        let options = vestnik_viber::sandbox::SandboxOptions {
            listen: ANY_PORT,
            token: VIBER_TOKEN.to_owned(),
            keep: KEEP,
            clock: clock(),
        };
        let (viber, driver, url) = ViberSandbox::start(options).await.unwrap();
        open("viber", viber, driver, address_of(&url));

        let options = vestnik_telegram::sandbox::SandboxOptions {
            listen: ANY_PORT,
            token: TELEGRAM_TOKEN.to_owned(),
            bot: "social_support_demo_bot".to_owned(),
            keep: KEEP,
            clock: clock(),
        };
        let (telegram, driver, url) = TelegramSandbox::start(options).await.unwrap();
        open("telegram", telegram, driver, address_of(&url));

        let options = vestnik_sms::sandbox::Options {
            port: 0,
            system_id: "vestnik".to_owned(),
            password: SMSC_PASSWORD.to_owned(),
            keep: KEEP,
            clock: clock(),
        };
        let (smsc, driver, address) = Smsc::start(options).await.unwrap();
        open("sms", smsc.clone(), driver, address);

        let (mail, driver, address) = EmailSandbox::listen(0, clock()).await.unwrap();
        mail.hand_returns_to(public.join("callbacks/email/main").unwrap(), RETURNS_SECRET);
        open("email", mail.clone(), driver, address);

        let (portal, driver, address) = PortalSandbox::listen(0, clock()).await.unwrap();
        portal.call_back_to(public.join("callbacks/portal/main").unwrap());
        open("portal", portal, driver, address);
        Self { all, mail, smsc, addresses, _drivers: drivers, _threads: Threads::default() }
    }

    /// The provider of a channel.
    pub(crate) fn of(&self, channel: &str) -> &Arc<dyn Sandbox> {
        &self.all[channel]
    }

    /// What points the shipped configuration at them; `folder` takes the relay's certificate.
    pub(crate) fn settings(&self, folder: &Path) -> Vec<(String, String)> {
        let authority = folder.join("relay.pem");
        std::fs::write(&authority, self.mail.certificate_pem()).unwrap();
        let mut settings = Vec::from(
            [
                ("VESTNIK_VIBER_TOKEN", VIBER_TOKEN),
                ("VESTNIK_TELEGRAM_TOKEN", TELEGRAM_TOKEN),
                ("VESTNIK_SMPP_PASSWORD", SMSC_PASSWORD),
                ("VESTNIK_SMTP_PASSWORD", vestnik_email::sandbox::PASSWORD),
                ("VESTNIK_PORTAL_SECRET", vestnik_portal::sandbox::SECRET),
                ("VESTNIK_RETURNS_SECRET", RETURNS_SECRET),
                (
                    "VESTNIK__CHANNELS__EMAIL__ROUTES__MAIN__RETURNS__ADDRESS",
                    "returns@social-support.example",
                ),
                ("VESTNIK__CHANNELS__EMAIL__ROUTES__MAIN__RETURNS__SECRET__ENV", "VESTNIK_RETURNS_SECRET"),
                ("VESTNIK__CHANNELS__EMAIL__ROUTES__MAIN__USERNAME", vestnik_email::sandbox::USERNAME),
                ("VESTNIK__CHANNELS__EMAIL__ROUTES__MAIN__CA_FILE", authority.to_str().unwrap()),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        for (channel, address) in &self.addresses {
            settings.extend(point(channel, *address));
        }
        settings
    }

    /// How many messages were ever taken, on all channels.
    pub(crate) fn taken(&self) -> u64 {
        self.all.values().map(|sandbox| sandbox.screen().accepted()).sum()
    }

    /// Waits until this many messages were taken, as long as more and more are.
    pub(crate) async fn until_taken(&self, count: u64) {
        let mut taken = self.taken();
        while taken < count {
            until("messages are sent", Duration::from_mins(1), async || self.taken() > taken).await;
            taken = self.taken();
        }
    }

    /// Everything that is shown on all phones.
    pub(crate) fn shown(&self) -> Vec<Shown> {
        self.all.values().flat_map(|sandbox| sandbox.screen().messages(None)).collect()
    }
}

/// The settings by which a channel finds its provider at this address.
pub(crate) fn point(channel: &str, address: SocketAddr) -> Vec<(String, String)> {
    let name = |key: &str| format!("VESTNIK__CHANNELS__{}__ROUTES__MAIN__{key}", channel.to_uppercase());
    match channel {
        "viber" | "telegram" => vec![(name("API_URL"), format!("http://{address}/"))],
        "portal" => vec![(name("URL"), format!("http://{address}/notices"))],
        _ => vec![(name("HOST"), address.ip().to_string()), (name("PORT"), address.port().to_string())],
    }
}

fn address_of(url: &Url) -> SocketAddr {
    *url.socket_addrs(|| None).unwrap().first().unwrap()
}
