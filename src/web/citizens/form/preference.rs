//! What a citizen prefers, as the registry and an import say it.

use jiff::civil::Time;
use serde::Deserialize;
use vestnik_contract::ChannelId;

use super::{Clerk, Scope, check_channel, check_topic, evidence_and_actor, wrong};
use crate::domain::{DayHours, Hours, Locale, Preference, TopicId, Wish};
use crate::ledger::registry::NewPreference;
use crate::ledger::{Rules, SetBy, SetOrigin};
use crate::web::problem::Problem;

/// What a citizen prefers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreferenceForm {
    /// For one topic or for all.
    pub topic: Scope<TopicId>,
    /// Channels in the order to try them.
    #[serde(default)]
    pub channels: Option<Vec<ChannelId>>,
    /// The hours in which the citizen wants to be written to.
    #[serde(default)]
    pub hours: Option<HoursForm>,
    /// The language to write in.
    #[serde(default)]
    pub locale: Option<Locale>,
    /// Whether what comes soon after one another shall come as one message.
    #[serde(default)]
    pub bundling: Option<bool>,
    /// A reference to the form or the call.
    #[serde(default)]
    pub evidence: Option<String>,
    /// Who wrote it down.
    #[serde(default)]
    pub actor: Option<String>,
}

/// A span of every day, or spans by the type of the day.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoursForm {
    /// Begins, on every day.
    #[serde(default)]
    pub from: Option<Time>,
    /// Ends, on every day.
    #[serde(default)]
    pub until: Option<Time>,
    /// On workdays.
    #[serde(default)]
    pub workday: Option<SpanForm>,
    /// On Saturdays and Sundays.
    #[serde(default)]
    pub weekend: Option<SpanForm>,
    /// On public holidays.
    #[serde(default)]
    pub holiday: Option<SpanForm>,
}

/// A span of the day.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpanForm {
    /// Begins.
    pub from: Time,
    /// Ends.
    pub until: Time,
}

impl PreferenceForm {
    /// The preference, with its channels, its topic and its evidence checked. Whether the law of the
    /// citizen's jurisdiction leaves room for it is for the ledger to say, which knows the citizen.
    pub fn check(self, clerk: Clerk, rules: &Rules) -> Result<NewPreference, Problem> {
        check_topic(self.topic.0.as_ref(), &rules.catalogue)?;
        for (at, channel) in self.channels.iter().flatten().enumerate() {
            check_channel(Some(channel), &format!("/channels/{at}"))?;
            if self.channels.iter().flatten().take(at).any(|before| before == channel) {
                return Err(Problem::field(format!("/channels/{at}"), "expected every channel once"));
            }
        }
        let preference = Preference {
            topic: self.topic.0,
            channels: self.channels,
            hours: self.hours.map(HoursForm::check).transpose()?,
            locale: self.locale,
            bundling: self.bundling,
        };
        Ok(NewPreference { preference, by: set_by(clerk, self.evidence, self.actor)? })
    }
}

/// By whom a preference is set.
pub fn set_by(clerk: Clerk, evidence: Option<String>, actor: Option<String>) -> Result<SetBy, Problem> {
    let (origin, otherwise) = match clerk {
        Clerk::Registry => (SetOrigin::Registry, "set over the API"),
        Clerk::Import => (SetOrigin::Import, "imported"),
    };
    let (evidence, actor) = evidence_and_actor(evidence, actor, otherwise)?;
    Ok(SetBy { origin, evidence, actor })
}

impl HoursForm {
    fn check(self) -> Result<Wish, Problem> {
        let span = |form: Option<SpanForm>| form.map(|SpanForm { from, until }| Hours { from, until });
        let Self { from, until, workday, weekend, holiday } = self;
        let days = DayHours { workday: span(workday), weekend: span(weekend), holiday: span(holiday) };
        let none = days == DayHours { workday: None, weekend: None, holiday: None };
        match (from, until) {
            (Some(from), Some(until)) if none => Ok(Wish::EveryDay(Hours { from, until })),
            (None, None) if !none => Ok(Wish::ByDay(days)),
            _ => Err(wrong("hours")),
        }
    }
}
