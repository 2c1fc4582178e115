//! The catalogue's TOML files as they are written, and what is wrong in them.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::ops::Range;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use toml::Spanned;
use vestnik_contract::is_id;
use vestnik_contract::range::whole;

use crate::config::error::{ConfigErrors, SourceFile};
use crate::domain::{
    Approval, Class, Currency, LifeEvent, LifeEventId, Localized, Measure, MeasureId, Param, ParamType,
    Template, TemplateRef, Topic, TopicId, is_param_name, wording,
};
use crate::notice::variables;

/// A number that a text can show and that a floating-point number holds exactly.
const GREATEST: i64 = 1_000_000_000_000;
const LEAST: i64 = -GREATEST;

/// `topics.toml`: a table for each topic.
pub(super) type TopicsForm = BTreeMap<TopicId, TopicForm>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TopicForm {
    #[serde(deserialize_with = "Localized::lines::<60, _>")]
    title: Localized,
    /// Other names by which citizens call it in a reply.
    #[serde(default, deserialize_with = "names")]
    words: Vec<String>,
}

/// Names of at most 60 characters, each on one line.
fn names<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let names = Vec::<String>::deserialize(from)?;
    let right = names.iter().all(|name| wording::is_line(name, 60));
    let expected = || D::Error::custom(format!("expected each name to be {}", wording::line_of(60)));
    if right { Ok(names) } else { Err(expected()) }
}

impl From<TopicForm> for Topic {
    fn from(form: TopicForm) -> Self {
        Self { title: form.title, words: form.words }
    }
}

