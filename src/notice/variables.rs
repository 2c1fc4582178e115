//! What a template's text can refer to: its declared variables, what is derived from them, and the
//! built-in ones.
//!
//! | in the text | is |
//! |---|---|
//! | `{ $name }` | the value: an integer as a number that plural forms select on, the rest as words |
//! | `{ $name_id -> … }` | of a choice: the chosen value's key |
//! | `{ $has_name -> … }` | of an optional variable, and of `act_by`: `yes` or `no` |
//! | `{ $act_by }` | the last day to act, in words |

use std::collections::BTreeMap;

use fluent_bundle::{FluentArgs, FluentValue};
use jiff::civil::Date;

use super::format;
use crate::domain::{Locale, Param, ParamType, ParamValue, Template, Values};

/// The built-in variable with the last day to act.
pub const ACT_BY: &str = "act_by";

/// What a selector may ask of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A number: selectors choose plural forms.
    Number,
    /// Words: nothing to select on.
    Words,
    /// One of these keys: selectors choose among them.
    OneOf(Vec<String>),
}

/// One variable that a text can refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name, without `$`.
    pub name: String,
    /// What a selector may ask of it.
    pub kind: Kind,
}

/// The variables a declared parameter gives to a text.
#[must_use]
pub fn of_param(name: &str, param: &Param) -> Vec<Variable> {
    let mut variables = match &param.kind {
        ParamType::Integer { .. } => vec![Variable::number(name)],
        ParamType::Text { .. } | ParamType::Date | ParamType::Money { .. } => vec![Variable::words(name)],
        ParamType::Choice { values } => {
            let keys: Vec<_> = values.keys().map(String::as_str).collect();
            vec![Variable::words(name), Variable::one_of(&chosen(name), &keys)]
        }
    };
    variables.extend(param.optional.then(|| has(name)));
    variables
}

impl Variable {
    /// A variable of words.
    #[must_use]
    pub fn words(name: &str) -> Self {
        Self { name: name.to_owned(), kind: Kind::Words }
    }

    /// A variable that is a number.
    #[must_use]
    pub fn number(name: &str) -> Self {
        Self { name: name.to_owned(), kind: Kind::Number }
    }

    /// A variable that is one of these keys.
    #[must_use]
    pub fn one_of(name: &str, keys: &[&str]) -> Self {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        Self { name: name.to_owned(), kind: Kind::OneOf(keys) }
    }
}

/// The variables that every template has.
#[must_use]
pub fn built_in() -> Vec<Variable> {
    vec![Variable::words(ACT_BY), has(ACT_BY)]
}

/// The values of all the variables of a template's text.
#[must_use]
pub fn arguments<'a>(
    template: &'a Template,
    values: &'a Values,
    act_by: Option<Date>,
    locale: Locale,
) -> FluentArgs<'a> {
    let mut arguments = FluentArgs::new();
    for (name, param) in &template.params {
        let value = values.get(name);
        arguments.set(name.as_str(), shown(param, value, locale));
        if param.optional {
            arguments.set(has_name(name), yes_or_no(value.is_some()));
        }
        if let Some(ParamValue::Choice(key)) = value {
            arguments.set(chosen(name), key.as_str());
        } else if matches!(param.kind, ParamType::Choice { .. }) {
            arguments.set(chosen(name), "");
        }
    }
    arguments.set(ACT_BY, act_by.map(|day| format::date(locale, day)).unwrap_or_default());
    arguments.set(has_name(ACT_BY), yes_or_no(act_by.is_some()));
    arguments
}

/// A value as the text shows it; one that was left out is empty.
fn shown<'a>(param: &'a Param, value: Option<&'a ParamValue>, locale: Locale) -> FluentValue<'a> {
    match (value, &param.kind) {
        (Some(ParamValue::Integer(number)), _) => FluentValue::from(*number),
        (Some(ParamValue::Text(text)), _) => FluentValue::from(text.as_str()),
        (Some(ParamValue::Date(day)), _) => FluentValue::from(format::date(locale, *day)),
        (Some(ParamValue::Money { minor, currency }), _) => {
            FluentValue::from(format::money(locale, *minor, *currency))
        }
        (Some(ParamValue::Choice(key)), ParamType::Choice { values }) => {
            FluentValue::from(values.get(key).map_or("", |words| words.get(locale)))
        }
        _ => FluentValue::from(""),
    }
}

fn has(name: &str) -> Variable {
    Variable::one_of(&has_name(name), &["yes", "no"])
}

fn has_name(name: &str) -> String {
    format!("has_{name}")
}

fn chosen(name: &str) -> String {
    format!("{name}_id")
}

fn yes_or_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

/// A name that two variables of one template would share, such as a parameter called `act_by`.
#[must_use]
pub fn clash(params: &BTreeMap<String, Param>) -> Option<String> {
    let mut names: Vec<_> = built_in().into_iter().map(|variable| variable.name).collect();
    names.extend(params.iter().flat_map(|(name, param)| of_param(name, param)).map(|variable| variable.name));
    names.sort();
    names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0].clone())
}
