//! How a notification can end, and how much is known of it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The final states of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinalState {
    /// It is on the citizen's device or in their mailbox.
    Delivered,
    /// The citizen opened it.
    Read,
    /// A provider that gives no receipt took it.
    Accepted,
    /// It stands in the portal inbox and nowhere else.
    InboxOnly,
    /// No channel reached the citizen, or there is no such citizen.
    Unreachable,
    /// Policy forbids it.
    Suppressed,
    /// Its time was over before it could be sent.
    Expired,
    /// Its source took it back.
    Cancelled,
    /// Every provider that was asked refused the content.
    Rejected,
    /// A provider may have taken it; nobody can tell.
    Unknown,
}

impl FinalState {
    /// Every final state.
    pub const ALL: [Self; 10] = [
        Self::Delivered,
        Self::Read,
        Self::Accepted,
        Self::InboxOnly,
        Self::Unreachable,
        Self::Suppressed,
        Self::Expired,
        Self::Cancelled,
        Self::Rejected,
        Self::Unknown,
    ];

    /// The state's name on the wire and in the tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Accepted => "accepted",
            Self::InboxOnly => "inbox_only",
            Self::Unreachable => "unreachable",
            Self::Suppressed => "suppressed",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// What the state says of the citizen having got it. A closed notification's state may change
    /// only to one of more evidence.
    #[must_use]
    pub fn evidence(self) -> Evidence {
        match self {
            Self::Read => Evidence::Read,
            Self::Delivered => Evidence::Delivered,
            Self::Accepted => Evidence::Accepted,
            Self::Unknown => Evidence::Unknown,
            _ => Evidence::None,
        }
    }
}

impl fmt::Display for FinalState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much is known of a message having reached the citizen, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Nothing was sent, or it certainly did not arrive.
    None,
    /// A provider may have taken it.
    Unknown,
    /// A provider took it.
    Accepted,
    /// It arrived.
    Delivered,
    /// It was opened.
    Read,
}

impl Evidence {
    /// The final state that says just this much; `None` where nothing is known to have been sent.
    #[must_use]
    pub fn as_state(self) -> Option<FinalState> {
        match self {
            Self::None => None,
            Self::Unknown => Some(FinalState::Unknown),
            Self::Accepted => Some(FinalState::Accepted),
            Self::Delivered => Some(FinalState::Delivered),
            Self::Read => Some(FinalState::Read),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_evidence_agrees_with_its_state() {
        for state in FinalState::ALL {
            assert_eq!(FinalState::parse(state.as_str()), Some(state));
            if let Some(same) = state.evidence().as_state() {
                assert_eq!(same, state);
            }
        }
        assert!(Evidence::None < Evidence::Unknown && Evidence::Delivered < Evidence::Read);
    }
}
