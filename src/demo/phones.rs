//! The citizens' phones: what they show, and what citizens do with them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tracing::warn;
use vestnik_contract::ChannelId;
use vestnik_contract::sandbox::{Fault, FaultRule, Shown};

use super::sandboxes::Sandboxes;
use super::story::{Deed, Story, TroubleKind};
use crate::domain::CitizenId;
use crate::ledger::registry::Registration;

/// The channels that are gone while the phone is switched off.
const ON_THE_PHONE: [&str; 3] = ["viber", "telegram", "sms"];

/// All phones, and the providers that reach them.
pub struct Phones {
    sandboxes: Sandboxes,
    addresses: HashMap<(CitizenId, ChannelId), String>,
    owners: BTreeMap<(ChannelId, String), CitizenId>,
    states: Mutex<HashMap<CitizenId, Phone>>,
    client: reqwest::Client,
}

/// How one phone stands.
#[derive(Debug, Clone, Default)]
pub struct Phone {
    /// It is switched off: nothing arrives, and no receipt comes from it.
    pub off: bool,
    /// Where we are blocked.
    pub blocked: BTreeSet<ChannelId>,
    /// What the citizen wrote to us, the oldest first.
    pub written: Vec<Written>,
}

/// What a citizen wrote to us.
#[derive(Debug, Clone)]
pub struct Written {
    /// On which channel.
    pub channel: ChannelId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub text: String,
}

impl Phones {
    /// The phones of these citizens, as they stand when the story begins.
    pub(super) fn new(sandboxes: Sandboxes, story: &Story, registered: &[Registration]) -> Self {
        let places = || {
            registered.iter().flat_map(|citizen| {
                citizen
                    .addresses
                    .iter()
                    .map(|new| (citizen.id.clone(), new.channel.clone(), new.address.expose().to_owned()))
            })
        };
        let phones = Self {
            sandboxes,
            addresses: places().map(|(id, channel, address)| ((id, channel), address)).collect(),
            owners: places().map(|(id, channel, address)| ((channel, address), id)).collect(),
            states: Mutex::default(),
            client: reqwest::Client::new(),
        };
        phones.prepare(story);
        phones
    }

    fn prepare(&self, story: &Story) {
        for trouble in &story.troubles {
            let fault = trouble.kind.fault();
            self.misbehave(&trouble.citizen, &trouble.channel, fault, trouble.times);
            if trouble.kind == TroubleKind::Blocked {
                self.phone(&trouble.citizen, |phone| phone.blocked.insert(trouble.channel.clone()));
            }
        }
        for person in story.people.iter().filter(|person| person.phone_off) {
            self.switch(&person.id, true);
        }
    }

    /// The providers.
    #[must_use]
    pub fn sandboxes(&self) -> &Sandboxes {
        &self.sandboxes
    }

    /// Whose address it is.
    #[must_use]
    pub fn owner(&self, channel: &ChannelId, address: &str) -> Option<&CitizenId> {
        self.owners.get(&(channel.clone(), address.to_owned()))
    }

    /// A citizen's address on a channel.
    #[must_use]
    pub fn address(&self, citizen: &CitizenId, channel: &ChannelId) -> Option<&str> {
        self.addresses.get(&(citizen.clone(), channel.clone())).map(String::as_str)
    }

    /// How a citizen's phone stands.
    #[must_use]
    pub fn of(&self, citizen: &CitizenId) -> Phone {
        self.lock().get(citizen).cloned().unwrap_or_default()
    }

    /// Whether no receipt will come from a citizen's phone on a channel.
    #[must_use]
    pub fn is_silent(&self, citizen: &CitizenId, channel: &ChannelId) -> bool {
        ON_THE_PHONE.contains(&channel.as_str()) && self.of(citizen).off
    }

