//! What sources say about what they said before: cancel, supersede, repeat, conflict.

use std::time::Duration;

use serde_json::{Value, json};

use crate::broker::Source;
use crate::feed::{Status, endings};
use crate::people::{FIRST_MARK, Person, SOURCE, grant, mark_in};
use crate::world::{Kept, World};

const AT_MOST: Duration = Duration::from_mins(1);

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

fn cancel(id: &str) -> Value {
    json!({ "type": "cancel", "source": SOURCE, "id": id })
}

/// How a notification ended: its state and why.
fn ending<'a>(statuses: &'a [Status], id: &str) -> (&'a str, &'a str) {
    let found = statuses.iter().find(|status| status.id == id && status.is_final).unwrap();
    (&found.state, found.reason.as_deref().unwrap())
}

/// Invariants 2 and 3: each ends once, and only what stands is sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_back_replaced_or_repeated_ends_once_and_only_what_stands_is_sent() {
    let person = Person::on(1, &["telegram"]);
    let mut world = World::new(Kept::Sqlite, std::slice::from_ref(&person)).await;
    world.start().await;
    let source = Source::connect(&world.host).await;
    source.collect_statuses().await;
    let tomorrow = (vestnik::clock::Clock::system().now() + jiff::SignedDuration::from_hours(24)).to_string();
    let later = |body| with(body, "not_before", json!(tomorrow));
    let mark = |number: u32| FIRST_MARK + number;

    let supersede = with(
        with(grant("replaced-2", &person, mark(3)), "type", json!("supersede")),
        "replaces",
        json!("replaced-1"),
    );
    source
        .publish_all(&[
            cancel("early"),
            grant("early", &person, mark(0)),
            later(grant("open", &person, mark(1))),
            cancel("open"),
            later(grant("replaced-1", &person, mark(2))),
            supersede,
            grant("twice", &person, mark(4)),
            grant("twice", &person, mark(4)),
            grant("twice", &person, mark(5)),
        ])
        .await;
    source.statuses_until(5, AT_MOST).await;
    source.publish(&cancel("twice")).await;
    source.publish(&grant("last", &person, mark(6))).await;
    let told = world.until_ended(6, AT_MOST).await;

    assert_eq!(ending(&told, "early"), ("cancelled", "cancelled_by_source"));
    assert_eq!(ending(&told, "open"), ("cancelled", "cancelled_by_source"));
    assert_eq!(ending(&told, "replaced-1"), ("cancelled", "superseded"));
    for sent in ["replaced-2", "twice", "last"] {
        assert_eq!(ending(&told, sent), ("accepted", "no_receipt_given"), "{sent}");
    }
    assert!(told.iter().any(|one| one.id == "twice" && one.state == "cancel_too_late"), "{told:?}");
    assert_eq!(endings(&told).len(), 6);

    let mut shown: Vec<_> = world.sandboxes.shown().iter().filter_map(|one| mark_in(&one.text)).collect();
    shown.sort_unstable();
    assert_eq!(shown, [mark(3), mark(4), mark(6)]);
    let dead = world.dead_letters();
    let [conflict] = dead.as_slice() else { panic!("{dead:?}") };
    assert_eq!((&conflict["reason"], &conflict["source"]), (&json!("conflict"), &json!(SOURCE)));
    assert!(conflict["detail"].as_str().unwrap().starts_with("/id: "), "{conflict}");
    world.stop().await;
}
