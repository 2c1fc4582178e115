//! What to do about a notification that ended without reaching its citizen, and who does it.

use serde::Serialize;

use super::{FinalState, Reason};

/// Who does what comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// Whoever keeps the citizens' addresses and consents.
    Registry,
    /// The office that the citizen can come to, or that writes letters.
    Office,
    /// The service that published the notification.
    Source,
    /// Whoever runs the gateway.
    Operator,
    /// Whoever writes the texts.
    Catalogue,
}

impl Owner {
    /// The word for tables and for the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Office => "office",
            Self::Source => "source",
            Self::Operator => "operator",
            Self::Catalogue => "catalogue",
        }
    }
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct NextAction {
    /// What is to be done, in a few words.
    pub action: &'static str,
    /// Who does it.
    pub owner: Owner,
}

impl FinalState {
    /// Whether a notification that ended so is not known to have reached its citizen, and was meant to.
    #[must_use]
    pub fn is_unreached(self) -> bool {
        match self {
            Self::InboxOnly
            | Self::Unreachable
            | Self::Suppressed
            | Self::Expired
            | Self::Rejected
            | Self::Unknown => true,
            Self::Delivered | Self::Read | Self::Accepted | Self::Cancelled => false,
        }
    }
}

impl NextAction {
    /// What kept the notification from its citizen is mended.
    pub const PUBLISH_AGAIN: Self = Self { action: "publish it again", owner: Owner::Source };

    /// What comes next where a notification did not reach its citizen for this reason.
    #[must_use]
    pub fn after(reason: Reason) -> Self {
        let (action, owner) = match reason {
            Reason::NoSuchCitizen => ("register the citizen, then publish again", Owner::Registry),
            Reason::Deceased => ("look whether an heir is entitled", Owner::Source),
            Reason::NoAddress => ("ask the citizen for an address, then publish again", Owner::Registry),
            Reason::AddressClosed | Reason::Unreachable => {
                ("verify the address, then publish again", Owner::Registry)
            }
            Reason::JurisdictionForbids => {
                ("ask for an address on a channel that the law allows", Owner::Registry)
            }
            Reason::NoConsent | Reason::ConsentWithdrawn | Reason::NotPreferred => {
                ("write a letter, or tell at the counter", Owner::Office)
            }
            Reason::NotBefore
            | Reason::QuietHours
            | Reason::ContactBudget
            | Reason::Yielded
            | Reason::Bundled
            | Reason::Introduction
            | Reason::ExpiredOnArrival
            | Reason::Expired => ("publish again, with more time", Owner::Source),
            Reason::TextTooLong | Reason::Rejected | Reason::TemplateMissing => {
                ("mend the text, then publish again", Owner::Catalogue)
            }
            Reason::Guarded => ("release it from the guard, or mend the text", Owner::Operator),
            Reason::ChannelOff
            | Reason::NotOnAllowList
            | Reason::Misconfigured
            | Reason::ProviderUnavailable
            | Reason::Throttled
            | Reason::RoutePaused
            | Reason::Retry => ("see to the channel, then publish again", Owner::Operator),
            Reason::Ambiguous | Reason::NoReceipt | Reason::NoReceiptGiven => {
                ("ask the provider whether it arrived", Owner::Operator)
            }
            Reason::Chosen
            | Reason::LawOverrides
            | Reason::CancelledBySource
            | Reason::Superseded
            | Reason::ReceiptDelivered
            | Reason::ReceiptRead
            | Reason::NotNeeded => ("look at it with `vestnik explain`", Owner::Operator),
        };
        Self { action, owner }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_next_action_and_an_owner() {
        for reason in Reason::ALL {
            let NextAction { action, owner } = NextAction::after(*reason);
            assert!((10..=60).contains(&action.len()), "{reason}: {action}");
            assert_eq!(serde_json::to_value(owner).unwrap(), owner.as_str());
        }
    }

    #[test]
    fn evidence_and_taking_back_leave_nobody_unreached() {
        let unreached = FinalState::ALL.into_iter().filter(|state| state.is_unreached());
        let names: Vec<_> = unreached.map(FinalState::as_str).collect();
        assert_eq!(names, ["inbox_only", "unreachable", "suppressed", "expired", "rejected", "unknown"]);
    }
}