    /// What a citizen was sent on a channel, the oldest first.
    #[must_use]
    pub fn messages(&self, citizen: &CitizenId, channel: &ChannelId) -> Vec<Shown> {
        let place = self.sandboxes.get(channel).zip(self.address(citizen, channel));
        place.map_or_else(Vec::new, |(sandbox, address)| sandbox.screen().messages(Some(address)))
    }

    /// A citizen does something with the phone.
    pub async fn act(&self, citizen: &CitizenId, deed: &Deed, now: Timestamp) {
        match deed {
            Deed::Read { channel, number } => self.read(citizen, channel, *number).await,
            Deed::Reply { channel, text } => self.reply(citizen, channel, text, now).await,
            Deed::Block { channel } => self.block(citizen, channel, true).await,
            Deed::Unblock { channel } => self.block(citizen, channel, false).await,
            Deed::SwitchOff => self.switch(citizen, true),
            Deed::SwitchOn => self.switch(citizen, false),
            Deed::Unsubscribe { number } => self.unsubscribe(*number).await,
            // The inbox is no phone's.
            Deed::OpenInbox { .. } => {}
        }
    }

    async fn read(&self, citizen: &CitizenId, channel: &ChannelId, number: Option<u64>) {
        let messages = self.messages(citizen, channel);
        let asked = |shown: &&Shown| number.is_none_or(|number| shown.number == number);
        let found = messages.iter().rev().find(asked);
        if let (Some(sandbox), Some(shown)) = (self.sandboxes.get(channel), found) {
            sandbox.read(shown.number).await;
        }
    }

    async fn reply(&self, citizen: &CitizenId, channel: &ChannelId, text: &str, now: Timestamp) {
        let (Some(sandbox), Some(address)) = (self.sandboxes.get(channel), self.address(citizen, channel))
        else {
            return;
        };
        let written = Written { channel: channel.clone(), at: now, text: text.to_owned() };
        self.phone(citizen, |phone| phone.written.push(written));
        sandbox.reply(address, text).await;
    }

    /// What a mail program does (RFC 8058, section 3.2).
    async fn unsubscribe(&self, number: u64) {
        if let Some(url) = self.sandboxes.one_click(number) {
            let sent = self.client.post(url).form(&[("List-Unsubscribe", "One-Click")]).send().await;
            if let Err(error) = sent {
                warn!(error = &error.without_url() as &dyn std::error::Error, "the unsubscribe address");
            }
        }
    }

    async fn block(&self, citizen: &CitizenId, channel: &ChannelId, blocked: bool) {
        let (Some(sandbox), Some(address)) = (self.sandboxes.get(channel), self.address(citizen, channel))
        else {
            return;
        };
        self.phone(citizen, |phone| {
            if blocked { phone.blocked.insert(channel.clone()) } else { phone.blocked.remove(channel) }
        });
        if !blocked {
            sandbox.faults().forget(address);
        }
        sandbox.block(address, blocked).await;
    }

    fn switch(&self, citizen: &CitizenId, off: bool) {
        self.phone(citizen, |phone| phone.off = off);
        for (channel, sandbox) in self.sandboxes.iter() {
            if let Some(address) = self.address(citizen, channel)
                && ON_THE_PHONE.contains(&channel.as_str())
            {
                sandbox.faults().forget(address);
                if off {
                    self.misbehave(citizen, channel, Fault::NoReceipt, None);
                }
            }
        }
    }

    fn misbehave(&self, citizen: &CitizenId, channel: &ChannelId, fault: Fault, times: Option<u32>) {
        if let (Some(sandbox), Some(address)) = (self.sandboxes.get(channel), self.address(citizen, channel))
        {
            sandbox.faults().add(FaultRule { fault, address: Some(address.to_owned()), times });
        }
    }

    fn phone<T>(&self, citizen: &CitizenId, change: impl FnOnce(&mut Phone) -> T) -> T {
        change(self.lock().entry(citizen.clone()).or_default())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CitizenId, Phone>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
