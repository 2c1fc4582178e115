//! An installation for one measurement: folder, sandboxes, settings, and its part of the servers.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::net::TcpListener;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use reqwest::StatusCode;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;
use url::Url;
use vestnik_contract::sandbox::{Sandbox, Shown};

use super::Setup;
use super::bare_loop::{ORDERS, Orders};
use super::feed::Feed;
use super::load::{Place, SOURCE, citizens, number_of};
use super::process::{Order, Process};
use super::servers::{Addresses, Servers};
use super::shape::Shape;
use super::source::Way;
use super::stopwatch::Stopwatch;
use crate::clock::Clock;
use crate::config::{Loaded, Overrides};
use crate::demo::{Folder, LOOPBACK, Ports, Sandboxes, Started, random_name, text};

/// Everything that a measurement works with.
pub(super) struct Installation {
    config: PathBuf,
    folder: Folder,
    settings: Overrides,
    public: Url,
    pub servers: Option<Servers>,
    sandboxes: Sandboxes,
    /// The providers' sides serve until this is dropped.
    _providers: JoinSet<()>,
}

/// How long a gateway may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(30);

impl Installation {
    /// `servers` are not used for the embedded setup.
    pub async fn build(config: &Path, setup: Setup, servers: Option<&Addresses>) -> anyhow::Result<Self> {
        let folder = Folder::create().context("a temporary folder")?;
        let public: Url = format!("http://127.0.0.1:{}/", free_port()?).parse()?;
        let Started { sandboxes, drivers, mut settings } =
            Sandboxes::start(&Clock::system(), &folder, &public, Ports::Free).await?;
        settings.extend(own_settings(&folder, &public)?);
        settings.extend(lifted_limits());
        let servers = match setup {
            Setup::Embedded => {
                settings.set("gateway.ledger.sqlite", text(&folder.path("vestnik.db")));
                None
            }
            Setup::Bare | Setup::Cluster => {
                let addresses = servers.context("this setup needs PostgreSQL and RabbitMQ")?;
                Some(Servers::prepare(addresses, setup == Setup::Cluster).await?)
            }
        };
        if let (Setup::Cluster, Some(servers)) = (setup, &servers) {
            settings.extend(servers.settings(&folder)?);
        }
        let config = config.to_owned();
        Ok(Self { config, folder, settings, public, servers, sandboxes, _providers: drivers })
    }

    /// A command of this program on this installation.
    fn command(&self, arguments: &[&str]) -> anyhow::Result<Order> {
        Ok(Order::new(arguments, self.settings.to_environment())?.argument("--config").argument(&self.config))
    }

    pub async fn migrate(&self) -> anyhow::Result<()> {
        self.command(&["migrate"])?.run().await.map(drop)
    }

    /// Brings the citizens with these numbers.
    pub async fn import(&self, shape: Shape, numbers: Range<usize>) -> anyhow::Result<()> {
        for number in numbers.clone().filter(|number| shape.has_blocked(*number)) {
            self.viber()?.block(&Place::Viber.address(number), true).await;
        }
        let path = self.folder.path("citizens");
        let mut file = BufWriter::new(File::create(&path)?);
        for line in citizens(shape, numbers, Clock::system().now()) {
            file.write_all(line.as_bytes())?;
        }
        file.into_inner()?.sync_data()?;
        self.command(&["import"])?.argument(&path).run().await.map(drop)
    }

    /// A token that may publish and read statuses.
    pub async fn token(&self) -> anyhow::Result<String> {
        let arguments =
            ["token", "create", "--label", "benchmark", "--scope", "publish,status", "--source", SOURCE];
        self.command(&arguments)?.quiet().run().await
    }

    /// How the source publishes.
    pub fn way(&self, token: &str) -> anyhow::Result<Way> {
        Ok(match &self.servers {
            Some(servers) => Way::Broker(servers.broker.clone()),
            None => Way::Http { to: self.public.join("v1/notifications")?, token: token.to_owned() },
        })
    }

    /// Starts so many gateways and waits until they are ready. The first is the one that answers at the
    /// public address.
    pub async fn start_gateways(&self, replicas: usize) -> anyhow::Result<Vec<Process>> {
        let mut gateways = Vec::new();
        for replica in 0..replicas {
            let port = match replica {
                0 => self.public.port().context("a port")?,
                _ => free_port()?,
            };
            let listen = format!("127.0.0.1:{port}");
            let order = self.command(&["serve"])?.environment("VESTNIK__GATEWAY__HTTP__LISTEN", &listen);
            let mut gateway = order.environment("VESTNIK_LOG", "warn").start()?;
            until_ready(&format!("http://{listen}/readyz"), &mut gateway).await?;
            gateways.push(gateway);
        }
        Ok(gateways)
    }

