//! Replay: what would have become of a citizen's past under a set of rules.
//!
//! The past is what came and when, what the citizen had said by then, and what failed. It is gone through
//! in the order of time, by the same rules that decide in earnest: the decision, one window, who yields,
//! the check before sending, the waits of a cascade. Whether a message arrives is no matter of rules: it is
//! taken to reach the citizen by the first channel that it is sent on, unless the record says that just
//! there it was sent in vain.

mod compare;
mod course;

use std::collections::BTreeMap;

use jiff::Timestamp;
use vestnik_contract::ChannelId;

pub use compare::Change;

use self::course::Course;
use super::{ChannelFacts, Facts};
use crate::domain::{
    Citizen, Class, Consent, ContactHistory, FinalState, Jurisdiction, JurisdictionId, Policy, Reason,
    SourceRef, TopicId,
};

/// The rules of one configuration.
#[derive(Debug, Clone)]
pub struct Rulebook {
    /// The operator's rules.
    pub policy: Policy,
    /// The law's rules by country.
    pub jurisdictions: BTreeMap<JurisdictionId, Jurisdiction>,
    /// The rules for a citizen whose jurisdiction is not among them.
    pub strict: Jurisdiction,
    /// The channels in use.
    pub channels: Vec<ChannelFacts>,
}

/// All that was recorded of one citizen in the time that is replayed.
#[derive(Debug, Clone)]
pub struct Life {
    /// The citizen, with every address; those that were closed are open until then. No consent is read
    /// here.
    pub citizen: Citizen,
    /// What the citizen said, in the order of recording, each with when it was recorded.
    pub consents: Vec<(Timestamp, Consent)>,
    /// The places in the contact budget that others than these notifications took.
    pub others: ContactHistory,
    /// What came, in the order of time.
    pub notifications: Vec<Recorded>,
}

/// A notification as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its source, and the source's id.
    pub reference: SourceRef,
    /// Its measure.
    pub measure: String,
    /// When it came.
    pub at: Timestamp,
    /// What a decision needs to know of it.
    pub facts: Facts,
    /// The topic of its measure.
    pub topic: TopicId,
    /// The class of its template.
    pub class: Class,
    /// When its source took it back, where it did in time.
    pub taken_back_at: Option<Timestamp>,
    /// The channels that it was sent on in vain, each with why.
    pub failed: Vec<(ChannelId, Reason)>,
}

/// What becomes of a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It reaches the citizen.
    Sent {
        /// When it is sent.
        at: Timestamp,
        /// On which channel.
        channel: ChannelId,
    },
    /// It does not.
    Ended {
        /// How it ends.
        state: FinalState,
        /// Why.
        reason: Reason,
    },
}

/// What becomes of a citizen's past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// What becomes of each notification, in their order.
    pub fates: Vec<Fate>,
    /// How many messages make themselves heard.
    pub contacts: u32,
}

/// Replays a citizen's past under these rules. Never panics, whatever was recorded.
#[must_use]
pub fn replay(life: &Life, rules: &Rulebook) -> Replayed {
    Course::new(life, rules).run()
}

#[cfg(test)]
mod tests;
