//! The typed variables of a template, and the check of what a source sends for them.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Localized, Pointer, did_you_mean, wording::Allowed};

/// A variable that a template declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// What values it takes.
    pub kind: ParamType,
    /// Whether a source may leave it out.
    pub optional: bool,
}

/// What values a variable takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParamType {
    /// A whole number. JSON: `3`.
    Integer {
        /// The least value.
        min: i64,
        /// The greatest value.
        max: i64,
    },
    /// One line of plain words without control characters, links and phone numbers. JSON: `"…"`.
    Text {
        /// The greatest length in characters.
        max_length: usize,
    },
    /// A day. JSON: `"2026-12-31"`.
    Date,
    /// A sum of money, more than nothing. JSON: `{ "minor": 150050, "currency": "UAH" }`.
    Money {
        /// The currencies that may be named.
        currencies: Vec<Currency>,
        /// The greatest sum, in the currency's minor unit.
        max_minor: i64,
    },
    /// One of the listed values. JSON: `"counter"`.
    Choice {
        /// The words that are shown for each value.
        values: BTreeMap<String, Localized>,
    },
}

/// A currency with a minor unit of a hundredth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Currency {
    /// Hryvnia.
    Uah,
    /// Rouble.
    Rub,
    /// Euro.
    Eur,
}

impl Currency {
    /// The ISO 4217 code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Uah => "UAH",
            Self::Rub => "RUB",
            Self::Eur => "EUR",
        }
    }
}

/// A checked value of a variable. It is personal: `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub enum ParamValue {
    /// A whole number within its bounds.
    Integer(i64),
    /// One line of plain words.
    Text(String),
    /// A day.
    Date(Date),
    /// A sum in minor units.
    Money {
        /// The sum, in hundredths.
        minor: i64,
        /// Its currency.
        currency: Currency,
    },
    /// One of the listed values, by its key.
    Choice(String),
}

impl fmt::Debug for ParamValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ParamValue(..)")
    }
}

/// A notification's variables, checked against its template, each in the one form of its type. They
/// are personal: `Debug` says how many there are and nothing else.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Params(pub Map<String, Value>);

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Params({} values)", self.0.len())
    }
}

impl From<Values> for Params {
    fn from(values: Values) -> Self {
        Self(values.into_iter().map(|(name, value)| (name, value.into())).collect())
    }
}

impl From<ParamValue> for Value {
    fn from(value: ParamValue) -> Self {
        match value {
            ParamValue::Integer(number) => number.into(),
            ParamValue::Text(text) | ParamValue::Choice(text) => text.into(),
            ParamValue::Date(date) => date.to_string().into(),
            ParamValue::Money { minor, currency } => json!({ "minor": minor, "currency": currency }),
        }
    }
}

/// The typed values of a template's variables, by name. An optional one that was left out is absent.
pub type Values = BTreeMap<String, ParamValue>;

/// Why a notification's `params` do not fit its template. Neither part holds a value that the
/// source sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {detail}")]
pub struct ParamError {
    /// Where in the notification, such as `/params/child_order`.
    pub pointer: Pointer,
    /// What was expected there, in plain words.
    pub detail: String,
}

/// Reads what a source sent for the declared variables: every value of the right type and within
/// its bounds, nothing missing that is not optional, nothing unknown.
pub(super) fn read(
    declared: &BTreeMap<String, Param>,
    given: &Map<String, Value>,
) -> Result<Values, ParamError> {
    if let Some(unknown) = given.keys().find(|name| !declared.contains_key(*name)) {
        return Err(unknown_param(declared, unknown));
    }
    let value_of = |(name, param): (&String, &Param)| {
        let pointer = Pointer::from("/params").known(name.clone());
        match given.get(name) {
            Some(value) => Some(read_value(&param.kind, pointer, value).map(|value| (name.clone(), value))),
            None if param.optional => None,
            None => Some(Err(missing(pointer, name, &describe(&param.kind)))),
        }
    };
    declared.iter().filter_map(value_of).collect()
}

fn unknown_param(declared: &BTreeMap<String, Param>, unknown: &str) -> ParamError {
    let known: Vec<_> = declared.keys().map(String::as_str).collect();
    let only =
        if known.is_empty() { "no variables".to_owned() } else { format!("only {}", known.join(", ")) };
    let meant = did_you_mean(unknown, known);
    error(Pointer::from("/params").sent(unknown), &format!("{only}{meant}"))
}

