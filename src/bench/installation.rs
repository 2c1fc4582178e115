//! A gateway's installation for one measurement: folder, sandboxes, settings.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use reqwest::StatusCode;
use serde::Deserialize;
use tokio::task::JoinSet;
use url::Url;

use super::Setup;
use super::load::SOURCE;
use super::process::{Order, Process};
use super::servers::Servers;
use crate::clock::Clock;
use crate::config::Overrides;
use crate::demo::{Folder, LOOPBACK, Ports, Sandboxes, Started, random_name, text};

/// Everything that a measurement works with.
pub(super) struct Installation {
    pub folder: Folder,
    config: PathBuf,
    settings: Overrides,
    public: Url,
    servers: Option<Servers>,
    /// The providers' sides serve until this is dropped.
    _providers: JoinSet<()>,
}

impl Installation {
    pub async fn build(config: &Path, setup: &Setup) -> anyhow::Result<Self> {
        let folder = Folder::create().context("a temporary folder")?;
        let public: Url = format!("http://127.0.0.1:{}/", free_port()?).parse()?;
        let Started { drivers, mut settings, .. } =
            Sandboxes::start(&Clock::system(), &folder, &public, Ports::Free).await?;
        settings.extend(own_settings(&folder, &public)?);
        settings.extend(lifted_limits());
        let servers = match setup {
            Setup::Embedded => {
                settings.set("gateway.ledger.sqlite", text(&folder.path("vestnik.db")));
                None
            }
            Setup::Servers { postgres, amqp } => {
                let servers = Servers::prepare(postgres, amqp).await?;
                settings.extend(servers.settings(&folder)?);
                Some(servers)
            }
        };
        let config = config.to_owned();
        Ok(Self { folder, config, settings, public, servers, _providers: drivers })
    }

    /// A command of this program on this installation.
    pub fn command(&self, arguments: &[&str]) -> anyhow::Result<Order> {
        Ok(Order::new(arguments, self.settings.to_environment())?.argument("--config").argument(&self.config))
    }

    /// A token that may publish and read statuses.
    pub fn token(&self) -> anyhow::Result<String> {
        let arguments =
            ["token", "create", "--label", "benchmark", "--scope", "publish,status", "--source", SOURCE];
        self.command(&arguments)?.run()
    }

    /// The command that publishes a file as the source does.
    pub fn publish(&self, token: &str) -> anyhow::Result<Order> {
        let order = self.command(&["publish"])?;
        Ok(match &self.servers {
            // The address holds a password, which everybody could read on the command line.
            Some(servers) => order
                .argument("--prefix")
                .argument(&servers.prefix)
                .environment("VESTNIK_PUBLISH_TO", servers.amqp.as_str()),
            None => order.environment("VESTNIK_TOKEN", token).argument("--to").argument(self.public.as_str()),
        })
    }

    /// Waits until the gateway says that it is ready.
    pub async fn until_ready(&self, gateway: &mut Process, within: Duration) -> anyhow::Result<()> {
        let address = self.public.join("readyz")?;
        let asking = async {
            loop {
                let answer = reqwest::get(address.clone()).await;
                if answer.is_ok_and(|answer| answer.status() == StatusCode::OK) {
                    return anyhow::Ok(());
                }
                if gateway.has_ended()? {
                    bail!("the gateway ended before it was ready");
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(within, asking).await.context("the gateway is not ready")?
    }

    /// What the source is told.
    pub fn feed(&self, token: &str) -> anyhow::Result<Feed> {
        let address = self.public.join("v1/status?limit=500")?;
        Ok(Feed { client: reqwest::Client::new(), address, token: token.to_owned(), next: None, ended: 0 })
    }

    /// Takes away what was made on the servers.
    pub async fn remove(self) -> anyhow::Result<()> {
        match self.servers {
            Some(servers) => servers.remove().await,
            None => Ok(()),
        }
    }
}

/// The statuses, page by page.
pub(super) struct Feed {
    client: reqwest::Client,
    address: Url,
    token: String,
    next: Option<String>,
    ended: usize,
}

#[derive(Deserialize)]
struct Page {
    statuses: Vec<Status>,
    next: String,
}

#[derive(Deserialize)]
struct Status {
    #[serde(rename = "final")]
    is_final: bool,
    amended: bool,
}

impl Feed {
    /// How many notifications came to an end.
    pub fn ended(&self) -> usize {
        self.ended
    }

    /// Reads one page and tells whether there was anything new.
    pub async fn read_on(&mut self) -> anyhow::Result<bool> {
        let mut address = self.address.clone();
        if let Some(next) = &self.next {
            address.query_pairs_mut().append_pair("after", next);
        }
        let answer = self.client.get(address).bearer_auth(&self.token).send().await?;
        let page: Page = answer.error_for_status()?.json().await?;
        self.ended += page.statuses.iter().filter(|status| status.is_final && !status.amended).count();
        let news = self.next.as_ref() != Some(&page.next);
        self.next = Some(page.next);
        Ok(news)
    }
}

fn own_settings(folder: &Folder, public: &Url) -> anyhow::Result<Overrides> {
    let mut settings = Overrides::default();
    let master_key = format!("{}{}", random_name(), random_name());
    settings.set("gateway.http.listen", format!("127.0.0.1:{}", public.port().context("a port")?));
    settings.set("gateway.http.public_url", public.to_string());
    settings.set("gateway.ledger.master_key", folder.secret("master", &master_key)?);
    Ok(settings)
}

/// Without the limits that keep a provider from being overrun: what is measured is the gateway.
fn lifted_limits() -> Overrides {
    let mut settings = Overrides::default();
    for channel in ["viber", "telegram", "sms", "email", "portal"] {
        settings.set(&format!("channels.{channel}.lane.per_second"), 1_000_000);
    }
    settings
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind(LOOPBACK)?.local_addr()?.port())
}
