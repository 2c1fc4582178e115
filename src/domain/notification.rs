//! A notification: one fact for one citizen from one source.

use std::fmt;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{CitizenId, LifeEventId, MeasureId, Params, SourceId};

/// The idempotency key of a notification: the source's name and the source's own id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceRef {
    /// The source.
    pub source: SourceId,
    /// The source's id of the notification: 1 to 128 characters of `[A-Za-z0-9._:-]`.
    pub id: String,
}

impl SourceRef {
    /// Whether `id` may be a source's id of a notification.
    #[must_use]
    pub fn is_valid_id(id: &str) -> bool {
        (1..=128).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'-'))
    }
}

impl fmt::Display for SourceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.source, self.id)
    }
}

/// How soon a notification is to be sent.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// At once, through quiet hours; only for sources with that permission.
    Urgent,
    /// In its turn.
    #[default]
    Normal,
    /// After all others.
    Bulk,
}

impl Priority {
    /// Every priority, the most urgent first.
    pub const ALL: [Self; 3] = [Self::Urgent, Self::Normal, Self::Bulk];

    /// The priority's name on the wire and in queue names.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Urgent => "urgent",
            Self::Normal => "normal",
            Self::Bulk => "bulk",
        }
    }

    /// Its rank in the work table; the lowest goes first.
    #[must_use]
    pub fn rank(self) -> i16 {
        match self {
            Self::Urgent => 0,
            Self::Normal => 1,
            Self::Bulk => 2,
        }
    }

    /// The priority of this rank.
    #[must_use]
    pub fn from_rank(rank: i16) -> Self {
        match rank {
            0 => Self::Urgent,
            1 => Self::Normal,
            _ => Self::Bulk,
        }
    }
}

/// A notification that has been parsed and validated against the catalogue.
#[derive(Clone)]
pub struct Notification {
    /// Source and id.
    pub reference: SourceRef,
    /// For whom.
    pub citizen: CitizenId,
    /// What happened.
    pub life_event: LifeEventId,
    /// What the citizen may have because of it.
    pub measure: MeasureId,
    /// The template's variables, checked against the measure.
    pub params: Params,
    /// How soon.
    pub priority: Priority,
    /// By when the citizen has to act.
    pub act_by: Option<Date>,
    /// After this moment it is not sent any more.
    pub expires_at: Option<Timestamp>,
    /// Before this moment it is not sent.
    pub not_before: Option<Timestamp>,
    /// The campaign it belongs to; 1 to 64 characters of `[a-z0-9_-]`.
    pub campaign: Option<String>,
}

impl fmt::Debug for Notification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notification").field("reference", &self.reference).finish_non_exhaustive()
    }
}
