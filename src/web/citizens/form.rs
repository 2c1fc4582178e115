//! What a registry says of a citizen, as it stands on the wire and in the files of `vestnik import`,
//! and its checks against the configuration. Pure.

mod death;
mod preference;

use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::de::{Error, IgnoredAny};
use serde::{Deserialize, Deserializer};
use vestnik_contract::ChannelId;

pub use self::death::{DeathForm, ground};
pub use self::preference::{PreferenceForm, set_by};

use crate::config::channels::{CHANNELS, switched_off};
use crate::domain::wording::is_note;
use crate::domain::{
    Catalogue, CitizenId, Consent, ConsentAction, ConsentOrigin, JurisdictionId, Locale, Profile, TopicId,
};
use crate::intake::strict::missing;
use crate::ledger::registry::{NewAddress, Registration};
use crate::ledger::{ClosedBy, ClosedOrigin, Rules};
use crate::web::problem::Problem;

/// What is to be recorded of a citizen. What is absent stays as it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CitizenForm {
    /// Who. In an import every line names its citizen; over HTTP the address does, and where the
    /// body names one too it is the same.
    #[serde(default)]
    pub id: Option<CitizenId>,
    /// The language to write in.
    #[serde(default)]
    pub locale: Option<Locale>,
    /// IANA time zone name.
    #[serde(default)]
    pub zone: Option<String>,
    /// A code of the registry's own.
    #[serde(default)]
    pub region: Option<String>,
    /// Whose law applies.
    #[serde(default)]
    pub jurisdiction: Option<JurisdictionId>,
    /// Contact points to add.
    #[serde(default)]
    pub addresses: Vec<AddressForm>,
    /// Consent records to append.
    #[serde(default)]
    pub consents: Vec<ConsentForm>,
    /// Preferences to set.
    #[serde(default)]
    pub preferences: Vec<PreferenceForm>,
    /// That the citizen has died, or that this is taken back.
    #[serde(default)]
    pub deceased: Option<DeathForm>,
    /// Since when the citizen is said to have died, as it was shown: what is shown can be put again, and
    /// changes nothing.
    #[serde(default, rename = "deceased_at")]
    pub shown_deceased: Option<IgnoredAny>,
}

/// A contact point.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressForm {
    /// Its channel.
    pub channel: ChannelId,
    /// The address in any spelling that the channel understands.
    pub address: String,
    /// Whether it is opened again if it was closed: the citizen just used or confirmed it.
    #[serde(default)]
    pub reopen: bool,
    /// Since when and why it is closed, as it was shown: what is shown can be put again, and changes
    /// nothing.
    #[serde(default, rename = "closed")]
    pub shown_closed: Option<IgnoredAny>,
}

/// A consent record.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentForm {
    /// For one channel or for all.
    pub channel: Scope<ChannelId>,
    /// For one topic or for all.
    pub topic: Scope<TopicId>,
    /// Given or taken.
    pub action: ConsentAction,
    /// Where it comes from. In an import it may be absent.
    #[serde(default)]
    pub origin: Option<ConsentOrigin>,
    /// A reference to the form, the recording or the law.
    pub evidence: String,
    /// The version of the wording the citizen saw or heard.
    #[serde(default)]
    pub wording: Option<String>,
    /// The language that the wording was in.
    #[serde(default)]
    pub locale: Option<Locale>,
    /// Who wrote it down.
    #[serde(default)]
    pub actor: Option<String>,
    /// When the citizen said it.
    pub at: Timestamp,
}

/// One thing, or `all`. It is never left out: what is agreed to has to be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope<T>(pub Option<T>);

/// The word for everything.
pub const ALL: &str = "all";

impl<'de, T: FromStr> Deserialize<'de> for Scope<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let word = String::deserialize(from)?;
        word.parse().map_err(|_| D::Error::custom("an id or all"))
    }
}

impl<T: FromStr> FromStr for Scope<T> {
    type Err = T::Err;

    fn from_str(word: &str) -> Result<Self, T::Err> {
        if word == ALL { Ok(Self(None)) } else { word.parse().map(|one| Self(Some(one))) }
    }
}