/// Whether `name` can name a variable: 1 to 40 characters of `[a-z0-9_]`, a letter first.
#[must_use]
pub fn is_param_name(name: &str) -> bool {
    name.len() <= 40
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

fn read_value(kind: &ParamType, pointer: Pointer, value: &Value) -> Result<ParamValue, ParamError> {
    let read = match (kind, value) {
        (ParamType::Integer { min, max }, Value::Number(number)) => {
            number.as_i64().filter(|number| (min..=max).contains(&number)).map(ParamValue::Integer)
        }
        (ParamType::Text { max_length }, Value::String(text)) => {
            is_text(text, *max_length).then(|| ParamValue::Text(text.trim().to_owned()))
        }
        (ParamType::Date, Value::String(text)) => read_date(text).map(ParamValue::Date),
        (ParamType::Choice { values }, Value::String(text)) => {
            values.contains_key(text).then(|| ParamValue::Choice(text.clone()))
        }
        (ParamType::Money { currencies, max_minor }, Value::Object(fields)) => {
            return read_money(currencies, *max_minor, pointer, fields);
        }
        _ => None,
    };
    read.ok_or_else(|| error(pointer, &describe(kind)))
}

fn is_text(text: &str, max_length: usize) -> bool {
    !text.trim().is_empty()
        && text.chars().count() <= max_length
        && Allowed::default().forbidden(text).is_none()
}

/// Only the ten characters of RFC 3339's full-date, of a year that a citizen can make sense of.
fn read_date(text: &str) -> Option<Date> {
    let date = (text.len() == 10).then(|| text.parse::<Date>().ok()).flatten()?;
    (1900..=2199).contains(&date.year()).then_some(date)
}

fn read_money(
    currencies: &[Currency],
    max_minor: i64,
    pointer: Pointer,
    fields: &Map<String, Value>,
) -> Result<ParamValue, ParamError> {
    if let Some(unknown) = fields.keys().find(|key| !MONEY.contains(&key.as_str())) {
        let detail = format!("only the fields minor and currency{}", did_you_mean(unknown, MONEY));
        return Err(error(pointer.sent(unknown), &detail));
    }
    let field = |name: &'static str, expected: String| {
        let pointer = pointer.clone().known(name);
        if fields.contains_key(name) { error(pointer, &expected) } else { missing(pointer, name, &expected) }
    };
    let minor = fields.get("minor").and_then(Value::as_i64).filter(|sum| (1..=max_minor).contains(sum));
    let hundredths = || field("minor", format!("a whole number of hundredths from 1 to {max_minor}"));
    let minor = minor.ok_or_else(hundredths)?;
    let currency = fields.get("currency").and_then(|value| Currency::deserialize(value).ok());
    let currency = currency.filter(|currency| currencies.contains(currency));
    let currency = currency.ok_or_else(|| field("currency", format!("one of {}", codes(currencies))))?;
    Ok(ParamValue::Money { minor, currency })
}

/// The fields of a sum of money.
const MONEY: [&str; 2] = ["minor", "currency"];

fn describe(kind: &ParamType) -> String {
    match kind {
        ParamType::Integer { min, max } => format!("a whole number from {min} to {max}"),
        ParamType::Text { max_length } => format!(
            "a text of 1 to {max_length} characters on one line, without control characters, links and phone numbers"
        ),
        ParamType::Date => "a date such as 2026-12-31".to_owned(),
        ParamType::Money { currencies, .. } => {
            format!("a sum such as {{\"minor\": 150050, \"currency\": …}} in {}", codes(currencies))
        }
        ParamType::Choice { values } => {
            format!("one of {}", values.keys().map(String::as_str).collect::<Vec<_>>().join(", "))
        }
    }
}

fn codes(currencies: &[Currency]) -> String {
    currencies.iter().map(|currency| currency.code()).collect::<Vec<_>>().join(", ")
}

fn error(pointer: Pointer, expected: &str) -> ParamError {
    ParamError { pointer, detail: format!("expected {expected}") }
}

