//! The notice: what is sent to one citizen at once, with its plan and how far each step came.
//!
//! The whole of it is one row of the ledger; [`crate::notice::advance`] is the only thing that
//! changes it, but for the marks of what its citizen said to it.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vestnik_contract::{ChannelId, ReceiptState, SendErrorKind};

use super::{
    AttemptId, CitizenKey, Class, Evidence, FinalState, MeasureId, NoticeId, NotificationKey, PlannedStep,
    Priority, Reason, SourceId, SourceRef, TopicId,
};

/// Channels on which citizens can write back.
pub const ANSWERED: [&str; 4] = ["sms", "viber", "telegram", "portal"];

/// What is sent to one citizen at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Its id.
    pub id: NoticeId,
    /// To whom.
    pub citizen: CitizenKey,
    /// What kind it is.
    pub kind: NoticeKind,
    /// The highest priority of its items.
    pub priority: Priority,
    /// The notifications in it: 0 to n.
    pub items: Vec<Item>,
    /// Of an introduction: the source whose notification it comes before; absent where a campaign made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<SourceId>,
    /// The plan's steps, at least one.
    pub steps: Vec<Step>,
    /// The step being worked on; the number of steps once there is none left.
    pub current: usize,
    /// Before this moment it is not sent.
    pub not_before: Option<Timestamp>,
    /// After this moment it is not sent any more.
    pub expires_at: Timestamp,
    /// By when the citizen has to act on it, where that was ahead when it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// How it waits for others to the same citizen, where it does or did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// Where it answers somebody: the address that they wrote from, which it goes to and to no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<Uuid>,
    /// Whether its items stand in the portal inbox.
    pub inbox: bool,
    /// The version of the configuration that decided it.
    pub config: String,
    /// How it closed. Afterwards the state may only rise in evidence.
    pub closed: Option<Ending>,
}

/// What a notice is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// It carries notifications.
    Entitlement,
    /// It says who will write, before the first push on a channel.
    Introduction,
    /// It confirms what the citizen asked for, such as STOP.
    Confirmation,
    /// It answers what the citizen wrote.
    Answer,
}

/// One notification in a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The ledger's key of the notification.
    pub notification: NotificationKey,
    /// Source and id.
    pub reference: SourceRef,
    /// What it tells of, which names its template; absent in what was taken in before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<MeasureId>,
    /// The topic its consent is asked for.
    pub topic: TopicId,
    /// The class of its template.
    pub class: Class,
    /// After this moment it is not sent any more, where that is not the notice's own moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// How it closed, on its own or with the notice.
    pub closed: Option<Ending>,
}

/// How a notice waits for others to the same citizen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The first moment at which every item may be sent.
    pub earliest: Timestamp,
    /// The last moment until which every item may be kept waiting for others.
    pub latest: Timestamp,
}

/// How a notice or an item ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// The final state.
    pub state: FinalState,
    /// Why.
    pub reason: Reason,
}

/// One step of a notice: a delivery on one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What was planned.
    #[serde(flatten)]
    pub planned: PlannedStep,
    /// How far it came.
    pub state: StepState,
    /// The calls made, oldest first.
    pub attempts: Vec<Attempt>,
    /// Calls that count for the retry schedule.
    pub tries: u32,
    /// The local day on which it holds a place in the contact budget.
    pub reserved: Option<Date>,
    /// Whether it was counted that the citizen declined what it sent, which counts once.
    #[serde(default, skip_serializing_if = "is_false")]
    pub declined: bool,
    /// Whether it was counted that the citizen wrote back, which counts once.
    #[serde(default, skip_serializing_if = "is_false")]
    pub replied: bool,
}

/// How far a step came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Not yet its turn.
    Planned,
    /// It is to be sent at `at`.
    Due {
        /// When.
        at: Timestamp,
    },
    /// A call is under way.
    Started,
    /// Sent; more evidence is awaited until `until`.
    Awaiting {
        /// When the waiting ends.
        until: Timestamp,
    },
    /// It did what was asked of it, or all that it could.
    Done,
    /// It cannot succeed any more.
    Failed {
        /// Why.
        reason: Reason,
    },
    /// It was never sent.
    Skipped {
        /// Why.
        reason: Reason,
    },
}

