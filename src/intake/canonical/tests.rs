use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::fixture::{catalogue, notification, source, sources, with};
use crate::intake::parse::{Envelope, Proof, parse};

/// The canonical form of a message of the family fund.
fn canonical(text: &str) -> Vec<u8> {
    let fund = source("family_fund");
    let envelope = Envelope { proof: Proof::Source(Some(&fund)), routing_key: None };
    let read = parse(text.as_bytes(), &envelope, &sources(), &catalogue());
    read.unwrap_or_else(|refusal| panic!("{text}: {refusal}")).body
}

/// It may not change from release to release: what is on record is compared with it.
#[test]
fn the_form_stays_as_it_is() {
    let said = String::from_utf8(canonical(&notification().to_string())).unwrap();
    let expected = concat!(
        r#"{"act_by":"2026-12-31","campaign":null,"citizen":"snils:11223344595","#,
        r#""expires_at":"2026-12-31T20:59:59Z","id":"2f1c9a","life_event":"child_birth","#,
        r#""measure":"large_family_certificate","not_before":null,"params":{"child_order":3},"#,
        r#""priority":"normal","source":"family_fund","supersedes":null}"#
    );
    assert_eq!(said, expected);
    let cancel = canonical(r#"{"type":"cancel","source":"family_fund","id":"1"}"#);
    assert_eq!(String::from_utf8(cancel).unwrap(), r#"{"cancel":"1","source":"family_fund"}"#);
}

#[test]
fn every_way_to_say_the_same_is_the_same() {
    let plain = canonical(&notification().to_string());
    let event =
        json!({ "specversion": "1.0", "id": "e", "source": "/f", "type": "t", "data": notification() });
    let spellings = [
        with(json!({ "priority": null })),
        with(json!({ "type": "notification" })),
        with(json!({ "expires_at": "2026-12-31T22:59:59.000+02:00" })),
        event,
    ];
    for spelling in spellings {
        assert_eq!(canonical(&spelling.to_string()), plain, "{spelling}");
    }
    let office = |office: &str| {
        canonical(&with(json!({ "params": { "child_order": 3, "office": office } })).to_string())
    };
    assert_eq!(office(" Центр 5 "), office("Центр 5"), "white space around a text is not shown");
    assert_ne!(office("Центр 6"), office("Центр 5"));
}

/// What a notification says.
fn facts() -> impl Strategy<Value = Map<String, Value>> {
    let moment = || (1_767_225_600_000_000_i64..1_800_000_000_000_000).prop_map(Some);
    let moments = (prop::option::of(moment()), prop::option::of(moment())).prop_map(|(a, b)| {
        let (a, b) = (a.flatten(), b.flatten());
        if a < b || b.is_none() { (a, b) } else { (None, b) }
    });
    let params = (1..=20_i64, prop::option::of("[A-ZА-Я][a-zа-я ]{0,20}[a-z\"\\\\]"));
    let names = ("[A-Za-z0-9._:-]{1,12}", "snils:[0-9]{11}");
    let optional = (
        prop::option::of("[a-z0-9_-]{1,8}"),
        prop::option::of("2026-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"),
        prop::option::of("R[a-z0-9]{1,8}"),
        prop::bool::ANY,
    );
    (names, params, optional, moments).prop_map(|(names, params, optional, (not_before, expires_at))| {
        let (campaign, act_by, replaces, bulk) = optional;
        let moment = |at: Option<i64>| at.map(|at| Timestamp::from_microsecond(at).unwrap());
        let said = json!({
            "id": names.0, "source": "family_fund", "citizen": names.1, "life_event": "child_birth",
            "measure": "large_family_certificate", "params": { "child_order": params.0, "office": params.1 },
            "priority": if bulk { "bulk" } else { "normal" }, "campaign": campaign, "act_by": act_by,
            "not_before": moment(not_before), "expires_at": moment(expires_at), "replaces": replaces,
            "type": if replaces.is_some() { "supersede" } else { "notification" },
        });
        without_nulls(said)
    })
}

fn without_nulls(said: Value) -> Map<String, Value> {
    let Value::Object(fields) = said else { panic!("an object") };
    let fields = fields.into_iter().filter(|(_, value)| !value.is_null());
    let inner = |value: Value| if value.is_object() { without_nulls(value).into() } else { value };
    fields.map(|(name, value)| (name, inner(value))).collect()
}

/// Choices, one after the other, out of what proptest made.
struct Choices(std::vec::IntoIter<u8>);

impl Choices {
    fn of(&mut self, count: usize) -> usize {
        usize::from(self.0.next().unwrap_or(0)) % count
    }

    fn space(&mut self) -> &'static str {
        ["", "", " ", "\n\t", "\r\n  "][self.of(5)]
    }
}

/// One of the ways to write down what a notification says.
fn spell(facts: &Map<String, Value>, choices: &mut Choices) -> String {
    let mut facts = facts.clone();
    for moment in ["not_before", "expires_at"] {
        if let Some(Value::String(at)) = facts.get_mut(moment) {
            *at = elsewhere(at, choices);
        }
    }
    for (field, default) in [("priority", json!("normal")), ("type", json!("notification"))] {
        if facts[field] == default {
            match choices.of(3) {
                0 => drop(facts.remove(field)),
                1 => drop(facts.insert(field.to_owned(), Value::Null)),
                _ => {}
            }
        }
    }
    for field in ["act_by", "campaign", "expires_at", "not_before", "replaces"] {
        if choices.of(2) == 0 {
            facts.entry(field).or_insert(Value::Null);
        }
    }
    let message = write(&Value::Object(facts), choices);
    if choices.of(3) > 0 {
        return message;
    }
    format!(r#"{{"specversion":"1.0","time":"now","data":{message},"id":"e","source":"/f","type":"t"}}"#)
}

/// The same moment in another offset, maybe with digits that say nothing.
fn elsewhere(at: &str, choices: &mut Choices) -> String {
    let at: Timestamp = at.parse().unwrap();
    let minutes = [0, 0, 120, 345, -720, 840][choices.of(6)];
    let offset = Offset::from_seconds(minutes * 60).unwrap();
    let digits = [6, 7, 9][choices.of(3)];
    let there = at.to_zoned(TimeZone::fixed(offset)).datetime();
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
    format!("{there:.digits$}{sign}{hours:02}:{minutes:02}")
}

fn write(value: &Value, choices: &mut Choices) -> String {
    match value {
        Value::Object(fields) => {
            let mut left: Vec<_> = fields.iter().collect();
            let mut written = Vec::new();
            while !left.is_empty() {
                let (name, value) = left.remove(choices.of(left.len()));
                let (before, after) = (choices.space(), choices.space());
                written.push(format!("{before}{}{after}:{}", text(name, choices), write(value, choices)));
            }
            format!("{{{}{}}}", written.join(","), choices.space())
        }
        Value::String(words) => format!("{}{}", choices.space(), text(words, choices)),
        other => format!("{}{other}{}", choices.space(), choices.space()),
    }
}

/// A text in quotes, with escapes here and there.
fn text(words: &str, choices: &mut Choices) -> String {
    let escaped: String = words
        .chars()
        .map(|c| match c {
            '"' | '\\' => format!("\\{c}"),
            c if choices.of(4) == 0 => format!("\\u{:04x}", c as u32),
            c => c.to_string(),
        })
        .collect();
    format!("\"{escaped}\"")
}

/// The same notification with one thing said otherwise.
fn otherwise(facts: &Map<String, Value>, which: usize) -> Map<String, Value> {
    let toggled = |field: &str, value: Value| {
        let mut facts = facts.clone();
        if facts.remove(field).is_none() {
            facts.insert(field.to_owned(), value);
        }
        facts
    };
    let replaced = |field: &str, value: Value| {
        let mut facts = facts.clone();
        facts.insert(field.to_owned(), value);
        facts
    };
    let params = |name: &str, value: Value| {
        let mut params = facts["params"].clone();
        params[name] = value;
        replaced("params", params)
    };
    match which {
        0 => replaced("id", json!(format!("{}x", facts["id"].as_str().unwrap()))),
        1 => replaced("citizen", json!("snils:1")),
        2 => params("child_order", json!(facts["params"]["child_order"].as_i64().unwrap() % 20 + 1)),
        3 => params("office", json!("Another office")),
        4 => replaced("priority", json!(if facts["priority"] == "bulk" { "normal" } else { "bulk" })),
        5 => toggled("act_by", json!("2027-01-01")),
        6 => toggled("expires_at", json!("2199-01-01T00:00:00Z")),
        7 => toggled("not_before", json!("2020-01-01T00:00:00Z")),
        8 => toggled("campaign", json!("another")),
        _ => {
            let mut facts = replaced("replaces", json!("another"));
            facts.insert("type".to_owned(), json!("supersede"));
            facts
        }
    }
}

proptest! {
    #[test]
    fn a_notification_spelt_anew_is_the_same_and_said_otherwise_is_another(
        facts in facts(),
        choices in prop::collection::vec(any::<u8>(), 400),
        which in 0..10_usize,
    ) {
        let plain = canonical(&Value::Object(facts.clone()).to_string());
        let mut choices = Choices(choices.into_iter());
        let spelt = spell(&facts, &mut choices);
        prop_assert_eq!(&canonical(&spelt), &plain, "{}", spelt);
        let other = spell(&otherwise(&facts, which), &mut choices);
        prop_assert_ne!(&canonical(&other), &plain, "{}", other);
    }
}
