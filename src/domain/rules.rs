//! The operator's rules and the law's, as plain data.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use vestnik_contract::ChannelId;
use vestnik_contract::range::{whole, whole_if_any};

use super::{Class, Hours, JurisdictionId};

/// The operator's rules.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Channels in the order to try them where the citizen prefers none.
    pub order: Vec<ChannelId>,
    /// How each channel is used.
    pub channels: BTreeMap<ChannelId, ChannelRule>,
    /// How each class is treated.
    pub classes: BTreeMap<Class, ClassRule>,
    /// How many pushes a citizen may get; a jurisdiction may allow less.
    pub budget: Ceilings,
    /// Days after which a notification without `expires_at` is not sent any more, 1 to 3,650.
    #[serde(deserialize_with = "whole::<1, 3650, _, _>")]
    pub expires_after_days: u16,
    /// When to try again after a provider was not available.
    pub retry: RetrySchedule,
    /// The part of the contact budget that is kept for what has a deadline.
    #[serde(default)]
    pub kept_for_deadlines: KeptForDeadlines,
    /// Whether what matters less gives its place in the contact budget to what matters more.
    #[serde(default)]
    pub yielding: Yielding,
    /// Whether what comes to one citizen soon after one another goes out as one notice.
    #[serde(default)]
    pub bundling: Bundling,
    /// When a template is not sent any more on a channel where citizens decline it.
    #[serde(default)]
    pub guard: GuardRule,
    /// Whether a citizen is told who writes before the first push on a channel.
    #[serde(default)]
    pub introduction: Introduction,
}

/// How far a rule is put to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It is not asked.
    #[default]
    Off,
    /// It changes nothing; what it would have done is told in the timeline.
    Report,
    /// It is obeyed.
    Enforce,
}

/// The part of the contact budget that only a notification may take whose citizen has to act soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptForDeadlines {
    /// How far the rule is put to work.
    pub mode: Mode,
    /// Soon is within this many days, 1 to 60.
    #[serde(deserialize_with = "whole::<1, 60, _, _>")]
    pub deadline_days: u16,
    /// Pushes kept of each local day's; absent: none.
    #[serde(default, deserialize_with = "whole_if_any::<1, 1_000_000, _, _>")]
    pub per_day: Option<u32>,
    /// Of each local ISO week's.
    #[serde(default, deserialize_with = "whole_if_any::<1, 1_000_000, _, _>")]
    pub per_week: Option<u32>,
    /// Of each local calendar month's.
    #[serde(default, deserialize_with = "whole_if_any::<1, 1_000_000, _, _>")]
    pub per_month: Option<u32>,
}

/// Whether a lower class gives its place in the contact budget to a higher one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Yielding {
    /// How far the rule is put to work.
    pub mode: Mode,
}

/// One window: notifications to one citizen that come soon after one another go out as one notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundling {
    /// How far the rule is put to work.
    pub mode: Mode,
    /// For how many seconds one waits for the next, counted anew with each that comes; 1 to 86,400,
    /// which is a day.
    #[serde(deserialize_with = "whole::<1, 86_400, _, _>")]
    pub window_seconds: u32,
    /// After this many seconds the first of them waits no longer, whatever comes; 1 to 604,800, which
    /// is a week.
    #[serde(deserialize_with = "whole::<1, 604_800, _, _>")]
    pub hard_end_seconds: u32,
    /// It goes out so many seconds before the day is over by which the citizen has to act, and before
    /// it expires; 0 to 604,800.
    #[serde(deserialize_with = "whole::<0, 604_800, _, _>")]
    pub deadline_margin_seconds: u32,
    /// The most that one notice holds, 2 to 20.
    #[serde(deserialize_with = "whole::<2, 20, _, _>")]
    pub largest: u32,
}

/// The effectiveness guard: a template that too many decline on a channel is warned of, and then not sent
/// there until a person releases it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardRule {
    /// How far the rule is put to work.
    pub mode: Mode,
    /// How often it judges, in seconds; 1 to 3,600.
    #[serde(deserialize_with = "whole::<1, 3600, _, _>")]
    pub every_seconds: u32,
    /// How many UTC days it looks back, the present one included; 1 to 90.
    #[serde(deserialize_with = "whole::<1, 90, _, _>")]
    pub window_days: u16,
    /// Messages that were offered within these days, before anything follows from them; 1 to 1,000,000.
    #[serde(deserialize_with = "whole::<1, 1_000_000, _, _>")]
    pub least: u32,
    /// Of a hundred offered, fewer than this many declined end a warning; 1 to 100.
    #[serde(deserialize_with = "whole::<1, 100, _, _>")]
    pub clear_percent: u16,
    /// From this many declined on there is a warning; 1 to 100.
    #[serde(deserialize_with = "whole::<1, 100, _, _>")]
    pub warn_percent: u16,
    /// From this many declined on it is paused; 1 to 100.
    #[serde(deserialize_with = "whole::<1, 100, _, _>")]
    pub pause_percent: u16,
}

