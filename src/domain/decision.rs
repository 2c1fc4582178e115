//! What policy decides, and why.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use vestnik_contract::ChannelId;

use super::{Awaits, FinalState, Reason};

/// The outcome of policy for one notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What happens.
    pub outcome: Outcome,
    /// Whether it gets an entry in the portal inbox. Never without a known citizen.
    pub inbox: bool,
    /// Every channel considered and every rule applied.
    pub trace: Trace,
}

/// What happens with a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is pushed by this plan.
    Push(Plan),
    /// It is not pushed and closes at once.
    Close {
        /// As what.
        state: FinalState,
        /// Why.
        reason: Reason,
    },
}

/// Ordered channels, with what to wait for before the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// At least one step.
    pub steps: Vec<PlannedStep>,
    /// When the first step is due.
    pub due_at: Timestamp,
    /// Why it is due later than now.
    pub deferred: Option<Reason>,
    /// The citizen's local day on which the first step takes from the contact budget.
    pub reserve: Option<Date>,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// The channel.
    pub channel: ChannelId,
    /// What has to be known before the step counts as done. Never more than the channel can tell.
    pub awaits: Awaits,
    /// Seconds to wait for it.
    pub wait_seconds: u32,
}

/// Every channel considered and every rule applied, each with its reason. It goes into the
/// timeline, and names no address and no text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Trace {
    /// Channels in the order they were considered.
    pub channels: Vec<(ChannelId, Reason)>,
    /// Rules that moved the moment of sending, with the moment they moved it to.
    pub deferrals: Vec<(Reason, Timestamp)>,
    /// What rules that are only reported on would have done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub would: Vec<Would>,
}

/// What a rule that is only reported on would have done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Would {
    /// The rule.
    pub rule: TrialRule,
    /// When the push would have been sent by it; `None` where it would have left no moment for one.
    pub until: Option<Timestamp>,
    /// The channel that it would have passed over, where it is a rule that does so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelId>,
}

impl Would {
    /// It would have been sent at this moment, or not at all.
    #[must_use]
    pub fn moved(rule: TrialRule, until: Option<Timestamp>) -> Self {
        Self { rule, until, channel: None }
    }
}

/// A rule that can be reported on without being put to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrialRule {
    /// A part of the contact budget is kept for deadlines.
    KeptForDeadlines,
    /// A lower class yields its place in the contact budget to a higher one.
    Yielding,
    /// What comes to one citizen soon after one another goes out as one notice.
    Bundling,
    /// A template that too many decline on a channel is not sent there.
    Guard,
    /// Before the first push on a channel the citizen is told who will write there.
    Introduction,
}

impl TrialRule {
    /// Its table in `policy.toml`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::KeptForDeadlines => "kept_for_deadlines",
            Self::Yielding => "yielding",
            Self::Bundling => "bundling",
            Self::Guard => "guard",
            Self::Introduction => "introduction",
        }
    }
}

/// What a check just before sending says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recheck {
    /// Send now.
    Go {
        /// The local day that the step takes from the contact budget, where it counts.
        reserve: Option<Date>,
        /// Items, by their number among those asked about, that have no ground any more on this
        /// channel, each with its reason. They are left out of what is sent.
        left_out: Vec<(usize, Reason)>,
    },
    /// Not now.
    Defer {
        /// When it is due instead.
        until: Timestamp,
        /// Why.
        reason: Reason,
        /// The local day it reserves instead, where it counts.
        reserve: Option<Date>,
    },
    /// Not on this channel.
    Skip(Reason),
    /// Not at all any more.
    Close(FinalState, Reason),
}

/// Days on which pushes to a citizen are reserved or spent, each with how many.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactHistory {
    /// Local days with their counts; at least the current and every later day, and the month and
    /// the week around them.
    pub days: std::collections::BTreeMap<Date, u32>,
}
