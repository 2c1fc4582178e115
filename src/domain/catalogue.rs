//! The catalogue: what may happen to a citizen, what is theirs because of it, and the approved
//! texts that say so.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use vestnik_contract::InvalidId;

use super::{LifeEventId, Locale, Localized, MeasureId, Param, ParamError, Params, TopicId, Values, params};

/// Everything a source may notify about. Loaded from `config/catalogue` and checked as a whole, so
/// that what is found in it can be rendered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// The headings.
    pub topics: BTreeMap<TopicId, Topic>,
    /// What may happen.
    pub life_events: BTreeMap<LifeEventId, LifeEvent>,
}

/// A heading that consent and preference speak of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Its name as a citizen reads it.
    pub title: Localized,
    /// Other names by which citizens call it in a reply, in any language.
    pub words: Vec<String>,
}

impl Topic {
    /// All its names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let titles = Locale::ALL.into_iter().map(|locale| self.title.get(locale));
        titles.chain(self.words.iter().map(String::as_str))
    }
}

/// Something that happens in a citizen's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifeEvent {
    /// Its name as a citizen reads it.
    pub title: Localized,
    /// What may be theirs because of it. A measure's id stands once in the whole catalogue.
    pub measures: BTreeMap<MeasureId, Measure>,
}

/// What a citizen may have because of a life event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// Its id.
    pub id: MeasureId,
    /// Its one topic.
    pub topic: TopicId,
    /// Its name as a citizen reads it.
    pub title: Localized,
    /// The template in use: the one that new notifications get.
    pub template: Template,
    /// The other approved versions, so that what was accepted under one of them is still sent in
    /// the words it was accepted with.
    pub others: Vec<Template>,
}

/// One approved version of a measure's texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Which measure and version.
    pub id: TemplateRef,
    /// What the law calls these texts; it decides what consent they need.
    pub class: Class,
    /// The variables that a source must or may fill.
    pub params: BTreeMap<String, Param>,
    /// Who answers for the words.
    pub approval: Approval,
}

/// Who approved a template, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The day.
    pub on: Date,
    /// The office.
    pub by: String,
}

/// What a text is, from the template and never from the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The law obliges the agency to tell.
    LegalDuty,
    /// Something is theirs that they may not know of.
    Entitlement,
    /// A date comes near that they know of.
    Reminder,
    /// Information for many at once.
    Campaign,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 4] = [Self::LegalDuty, Self::Entitlement, Self::Reminder, Self::Campaign];

    /// The word in configuration and on the wire, such as `legal_duty`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LegalDuty => "legal_duty",
            Self::Entitlement => "entitlement",
            Self::Reminder => "reminder",
            Self::Campaign => "campaign",
        }
    }
}

/// A measure and the version of its template. Its text form, `birth_grant-v1`, names the message in
/// the files of texts and the template in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TemplateRef {
    /// The measure.
    pub measure: MeasureId,
    /// The version, from 1.
    pub version: u32,
}

impl fmt::Display for TemplateRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-v{}", self.measure, self.version)
    }
}

impl FromStr for TemplateRef {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (measure, version) = text.rsplit_once("-v").ok_or(InvalidId)?;
        let number = version.parse().map_err(|_| InvalidId)?;
        let read = Self { measure: MeasureId::new(measure)?, version: number };
        // One spelling only: `+1` and `01` are numbers too.
        if number > 0 && read.to_string() == text { Ok(read) } else { Err(InvalidId) }
    }
}

impl TryFrom<String> for TemplateRef {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TemplateRef> for String {
    fn from(template: TemplateRef) -> Self {
        template.to_string()
    }
}

impl Catalogue {
    /// The measure of this life event.
    #[must_use]
    pub fn measure(&self, life_event: &LifeEventId, measure: &MeasureId) -> Option<&Measure> {
        self.life_events.get(life_event)?.measures.get(measure)
    }

    /// Every measure with its life event.
    pub fn measures(&self) -> impl Iterator<Item = (&LifeEventId, &Measure)> {
        self.life_events
            .iter()
            .flat_map(|(id, event)| event.measures.values().map(move |measure| (id, measure)))
    }

    /// An approved template, whether in use or not.
    #[must_use]
    pub fn template(&self, id: &TemplateRef) -> Option<&Template> {
        let measure = self.life_events.values().find_map(|event| event.measures.get(&id.measure))?;
        measure.templates().find(|template| template.id == *id)
    }
}

impl Measure {
    /// Every approved template, the one in use first.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        std::iter::once(&self.template).chain(&self.others)
    }

    /// What the template in use is.
    #[must_use]
    pub fn class(&self) -> Class {
        self.template.class
    }

    /// Checks what a source sent against the variables of the template in use.
    pub fn check_params(&self, given: &Map<String, Value>) -> Result<Params, ParamError> {
        self.template.check_params(given)
    }
}

impl Template {
    /// Checks what a source sent against this template's variables, and gives it in its one form.
    pub fn check_params(&self, given: &Map<String, Value>) -> Result<Params, ParamError> {
        Ok(Params::from(self.values(given)?))
    }

    /// The typed values of what a source sent.
    pub fn values(&self, given: &Map<String, Value>) -> Result<Values, ParamError> {
        params::read(&self.params, given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_named_by_measure_and_version() {
        let template: TemplateRef = "birth_grant-v2".parse().unwrap();
        assert_eq!((template.measure.as_str(), template.version), ("birth_grant", 2));
        assert_eq!(template.to_string(), "birth_grant-v2");
        for bad in ["", "birth_grant", "birth_grant-v", "birth_grant-v0", "birth_grant-v01", "a-v+1", "A-v1"]
        {
            assert!(bad.parse::<TemplateRef>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_class_is_spelt_the_same_everywhere() {
        for class in [Class::LegalDuty, Class::Entitlement, Class::Reminder, Class::Campaign] {
            assert_eq!(serde_json::to_value(class).unwrap(), class.as_str());
        }
    }
}
