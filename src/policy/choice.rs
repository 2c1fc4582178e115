//! What a citizen can choose on their own page, how it stands, and which consent records a change makes.
//!
//! Consent is kept by channel and topic together; a page asks for each alone. So a change speaks of what
//! was changed and of nothing else: a channel that is switched on is granted for the topics that are on, a
//! topic for the channels that are on.

use std::collections::BTreeSet;

use jiff::Timestamp;
use vestnik_contract::ChannelId;

use super::channels::{ChannelFacts, Judge};
use super::consent::consent_in_force;
use super::stop::{grant_moment, withdrawal_moment};
use crate::domain::{
    Citizen, Consent, ConsentAction, ConsentOrigin, Jurisdiction, Policy, Preference, TopicId,
};

/// What there is to choose from, each with whether it is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices {
    /// The channels that the law and the configuration allow and the citizen has an open address on, in
    /// the order in which they are tried.
    pub channels: Vec<(ChannelId, bool)>,
    /// The topics of the catalogue.
    pub topics: Vec<(TopicId, bool)>,
}

/// A consent record to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// For this channel, or for all.
    pub channel: Option<ChannelId>,
    /// For this topic, or for all.
    pub topic: Option<TopicId>,
    /// Given or taken.
    pub action: ConsentAction,
    /// When it counts as said.
    pub at: Timestamp,
}

impl Choices {
    /// How it stands for a citizen.
    #[must_use]
    pub fn of<'a>(
        citizen: &Citizen,
        policy: &Policy,
        jurisdiction: &Jurisdiction,
        enabled: &[ChannelFacts],
        topics: impl IntoIterator<Item = &'a TopicId>,
    ) -> Self {
        let topics: Vec<_> = topics.into_iter().cloned().collect();
        let offered = offered(citizen, policy, jurisdiction, enabled);
        Self::by(&citizen.consents, offered, &topics, &left_out(citizen))
    }

    fn by(
        consents: &[Consent],
        offered: Vec<ChannelId>,
        topics: &[TopicId],
        left_out: &impl Fn(&ChannelId) -> bool,
    ) -> Self {
        let channel_on = |channel: &ChannelId| {
            !left_out(channel) && topics.iter().any(|topic| granted(consents, channel, topic))
        };
        let channels: Vec<_> = offered.into_iter().map(|one| (channel_on(&one), one)).collect();
        let on = || channels.iter().filter(|(on, _)| *on).map(|(_, channel)| channel);
        let nowhere = on().next().is_none();
        let never_asked = !consents.iter().any(|one| one.action == ConsentAction::Granted);
        let topic_on = |topic: &TopicId| {
            if nowhere {
                never_asked || was_wanted(consents, topic)
            } else {
                on().any(|channel| granted(consents, channel, topic))
            }
        };
        let topics = topics.iter().map(|topic| (topic.clone(), topic_on(topic))).collect();
        Self { topics, channels: channels.into_iter().map(|(on, channel)| (channel, on)).collect() }
    }

    /// Whether no channel is on.
    #[must_use]
    pub fn nowhere(&self) -> bool {
        self.channels.iter().all(|(_, on)| !on)
    }

    /// The channels that are on.
    pub fn channels_on(&self) -> impl Iterator<Item = &ChannelId> {
        self.channels.iter().filter(|(_, on)| *on).map(|(channel, _)| channel)
    }

    /// Has just these channels on.
    #[must_use]
    pub fn switch_channels(
        &self,
        consents: &[Consent],
        wanted: &BTreeSet<ChannelId>,
        now: Timestamp,
    ) -> Vec<Said> {
        let mut said = Vec::new();
        for (channel, on) in &self.channels {
            match (on, wanted.contains(channel)) {
                (true, false) => said.push(withdrawn(consents, Some(channel), None, now)),
                (false, true) => said.extend(self.grants(consents, channel, now)),
                _ => {}
            }
        }
        said
    }

    /// Has just these topics on.
    #[must_use]
    pub fn switch_topics(
        &self,
        consents: &[Consent],
        wanted: &BTreeSet<TopicId>,
        now: Timestamp,
    ) -> Vec<Said> {
        let mut said = Vec::new();
        for (topic, on) in &self.topics {
            match (on, wanted.contains(topic)) {
                (true, false) => said.push(withdrawn(consents, None, Some(topic), now)),
                (false, true) => {
                    let channels = self.channels_on();
                    said.extend(channels.map(|channel| grant(consents, channel, Some(topic), now)));
                }
                _ => {}
            }
        }
        said
    }

    /// Consent for a channel and every topic that is on; where none is, for all of them: who switches a
    /// channel on wants to be written to.
    fn grants(&self, consents: &[Consent], channel: &ChannelId, now: Timestamp) -> Vec<Said> {
        let all_alike = self.topics.iter().all(|(_, on)| *on == self.topics[0].1);
        if all_alike {
            return vec![grant(consents, channel, None, now)];
        }
        let on = self.topics.iter().filter(|(_, on)| *on);
        on.map(|(topic, _)| grant(consents, channel, Some(topic), now)).collect()
    }

    /// What gives back what the citizen's last STOP for everything took; empty where the last word was
    /// another.
    #[must_use]
    pub fn taken_back(&self, consents: &[Consent], now: Timestamp) -> Vec<Said> {
        let before = before_stop(consents);
        if before.len() == consents.len() {
            return Vec::new();
        }
        let mut said = Vec::new();
        for (channel, _) in &self.channels {
            let had = |topic: &TopicId| granted(&before, channel, topic);
            if self.topics.iter().all(|(topic, _)| had(topic)) {
                said.push(grant(consents, channel, None, now));
            } else {
                let some = self.topics.iter().filter(|(topic, _)| had(topic));
                said.extend(some.map(|(topic, _)| grant(consents, channel, Some(topic), now)));
            }
        }
        said
    }
}

