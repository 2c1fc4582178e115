//! The citizen: the recipient, as a decision sees them.

use jiff::{Timestamp, civil, tz::TimeZone};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vestnik_contract::{Address, ChannelId};

use super::{CitizenKey, JurisdictionId, Locale, TopicId};

/// All that is known of a citizen when a decision is made.
#[derive(Debug, Clone)]
pub struct Citizen {
    /// The ledger's key.
    pub key: CitizenKey,
    /// Where and how the citizen lives.
    pub profile: Profile,
    /// Contact points, active and closed.
    pub addresses: Vec<AddressEntry>,
    /// Consent records, in the order of [`Consent::seq`].
    pub consents: Vec<Consent>,
    /// Preferences: one for all topics at most, and one for each topic at most.
    pub preferences: Vec<Preference>,
    /// Whether the registry says that the citizen has died.
    pub deceased: bool,
}

/// What the registry says of a citizen besides addresses and consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The language to write in.
    pub locale: Locale,
    /// IANA time zone name, such as `Europe/Kyiv`; `None` where it is not known.
    pub zone: Option<String>,
    /// The region, for reports; a code of the registry's own.
    pub region: Option<String>,
    /// Whose law applies.
    pub jurisdiction: JurisdictionId,
}

impl Profile {
    /// The citizen's time zone, or `None` where it is unknown or no zone of that name exists.
    #[must_use]
    pub fn time_zone(&self) -> Option<TimeZone> {
        TimeZone::get(self.zone.as_deref()?).ok()
    }
}

/// One contact point of a citizen on one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressEntry {
    /// The ledger's key of it.
    pub id: Uuid,
    /// The channel it is an address of.
    pub channel: ChannelId,
    /// The address, in the channel's one form.
    pub address: Address,
    /// Why and when it was closed; `None` while it is active.
    pub closed: Option<Closed>,
}

impl AddressEntry {
    /// Whether whoever writes from the address may be answered there: it is active, or was closed because
    /// they said that it is not the citizen's.
    #[must_use]
    pub fn may_be_answered(&self) -> bool {
        self.closed.as_ref().is_none_or(|closed| closed.reason == Closed::DISPUTED)
    }
}

/// An address that is no longer used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// Why, as a reason code such as `blocked` or `no_such_mailbox`.
    pub reason: String,
    /// Since when.
    pub at: Timestamp,
}

impl Closed {
    /// Why an address is closed from which somebody wrote that they are not the citizen. It is opened again
    /// by a one-time code alone.
    pub const DISPUTED: &str = "disputed";
}

/// Whether a consent record gives or takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsentAction {
    /// The citizen wants it.
    Granted,
    /// The citizen does not want it.
    Withdrawn,
}

/// Where a consent record comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsentOrigin {
    /// Set on the portal.
    Portal,
    /// Said on the single number's phone line.
    SingleNumber,
    /// Signed at a counter.
    InPerson,
    /// A reply, such as STOP.
    Reply,
    /// A provider told us that the citizen blocked or unsubscribed.
    Provider,
    /// A law says so.
    Law,
    /// Brought from another register. Never overrides a recorded STOP.
    Import,
}

/// One append-only consent record with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// The order of recording, rising; 0 until the ledger sets it.
    pub seq: i64,
    /// For this channel, or for all.
    pub channel: Option<ChannelId>,
    /// For this topic, or for all.
    pub topic: Option<TopicId>,
    /// Given or taken.
    pub action: ConsentAction,
    /// Where it comes from.
    pub origin: ConsentOrigin,
    /// A reference to the form, the recording, the inbound or the law; 1 to 200 characters.
    pub evidence: String,
    /// The version of the wording the citizen saw or heard.
    pub wording: Option<String>,
    /// The language that the wording was in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
    /// Who wrote it down: a clerk, an office or a system; 1 to 120 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// When the citizen said it.
    pub at: Timestamp,
}

impl Consent {
    /// Whether the record speaks of this channel and topic.
    #[must_use]
    pub fn covers(&self, channel: &ChannelId, topic: &TopicId) -> bool {
        self.channel.as_ref().is_none_or(|only| only == channel)
            && self.topic.as_ref().is_none_or(|only| only == topic)
    }
}