/// Introduction: before the first push on a channel the citizen is told who will write there, and how to
/// check it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Introduction {
    /// How far the rule is put to work.
    pub mode: Mode,
    /// How many seconds after the introduction the first push follows; 1 to 86,400, which is a day.
    #[serde(deserialize_with = "whole::<1, 86_400, _, _>")]
    pub lead_seconds: u32,
}

/// How a channel is used in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelRule {
    /// What has to be known before the step counts as done.
    pub awaits: Awaits,
    /// Minutes to wait for it before the next step; also after the last step, before the notice is
    /// closed with what is known. 1 to 43,200, which is 30 days.
    #[serde(deserialize_with = "whole::<1, 43_200, _, _>")]
    pub wait_minutes: u32,
    /// Whether a message makes itself heard: it then counts in the contact budget and keeps quiet
    /// hours.
    pub push: bool,
}

/// What has to be known of a step before it counts as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Awaits {
    /// The provider took it.
    Accepted,
    /// A receipt says that it arrived.
    Delivered,
    /// A receipt says that it was read.
    Read,
}

/// How a class is treated.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassRule {
    /// On what ground it may be pushed.
    pub basis: Basis,
    /// Whether its pushes count in the contact budget and wait for it.
    pub budget: bool,
    /// Whether it gets an inbox entry even where the citizen consented to no channel at all.
    pub inbox: bool,
    /// Whether it may wait for others to the same citizen, to go out with them as one notice.
    #[serde(default)]
    pub bundle: bool,
}

/// On what ground a class may be pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The citizen's consent for the channel and topic.
    Consent,
    /// A law: no consent is needed. A channel whose consent is withdrawn is still left out, as long
    /// as another that may be used is left; where all of these are withdrawn, the law overrides.
    Law,
}

/// The law's rules for a country.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jurisdiction {
    /// Its id.
    pub id: JurisdictionId,
    /// The channels a public body may use.
    pub channels: BTreeSet<ChannelId>,
    /// Its IANA time zones. A citizen whose zone is not known is in all of them at once.
    pub zones: Vec<String>,
    /// When citizens may be pushed to.
    pub contact_hours: ContactHours,
    /// How many pushes the law allows.
    pub ceilings: Ceilings,
    /// By when what a citizen appeals against has to be answered.
    pub appeals: AppealClocks,
}

/// By when an appeal has to be seen to, in calendar days, each 1 to 365.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppealClocks {
    /// From its coming until it is registered.
    #[serde(deserialize_with = "whole::<1, 365, _, _>")]
    pub register_days: u16,
    /// Until it is answered.
    #[serde(deserialize_with = "whole::<1, 365, _, _>")]
    pub answer_days: u16,
    /// Until it is answered where the time was extended, counted from the same day.
    #[serde(deserialize_with = "whole::<1, 365, _, _>")]
    pub extended_days: u16,
}

/// When citizens may be pushed to, by day type; outside of it are quiet hours.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactHours {
    /// Monday to Friday.
    pub workday: Hours,
    /// Saturday and Sunday; absent: no contact at all.
    pub weekend: Option<Hours>,
    /// Public holidays; absent: no contact at all.
    pub holiday: Option<Hours>,
    /// The public holidays, by date.
    #[serde(default)]
    pub holidays: BTreeSet<Date>,
}

/// How many pushes one citizen may get per local day, ISO week and month, 1 to 1,000,000; absent: no
/// ceiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ceilings {
    /// Per local day.
    #[serde(default, deserialize_with = "whole_if_any::<1, 1_000_000, _, _>")]
    pub per_day: Option<u32>,
    /// Per local ISO week.
    #[serde(default, deserialize_with = "whole_if_any::<1, 1_000_000, _, _>")]
    pub per_week: Option<u32>,
    /// Per local calendar month.
    #[serde(default, deserialize_with = "whole_if_any::<1, 1_000_000, _, _>")]
    pub per_month: Option<u32>,
}

/// When to try again after a provider was not available: the wait doubles from the first to the
/// longest, each spread by jitter of up to a quarter either way, until the tries are used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetrySchedule {
    /// Seconds before the second try, 1 to 86,400, which is a day.
    #[serde(deserialize_with = "whole::<1, 86_400, _, _>")]
    pub first_seconds: u32,
    /// No wait is longer; 1 to 86,400.
    #[serde(deserialize_with = "whole::<1, 86_400, _, _>")]
    pub longest_seconds: u32,
    /// Tries in all, the first included; 1 to 100.
    #[serde(deserialize_with = "whole::<1, 100, _, _>")]
    pub tries: u32,
}
