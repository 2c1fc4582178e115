//! The citizens of a test, and what their sources tell them.

use serde_json::{Value, json};

use crate::sandboxes::CHANNELS;

/// Who speaks in most tests.
pub(crate) const SOURCE: &str = "family_fund";

/// A citizen of a test.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: String,
    /// Channels and addresses, in the order in which they are tried.
    pub(crate) addresses: Vec<(&'static str, String)>,
}

impl Person {
    /// The citizen of this number, who is reached on these channels.
    pub(crate) fn on(number: usize, channels: &[&'static str]) -> Self {
        let addresses = channels.iter().map(|channel| (*channel, address(channel, number))).collect();
        Self { id: format!("test:{number}"), addresses }
    }

    /// The address on a channel.
    pub(crate) fn address(&self, channel: &str) -> &str {
        &self.addresses.iter().find(|(one, _)| *one == channel).unwrap().1
    }

    /// The first channel of the plan.
    pub(crate) fn first(&self) -> &'static str {
        self.addresses[0].0
    }

    /// As a line of `vestnik import`: consent to everything, since long ago.
    fn line(&self) -> String {
        let addresses: Vec<_> = self
            .addresses
            .iter()
            .map(|(channel, address)| json!({ "channel": channel, "address": address }))
            .collect();
        let channels: Vec<_> = self.addresses.iter().map(|(channel, _)| *channel).collect();
        json!({
            "id": self.id, "locale": "en", "zone": "Europe/Kyiv", "jurisdiction": "ua", "addresses": addresses,
            "consents": [{
                "channel": "all", "topic": "all", "action": "granted", "origin": "import",
                "evidence": "a form", "at": "2026-01-01T09:00:00Z",
            }],
            "preferences": [{ "topic": "all", "channels": channels }],
        })
        .to_string()
    }
}

/// Citizens whose first channels take turns; every other one has mail to fall back on.
pub(crate) fn people(count: usize) -> Vec<Person> {
    let one = |number: usize| {
        let first = CHANNELS[number % CHANNELS.len()];
        let falls_back = first != "email" && (number / CHANNELS.len()) % 2 == 1;
        let channels = if falls_back { vec![first, "email"] } else { vec![first] };
        Person::on(number, &channels)
    };
    (0..count).map(one).collect()
}

/// The file of `vestnik import`.
pub(crate) fn import_file(people: &[Person]) -> String {
    people.iter().map(|person| person.line() + "\n").collect()
}

fn address(channel: &str, number: usize) -> String {
    match channel {
        "viber" => format!("testPhone{number:07}Viber=="),
        "telegram" => (700_000_000 + number).to_string(),
        "sms" => format!("+38067{number:07}"),
        "email" => format!("citizen{number}@example.org"),
        "portal" => format!("account-{number}"),
        other => panic!("no channel {other}"),
    }
}

/// A notification whose text nobody else gets: its sum tells it from all others.
pub(crate) fn grant(id: &str, person: &Person, mark: u32) -> Value {
    json!({
        "id": id, "source": SOURCE, "citizen": person.id, "life_event": "child_birth",
        "measure": "birth_grant", "params": { "sum": { "minor": mark * 100, "currency": "UAH" } },
    })
}

/// An invitation: of the lowest class.
pub(crate) fn invitation(id: &str, person: &Person) -> Value {
    json!({
        "id": id, "source": SOURCE, "citizen": person.id, "life_event": "large_family",
        "measure": "large_family_summer_camp", "params": { "days": 14 },
    })
}

/// The marks of many notifications begin here: six digits that no number in the texts has.
pub(crate) const FIRST_MARK: u32 = 200_001;

/// The mark in a text; `None` where it has none.
pub(crate) fn mark_in(text: &str) -> Option<u32> {
    let bare: String =
        text.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '\u{202f}' | ',' | '.')).collect();
    let numbers = bare.split(|c: char| !c.is_ascii_digit()).filter(|number| number.len() == 6);
    numbers.filter_map(|number| number.parse().ok()).find(|mark| *mark >= FIRST_MARK)
}

/// The routing key that a message's body asks for.
pub(crate) fn routing_key(body: &Value) -> String {
    let field = |name: &str, otherwise: &str| body[name].as_str().unwrap_or(otherwise).to_owned();
    let (priority, source) = (field("priority", "normal"), field("source", SOURCE));
    let third = if body["type"] == "cancel" { "cancel" } else { "child_birth" };
    format!("{priority}.{source}.{}", field("life_event", third))
}