/// The order to keep once a citizen gave places, from 1, to the channels that stand in this order. Who
/// gives a place that another has goes before it on the way up and after it on the way down.
#[must_use]
pub fn reordered(channels: &[ChannelId], places: &[usize]) -> Vec<ChannelId> {
    let weight = |(before, (channel, place)): (usize, (&ChannelId, &usize))| {
        let place = place.saturating_mul(2);
        let was = (before + 1).saturating_mul(2);
        let weight = match place.cmp(&was) {
            std::cmp::Ordering::Less => place.saturating_sub(1),
            std::cmp::Ordering::Equal => place,
            std::cmp::Ordering::Greater => place.saturating_add(1),
        };
        (weight, channel.clone())
    };
    let mut weighed: Vec<_> = channels.iter().zip(places).enumerate().map(weight).collect();
    weighed.sort_by_key(|(weight, _)| *weight);
    weighed.into_iter().map(|(_, channel)| channel).collect()
}

/// The channels of the preference for all topics once those offered were put into this order and these of
/// them are on. What is not offered stays where it may be used; what a preference left out stays left out
/// unless it is on. `None` where that is the order of policy and nothing else was preferred.
#[must_use]
pub fn preferred_order(
    citizen: &Citizen,
    policy: &Policy,
    jurisdiction: &Jurisdiction,
    ordered: &[ChannelId],
    on: &BTreeSet<ChannelId>,
) -> Option<Vec<ChannelId>> {
    let left_out = left_out(citizen);
    let by_policy: Vec<_> = considered(citizen, policy, jurisdiction);
    let others = by_policy.iter().filter(|channel| !ordered.contains(channel));
    let kept = |channel: &&ChannelId| on.contains(*channel) || !left_out(channel);
    let order: Vec<_> = ordered.iter().chain(others).filter(kept).cloned().collect();
    let before = general(citizen).and_then(|one| one.channels.as_ref());
    let same = before.is_none() && {
        let offered: Vec<_> = by_policy.iter().filter(|channel| ordered.contains(channel)).collect();
        offered.into_iter().eq(ordered)
    };
    (!same).then_some(order)
}