/// What a field has to be, in words that follow "expected".
#[must_use]
pub fn expected(field: &str) -> &'static str {
    match field {
        "id" => "a citizen id of 1 to 128 printable ASCII characters without spaces",
        "locale" => "ru, uk or en",
        "zone" => "an IANA time zone such as Europe/Kyiv",
        "region" => "a code of 1 to 64 characters",
        "jurisdiction" => "an id such as ua",
        "addresses" => "a list of { channel, address, reopen }",
        "consents" => "a list of { channel, topic, action, origin, evidence, wording, locale, actor, at }",
        "deceased" => "{ evidence, actor, undo }: the act that says so, and who wrote it down",
        "preferences" => "a list of { topic, channels, hours, locale, bundling, evidence, actor }",
        "channel" => "a channel such as sms; in a consent also all",
        "channels" => "a list of channels such as [\"viber\", \"sms\"]",
        "address" => "an address of the channel",
        "reopen" | "bundling" | "undo" => "true or false",
        "topic" => "a topic of the catalogue, or all",
        "action" => "granted or withdrawn",
        "origin" => "portal, single_number, in_person, law or import",
        "evidence" => "a reference of 1 to 200 characters on one line, not blank",
        "wording" => "a version of 1 to 64 characters on one line, not blank",
        "actor" => "who wrote it down, in 1 to 120 characters on one line, not blank",
        "at" => "a moment by RFC 3339 such as 2026-11-22T09:30:00Z",
        "hours" => {
            "a span of every day such as { \"from\": \"09:00\", \"until\": \"21:00\" }, or such spans for \
             workday, weekend and holiday"
        }
        "workday" | "weekend" | "holiday" => "a span such as { \"from\": \"09:00\", \"until\": \"21:00\" }",
        "from" | "until" => "a time of day such as 09:00",
        "reason" => "a code of 1 to 64 characters of a-z, 0-9, _ and -",
        _ => "an object",
    }
}

/// Where consent records come from, and so what they may say of their origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clerk {
    /// The registry, which names the origin of each record.
    Registry,
    /// An import: whatever other register it comes from, its origin is `import`.
    Import,
}

/// Lists in one form are not longer than this.
const MANY: usize = 100;

impl CitizenForm {
    /// Checks the form and puts everything into the one shape that the ledger keeps.
    pub fn registration(self, id: CitizenId, clerk: Clerk, rules: &Rules) -> Result<Registration, Problem> {
        for (name, count) in [
            ("addresses", self.addresses.len()),
            ("consents", self.consents.len()),
            ("preferences", self.preferences.len()),
        ] {
            if count > MANY {
                return Err(Problem::field(format!("/{name}"), format!("expected at most {MANY} of them")));
            }
        }
        let profile = self.profile()?;
        let Self { addresses, consents, preferences, deceased, .. } = self;
        let death = deceased.map(DeathForm::check).transpose();
        Ok(Registration {
            id,
            profile,
            addresses: each("addresses", addresses, |form| form.check(rules))?,
            consents: each("consents", consents, |form| form.check(clerk, rules))?,
            preferences: each("preferences", preferences, |form| form.check(clerk, rules))?,
            death: death.map_err(|problem| problem.within("/deceased"))?,
        })
    }

    /// The profile is one thing: it is given as a whole or not at all.
    fn profile(&self) -> Result<Option<Profile>, Problem> {
        let Self { locale, zone, region, jurisdiction, .. } = self;
        if locale.is_none() && jurisdiction.is_none() && zone.is_none() && region.is_none() {
            return Ok(None);
        }
        let locale = locale.ok_or_else(|| absent("locale"))?;
        let jurisdiction = jurisdiction.clone().ok_or_else(|| absent("jurisdiction"))?;
        if zone.as_ref().is_some_and(|name| TimeZone::get(name).is_err()) {
            return Err(wrong("zone"));
        }
        if region.as_ref().is_some_and(|code| !is_note(code, 64)) {
            return Err(wrong("region"));
        }
        Ok(Some(Profile { locale, zone: zone.clone(), region: region.clone(), jurisdiction }))
    }
}

impl AddressForm {
    /// The address in its channel's one form.
    pub fn check(self, rules: &Rules) -> Result<NewAddress, Problem> {
        let Some(channel) = rules.channels.get(&self.channel) else {
            if let Some(off) = switched_off(&self.channel) {
                return Err(Problem::field("/channel", format!("expected a channel in use: {off}")));
            }
            let known = rules.channels.keys().map(ChannelId::as_str);
            return Err(Problem::unknown_field("/channel", "a channel in use", self.channel.as_str(), known));
        };
        let address = channel.address(&self.address).ok_or_else(|| wrong("address"))?;
        Ok(NewAddress { channel: self.channel, address, reopen: self.reopen })
    }
}