/// What a citizen prefers, for one topic or for all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preference {
    /// For this topic, or for all that have no preference of their own.
    pub topic: Option<TopicId>,
    /// Channels in the order to try them; channels not named are not used for push. `None` leaves
    /// the order to policy.
    pub channels: Option<Vec<ChannelId>>,
    /// The hours in which the citizen wants to be written to, in their own zone.
    pub hours: Option<Wish>,
    /// The language to write in, where it differs from the profile's.
    pub locale: Option<Locale>,
    /// Whether what comes soon after one another shall come as one message; `None` leaves it to policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundling: Option<bool>,
}

/// A span of the day: from `from` until before `until`; over midnight where `until` is earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// Begins.
    pub from: civil::Time,
    /// Ends, exclusive. Equal to `from`: the whole day.
    pub until: civil::Time,
}

impl Hours {
    /// Whether `time` lies within the span.
    #[must_use]
    pub fn contains(&self, time: civil::Time) -> bool {
        if self.from < self.until {
            self.from <= time && time < self.until
        } else {
            time >= self.from || time < self.until
        }
    }

    /// Whether the two have a moment in common.
    #[must_use]
    pub fn overlaps(&self, other: Self) -> bool {
        self.contains(other.from) || other.contains(self.from)
    }
}

/// The type of a day, in the citizen's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayType {
    /// Monday to Friday, where it is no holiday.
    Workday,
    /// Saturday and Sunday, where it is no holiday.
    Weekend,
    /// A public holiday of the jurisdiction.
    Holiday,
}

impl DayType {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Workday, Self::Weekend, Self::Holiday];
}

/// The hours in which a citizen wants to be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Wish {
    /// The same on every day.
    EveryDay(Hours),
    /// By the type of the day.
    ByDay(DayHours),
}

/// Hours by the type of the day; on one that is left out the citizen does not want to be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayHours {
    /// On workdays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workday: Option<Hours>,
    /// On Saturdays and Sundays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weekend: Option<Hours>,
    /// On public holidays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holiday: Option<Hours>,
}

impl Wish {
    /// The hours on a day of this type; `None` where there are none.
    #[must_use]
    pub fn on(&self, day: DayType) -> Option<Hours> {
        match (self, day) {
            (Self::EveryDay(hours), _) => Some(*hours),
            (Self::ByDay(days), DayType::Workday) => days.workday,
            (Self::ByDay(days), DayType::Weekend) => days.weekend,
            (Self::ByDay(days), DayType::Holiday) => days.holiday,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;

    #[test]
    fn hours_of_every_day_and_by_day_are_told_apart() {
        let read = |text: &str| serde_json::from_str::<Wish>(text);
        let evening = Hours { from: time(18, 0, 0, 0), until: time(21, 0, 0, 0) };
        let daily = read(r#"{"from":"18:00:00","until":"21:00:00"}"#).unwrap();
        assert_eq!(daily, Wish::EveryDay(evening));
        assert!(DayType::ALL.into_iter().all(|day| daily.on(day) == Some(evening)));
        let weekend = read(r#"{"weekend":{"from":"18:00:00","until":"21:00:00"}}"#).unwrap();
        assert_eq!(DayType::ALL.map(|day| weekend.on(day)), [None, Some(evening), None]);
        for wish in [daily, weekend] {
            assert_eq!(read(&serde_json::to_string(&wish).unwrap()).unwrap(), wish);
        }
        assert!(read(r#"{"from":"18:00:00"}"#).is_err() && read(r#"{"monday":null}"#).is_err());
    }

    #[test]
    fn hours_may_pass_over_midnight() {
        let day = Hours { from: time(9, 0, 0, 0), until: time(21, 0, 0, 0) };
        assert!(day.contains(time(9, 0, 0, 0)) && !day.contains(time(21, 0, 0, 0)));
        let night = Hours { from: time(21, 0, 0, 0), until: time(9, 0, 0, 0) };
        assert!(night.contains(time(23, 0, 0, 0)) && night.contains(time(3, 0, 0, 0)));
        assert!(!night.contains(time(12, 0, 0, 0)));
        let always = Hours { from: time(0, 0, 0, 0), until: time(0, 0, 0, 0) };
        assert!(always.contains(time(0, 0, 0, 0)) && always.contains(time(23, 59, 0, 0)));
    }
}