/// One call to a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// When it started: the moment of sending.
    pub started_at: Timestamp,
    /// Until when its evidence is awaited, where that is not counted by the clock alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_until: Option<Timestamp>,
    /// What came of it.
    pub outcome: AttemptOutcome,
    /// The provider's code, where it refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// References the provider gave; receipts name one of them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub parts: u32,
    /// How many of its parts are known to have arrived.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub parts_delivered: u32,
    /// How many of its parts are known to have been read.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub parts_read: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(mark: &bool) -> bool {
    !*mark
}

/// What came of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// Nothing is known yet.
    Started,
    /// The provider took it.
    Accepted,
    /// The provider may have taken it.
    Ambiguous,
    /// The provider did not take it.
    Failed(SendErrorKind),
    /// The provider took it, and a receipt said something of it.
    Receipted(ReceiptState),
}

impl Attempt {
    /// What is known of the message having reached the citizen. A message of several parts has
    /// arrived when every part has.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        match self.outcome {
            AttemptOutcome::Started | AttemptOutcome::Ambiguous => Evidence::Unknown,
            AttemptOutcome::Accepted => Evidence::Accepted,
            AttemptOutcome::Receipted(ReceiptState::Read) => Evidence::Read,
            AttemptOutcome::Receipted(ReceiptState::Delivered | ReceiptState::Complained) => {
                Evidence::Delivered
            }
            AttemptOutcome::Failed(_) | AttemptOutcome::Receipted(_) => Evidence::None,
        }
    }
}

impl Step {
    /// A step that waits for its turn.
    #[must_use]
    pub fn planned(planned: PlannedStep) -> Self {
        Self {
            planned,
            state: StepState::Planned,
            attempts: Vec::new(),
            tries: 0,
            reserved: None,
            declined: false,
            replied: false,
        }
    }

    /// The most that is known of this step.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        self.attempts.iter().map(Attempt::evidence).max().unwrap_or(Evidence::None)
    }
}

impl Notice {
    /// The most that is known of the citizen having got it, over all steps.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        self.steps.iter().map(Step::evidence).max().unwrap_or(Evidence::None)
    }

    /// The step being worked on.
    #[must_use]
    pub fn step(&self) -> Option<&Step> {
        self.steps.get(self.current)
    }

    /// Whether others may still join it: it has a window, and nothing of it was sent.
    #[must_use]
    pub fn is_open_to_others(&self) -> bool {
        let first = self.step().filter(|_| self.current == 0 && self.closed.is_none());
        let unsent = |step: &Step| matches!(step.state, StepState::Due { .. }) && step.attempts.is_empty();
        self.window.is_some() && first.is_some_and(unsent)
    }

    /// Items that have not closed on their own.
    pub fn open_items(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| item.closed.is_none())
    }

    /// The source that it speaks for: that of the first item which is still to be told, or of what an
    /// introduction comes before.
    #[must_use]
    pub fn source(&self) -> Option<&SourceId> {
        let told = self.open_items().next().map(|item| &item.reference.source);
        told.or(self.on_behalf_of.as_ref())
    }

    /// The class by which it gives its place in the contact budget to a higher one: the highest of what is
    /// still to be told. A campaign's introduction is of the lowest. `None` of what gives way to nothing: an
    /// introduction before a push is part of that push.
    #[must_use]
    pub fn class(&self) -> Option<Class> {
        match self.kind {
            NoticeKind::Introduction => self.on_behalf_of.is_none().then_some(Class::Campaign),
            _ => self.open_items().map(|item| item.class).min(),
        }
    }

    /// After which moment a message that holds all of its open items is of no use any more: the first at
    /// which one of them is over.
    #[must_use]
    pub fn sent_until(&self) -> Timestamp {
        self.open_items().filter_map(|item| item.expires_at).min().unwrap_or(self.expires_at)
    }

    /// Where an attempt stands: the numbers of its step and of itself.
    #[must_use]
    pub fn find(&self, attempt: AttemptId) -> Option<(usize, usize)> {
        self.steps.iter().enumerate().find_map(|(step, of)| {
            of.attempts.iter().position(|one| one.id == attempt).map(|number| (step, number))
        })
    }

    /// The channels of all its steps, in order.
    pub fn channels(&self) -> impl Iterator<Item = &ChannelId> {
        self.steps.iter().map(|step| &step.planned.channel)
    }

    /// The channel of the step being worked on.
    #[must_use]
    pub fn channel(&self) -> Option<&ChannelId> {
        self.step().map(|step| &step.planned.channel)
    }
}
