//! The guard: what became of the messages of a template on a channel, in numbers, and what follows.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use vestnik_contract::InvalidId;

use super::MeasureId;

/// The template that the gateway's own introduction is counted as.
const INTRODUCTION: &str = "gateway:introduction";

/// Whose texts a message shows, as they are counted and paused. Its text form is the measure's id, such as
/// `birth_grant`, or `gateway:introduction`: no measure is called so, because no id has a colon.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TemplateName {
    /// Those of a measure.
    Measure(MeasureId),
    /// The introduction, which says who will write.
    Introduction,
}

impl TemplateName {
    /// Whether it carries notifications, of which other reports speak.
    #[must_use]
    pub fn is_of_notifications(&self) -> bool {
        matches!(self, Self::Measure(_))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Measure(id) => id.as_str(),
            Self::Introduction => INTRODUCTION,
        }
    }
}

impl fmt::Display for TemplateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<MeasureId> for TemplateName {
    fn from(id: MeasureId) -> Self {
        Self::Measure(id)
    }
}

impl FromStr for TemplateName {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == INTRODUCTION { Ok(Self::Introduction) } else { MeasureId::new(text).map(Self::Measure) }
    }
}

impl TryFrom<String> for TemplateName {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TemplateName> for String {
    fn from(name: TemplateName) -> Self {
        name.as_str().to_owned()
    }
}

/// Something that became of a message, as it is counted by day, source, channel and template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// A provider took it.
    Sent,
    /// A provider did not take it: it was blocked or rejected at the call.
    Refused,
    /// It arrived.
    Delivered,
    /// It was opened.
    Read,
    /// The citizen wrote back.
    Replied,
    /// Somebody asked whether its check code is ours.
    Checked,
    /// The citizen turned away from us at the provider.
    Blocked,
    /// The citizen said STOP.
    Stopped,
    /// The citizen called it fraud, or told their provider that they do not want it.
    Complained,
    /// The provider, or the network, refused what it says.
    Rejected,
    /// Its notification reached the citizen on this channel.
    Reached,
    /// The contact budget put it off.
    BudgetDeferred,
    /// The contact budget left no moment for it: it was not pushed.
    BudgetSuppressed,
}

impl Counted {
    /// Everything that is counted.
    pub const ALL: [Self; 13] = [
        Self::Sent,
        Self::Refused,
        Self::Delivered,
        Self::Read,
        Self::Replied,
        Self::Checked,
        Self::Blocked,
        Self::Stopped,
        Self::Complained,
        Self::Rejected,
        Self::Reached,
        Self::BudgetDeferred,
        Self::BudgetSuppressed,
    ];

    /// The word in tables and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Replied => "replied",
            Self::Checked => "checked",
            Self::Blocked => "blocked",
            Self::Stopped => "stopped",
            Self::Complained => "complained",
            Self::Rejected => "rejected",
            Self::Reached => "reached",
            Self::BudgetDeferred => "budget_deferred",
            Self::BudgetSuppressed => "budget_suppressed",
        }
    }

    /// Whether a provider was offered the message.
    #[must_use]
    pub fn is_offered(self) -> bool {
        matches!(self, Self::Sent | Self::Refused)
    }

    /// Whether it says that the message was not wanted.
    #[must_use]
    pub fn is_declined(self) -> bool {
        matches!(self, Self::Blocked | Self::Stopped | Self::Complained | Self::Rejected)
    }

    /// Whether it says that a person dealt with the message.
    #[must_use]
    pub fn is_answered(self) -> bool {
        matches!(self, Self::Read | Self::Replied | Self::Checked)
    }
}

/// How many messages were offered, and how many of them declined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Offered {
    /// Messages that a provider took or refused.
    pub offered: u64,
    /// Those that were blocked, answered with STOP, called fraud or rejected.
    pub declined: u64,
}

impl Offered {
    /// Counts so many more.
    pub fn add(&mut self, what: Counted, count: u64) {
        let into = [(what.is_offered(), &mut self.offered), (what.is_declined(), &mut self.declined)];
        for (_, sum) in into.into_iter().filter(|(counts, _)| *counts) {
            *sum = sum.saturating_add(count);
        }
    }

    /// Without what was counted before.
    #[must_use]
    pub fn without(self, before: Self) -> Self {
        Self {
            offered: self.offered.saturating_sub(before.offered),
            declined: self.declined.saturating_sub(before.declined),
        }
    }

    /// Whether at least so many of a hundred were declined. Where nobody declined it is never so.
    #[must_use]
    pub fn reaches(self, percent: u16) -> bool {
        let (declined, offered) = (u128::from(self.declined), u128::from(self.offered));
        declined > 0 && declined * 100 >= u128::from(percent) * offered
    }

    /// How many of a hundred were declined, to one decimal; `None` where nothing was offered.
    #[must_use]
    pub fn percent(self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "it is rounded to one decimal")]
        (self.offered > 0).then(|| (self.declined as f64 * 1000.0 / self.offered as f64).round() / 10.0)
    }
}

/// How a template stands on a channel, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nothing is wrong.
    #[default]
    Fine,
    /// More decline than should.
    Warned,
    /// It would be paused; the rule is only reported on.
    OnTrial,
    /// It is not sent there until a person releases it.
    Paused,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 4] = [Self::Fine, Self::Warned, Self::OnTrial, Self::Paused];

    /// The word in tables and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Warned => "warned",
            Self::OnTrial => "on_trial",
            Self::Paused => "paused",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_measure_is_called_as_the_introduction_is() {
        let measure = MeasureId::new("introduction").unwrap();
        assert!(MeasureId::new(INTRODUCTION).is_err());
        for (name, text) in
            [(measure.into(), "introduction"), (TemplateName::Introduction, "gateway:introduction")]
        {
            assert_eq!((name.as_str(), name.to_string().parse()), (text, Ok(name.clone())));
            assert_eq!(serde_json::to_value(&name).unwrap(), text);
            assert_eq!(serde_json::from_value::<TemplateName>(text.into()).unwrap(), name);
        }
        for wrong in ["", "gateway:", ":introduction", "gateway:birth_grant", "Birth"] {
            assert_eq!(wrong.parse::<TemplateName>(), Err(InvalidId), "{wrong}");
        }
    }

    #[test]
    fn what_is_declined_is_a_share_of_what_was_offered() {
        let mut counts = Offered::default();
        assert_eq!((counts.percent(), counts.reaches(1)), (None, false));
        for what in Counted::ALL {
            counts.add(what, 10);
        }
        assert_eq!(counts, Offered { offered: 20, declined: 40 });
        let some = |offered, declined| Offered { offered, declined };
        assert_eq!(some(300, 10).percent(), Some(3.3));
        assert!(some(300, 9).reaches(3) && !some(301, 9).reaches(3) && some(0, 1).reaches(100));
        assert!(!some(u64::MAX, u64::MAX - 1).reaches(100), "large numbers do not overflow");
        assert_eq!(some(5, 3).without(some(2, 4)), some(3, 0));
    }
}