/// `life_event.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LifeEventForm {
    #[serde(deserialize_with = "Localized::lines::<60, _>")]
    title: Localized,
    measure: Vec<MeasureForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MeasureForm {
    id: Spanned<MeasureId>,
    topic: Spanned<TopicId>,
    #[serde(deserialize_with = "Localized::lines::<80, _>")]
    title: Localized,
    in_use: Spanned<NonZeroU32>,
    template: Vec<TemplateForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateForm {
    version: Spanned<NonZeroU32>,
    class: Class,
    approved: Spanned<Approval>,
    #[serde(default)]
    params: BTreeMap<Spanned<String>, Spanned<ParamForm>>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum ParamForm {
    Integer {
        #[serde(deserialize_with = "whole::<LEAST, GREATEST, _, _>")]
        min: i64,
        #[serde(deserialize_with = "whole::<LEAST, GREATEST, _, _>")]
        max: i64,
        #[serde(default)]
        optional: bool,
    },
    Text {
        #[serde(deserialize_with = "whole::<1, 200, _, _>")]
        max_length: usize,
        #[serde(default)]
        optional: bool,
    },
    Date {
        #[serde(default)]
        optional: bool,
    },
    Money {
        currencies: Vec<Currency>,
        #[serde(deserialize_with = "whole::<1, GREATEST, _, _>")]
        max_minor: i64,
        #[serde(default)]
        optional: bool,
    },
    Choice {
        values: BTreeMap<String, Localized>,
        #[serde(default)]
        optional: bool,
    },
}

/// Reads the forms of one file and notes what is wrong. What it gives is of use only where nothing
/// was noted; until then it is enough to go on checking.
pub(super) struct Reader<'a> {
    pub(super) file: &'a SourceFile,
    /// The file's own life event.
    pub(super) life_event: &'a LifeEventId,
    /// `None` where it is not known which there are.
    pub(super) topics: Option<&'a BTreeMap<TopicId, Topic>>,
    /// Every measure read so far, with its life event.
    pub(super) homes: &'a mut BTreeMap<MeasureId, LifeEventId>,
    pub(super) errors: &'a mut ConfigErrors,
}

impl Reader<'_> {
    pub(super) fn life_event(&mut self, form: LifeEventForm) -> LifeEvent {
        let measures = form.measure.into_iter().filter_map(|form| self.measure(form));
        let measures = measures.map(|measure| (measure.id.clone(), measure)).collect();
        LifeEvent { title: form.title, measures }
    }

    /// `None` where there is no template to use.
    fn measure(&mut self, form: MeasureForm) -> Option<Measure> {
        let id = form.id.get_ref();
        if !id.as_str().starts_with(|c: char| c.is_ascii_lowercase()) {
            // The id names a message of the text files, and those begin with a letter.
            self.wrong(&form.id.span(), format!("expected an id that begins with a letter, found \"{id}\""));
        }
        if let Some(home) = self.homes.insert(id.clone(), self.life_event.clone()) {
            let message = format!("expected an id that no other measure has, found \"{id}\" of {home} again");
            self.wrong(&form.id.span(), message);
        }
        self.topic(&form.topic);
        let mut templates: BTreeMap<u32, Template> = BTreeMap::new();
        for template in form.template {
            self.template(id, template, &mut templates);
        }
        let in_use = form.in_use.get_ref().get();
        let Some(template) = templates.remove(&in_use) else {
            let versions = templates.keys().map(u32::to_string).collect::<Vec<_>>().join(", ");
            let versions = if versions.is_empty() { "it has none" } else { &versions };
            let expected = format!("the version of one of the measure's templates ({versions})");
            self.wrong(&form.in_use.span(), format!("expected {expected}, found {in_use}"));
            return None;
        };
        let others = templates.into_values().collect();
        let topic = form.topic.into_inner();
        Some(Measure { id: id.clone(), topic, title: form.title, template, others })
    }

    fn topic(&mut self, topic: &Spanned<TopicId>) {
        let (span, topic) = (topic.span(), topic.get_ref().as_str());
        if let Some(topics) = self.topics.filter(|topics| !topics.contains_key(topic)) {
            let message = format!("expected a topic of topics.toml, found \"{topic}\"");
            let error = self.file.error(span.start, message);
            self.errors.push(error.with_nearest(topic, topics.keys().map(TopicId::as_str)));
        }
    }

    fn template(&mut self, id: &MeasureId, form: TemplateForm, templates: &mut BTreeMap<u32, Template>) {
        let version = form.version.get_ref().get();
        if templates.contains_key(&version) {
            let expected = "expected a version that no other template of the measure has";
            self.wrong(&form.version.span(), format!("{expected}, found {version}"));
        }
        if !wording::is_line(&form.approved.get_ref().by, 120) {
            let expected = wording::line_of(120);
            self.wrong(&form.approved.span(), format!("expected the office that approved it: {expected}"));
        }
        let params: BTreeMap<_, _> =
            form.params.into_iter().map(|(name, param)| self.param(name, param)).collect();
        if let Some(name) = variables::clash(&params) {
            let message = format!("expected variables with names of their own, found two called \"{name}\"");
            self.wrong(&form.version.span(), message);
        }
        let approval = form.approved.into_inner();
        let id = TemplateRef { measure: id.clone(), version };
        templates.insert(version, Template { id, class: form.class, params, approval });
    }

    fn param(&mut self, name: Spanned<String>, form: Spanned<ParamForm>) -> (String, Param) {
        if !is_param_name(name.get_ref()) {
            let message = "expected a name of 1 to 40 of a-z, 0-9 and _ that begins with a letter";
            self.wrong(&name.span(), format!("{message}, found \"{}\"", name.get_ref()));
        }
        let at = form.span();
        let param = Param::from(form.into_inner());
        if let Some(expected) = wrong_bounds(&param.kind) {
            self.wrong(&at, format!("expected {expected}"));
        }
        (name.into_inner(), param)
    }

    fn wrong(&mut self, at: &Range<usize>, message: String) {
        self.errors.push(self.file.error(at.start, message));
    }
}

impl From<ParamForm> for Param {
    fn from(form: ParamForm) -> Self {
        match form {
            ParamForm::Integer { min, max, optional } => {
                Self { kind: ParamType::Integer { min, max }, optional }
            }
            ParamForm::Text { max_length, optional } => {
                Self { kind: ParamType::Text { max_length }, optional }
            }
            ParamForm::Date { optional } => Self { kind: ParamType::Date, optional },
            ParamForm::Money { currencies, max_minor, optional } => {
                Self { kind: ParamType::Money { currencies, max_minor }, optional }
            }
            ParamForm::Choice { values, optional } => Self { kind: ParamType::Choice { values }, optional },
        }
    }
}

/// What was expected of the bounds of a variable, where they are not right.
fn wrong_bounds(kind: &ParamType) -> Option<String> {
    match kind {
        ParamType::Integer { min, max } => {
            (min > max).then(|| format!("min and max in that order, found {min} and {max}"))
        }
        ParamType::Text { .. } | ParamType::Date => None,
        ParamType::Money { currencies, .. } => {
            currencies.is_empty().then(|| "at least one currency in currencies".to_owned())
        }
        ParamType::Choice { values } => {
            let fits = |(key, words): (&String, &Localized)| {
                is_id(key) && words.iter().all(|(_, words)| wording::is_line(words, 60))
            };
            let right = !values.is_empty() && values.iter().all(fits);
            (!right).then(|| format!("at least one value, each an id with words of {}", wording::line_of(60)))
        }
    }
}
