//! *The mother asked three times*: three offices write of what is hers, and her phone rings once.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::feed::Status;
use crate::people::Person;
use crate::tier::until;
use crate::world::{Kept, World};

const AT_MOST: Duration = Duration::from_mins(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asked_three_times() {
    let [olena, maria] = [1, 2].map(|number| Person::on(number, &["viber", "email"]));
    let mut world = World::new(Kept::Sqlite, &[olena.clone(), maria.clone()]).await;
    for (key, value) in [("MODE", "enforce"), ("WINDOW_SECONDS", "15"), ("HARD_END_SECONDS", "60")] {
        world.set(&format!("VESTNIK__POLICY__BUNDLING__{key}"), value);
    }
    world.set("VESTNIK__POLICY__BUDGET__PER_DAY", "1");
    world.start().await;
    let offices = Office::three(&world);

    // Olena has her third child. Each office does what it has to, and knows nothing of the others.
    for office in &offices {
        office.publish(&world, &olena, "olena").await;
        office.publish(&world, &maria, "maria").await;
    }
    assert_eq!(world.sandboxes.taken(), 0, "it waits for the others");
    // All of it stands in her inbox meanwhile, and each office knows that its own waits.
    assert_eq!(codes(&world.inbox(&olena).await).len(), 3);
    for office in &offices {
        let told = office.told(&world, "olena").await;
        let reasons: Vec<_> = told.iter().map(|one| (one.state.as_str(), one.reason.as_deref())).collect();
        assert!(reasons.contains(&("deferred", Some("bundled"))), "{reasons:?}");
    }
    // Maria's second office made a mistake and takes its own back in time.
    offices[1].cancel(&world, "maria").await;

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
    for (number, office) in offices.iter().enumerate() {
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

/// One of the offices, which speaks for itself.
struct Office {
    source: &'static str,
    token: String,
    tells: Value,
}

impl Office {
    fn three(world: &World) -> [Self; 3] {
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
        tells.map(|(source, tells)| {
            let create =
                ["token", "create", "--label", source, "--scope", "publish,status", "--source", source];
            Self { source, token: world.setting.run(&create).trim().to_owned(), tells }
        })
    }

    async fn publish(&self, world: &World, person: &Person, id: &str) {
        let mut body = self.tells.clone();
        body["id"] = json!(id);
        body["source"] = json!(self.source);
        body["citizen"] = json!(person.id);
        self.post(world, &body).await;
    }

    async fn cancel(&self, world: &World, id: &str) {
        self.post(world, &json!({ "type": "cancel", "id": id, "source": self.source })).await;
    }

    async fn post(&self, world: &World, body: &Value) {
        let to = world.public.join("v1/notifications").unwrap();
        let answer = world.http.post(to).bearer_auth(&self.token).json(body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED, "{}", answer.text().await.unwrap());
    }

    /// All that this office is told of its notification.
    async fn told(&self, world: &World, id: &str) -> Vec<Status> {
        let url = world.public.join("v1/status?limit=500").unwrap();
        let answer = world.http.get(url).bearer_auth(&self.token).send().await.unwrap();
        let page: Value = answer.error_for_status().unwrap().json().await.unwrap();
        let statuses: Vec<Status> = serde_json::from_value(page["statuses"].clone()).unwrap();
        statuses.into_iter().filter(|status| status.id == id).collect()
    }

    async fn ending(&self, world: &World, id: &str) -> String {
        let mut ended = None;
        until("the office is told the end", AT_MOST, async || {
            let told = self.told(world, id).await;
            ended = told.into_iter().find(|status| status.is_final).map(|status| status.state);
            ended.is_some()
        })
        .await;
        ended.unwrap()
    }
}
