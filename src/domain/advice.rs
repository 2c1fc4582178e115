//! What a citizen can do so that a message reaches them the next time.

use super::Reason;

/// What would change the outcome, and is in the citizen's own hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Advice {
    /// To be in the registry at all.
    Register,
    /// To give an address on the channel.
    GiveAddress,
    /// To see whether the address on the channel is right.
    CheckAddress,
    /// To consent to the channel and topic.
    Allow,
    /// To take a STOP back.
    Start,
    /// To choose the channel in the preference.
    ChangeSettings,
    /// To choose other hours.
    OtherHours,
    /// To call: there is nothing that the citizen could have set otherwise.
    Call,
}

impl Advice {
    /// All of it, in the order in which it is told.
    pub const ALL: [Self; 8] = [
        Self::Register,
        Self::GiveAddress,
        Self::CheckAddress,
        Self::Allow,
        Self::Start,
        Self::ChangeSettings,
        Self::OtherHours,
        Self::Call,
    ];

    /// Its name among the texts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::GiveAddress => "give_address",
            Self::CheckAddress => "check_address",
            Self::Allow => "allow",
            Self::Start => "start",
            Self::ChangeSettings => "change_settings",
            Self::OtherHours => "other_hours",
            Self::Call => "call",
        }
    }

    /// What the citizen can do about this reason; `None` where it needs nothing, or nothing can be done.
    #[must_use]
    pub fn about(reason: Reason) -> Option<Self> {
        match reason {
            Reason::NoSuchCitizen => Some(Self::Register),
            Reason::NoAddress => Some(Self::GiveAddress),
            Reason::AddressClosed | Reason::Unreachable => Some(Self::CheckAddress),
            Reason::NoConsent => Some(Self::Allow),
            Reason::ConsentWithdrawn => Some(Self::Start),
            Reason::NotPreferred => Some(Self::ChangeSettings),
            Reason::QuietHours => Some(Self::OtherHours),
            Reason::TextTooLong
            | Reason::ExpiredOnArrival
            | Reason::Expired
            | Reason::NoReceipt
            | Reason::ProviderUnavailable
            | Reason::Ambiguous
            | Reason::Rejected
            | Reason::Misconfigured
            | Reason::NotOnAllowList
            | Reason::Deceased
            | Reason::TemplateMissing => Some(Self::Call),
            Reason::Chosen
            | Reason::LawOverrides
            | Reason::JurisdictionForbids
            | Reason::ChannelOff
            | Reason::Guarded
            | Reason::Introduction
            | Reason::NotBefore
            | Reason::ContactBudget
            | Reason::Yielded
            | Reason::Bundled
            | Reason::Retry
            | Reason::Throttled
            | Reason::RoutePaused
            | Reason::CancelledBySource
            | Reason::Superseded
            | Reason::NoReceiptGiven
            | Reason::ReceiptDelivered
            | Reason::ReceiptRead
            | Reason::NotNeeded => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_advice_is_about_something() {
        for advice in Advice::ALL {
            assert!(Reason::ALL.iter().any(|reason| Advice::about(*reason) == Some(advice)), "{advice:?}");
        }
        assert!(Advice::ALL.is_sorted());
    }
}
