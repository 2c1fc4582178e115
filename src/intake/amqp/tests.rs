//! The intake on a real broker.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{AmqpIntake, Health, Marks, Options};
use crate::broker::Broker;
use crate::broker::testing::{Outsider, Proxy, broker, until};
use crate::config::sources::{SourceSettings, Sources};
use crate::domain::{FinalState, MeasureId, Priority, Reason, SourceId};
use crate::intake::{Arrived, Desk, Envelope, Proof};
use crate::ledger::fixture::{World, reference};
use crate::ledger::{Answer, Rules};

/// The family fund, which publishes as the tests' user.
fn sources(user: &str) -> Sources {
    let fund = SourceSettings {
        title: "Family fund".into(),
        urgent: false,
        amqp_user: Some(user.to_owned()),
        trust_topic_permission: false,
        life_events: None,
    };
    Sources(BTreeMap::from([(SourceId::new("family_fund").unwrap(), fund)]))
}

fn desk(world: &World, rules: Arc<Rules>, user: &str) -> Desk {
    Desk::new(world.ledger.clone(), rules, Arc::new(sources(user)))
}

fn body(id: &str, citizen: &str) -> Value {
    json!({
        "id": id, "source": "family_fund", "citizen": format!("snils:{citizen}"),
        "life_event": "child_birth", "measure": "birth_grant", "params": { "count": 3 },
    })
}

const KEY: &str = "normal.family_fund.child_birth";

/// An intake at work.
struct Running {
    tasks: JoinSet<()>,
    stopping: CancellationToken,
    health: watch::Receiver<Health>,
}

impl Running {
    fn start(world: &World, broker: &Broker, marks: Marks) -> Self {
        let desk = desk(world, world.rules.clone(), &broker.user().unwrap());
        let options =
            Options { look_every: Duration::from_millis(20), ..Options::new(broker.clone(), marks) };
        let (intake, health) = AmqpIntake::new(desk, options);
        let (mut tasks, stopping) = (JoinSet::new(), CancellationToken::new());
        tasks.spawn(intake.run(stopping.clone()));
        Self { tasks, stopping, health }
    }

    async fn connected(&mut self, connected: bool) {
        let wait = self.health.wait_for(|health| health.connected == connected);
        tokio::time::timeout(Duration::from_secs(30), wait).await.unwrap().unwrap();
    }

    async fn stop(mut self) {
        self.stopping.cancel();
        self.tasks.join_next().await.unwrap().unwrap();
        assert!(!self.health.borrow().connected);
    }
}

const WIDE: Marks = Marks { bulk: 1000, normal: 1000 };

async fn is_there(world: &World, id: &str) -> bool {
    let mut tx = world.ledger.store().read().await.unwrap();
    tx.idempotency(&[reference(id)]).await.unwrap().iter().any(|row| row.notification.is_some())
}

/// The dead letters: origin, source, routing, reason and detail, the oldest first.
async fn dead(world: &World) -> Vec<[String; 5]> {
    let mut tx = world.ledger.store().read().await.unwrap();
    let mut rows = tx.dead(None, 1000).await.unwrap();
    rows.reverse();
    let shown = |row: crate::ledger::store::DeadRow| {
        let source = row.source.map(|id| id.to_string()).unwrap_or_default();
        [row.origin, source, row.routing, row.reason, row.detail]
    };
    rows.into_iter().map(shown).collect()
}

#[tokio::test]
async fn what_is_published_is_accepted_and_a_bad_one_does_not_hold_up_the_rest() {
    let world = World::sqlite().await;
    world.citizen("anna", &["sms"]).await;
    let outsider = Outsider::new(broker()).await;
    let running = Running::start(&world, &outsider.broker, WIDE);

    outsider.publish(KEY, body("1", "anna").to_string().as_bytes()).await;
    outsider.publish(KEY, b"{\"citizen\": \"snils:geheim\"").await;
    let mut wrong = body("2", "geheim");
    wrong["params"] = json!({ "count": 99 });
    outsider.publish(KEY, wrong.to_string().as_bytes()).await;
    outsider.publish("bulk.family_fund.child_birth", body("3", "geheim").to_string().as_bytes()).await;
    outsider.publish(KEY, body("4", "nobody").to_string().as_bytes()).await;
    until("the good ones are accepted", async || is_there(&world, "1").await && is_there(&world, "4").await)
        .await;
    until("the bad ones are dead letters", async || dead(&world).await.len() == 3).await;
    running.stop().await;

    assert_eq!(world.ending("4").await, Some((FinalState::Unreachable, Reason::NoSuchCitizen)));
    assert_eq!(world.send_all().await, 1);
    let mut reasons: Vec<_> = dead(&world).await;
    reasons.sort_by(|a, b| a[3].cmp(&b[3]));
    let told: Vec<_> = reasons.iter().map(|row| [&*row[0], &*row[1], &*row[3]]).collect();
    assert_eq!(
        told,
        [
            ["amqp", "family_fund", "invalid_json"],
            ["amqp", "family_fund", "invalid_params"],
            ["amqp", "family_fund", "routing_key_mismatch"],
        ]
    );
    assert!(reasons.iter().flatten().all(|text| !text.contains("geheim")));
    for priority in Priority::ALL {
        let left = outsider.take(&outsider.broker.names().intake(priority)).await;
        assert!(left.is_empty(), "everything was acknowledged");
    }
    outsider.leave().await;
}

