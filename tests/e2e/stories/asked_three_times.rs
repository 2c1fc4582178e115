//! *The mother asked three times*: three offices write of what is hers, and her phone rings once.

use serde_json::{Value, json};

use crate::office::Office;
use crate::people::Person;
use crate::world::{Kept, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asked_three_times() {
    let [olena, maria] = [1, 2].map(|number| Person::on(number, &["viber", "email"]));
    let mut world = World::new(Kept::Sqlite, &[olena.clone(), maria.clone()]).await;
    for (key, value) in [("MODE", "enforce"), ("WINDOW_SECONDS", "15"), ("HARD_END_SECONDS", "60")] {
        world.set(&format!("VESTNIK__POLICY__BUNDLING__{key}"), value);
    }
    world.set("VESTNIK__POLICY__BUDGET__PER_DAY", "1");
    world.start().await;
    let offices = offices(&world);

    // Olena has her third child. Each office does what it has to, and knows nothing of the others.
    for office in &offices {
        publish(&world, office, &olena, "olena").await;
        publish(&world, office, &maria, "maria").await;
    }
    assert_eq!(world.sandboxes.taken(), 0, "it waits for the others");
    // All of it stands in her inbox meanwhile, and each office knows that its own waits.
    assert_eq!(codes(&world.inbox(&olena).await).len(), 3);
    for (office, _) in &offices {
        let told = office.told(&world, "olena").await;
        let reasons: Vec<_> = told.iter().map(|one| (one.state.as_str(), one.reason.as_deref())).collect();
        assert!(reasons.contains(&("deferred", Some("bundled"))), "{reasons:?}");
    }
    // Maria's second office made a mistake and takes its own back in time.
    offices[1].0.cancel(&world, "maria").await;

    // One message each, with all that is theirs and one check code, for one place of the day's budget.
    world.sandboxes.until_taken(2).await;
    let message = phone(&world, &olena);
    for words in ["large-family certificate", "one-time grant", "health check"] {
        assert!(message.to_lowercase().contains(words), "{words}: {message}");
    }
    let codes = codes(&world.inbox(&olena).await);
    assert!(codes.iter().all(|code| message.ends_with(code.as_str())), "{codes:?}: {message}");
    let message = phone(&world, &maria);
    assert!(message.to_lowercase().contains("large-family certificate"), "{message}");
    assert!(!message.to_lowercase().contains("one-time grant"), "{message}");

    // Each office is told how its own ended.
    for (number, (office, _)) in offices.iter().enumerate() {
        assert_eq!(office.ending(&world, "olena").await, "delivered");
        let expected = if number == 1 { "cancelled" } else { "delivered" };
        assert_eq!(office.ending(&world, "maria").await, expected);
    }
    assert_eq!(world.sandboxes.taken(), 2);
    world.stop().await;
}

/// What the one message on a phone says.
fn phone(world: &World, person: &Person) -> String {
    let shown = world.sandboxes.of("viber").screen().messages(Some(person.address("viber")));
    assert_eq!(shown.len(), 1, "the phone rang once");
    shown[0].text.clone()
}

/// The check codes of the entries in an inbox.
fn codes(inbox: &Value) -> Vec<String> {
    let entries = inbox["entries"].as_array().unwrap();
    let last = |entry: &Value| entry["text"].as_str().unwrap().rsplit(' ').next().unwrap().to_owned();
    entries.iter().map(last).collect()
}

/// The three offices, and what each has to tell.
fn offices(world: &World) -> [(Office, Value); 3] {
    let tells = [
        (
            "civil_registry",
            json!({ "life_event": "child_birth", "measure": "large_family_certificate", "params": { "child_order": 3 } }),
        ),
        (
            "family_fund",
            json!({ "life_event": "child_birth", "measure": "birth_grant", "params": { "sum": { "minor": 4_128_000, "currency": "UAH" } } }),
        ),
        (
            "health_service",
            json!({ "life_event": "child_age", "measure": "child_age_health_check", "params": { "age": 3 } }),
        ),
    ];
    tells.map(|(source, tells)| (Office::of(world, source), tells))
}

/// Has an office tell a citizen what it has to tell.
async fn publish(world: &World, (office, tells): &(Office, Value), person: &Person, id: &str) {
    let mut body = tells.clone();
    body["id"] = json!(id);
    body["source"] = json!(office.source);
    body["citizen"] = json!(person.id);
    office.post(world, &body).await;
}
