//! Messages that cannot be taken, in the middle of good ones.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use crate::broker::{PASSWORD, Source};
use crate::feed::{endings, tally};
use crate::people::{FIRST_MARK, Person, grant, mark_in, people, routing_key};
use crate::sandboxes::SECRETS;
use crate::world::{Kept, MASTER_KEY, World};

/// A word in every bad body, which no log may show.
const MARKER: &str = "Kotsiubynskoho-street-77";

/// A bad message: the routing key, the body, and the reason and the pointer of its dead letter.
struct Bad {
    key: String,
    body: Vec<u8>,
    reason: &'static str,
    /// The pointer as the detail begins with it; empty where the whole body is bad.
    pointer: &'static str,
}

fn bad(body: &Value, reason: &'static str, pointer: &'static str) -> Bad {
    Bad { key: routing_key(body), body: body.to_string().into_bytes(), reason, pointer }
}

/// A good message with one field changed, or without it.
fn changed(person: &Person, field: &str, value: Option<Value>) -> Value {
    let mut body = grant("bad", person, 999_999);
    body["params"]["office"] = json!(MARKER);
    match value {
        Some(value) => body[field] = value,
        None => drop(body.as_object_mut().unwrap().remove(field)),
    }
    body
}

fn every_kind(person: &Person) -> Vec<Bad> {
    let with = |field, value| changed(person, field, Some(value));
    let key = "normal.family_fund.child_birth".to_owned();
    let not_json = format!("{{\"id\": \"bad\", \"citizen\": \"{MARKER}\"");
    let large = with("campaign", json!(MARKER.repeat(12_000)));
    vec![
        Bad { key: key.clone(), body: not_json.into_bytes(), reason: "invalid_json", pointer: "" },
        bad(&with("citizen", json!(17)), "invalid_field", "/citizen: "),
        bad(&changed(person, "measure", None), "invalid_field", "/measure: "),
        bad(&with(MARKER, json!(1)), "invalid_field", "/*: "),
        bad(&with("campaign", json!("a\0b")), "invalid_json", "/campaign: "),
        bad(&with("life_event", json!("flood")), "unknown_life_event", "/life_event: "),
        bad(&with("measure", json!("free_beer")), "unknown_measure", "/measure: "),
        bad(&with("params", json!({ "sum": MARKER })), "invalid_params", "/params/sum: "),
        Bad {
            key: "normal.family_fund.large_family".to_owned(),
            ..bad(&with("campaign", json!("autumn")), "routing_key_mismatch", "/life_event: ")
        },
        bad(&large, "too_large", ""),
        bad(&with("source", json!("pension_fund")), "forbidden_source", "/source: "),
        bad(&with("priority", json!("urgent")), "urgent_not_permitted", "/priority: "),
        Bad {
            key: "soon.family_fund.child_birth".to_owned(),
            ..bad(&with("campaign", json!("x")), "unroutable", "")
        },
    ]
}

/// Invariant 9, and the rest of the batch goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_bad_message_is_a_dead_letter_with_its_reason_and_the_log_shows_nothing_private() {
    let people = people(20);
    let mut world = World::new(Kept::Postgres, &people).await;
    world.start().await;
    let source = Source::connect(&world.host).await;
    source.collect_statuses().await;

    let kinds = every_kind(&people[0]);
    let marks = FIRST_MARK..FIRST_MARK + 40;
    let good: Vec<_> = marks.clone().zip(people.iter().cycle()).map(good).collect();
    let mut turns = good.chunks(3);
    for Bad { key, body, .. } in &kinds {
        source.publish_all(turns.next().unwrap_or_default()).await;
        source.publish_raw(key, body).await;
    }
    source.publish_all(&turns.flatten().cloned().collect::<Vec<_>>()).await;
    source.publish(&grant("nobody", &Person::on(999, &[]), 1)).await;
    let mut late = grant("late", &people[0], 2);
    late["expires_at"] = json!("2026-01-01T00:00:00Z");
    source.publish(&late).await;

    let told = source.statuses_until(good.len() + 2, Duration::from_mins(1)).await;
    let ended = endings(&told);
    let of = |id: &str| (ended[id].state.as_str(), ended[id].reason.as_deref().unwrap());
    assert_eq!(of("nobody"), ("unreachable", "no_such_citizen"));
    assert_eq!(of("late"), ("expired", "expired_on_arrival"));
    assert!(tally(&ended).keys().all(|state| *state != "rejected"), "{:?}", tally(&ended));
    let shown: BTreeSet<_> = world.sandboxes.shown().iter().filter_map(|one| mark_in(&one.text)).collect();
    assert_eq!(shown, marks.collect());

    dead_letters_say_why(&mut world, &kinds).await;
    nothing_private_is_logged(&world, &people);
    world.stop().await;
}

fn good((mark, person): (u32, &Person)) -> Value {
    grant(&format!("n-{mark}"), person, mark)
}

async fn dead_letters_say_why(world: &mut World, kinds: &[Bad]) {
    // What no queue takes goes its own way and may come last.
    let all_there = async || world.dead_letters().len() >= kinds.len();
    crate::tier::until("every bad message is a dead letter", Duration::from_secs(30), all_there).await;
    let mut found: Vec<_> = world.dead_letters().iter().map(in_short).collect();
    let mut expected: Vec<_> =
        kinds.iter().map(|bad| (bad.reason.to_owned(), bad.pointer.to_owned())).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

/// The reason of a dead letter and the pointer that its detail begins with.
fn in_short(letter: &Value) -> (String, String) {
    let detail = letter["detail"].as_str().unwrap();
    let pointer = detail.split_inclusive(": ").next().filter(|first| first.starts_with('/'));
    (letter["reason"].as_str().unwrap().to_owned(), pointer.unwrap_or_default().to_owned())
}

fn nothing_private_is_logged(world: &World, people: &[Person]) {
    let log = fs::read_to_string(world.setting.log()).unwrap();
    assert!(log.contains("a message is refused"), "{log}");
    let people = people.iter().flat_map(|person| {
        let addresses = person.addresses.iter().map(|(_, address)| address.as_str());
        addresses.chain([person.id.as_str()])
    });
    for private in people.chain(SECRETS).chain([MARKER, MASTER_KEY, PASSWORD, "grant of", "free_beer"]) {
        assert!(!log.contains(private), "the log shows {private}:\n{log}");
    }
}