#[tokio::test]
async fn a_repeat_changes_nothing_and_another_body_is_a_conflict() {
    let world = World::sqlite().await;
    world.citizen("anna", &["sms"]).await;
    let outsider = Outsider::new(broker()).await;
    let running = Running::start(&world, &outsider.broker, WIDE);
    for name in ["anna", "anna", "olena"] {
        outsider.publish(KEY, body("1", name).to_string().as_bytes()).await;
    }
    until("the other one is a dead letter", async || dead(&world).await.len() == 1).await;
    running.stop().await;
    assert_eq!(dead(&world).await[0][3], "conflict");
    assert_eq!(world.send_all().await, 1);
    outsider.leave().await;
}

#[tokio::test]
async fn a_cut_connection_is_made_anew_and_nothing_is_lost() {
    let world = World::sqlite().await;
    let outsider = Outsider::new(broker()).await;
    let proxy = Proxy::to(&outsider.broker).await;
    let mut running = Running::start(&world, &proxy.broker, WIDE);
    running.connected(true).await;
    for number in 0..200 {
        let id = number.to_string();
        outsider.publish(KEY, body(&id, "nobody").to_string().as_bytes()).await;
        if number == 100 {
            proxy.cut();
            running.connected(false).await;
        }
    }
    for number in 0..200 {
        let id = number.to_string();
        until("every one is accepted", async || is_there(&world, &id).await).await;
    }
    running.connected(true).await;
    running.stop().await;
    assert!(dead(&world).await.is_empty(), "what came twice was known again");
    assert!(outsider.take(&outsider.broker.names().intake(Priority::Normal)).await.is_empty());
    outsider.leave().await;
}

#[tokio::test]
async fn what_the_broker_puts_aside_becomes_dead_letters() {
    let world = World::sqlite().await;
    let outsider = Outsider::new(broker()).await;
    let running = Running::start(&world, &outsider.broker, WIDE);
    outsider.publish("soon.family_fund.child_birth", body("1", "anna").to_string().as_bytes()).await;
    outsider.publish("normal.family_fund", body("2", "anna").to_string().as_bytes()).await;
    until("they are dead letters", async || dead(&world).await.len() == 2).await;
    running.stop().await;
    for row in dead(&world).await {
        assert_eq!([&*row[0], &*row[1], &*row[3]], ["broker", "family_fund", "unroutable"]);
    }
    assert!(outsider.take(&outsider.broker.names().dead()).await.is_empty());
    outsider.leave().await;
}

#[tokio::test]
async fn bulk_waits_while_too_much_work_is_open() {
    let world = World::sqlite().await;
    world.citizen("anna", &["sms"]).await;
    world.publish("open", "anna").await;
    let outsider = Outsider::new(broker()).await;
    let mut running = Running::start(&world, &outsider.broker, Marks { bulk: 0, normal: 10 });
    let mut bulk = body("bulk", "nobody");
    bulk["priority"] = json!("bulk");
    outsider.publish("bulk.family_fund.child_birth", bulk.to_string().as_bytes()).await;
    outsider.publish(KEY, body("normal", "nobody").to_string().as_bytes()).await;
    until("the normal one is accepted", async || is_there(&world, "normal").await).await;
    running.health.wait_for(|health| health.lowest == Some(Priority::Normal)).await.unwrap();
    assert!(!is_there(&world, "bulk").await, "bulk waits at the broker");

    assert_eq!(world.cancel("open").await, Answer::Cancelled);
    until("the bulk one is accepted", async || is_there(&world, "bulk").await).await;
    running.stop().await;
    outsider.leave().await;
}

/// `wordless` is in the catalogue, but nobody has written its texts.
fn with_a_measure_without_words(world: &World) -> Arc<Rules> {
    let mut rules = crate::ledger::fixture::Setting::new().rules(world.ledger.keys());
    for event in rules.catalogue.life_events.values_mut() {
        let Some(grant) = event.measures.get(&MeasureId::new("birth_grant").unwrap()) else { continue };
        let mut wordless = grant.clone();
        wordless.id = MeasureId::new("wordless").unwrap();
        wordless.template.id.measure = wordless.id.clone();
        event.measures.insert(wordless.id.clone(), wordless);
    }
    Arc::new(rules)
}

#[tokio::test]
async fn a_batch_with_a_message_that_cannot_be_accepted_is_halved_to_that_one() {
    let world = World::sqlite().await;
    world.citizen("anna", &["sms"]).await;
    let desk = desk(&world, with_a_measure_without_words(&world), "fund");
    let bodies: Vec<_> = (0..9)
        .map(|number| {
            let mut body = body(&number.to_string(), "anna");
            if number == 4 {
                body["measure"] = json!("wordless");
            }
            body.to_string().into_bytes()
        })
        .collect();
    let envelope = Envelope { proof: Proof::AmqpUser(Some("fund")), routing_key: Some(KEY) };
    let batch: Vec<_> = bodies.iter().map(|body| Arrived { body, envelope, origin: "amqp" }).collect();
    let verdicts = desk.take(&batch).await.unwrap();
    for (number, verdict) in verdicts.iter().enumerate() {
        match verdict {
            Ok(answer) => assert!(number != 4 && matches!(answer, Answer::Accepted(_)), "{number}"),
            Err(refusal) => assert_eq!((number, refusal.reason.as_str()), (4, "internal")),
        }
    }
    let letters = dead(&world).await;
    assert_eq!(letters.len(), 1);
    assert_eq!([&*letters[0][2], &*letters[0][3]], [KEY, "internal"]);
}
