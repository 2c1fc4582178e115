//! A citizen as the registry's API shows them: in the words in which they are recorded.

use serde_json::{Value, json};

use super::form::ALL;
use crate::domain::{Consent, Preference, TopicId};
use crate::ledger::registry::CitizenView;

/// The document of a citizen.
#[must_use]
pub fn document(citizen: &CitizenView) -> Value {
    let profile = &citizen.profile;
    json!({
        "locale": profile.locale,
        "zone": profile.zone,
        "region": profile.region,
        "jurisdiction": profile.jurisdiction,
        "addresses": citizen.addresses,
        "consents": citizen.consents.iter().map(consent).collect::<Vec<_>>(),
        "preferences": citizen.preferences.iter().map(preference).collect::<Vec<_>>(),
    })
}

fn consent(consent: &Consent) -> Value {
    json!({
        "channel": consent.channel.as_ref().map_or(ALL, |id| id.as_str()),
        "topic": scope(consent.topic.as_ref()),
        "action": consent.action,
        "origin": consent.origin,
        "evidence": consent.evidence,
        "wording": consent.wording,
        "at": consent.at,
    })
}

fn preference(preference: &Preference) -> Value {
    json!({
        "topic": scope(preference.topic.as_ref()),
        "channels": preference.channels,
        "hours": preference.hours,
        "locale": preference.locale,
    })
}

fn scope(topic: Option<&TopicId>) -> &str {
    topic.map_or(ALL, TopicId::as_str)
}
