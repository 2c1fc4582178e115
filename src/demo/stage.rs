//! The stage: a whole gateway with the five sandboxes around it, and what can be done on it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use anyhow::{Context as _, anyhow, bail};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use url::Url;
use vestnik_contract::ChannelId;

use super::course::Board;
use super::folder::{Folder, random_name, text};
use super::phones::Phones;
use super::sandboxes::{LOOPBACK, Ports, Sandboxes, Started};
use super::story::{Act, Deed, Message, Story, registrations};
use crate::clock::LeapingClock;
use crate::config::sources::Sources;
use crate::config::{Loaded, Overrides};
use crate::domain::{CitizenId, CitizenKey, Entry, MeasureId};
use crate::gateway::{Gateway, open_ledger};
use crate::inbox::Inbox;
use crate::intake::{Arrived, Desk, Envelope, Proof};
use crate::ledger::registry::Registration;
use crate::ledger::store::{EntryRow, Position};
use crate::ledger::{Ledger, LedgerError, Rules};
use crate::lifecycle::Lifecycle;
use crate::web::{self, WebParts, WebState};

/// Everything that the demonstration plays on.
pub struct Stage {
    /// The day that is played.
    pub story: Story,
    /// What the registry said of the citizens.
    pub registrations: Vec<Registration>,
    /// The time.
    pub clock: LeapingClock,
    /// The citizens' phones, and the providers that reach them.
    pub phones: Phones,
    /// The ledger.
    pub ledger: Arc<Ledger>,
    /// The configuration in force.
    pub rules: Arc<Rules>,
    /// The portal inbox.
    pub inbox: Inbox,
    desk: Desk,
    keys: BTreeMap<CitizenKey, CitizenId>,
    board: watch::Sender<Board>,
    read_up_to: tokio::sync::Mutex<Position>,
    leaping: AtomicBool,
    /// Counts what changed on the stage.
    changes: watch::Sender<u64>,
    samples: AtomicU64,
}

/// What has to be kept until the end.
pub(super) struct Backstage {
    pub gateway: Gateway,
    /// The providers serve until this is dropped.
    pub providers: JoinSet<()>,
    /// Removed when it is dropped, after the ledger.
    pub folder: Folder,
}

/// Rows of the timeline read at once.
const PAGE: u32 = 500;

impl Stage {
    /// Starts the sandboxes and the gateway with its HTTP server, and registers the citizens.
    pub(super) async fn set(config: &Path, lifecycle: &Lifecycle) -> anyhow::Result<(Arc<Self>, Backstage)> {
        let story = Story::read()?;
        let clock = LeapingClock::new(story.begins);
        let folder = Folder::create()?;
        let listener = TcpListener::bind(LOOPBACK).await.context("a port of this machine")?;
        let public: Url = format!("http://{}/", listener.local_addr()?).parse()?;
        let Started { sandboxes, drivers, mut settings } =
            Sandboxes::start(&clock.clock(), &folder, &public, Ports::Free).await?;
        settings.extend(own_settings(&folder, &public)?);
        let loaded = Loaded::read(config, &settings)?;
        let sources = Arc::new(loaded.sources.clone());
        let back_pressure = loaded.gateway.back_pressure;
        let ledger = open_ledger(&loaded.gateway.ledger, &clock.clock()).await?;
        let gateway = Gateway::start(loaded, ledger, &clock.clock(), lifecycle)?;
        let parts = WebParts {
            ledger: gateway.ledger.clone(),
            rules: gateway.rules.clone(),
            sources: sources.clone(),
            clock: clock.clock(),
            callbacks: gateway.callbacks.clone(),
            client_address_header: None,
            back_pressure,
            metrics: None,
            probes: Vec::new(),
        };
        let router = web::router(WebState::new(parts));
        lifecycle.spawn("http", web::serve(listener, router, lifecycle.stopping()));
        let stage = Arc::new(Self::around(story, clock, sandboxes, &gateway, sources)?);
        stage.register().await?;
        Ok((stage, Backstage { gateway, providers: drivers, folder }))
    }

    fn around(
        story: Story,
        clock: LeapingClock,
        sandboxes: Sandboxes,
        gateway: &Gateway,
        sources: Arc<Sources>,
    ) -> anyhow::Result<Self> {
        let Gateway { ledger, rules, .. } = gateway;
        let registrations = registrations(rules)?;
        let desk = Desk::new(ledger.clone(), rules.clone(), sources);
        let key = |id: &CitizenId| (ledger.keys().citizen(id), id.clone());
        Ok(Self {
            phones: Phones::new(sandboxes, &story, &registrations),
            keys: registrations.iter().map(|one| key(&one.id)).collect(),
            story,
            registrations,
            clock,
            ledger: ledger.clone(),
            rules: rules.clone(),
            inbox: Inbox::new(ledger.clone()),
            desk,
            board: watch::Sender::default(),
            read_up_to: tokio::sync::Mutex::default(),
            leaping: AtomicBool::new(true),
            changes: watch::Sender::new(0),
            samples: AtomicU64::new(0),
        })
    }

    async fn register(&self) -> anyhow::Result<()> {
        for answer in self.ledger.register(&self.registrations, &self.rules).await? {
            answer.context("a sample citizen")?;
        }
        Ok(())
    }