    /// Starts the bare loop, with as many posts at once as the gateway's lane of Viber has.
    pub async fn start_bare_loop(&self) -> anyhow::Result<Process> {
        let servers = self.servers.as_ref().context("the bare loop takes from RabbitMQ")?;
        let settings = self.settings.to_environment();
        let (_, api) = settings
            .iter()
            .find(|(name, _)| name.ends_with("VIBER__ROUTES__MAIN__API_URL"))
            .context("the address of Viber's side")?;
        let loaded = Loaded::read(&self.config, &self.settings)?;
        let viber = loaded.channels.iter().find(|one| one.channel.as_str() == Place::Viber.channel());
        let orders = Orders {
            amqp: servers.amqp().clone(),
            prefix: servers.prefix.clone(),
            api: api.parse()?,
            token: std::fs::read_to_string(self.folder.path("viber"))?,
            concurrency: viber.context("the channel Viber")?.lane.concurrency.into(),
        };
        let order = Order::new(&["bench", "--bare-loop"], [])?;
        order.environment(ORDERS, &serde_json::to_string(&orders)?).start_speaking().await
    }

    /// What the source is told.
    pub fn feed(&self, token: &str, shape: Shape) -> anyhow::Result<Feed> {
        Ok(Feed::new(self.public.join("v1/status?limit=500")?, token, shape))
    }

    /// Notes when messages arrive on the providers' screens, until what is returned is dropped.
    pub fn watch_screens(&self, watch: &Arc<Stopwatch>) -> JoinSet<()> {
        let mut watching = JoinSet::new();
        for (_, sandbox) in self.sandboxes.iter() {
            let screen = sandbox.screen().watch();
            watching.spawn(note_arrivals(Arc::clone(sandbox), screen, Arc::clone(watch)));
        }
        watching
    }

    fn viber(&self) -> anyhow::Result<&Arc<dyn Sandbox>> {
        let mut all = self.sandboxes.iter();
        let found = all.find(|(channel, _)| channel.as_str() == Place::Viber.channel());
        found.map(|(_, sandbox)| sandbox).context("Viber's side")
    }

    /// Takes away what was made on the servers.
    pub async fn remove(self) -> anyhow::Result<()> {
        match self.servers {
            Some(servers) => servers.remove().await.context("what the benchmark made on the servers"),
            None => Ok(()),
        }
    }
}

async fn note_arrivals(sandbox: Arc<dyn Sandbox>, mut screen: Receiver<Shown>, watch: Arc<Stopwatch>) {
    let note = |shown: &Shown| {
        if let Some(number) = number_of(shown.channel.as_str(), &shown.address) {
            watch.arrive(number, shown.at);
        }
    };
    loop {
        match screen.recv().await {
            Ok(shown) => note(&shown),
            // What came too fast for us stands on the screen still.
            Err(RecvError::Lagged(_)) => sandbox.screen().messages(None).iter().for_each(note),
            Err(RecvError::Closed) => return,
        }
    }
}

async fn until_ready(address: &str, gateway: &mut Process) -> anyhow::Result<()> {
    let asking = async {
        loop {
            let answer = reqwest::get(address).await;
            if answer.is_ok_and(|answer| answer.status() == StatusCode::OK) {
                return anyhow::Ok(());
            }
            if gateway.has_ended()? {
                bail!("the gateway ended before it was ready");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(READY_WITHIN, asking).await.context("the gateway is not ready")?
}

fn own_settings(folder: &Folder, public: &Url) -> anyhow::Result<Overrides> {
    let mut settings = Overrides::default();
    let master_key = format!("{}{}", random_name(), random_name());
    settings.set("gateway.http.public_url", public.to_string());
    settings.set("gateway.ledger.master_key", folder.secret("master", &master_key)?);
    settings.set(&format!("sources.{SOURCE}.urgent"), true);
    // What waits for others or after an introduction on purpose would be measured as slow.
    settings.set("policy.bundling.mode", "off");
    settings.set("policy.guard.mode", "off");
    settings.set("policy.introduction.mode", "off");
    Ok(settings)
}

/// Without the limits that keep a provider from being overrun: what is measured is the gateway.
fn lifted_limits() -> Overrides {
    let mut settings = Overrides::default();
    for place in Place::ALL {
        settings.set(&format!("channels.{}.lane.per_second", place.channel()), 1_000_000);
    }
    settings
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind(LOOPBACK)?.local_addr()?.port())
}
