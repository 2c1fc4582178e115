//! A citizen as the registry's API shows them: in the words in which they are recorded.

use serde_json::{Value, json};
use vestnik_contract::ChannelId;

use super::form::ALL;
use crate::domain::{Consent, Preference, TopicId};
use crate::ledger::registry::CitizenView;
use crate::ledger::{History, PreferenceVersion, Record};

/// The document of a citizen.
#[must_use]
pub fn document(citizen: &CitizenView) -> Value {
    let profile = &citizen.profile;
    json!({
        "locale": profile.locale,
        "zone": profile.zone,
        "region": profile.region,
        "jurisdiction": profile.jurisdiction,
        "deceased_at": citizen.deceased_at,
        "addresses": citizen.addresses,
        "consents": citizen.consents.iter().map(consent).collect::<Vec<_>>(),
        "preferences": citizen.preferences.iter().map(preference).collect::<Vec<_>>(),
    })
}

fn consent(consent: &Consent) -> Value {
    json!({
        "channel": channel(consent.channel.as_ref()),
        "topic": scope(consent.topic.as_ref()),
        "action": consent.action,
        "origin": consent.origin,
        "evidence": consent.evidence,
        "wording": consent.wording,
        "locale": consent.locale,
        "actor": consent.actor,
        "at": consent.at,
    })
}

/// All consent records of a citizen, for an official enquiry.
#[must_use]
pub fn history(history: &History) -> Value {
    json!({
        "at": history.at,
        "erased_at": history.erased_at,
        "whole": history.whole,
        "unreadable": history.unreadable,
        "consents": history.records.iter().map(record).collect::<Vec<_>>(),
    })
}

fn record(record: &Record) -> Value {
    let mut shown = consent(&record.consent);
    shown["number"] = json!(record.number);
    shown["recorded_at"] = json!(record.recorded_at);
    shown
}

fn preference(preference: &Preference) -> Value {
    json!({
        "topic": scope(preference.topic.as_ref()),
        "channels": preference.channels,
        "hours": preference.hours,
        "locale": preference.locale,
        "bundling": preference.bundling,
    })
}

/// One version of a preference.
#[must_use]
pub fn version(version: &PreferenceVersion) -> Value {
    json!({
        "topic": scope(version.topic.as_ref()),
        "number": version.number,
        "preference": version.preference.as_ref().map(preference),
        "by": version.by,
        "at": version.at,
    })
}

/// A channel or `all`.
#[must_use]
pub fn channel(channel: Option<&ChannelId>) -> &str {
    channel.map_or(ALL, |id| id.as_str())
}

/// A topic or `all`.
#[must_use]
pub fn scope(topic: Option<&TopicId>) -> &str {
    topic.map_or(ALL, TopicId::as_str)
}
