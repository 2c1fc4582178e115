//! The catalogue's TOML files as they are written, and what is wrong in them.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use vestnik_contract::is_id;

use crate::config::error::{ConfigErrors, SourceFile};
use crate::domain::{
    Approval, Class, Currency, LifeEvent, LifeEventId, Localized, Measure, MeasureId, Param, ParamType,
    Template, TemplateRef, Topic, TopicId, is_param_name, wording,
};
use crate::notice::variables;

/// A number that a text can show and that a floating-point number holds exactly.
const GREATEST: i64 = 1_000_000_000_000;

/// `topics.toml`: a table for each topic.
pub(super) type TopicsForm = BTreeMap<TopicId, TopicForm>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TopicForm {
    #[serde(deserialize_with = "Localized::lines::<60, _>")]
    title: Localized,
}

impl From<TopicForm> for Topic {
    fn from(form: TopicForm) -> Self {
        Self { title: form.title }
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
    in_use: Spanned<u32>,
    template: Vec<TemplateForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateForm {
    version: Spanned<u32>,
    class: Class,
    approved: Spanned<Approval>,
    #[serde(default)]
    params: BTreeMap<Spanned<String>, Spanned<ParamForm>>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum ParamForm {
    Integer {
        min: i64,
        max: i64,
        #[serde(default)]
        optional: bool,
    },
    Text {
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
    pub(super) topics: &'a BTreeMap<TopicId, Topic>,
    /// Every measure read so far, with its life event.
    pub(super) homes: &'a mut BTreeMap<MeasureId, LifeEventId>,
    pub(super) errors: &'a mut ConfigErrors,
}

impl Reader<'_> {
    pub(super) fn life_event(&mut self, form: LifeEventForm) -> LifeEvent {
        let measures = form.measure.into_iter().map(|form| self.measure(form));
        let measures = measures.map(|measure| (measure.id.clone(), measure)).collect();
        LifeEvent { title: form.title, measures }
    }

    fn measure(&mut self, form: MeasureForm) -> Measure {
        let id = form.id.get_ref();
        if !id.as_str().starts_with(|c: char| c.is_ascii_lowercase()) {
            // The id names a message of the text files, and those begin with a letter.
            self.wrong(&form.id.span(), format!("expected an id that begins with a letter, found \"{id}\""));
        }
        if let Some(home) = self.homes.insert(id.clone(), self.life_event.clone()) {
            let message = format!("expected an id that no other measure has, found \"{id}\" of {home} again");
            self.wrong(&form.id.span(), message);
        }
        let topic = form.topic.get_ref();
        if !self.topics.contains_key(topic) {
            let message = format!("expected a topic of topics.toml, found \"{topic}\"");
            let error = self.file.error(form.topic.span().start, message);
            self.errors.push(error.with_nearest(topic.as_str(), self.topics.keys().map(TopicId::as_str)));
        }
        let mut templates: BTreeMap<u32, Template> = BTreeMap::new();
        for template in form.template {
            self.template(id, template, &mut templates);
        }
        let in_use = *form.in_use.get_ref();
        let template = templates.remove(&in_use).unwrap_or_else(|| {
            let versions = templates.keys().map(u32::to_string).collect::<Vec<_>>().join(", ");
            let expected = if versions.is_empty() { "a template" } else { &format!("one of {versions}") };
            self.wrong(&form.in_use.span(), format!("expected {expected}, found {in_use}"));
            no_template(id)
        });
        let others = templates.into_values().collect();
        Measure { id: id.clone(), topic: topic.clone(), title: form.title, template, others }
    }

    fn template(&mut self, id: &MeasureId, form: TemplateForm, templates: &mut BTreeMap<u32, Template>) {
        let version = *form.version.get_ref();
        if version == 0 || templates.contains_key(&version) {
            let expected = "expected a version from 1 that no other template of the measure has";
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
        ParamType::Integer { min, max } => (min > max || *min < -GREATEST || *max > GREATEST)
            .then(|| format!("min and max in that order, within {GREATEST} of zero")),
        ParamType::Text { max_length } => {
            (!(1..=200).contains(max_length)).then(|| "max_length from 1 to 200".to_owned())
        }
        ParamType::Date => None,
        ParamType::Money { currencies, max_minor } => (currencies.is_empty()
            || !(1..=GREATEST).contains(max_minor))
        .then(|| format!("at least one currency, and max_minor from 1 to {GREATEST}")),
        ParamType::Choice { values } => {
            let fits = |(key, words): (&String, &Localized)| {
                is_id(key) && words.iter().all(|(_, words)| wording::is_line(words, 60))
            };
            let right = !values.is_empty() && values.iter().all(fits);
            (!right).then(|| format!("at least one value, each an id with words of {}", wording::line_of(60)))
        }
    }
}

/// Stands in where a measure names no template, so that the checks can go on.
fn no_template(id: &MeasureId) -> Template {
    let id = TemplateRef { measure: id.clone(), version: 0 };
    let approval = Approval { on: jiff::civil::Date::ZERO, by: String::new() };
    Template { id, class: Class::Entitlement, params: BTreeMap::new(), approval }
}
