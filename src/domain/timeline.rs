//! The timeline: what happened to a notification, entry by entry.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vestnik_contract::{ChannelId, SendErrorKind};

use super::{AttemptId, FinalState, NoticeId, NotificationKey, Reason, SourceRef, Trace, Would};

/// One entry of a notification's timeline. It names no citizen, address or text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The notification.
    pub notification: NotificationKey,
    /// Its source and id.
    pub reference: SourceRef,
    /// The notice it was part of, once there is one.
    pub notice: Option<NoticeId>,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub what: Happening,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Happening {
    /// It was accepted and decided on.
    Decided {
        /// Every channel considered and every rule applied.
        trace: Trace,
        /// The channels of the plan, in order; empty where it is not pushed.
        plan: Vec<ChannelId>,
        /// When the first step is due.
        due_at: Option<Timestamp>,
        /// Whether it stands in the portal inbox.
        inbox: bool,
        /// The version of the configuration that decided it.
        config: String,
    },
    /// Its sending was put off.
    Deferred {
        /// On which channel.
        channel: ChannelId,
        /// Why.
        reason: Reason,
        /// Until when.
        until: Timestamp,
    },
    /// A rule that is only reported on would have moved it. Nothing was moved.
    Would(Would),
    /// A call to a provider started: the moment of sending.
    Started {
        /// On which channel.
        channel: ChannelId,
        /// The call.
        attempt: AttemptId,
    },
    /// The provider took it.
    Sent {
        /// On which channel.
        channel: ChannelId,
        /// The call.
        attempt: AttemptId,
        /// In how many parts.
        parts: u32,
    },
    /// A call did not succeed.
    Failed {
        /// On which channel.
        channel: ChannelId,
        /// The call.
        attempt: AttemptId,
        /// The kind of the failure.
        kind: SendErrorKind,
        /// The provider's code.
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<String>,
    },
    /// A step ended without success; the next one, where there is one, follows.
    StepEnded {
        /// Its channel.
        channel: ChannelId,
        /// Why.
        reason: Reason,
        /// The channel that follows.
        next: Option<ChannelId>,
    },
    /// A receipt says that it arrived.
    Delivered {
        /// On which channel.
        channel: ChannelId,
    },
    /// A receipt says that it was read.
    Read {
        /// On which channel.
        channel: ChannelId,
    },
    /// The citizen told their provider that they do not want it.
    Complained {
        /// On which channel.
        channel: ChannelId,
    },
    /// The citizen opened its inbox entry. This is not delivery by push and changes no state of a
    /// channel.
    InboxRead,
    /// Its source asked to cancel it, but it had been sent.
    CancelTooLate,
    /// It ended.
    Closed {
        /// As what.
        state: FinalState,
        /// Why.
        reason: Reason,
    },
    /// Later evidence raised its final state.
    Amended {
        /// The state it has now.
        state: FinalState,
        /// Why.
        reason: Reason,
    },
}

impl Happening {
    /// The entry's name in the tables and on the wire.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Decided { .. } => "decided",
            Self::Deferred { .. } => "deferred",
            Self::Would(_) => "would",
            Self::Started { .. } => "started",
            Self::Sent { .. } => "sent",
            Self::Failed { .. } => "failed",
            Self::StepEnded { .. } => "step_ended",
            Self::Delivered { .. } => "delivered",
            Self::Read { .. } => "read",
            Self::Complained { .. } => "complained",
            Self::InboxRead => "inbox_read",
            Self::CancelTooLate => "cancel_too_late",
            Self::Closed { .. } => "closed",
            Self::Amended { .. } => "amended",
        }
    }
}
