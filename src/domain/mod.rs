//! Plain data: the words of the design as types. No I/O, no clock, no decisions.

mod advice;
mod catalogue;
mod citizen;
mod decision;
mod guard;
mod identity;
mod ids;
mod locale;
mod nearest;
mod notice;
mod notification;
mod params;
mod pointer;
mod reason;
mod refusal;
mod registry;
mod rules;
mod state;
mod timeline;
mod unreached;
pub mod wording;

pub use advice::Advice;
pub use catalogue::{Approval, Catalogue, Class, LifeEvent, Measure, Template, TemplateRef, Topic};
pub use citizen::{
    AddressEntry, Citizen, Closed, Consent, ConsentAction, ConsentOrigin, DayHours, DayType, Hours,
    Preference, Profile, Wish,
};
pub use decision::{ContactHistory, Decision, Outcome, Plan, PlannedStep, Recheck, Trace, TrialRule, Would};
pub use guard::{Counted, Offered, Standing, TemplateName};
pub use identity::{Identity, OwnPlaces, label};
pub use ids::{
    AttemptId, CitizenId, CitizenKey, InvalidCitizenId, JurisdictionId, LifeEventId, MeasureId, NoticeId,
    NotificationKey, SourceId, TopicId,
};
pub use locale::{Locale, Localized, UnknownLocale};
pub use nearest::{did_you_mean, nearest};
pub use notice::{
    ANSWERED, Attempt, AttemptOutcome, Ending, Item, Notice, NoticeKind, Step, StepState, Window,
};
pub use notification::{Notification, Priority, SourceRef};
pub use params::{Currency, Param, ParamError, ParamType, ParamValue, Params, Values, is_param_name};
pub use pointer::Pointer;
pub use reason::Reason;
pub use refusal::{Fault, RefusalReason};
pub use registry::RegistryEventKind;
pub use rules::{
    AppealClocks, Awaits, Basis, Bundling, Ceilings, ChannelRule, ClassRule, ContactHours, GuardRule,
    Introduction, Jurisdiction, KeptForDeadlines, Mode, Policy, RetrySchedule, Yielding,
};
pub use state::{Evidence, FinalState};
pub use timeline::{Entry, Happening};
pub use unreached::{NextAction, Owner};