/// The channels on which the citizen can be written to, in the order to try them.
fn offered(
    citizen: &Citizen,
    policy: &Policy,
    jurisdiction: &Jurisdiction,
    enabled: &[ChannelFacts],
) -> Vec<ChannelId> {
    let judge = Judge { citizen, policy, jurisdiction };
    let off = |channel: &ChannelId| !enabled.iter().any(|facts| facts.id == *channel);
    let mut channels = considered(citizen, policy, jurisdiction);
    channels.retain(|channel| judge.obstacle(channel, off(channel)).is_none());
    channels
}

/// The channels that the law allows: those of the preference, then those of policy.
fn considered(citizen: &Citizen, policy: &Policy, jurisdiction: &Jurisdiction) -> Vec<ChannelId> {
    let preferred = general(citizen).and_then(|one| one.channels.as_deref()).unwrap_or_default();
    let mut channels: Vec<ChannelId> = Vec::new();
    for channel in preferred.iter().chain(&policy.order) {
        if jurisdiction.channels.contains(channel) && !channels.contains(channel) {
            channels.push(channel.clone());
        }
    }
    channels
}

/// The citizen's preference for all topics.
fn general(citizen: &Citizen) -> Option<&Preference> {
    citizen.preferences.iter().find(|one| one.topic.is_none())
}

fn left_out(citizen: &Citizen) -> impl Fn(&ChannelId) -> bool {
    let preferred = general(citizen).and_then(|one| one.channels.clone());
    move |channel| preferred.as_ref().is_some_and(|order| !order.contains(channel))
}

fn granted(consents: &[Consent], channel: &ChannelId, topic: &TopicId) -> bool {
    consent_in_force(consents, channel, topic) == Some(ConsentAction::Granted)
}

/// Whether the citizen's last word on a topic was that it is wanted, whatever channels were stopped since.
fn was_wanted(consents: &[Consent], topic: &TopicId) -> bool {
    let of_topic = consents.iter().filter(|one| match &one.topic {
        Some(only) => only == topic,
        None => one.action == ConsentAction::Granted,
    });
    let newest = of_topic.max_by_key(|one| (one.at, one.action == ConsentAction::Withdrawn, one.seq));
    newest.is_some_and(|one| one.action == ConsentAction::Granted)
}

/// The records without the STOPs for everything that are the last of them, said by the citizen. What
/// another register says is not the citizen's to take back by one word.
fn before_stop(consents: &[Consent]) -> Vec<Consent> {
    let stops = |one: &Consent| {
        let all = one.channel.is_none() && one.topic.is_none();
        all && one.action == ConsentAction::Withdrawn && one.origin != ConsentOrigin::Import
    };
    let last_other = consents.iter().filter(|one| !stops(one)).map(|one| one.at).max();
    let stays = |one: &&Consent| !stops(one) || last_other.is_some_and(|at| one.at < at);
    consents.iter().filter(stays).cloned().collect()
}

fn withdrawn(
    consents: &[Consent],
    channel: Option<&ChannelId>,
    topic: Option<&TopicId>,
    now: Timestamp,
) -> Said {
    let at = withdrawal_moment(consents, channel, now);
    Said { channel: channel.cloned(), topic: topic.cloned(), action: ConsentAction::Withdrawn, at }
}

fn grant(consents: &[Consent], channel: &ChannelId, topic: Option<&TopicId>, now: Timestamp) -> Said {
    let at = grant_moment(consents, channel, now);
    Said { channel: Some(channel.clone()), topic: topic.cloned(), action: ConsentAction::Granted, at }
}

#[cfg(test)]
mod tests;
