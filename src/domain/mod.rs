//! Plain data: the words of the design as types. No I/O, no clock, no decisions.

pub mod catalogue;
mod citizen;
mod decision;
mod ids;
mod notice;
mod notification;
mod reason;
mod rules;
mod state;
mod timeline;

pub use catalogue::{Class, Locale, Params};
pub use citizen::{
    AddressEntry, Citizen, Closed, Consent, ConsentAction, ConsentOrigin, Hours, Preference, Profile,
};
pub use decision::{ContactHistory, Decision, Outcome, Plan, PlannedStep, Recheck, Trace};
pub use ids::{
    AttemptId, CitizenId, CitizenKey, InvalidCitizenId, JurisdictionId, LifeEventId, MeasureId, NoticeId,
    NotificationKey, SourceId, TopicId,
};
pub use notice::{Attempt, AttemptOutcome, Ending, Item, Notice, NoticeKind, Step, StepState};
pub use notification::{Notification, Priority, SourceRef};
pub use reason::Reason;
pub use rules::{
    Awaits, Basis, Ceilings, ChannelRule, ClassRule, ContactHours, Jurisdiction, Policy, RetrySchedule,
};
pub use state::{Evidence, FinalState};
pub use timeline::{Entry, Happening};
