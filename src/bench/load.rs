//! Citizens and notifications in any number, one JSON object a line.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// The source that speaks.
pub(super) const SOURCE: &str = "family_fund";

/// Citizens, each with an address on one of the five channels in turn.
pub(super) fn citizens(count: usize, now: Timestamp) -> String {
    let zone = where_it_is_early_afternoon(now);
    lines(count, |number| {
        let (channel, address) = match number % 5 {
            0 => ("viber", format!("bench{number:0>14}A==")),
            1 => ("telegram", (1_000_000 + number).to_string()),
            2 => ("sms", format!("+38000{number:0>7}")),
            3 => ("email", format!("citizen{number}@example.org")),
            _ => ("portal", format!("citizen-{number}")),
        };
        json!({
            "id": id(number), "locale": (["uk", "ru", "en"][number / 5 % 3]), "zone": zone,
            "jurisdiction": "ua", "addresses": [{ "channel": channel, "address": address }],
            "consents": [{ "channel": "all", "topic": "all", "action": "granted", "origin": "import",
                "evidence": "benchmark", "at": "2026-01-01T00:00:00Z" }],
        })
    })
}

/// A notification for each of these citizens.
pub(super) fn notifications(count: usize) -> String {
    lines(count, |number| {
        json!({
            "source": SOURCE, "id": number.to_string(), "citizen": id(number),
            "life_event": "child_birth", "measure": "utilities_compensation",
            "params": { "percent": 30 },
        })
    })
}

/// No contact hours forbid a push there, whatever day it is.
fn where_it_is_early_afternoon(now: Timestamp) -> String {
    match 13 - now.to_zoned(TimeZone::UTC).hour() {
        0 => "Etc/GMT".to_owned(),
        // The names of the zones count to the west.
        east => format!("Etc/GMT{:+}", -east),
    }
}

fn id(number: usize) -> String {
    format!("bench:{number}")
}

fn lines(count: usize, line: impl Fn(usize) -> Value) -> String {
    let mut text = String::new();
    for number in 0..count {
        let _ = writeln!(text, "{}", line(number));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_always_early_afternoon_somewhere() {
        for hour in 0..24 {
            let now = Timestamp::from_second(1_800_000_000 + hour * 3600).unwrap();
            let zone = where_it_is_early_afternoon(now);
            assert_eq!(now.to_zoned(TimeZone::get(&zone).unwrap()).hour(), 13, "{zone}");
        }
    }
}
