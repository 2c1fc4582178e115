//! What differs between two fates of one notification.

use jiff::SignedDuration;
use vestnik_contract::ChannelId;

use super::Fate;
use crate::domain::{FinalState, Reason};

/// What other rules change for one notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is sent at another moment, on another channel, or both.
    Moved {
        /// How much later, or where it is negative how much sooner.
        by: SignedDuration,
        /// The channel before.
        from: ChannelId,
        /// The channel now.
        to: ChannelId,
    },
    /// It is sent no longer.
    Lost {
        /// The channel before.
        from: ChannelId,
        /// How it ends now.
        state: FinalState,
        /// Why.
        reason: Reason,
    },
    /// It was not sent, and is now.
    Won {
        /// The channel now.
        to: ChannelId,
        /// Why it was not before.
        reason: Reason,
    },
    /// It is not sent either way, and ends otherwise.
    EndsOtherwise {
        /// How it ends now.
        state: FinalState,
        /// Why.
        reason: Reason,
    },
}

impl Change {
    /// What differs; `None` where nothing does.
    #[must_use]
    pub fn between(before: &Fate, after: &Fate) -> Option<Self> {
        if before == after {
            return None;
        }
        Some(match (before.clone(), after.clone()) {
            (Fate::Sent { at, channel: from }, Fate::Sent { at: later, channel: to }) => {
                Self::Moved { by: at.duration_until(later), from, to }
            }
            (Fate::Sent { channel: from, .. }, Fate::Ended { state, reason }) => {
                Self::Lost { from, state, reason }
            }
            (Fate::Ended { reason, .. }, Fate::Sent { channel: to, .. }) => Self::Won { to, reason },
            (Fate::Ended { .. }, Fate::Ended { state, reason }) => Self::EndsOtherwise { state, reason },
        })
    }

    /// In one word, for lists: `later`, `sooner`, `other_channel`, `lost`, `won`, `ends_otherwise`. What
    /// moves to another channel is that, whenever it is sent.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Moved { from, to, .. } if from != to => "other_channel",
            Self::Moved { by, .. } if by.is_positive() => "later",
            Self::Moved { .. } => "sooner",
            Self::Lost { .. } => "lost",
            Self::Won { .. } => "won",
            Self::EndsOtherwise { .. } => "ends_otherwise",
        }
    }
}