    /// What became of every notification so far, and a way to hear of changes.
    #[must_use]
    pub fn board(&self) -> watch::Receiver<Board> {
        self.board.subscribe()
    }

    /// Publishes messages as their sources do.
    pub async fn publish(&self, messages: &[Message]) -> anyhow::Result<()> {
        self.board.send_modify(|board| messages.iter().for_each(|message| board.announce(message)));
        let arrived = messages.iter().map(|message| Arrived {
            body: message.body.as_bytes(),
            envelope: Envelope { proof: Proof::Source(Some(&message.reference.source)), routing_key: None },
            origin: "file",
        });
        let answers = self.desk.take(&arrived.collect::<Vec<_>>()).await?;
        for (message, answer) in messages.iter().zip(answers) {
            if let Err(refusal) = answer {
                bail!("{} is refused: {}", message.reference, refusal.detail);
            }
        }
        Ok(())
    }

    /// The first notification of this measure in the day's story, if there is any.
    #[must_use]
    pub fn sample(&self, measure: &MeasureId) -> Option<&Message> {
        let mut samples = self.story.moments.iter().flat_map(|moment| &moment.messages);
        samples.find(|message| message.tells.as_ref().is_some_and(|tells| tells.measure == *measure))
    }

    /// Publishes one more notification of this measure for a citizen, in the words of a sample.
    pub async fn publish_sample(&self, citizen: &CitizenId, measure: &MeasureId) -> anyhow::Result<()> {
        let sample = self.sample(measure).ok_or_else(|| anyhow!("no sample of this measure"))?;
        let mut body: Value = serde_json::from_str(&sample.body)?;
        let number = self.samples.fetch_add(1, Ordering::Relaxed) + 1;
        body["id"] = json!(format!("more-{number}"));
        body["citizen"] = json!(citizen);
        if let Some(fields) = body.as_object_mut() {
            // What made the sample special is left out.
            fields.retain(|name, _| {
                !matches!(name.as_str(), "expires_at" | "not_before" | "priority" | "type" | "replaces")
            });
        }
        self.publish(&[Message::read(&body.to_string())?]).await
    }

    /// A citizen does something.
    pub async fn act(&self, act: &Act) -> Result<(), LedgerError> {
        if let Deed::OpenInbox { entry } = &act.does {
            self.inbox.read(&act.citizen, *entry).await?;
        }
        self.phones.act(&act.citizen, &act.does, self.clock.now()).await;
        self.stir();
        Ok(())
    }

    /// Whether no receipt will come from a citizen's phone on a channel.
    #[must_use]
    pub fn is_silent(&self, citizen: CitizenKey, channel: &ChannelId) -> bool {
        self.keys.get(&citizen).is_some_and(|id| self.phones.is_silent(id, channel))
    }

    /// Tells of every change that somebody who looks at a phone or at the ledger could see.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Something changed.
    pub(super) fn stir(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Whether the clock leaps when nothing is left to do but wait.
    #[must_use]
    pub fn is_leaping(&self) -> bool {
        self.leaping.load(Ordering::Relaxed)
    }

    /// Lets the clock leap, or has it run at the pace of real time.
    pub fn set_leaping(&self, leaping: bool) {
        self.leaping.store(leaping, Ordering::Relaxed);
        self.stir();
    }

    /// Reads what the timeline has grown by; whether it has.
    pub(super) async fn look(&self) -> Result<bool, LedgerError> {
        let mut position = self.read_up_to.lock().await;
        let mut news = Vec::new();
        loop {
            let mut tx = self.ledger.store().read().await?;
            let rows = tx.entries_after(*position, None, PAGE).await?;
            let Some((last, _)) = rows.last() else { break };
            *position = *last;
            news.extend(rows.into_iter().map(|(_, row)| row));
        }
        if news.is_empty() {
            return Ok(false);
        }
        self.board.send_modify(|board| {
            for row in news {
                if let Ok(what) = serde_json::from_str(&row.what) {
                    let EntryRow { notification, reference, notice, at, .. } = row;
                    board.add(Entry { notification, reference, notice, at, what });
                }
            }
        });
        Ok(true)
    }

    /// Lets the clock leap, and tells everybody who waits for a moment.
    pub(super) fn leap_to(&self, at: Timestamp) {
        self.clock.leap_to(at);
        self.ledger.remind();
        self.stir();
    }
}

/// What the demonstration sets besides the providers: its own ledger, its own address.
fn own_settings(folder: &Folder, public: &Url) -> anyhow::Result<Overrides> {
    let mut settings = Overrides::default();
    let master_key = format!("{}{}", random_name(), random_name());
    settings.set("gateway.http.public_url", public.to_string());
    settings.set("gateway.ledger.sqlite", text(&folder.path("vestnik.db")));
    settings.set("gateway.ledger.master_key", folder.secret("master", &master_key)?);
    // A day that plays in seconds has no ten minutes to wait for what else may come, nor after an introduction.
    settings.set("policy.bundling.mode", "off");
    settings.set("policy.guard.mode", "off");
    settings.set("policy.introduction.mode", "off");
    Ok(settings)
}