impl ConsentForm {
    /// Checks that the record may come by an import.
    pub fn check_imported(&self) -> Result<(), Problem> {
        origin(self.origin, Clerk::Import).map(drop)
    }

    /// The record, with its scope and its evidence checked. Whether its moment is over is for the
    /// ledger to say, by the ledger's clock.
    pub fn check(self, clerk: Clerk, rules: &Rules) -> Result<Consent, Problem> {
        check_channel(self.channel.0.as_ref(), "/channel")?;
        check_topic(self.topic.0.as_ref(), &rules.catalogue)?;
        let origin = origin(self.origin, clerk)?;
        if !is_note(&self.evidence, 200) {
            return Err(wrong("evidence"));
        }
        if self.wording.as_ref().is_some_and(|version| !is_note(version, 64)) {
            return Err(wrong("wording"));
        }
        if self.actor.as_ref().is_some_and(|actor| !is_note(actor, 120)) {
            return Err(wrong("actor"));
        }
        Ok(Consent {
            seq: 0,
            channel: self.channel.0,
            topic: self.topic.0,
            action: self.action,
            origin,
            evidence: self.evidence,
            wording: self.wording,
            locale: self.locale,
            actor: self.actor,
            at: self.at,
        })
    }
}

/// By what the registry closes an address.
pub fn closed_by(evidence: Option<String>, actor: Option<String>) -> Result<ClosedBy, Problem> {
    let (evidence, actor) = evidence_and_actor(evidence, actor, "closed over the API")?;
    Ok(ClosedBy { origin: ClosedOrigin::Registry, evidence, actor })
}

/// Both checked; where no evidence is named, it is that something was done.
fn evidence_and_actor(
    evidence: Option<String>,
    actor: Option<String>,
    done: &str,
) -> Result<(String, Option<String>), Problem> {
    let evidence = evidence.unwrap_or_else(|| done.to_owned());
    if !is_note(&evidence, 200) {
        return Err(wrong("evidence"));
    }
    if actor.as_ref().is_some_and(|actor| !is_note(actor, 120)) {
        return Err(wrong("actor"));
    }
    Ok((evidence, actor))
}

/// What only the gateway itself can know (a reply, a provider's word) nobody else may claim.
fn origin(said: Option<ConsentOrigin>, clerk: Clerk) -> Result<ConsentOrigin, Problem> {
    use ConsentOrigin::{Import, InPerson, Law, Portal, Provider, Reply, SingleNumber};
    match (clerk, said) {
        (Clerk::Import, None | Some(Import)) => Ok(Import),
        (Clerk::Import, Some(_)) => {
            Err(Problem::field("/origin", "expected import, or nothing: that is where it comes from"))
        }
        (Clerk::Registry, Some(origin @ (Portal | SingleNumber | InPerson | Law | Import))) => Ok(origin),
        (Clerk::Registry, None) => Err(absent("origin")),
        (Clerk::Registry, Some(Reply | Provider)) => Err(wrong("origin")),
    }
}

/// Whether there is such a channel, in use here or not.
pub fn check_channel(channel: Option<&ChannelId>, pointer: &str) -> Result<(), Problem> {
    match channel {
        Some(id) if !CHANNELS.contains(&id.as_str()) => {
            Err(Problem::unknown_field(pointer, "a channel", id.as_str(), CHANNELS))
        }
        _ => Ok(()),
    }
}

fn check_topic(topic: Option<&TopicId>, catalogue: &Catalogue) -> Result<(), Problem> {
    match topic {
        Some(id) if !catalogue.topics.contains_key(id) => {
            let known = catalogue.topics.keys().map(TopicId::as_str);
            Err(Problem::unknown_field("/topic", "a topic of the catalogue", id.as_str(), known))
        }
        _ => Ok(()),
    }
}

fn wrong(field: &str) -> Problem {
    Problem::field(format!("/{field}"), format!("expected {}", expected(field)))
}

fn absent(field: &str) -> Problem {
    Problem::field(format!("/{field}"), missing(field, expected))
}

/// Checks every part of a list; what is wrong is named by its place in it.
fn each<F, T>(list: &str, forms: Vec<F>, check: impl Fn(F) -> Result<T, Problem>) -> Result<Vec<T>, Problem> {
    let checked = forms.into_iter().enumerate();
    checked
        .map(|(at, form)| check(form).map_err(|problem| problem.within(&format!("/{list}/{at}"))))
        .collect()
}
