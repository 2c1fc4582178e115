//! The catalogue: life events, their measures, and what is said of them.

use serde::{Deserialize, Serialize};

/// What kind of message a template is. It comes from the template and never from the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The agency must tell the citizen by law.
    LegalDuty,
    /// The citizen may have something.
    Entitlement,
    /// The citizen was told before and a date comes near.
    Reminder,
    /// Something of use to many.
    Campaign,
}

/// A language that citizens are written to in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Locale {
    /// Russian.
    Ru,
    /// Ukrainian.
    Uk,
    /// English.
    En,
}

/// A template's variables, checked against its measure.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Params(pub serde_json::Map<String, serde_json::Value>);
