//! What a citizen wants, reckoned from the deeds alone: the ledger is held against it.

use std::collections::BTreeSet;

use super::deed::{Preferred, Word};
use crate::domain::{ConsentAction, Wish};
use crate::ledger::fixture::CHANNELS;

/// Whoever opens a conversation there by a link is greeted by the provider's call, and not by a message.
const GREETED_ELSEWHERE: &str = "viber";

/// What a citizen said and wished so far, and where they can be reached.
#[derive(Debug, Clone, Default)]
pub(super) struct Will {
    consents: Vec<Said>,
    preferences: Vec<Preferred>,
    /// Whether the registry says that they have died.
    pub dead: bool,
    disputed: BTreeSet<&'static str>,
    blocked: BTreeSet<&'static str>,
    /// Where they were told, as they asked for it, who writes there.
    welcomed: BTreeSet<&'static str>,
}

/// A word on consent.
#[derive(Debug, Clone)]
struct Said {
    channel: Option<&'static str>,
    topic: Option<&'static str>,
    action: ConsentAction,
    by_reply: bool,
}

impl Will {
    // ---- what is said ----

    pub fn consent(
        &mut self,
        channel: Option<&'static str>,
        topic: Option<&'static str>,
        action: ConsentAction,
    ) {
        self.consents.push(Said { channel, topic, action, by_reply: false });
    }

    pub fn prefer(&mut self, preferred: Preferred) {
        self.preferences.retain(|one| one.topic != preferred.topic);
        self.preferences.push(preferred);
    }

    /// Whoever writes can be reached; but where somebody said that they are not the citizen, nobody knows
    /// who speaks, until a code or a link proves it.
    pub fn hear(&mut self, channel: &'static str, word: Word) {
        let disputed = self.disputed.contains(channel);
        if matches!(word, Word::Blocked) {
            if !disputed {
                self.blocked.insert(channel);
            }
            return;
        }
        self.blocked.remove(channel);
        if matches!(word, Word::Link | Word::Code { right: true }) {
            self.disputed.remove(channel);
        } else if disputed {
            return;
        }
        match word {
            Word::Stop => self.stop(Some(channel), None),
            Word::StopAll => self.stop(None, None),
            Word::StopTopic(topic) => self.stop(None, Some(topic)),
            Word::Start => self.start(channel),
            Word::NotMe => drop(self.disputed.insert(channel)),
            Word::Hours(hours) => self.wish(hours.map(Wish::EveryDay)),
            Word::Link => self.link(channel),
            Word::Language(_)
            | Word::Check
            | Word::Scam
            | Word::Text
            | Word::Blocked
            | Word::Unblocked
            | Word::Code { .. } => {}
        }
    }

    fn stop(&mut self, channel: Option<&'static str>, topic: Option<&'static str>) {
        self.consents.push(Said { channel, topic, action: ConsentAction::Withdrawn, by_reply: true });
    }

    /// START takes back a STOP that was said by a reply, and nothing else.
    fn start(&mut self, channel: &'static str) {
        let speaks = |one: &&Said| one.topic.is_none() && one.channel.is_none_or(|only| only == channel);
        let last = self.consents.iter().rfind(speaks);
        if last.is_some_and(|one| one.by_reply && one.action == ConsentAction::Withdrawn) {
            self.grant(channel);
            self.welcomed.insert(channel);
        }
    }

    fn link(&mut self, channel: &'static str) {
        self.grant(channel);
        if channel != GREETED_ELSEWHERE {
            self.welcomed.insert(channel);
        }
    }

    fn grant(&mut self, channel: &'static str) {
        let (channel, action) = (Some(channel), ConsentAction::Granted);
        self.consents.push(Said { channel, topic: None, action, by_reply: true });
    }

    /// Hours by a reply are hours for everything.
    fn wish(&mut self, hours: Option<Wish>) {
        if self.preferences.iter().all(|one| one.topic.is_some()) {
            self.prefer(Preferred { topic: None, channels: None, hours: None, bundling: None });
        }
        for preferred in &mut self.preferences {
            preferred.hours = hours;
        }
    }

    // ---- what follows ----

    /// Whether the newest word on a channel and a topic gives consent.
    pub fn consents(&self, channel: &str, topic: &str) -> bool {
        let covers = |one: &&Said| {
            one.channel.is_none_or(|only| only == channel) && one.topic.is_none_or(|only| only == topic)
        };
        let newest = self.consents.iter().rfind(covers);
        newest.is_some_and(|one| one.action == ConsentAction::Granted)
    }

    /// What is wished for a topic, or for what has none.
    fn preference(&self, topic: Option<&str>) -> Option<&Preferred> {
        let of = |topic: Option<&str>| self.preferences.iter().find(|one| one.topic == topic);
        of(topic).or_else(|| of(None))
    }

    pub fn hours(&self, topic: Option<&str>) -> Option<Wish> {
        self.preference(topic)?.hours
    }

    /// The channels on which something of a topic may go, in their order.
    pub fn order(&self, topic: &str) -> Vec<&'static str> {
        let preferred = self.preference(Some(topic)).and_then(|one| one.channels.clone());
        preferred.unwrap_or_else(|| CHANNELS.to_vec())
    }

    /// Whether somebody said there that they are not the citizen.
    pub fn is_disputed(&self, channel: &str) -> bool {
        self.disputed.contains(channel)
    }

    /// Whether they turned away there at the provider.
    pub fn is_blocked(&self, channel: &str) -> bool {
        self.blocked.contains(channel)
    }

    pub fn is_welcomed(&self, channel: &str) -> bool {
        self.welcomed.contains(channel)
    }
}