fn missing(pointer: Pointer, name: &str, expected: &str) -> ParamError {
    ParamError { pointer, detail: format!("{name} is missing; expected {expected}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared() -> BTreeMap<String, Param> {
        let words = Localized { ru: "окно".into(), uk: "вікно".into(), en: "counter".into() };
        let values = BTreeMap::from([("counter".to_owned(), words)]);
        let money = ParamType::Money { currencies: vec![Currency::Uah], max_minor: 1_000_000 };
        let kinds = [
            ("children", ParamType::Integer { min: 1, max: 20 }, false),
            ("office", ParamType::Text { max_length: 10 }, true),
            ("born", ParamType::Date, true),
            ("sum", money, true),
            ("place", ParamType::Choice { values }, true),
        ];
        kinds.into_iter().map(|(name, kind, optional)| (name.to_owned(), Param { kind, optional })).collect()
    }

    fn checked(given: &Value) -> Result<Values, ParamError> {
        read(&declared(), given.as_object().unwrap())
    }

    #[test]
    fn values_that_fit_are_read() {
        let values = checked(&json!({
            "children": 3, "office": " Центр 5 ", "born": "2026-10-01", "place": "counter",
            "sum": { "minor": 150_050, "currency": "UAH" },
        }))
        .unwrap();
        assert!(values.get("children") == Some(&ParamValue::Integer(3)));
        assert!(values.get("office") == Some(&ParamValue::Text("Центр 5".into())));
        assert!(values.get("born") == Some(&ParamValue::Date(Date::constant(2026, 10, 1))));
        assert!(values.get("sum") == Some(&ParamValue::Money { minor: 150_050, currency: Currency::Uah }));
        assert!(values.get("place") == Some(&ParamValue::Choice("counter".into())));
        assert!(checked(&json!({ "children": 1 })).is_ok(), "optional ones may be left out");
        let again = Params::from(values.clone());
        assert_eq!(again.0["office"], "Центр 5");
        assert!(read(&declared(), &again.0).unwrap() == values, "the one form says the same");
    }

    #[test]
    fn values_are_never_shown() {
        let params = Params(Map::from_iter([("office".to_owned(), json!("Центр 5"))]));
        assert_eq!(format!("{params:?}"), "Params(1 values)");
        assert_eq!(serde_json::to_value(&params).unwrap(), json!({ "office": "Центр 5" }));
    }

    #[test]
    fn values_that_do_not_fit_are_refused_where_they_stand() {
        let with = |name: &str, value: Value| {
            let mut given = Map::from_iter([("children".to_owned(), json!(1))]);
            given.insert(name.to_owned(), value);
            Value::Object(given)
        };
        let table = [
            (json!({}), "/params/children", "children is missing; expected a whole number from 1 to 20"),
            (with("children", json!(0)), "/params/children", "a whole number from 1 to 20"),
            (with("children", json!(2.5)), "/params/children", "a whole number from 1 to 20"),
            (with("children", json!("3")), "/params/children", "a whole number from 1 to 20"),
            (with("children", json!(null)), "/params/children", "a whole number from 1 to 20"),
            (with("children", json!(u64::MAX)), "/params/children", "a whole number from 1 to 20"),
            (with("office", json!("")), "/params/office", "a text of 1 to 10"),
            (with("office", json!("ы".repeat(11))), "/params/office", "a text of 1 to 10"),
            (with("office", json!("a\u{0}b")), "/params/office", "a text of 1 to 10"),
            (with("office", json!("bank.com")), "/params/office", "a text of 1 to 10"),
            (with("born", json!("2026-02-30")), "/params/born", "a date such as"),
            (with("born", json!("2026-02-03T00:00")), "/params/born", "a date such as"),
            (with("born", json!("0001-02-03")), "/params/born", "a date such as"),
            (with("sum", json!(150)), "/params/sum", "a sum such as"),
            (with("sum", json!({ "minor": 0, "currency": "UAH" })), "/params/sum/minor", "a whole number of"),
            (with("sum", json!({ "minor": 1, "currency": "RUB" })), "/params/sum/currency", "one of UAH"),
            (
                with("sum", json!({ "minor": 1, "currency": "UAH", "x": 1 })),
                "/params/sum/*",
                "only the fields minor and currency",
            ),
            (
                with("sum", json!({ "minor": 1 })),
                "/params/sum/currency",
                "currency is missing; expected one of",
            ),
            (with("place", json!("window")), "/params/place", "one of counter"),
            (
                with("childern", json!(1)),
                "/params/*",
                "only born, children, office, place, sum; did you mean children?",
            ),
            (with("Иван/~", json!(1)), "/params/*", "only born"),
        ];
        for (given, pointer, expected) in table {
            let error = checked(&given).unwrap_err();
            assert_eq!(error.pointer.to_string(), pointer, "{given}");
            let detail = error.detail.strip_prefix("expected ").unwrap_or(&error.detail);
            assert!(detail.starts_with(expected), "{given}: {error}");
        }
    }
}
