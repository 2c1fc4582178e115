//! The relay on a real broker.

use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use vestnik_contract::ReceiptState;

use super::{Options, Relay};
use crate::broker::Broker;
use crate::broker::testing::{Outsider, Proxy, broker, until};
use crate::ledger::Testimony;
use crate::ledger::fixture::{World, nothing};
use crate::ledger::registry::{Death, Registration};

/// A relay at work.
struct Running {
    tasks: JoinSet<()>,
    stopping: CancellationToken,
    connected: watch::Receiver<bool>,
}

impl Running {
    fn start(world: &World, broker: &Broker) -> Self {
        let options = Options { poll: Duration::from_millis(20), batch: 7, ..Options::new(broker.clone()) };
        let (relay, connected) = Relay::new(world.ledger.clone(), options);
        let (mut tasks, stopping) = (JoinSet::new(), CancellationToken::new());
        tasks.spawn(relay.run(stopping.clone()));
        Self { tasks, stopping, connected }
    }

    async fn stop(mut self) {
        self.stopping.cancel();
        self.tasks.join_next().await.unwrap().unwrap();
    }
}

/// What a reader has heard: routing keys with bodies.
#[derive(Default)]
struct Heard(Vec<(String, Value)>);

impl Heard {
    async fn more(&mut self, outsider: &Outsider, queue: &str) {
        let taken = outsider.take(queue).await;
        self.0.extend(taken.into_iter().map(|(key, body)| (key, serde_json::from_slice(&body).unwrap())));
    }

    /// The states of a notification in the order they were heard, each entry once.
    fn of(&self, id: &str) -> Vec<String> {
        let mut seen = std::collections::BTreeSet::new();
        let its = self.0.iter().filter(|(_, body)| body["id"] == id);
        its.filter(|(_, body)| seen.insert(body["entry"].as_str().unwrap().to_owned()))
            .map(|(_, body)| body["state"].as_str().unwrap().to_owned())
            .collect()
    }
}

async fn hear_until(heard: &mut Heard, outsider: &Outsider, queue: &str, id: &str, states: &[&str]) {
    for _ in 0..1500 {
        heard.more(outsider, queue).await;
        if heard.of(id) == states {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("of {id} was heard {:?} and not {states:?}", heard.of(id));
}

async fn hear_so_many(heard: &mut Heard, outsider: &Outsider, queue: &str, count: usize) {
    for _ in 0..1500 {
        heard.more(outsider, queue).await;
        if heard.0.len() >= count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} were heard and not {count}", heard.0.len());
}

#[tokio::test]
async fn statuses_are_published_in_order_and_go_on_where_they_stopped() {
    let world = World::sqlite().await;
    world.citizen("anna", &["sms"]).await;
    let outsider = Outsider::new(broker()).await;
    let queue = outsider.listen(&outsider.broker.names().status(), "family_fund.*").await;
    let mut heard = Heard::default();

    let running = Running::start(&world, &outsider.broker);
    world.publish("1", "anna").await;
    world.publish("2", "nobody").await;
    world.send_all().await;
    world.receipt("sms", "sms-1", ReceiptState::Delivered).await;
    hear_until(&mut heard, &outsider, &queue, "1", &["sent", "delivered", "delivered"]).await;
    hear_until(&mut heard, &outsider, &queue, "2", &["unreachable"]).await;
    running.stop().await;
    let count = heard.0.len();
    assert_eq!(count, 4, "each once, as long as nothing breaks");
    assert!(
        heard
            .0
            .iter()
            .all(|(key, body)| { *key == format!("family_fund.{}", body["state"].as_str().unwrap()) })
    );

    for number in 10..30 {
        world.publish(&number.to_string(), "nobody").await;
    }
    let running = Running::start(&world, &outsider.broker);
    hear_until(&mut heard, &outsider, &queue, "29", &["unreachable"]).await;
    running.stop().await;
    assert_eq!(heard.0.len(), count + 20, "it went on where it had stopped");
    outsider.leave().await;
}

#[tokio::test]
async fn what_the_registrys_owner_is_told_goes_to_nobody_else() {
    let world = World::sqlite().await;
    let anna = world.citizen("anna", &["sms"]).await;
    let outsider = Outsider::new(broker()).await;
    let exchange = outsider.broker.names().status();
    let (owner, source) =
        (outsider.listen(&exchange, "@registry.*").await, outsider.listen(&exchange, "registry.#").await);
    let running = Running::start(&world, &outsider.broker);
    for deceased in [true, false] {
        let by = Testimony { evidence: "act 118".to_owned(), actor: Some("Olena Koval".to_owned()) };
        let death = Some(Death { deceased, by });
        world.register(Registration { death, ..nothing(anna.clone()) }).await;
    }
    let mut heard = Heard::default();
    hear_so_many(&mut heard, &outsider, &owner, 2).await;
    running.stop().await;
    let told = |(key, body): &(String, Value)| (key.clone(), body["kind"].clone(), body["citizen"].clone());
    let expected = ["citizen_deceased", "citizen_alive"]
        .map(|kind| (format!("@registry.{kind}"), kind.into(), anna.expose().into()));
    assert_eq!(heard.0.iter().map(told).collect::<Vec<_>>(), expected);
    assert!(heard.0.iter().all(|(_, body)| !body.to_string().contains("Koval")));
    assert!(outsider.take(&source).await.is_empty(), "a source of that name hears nothing");
    outsider.leave().await;
}

#[tokio::test]
async fn a_cut_connection_loses_no_status() {
    let world = World::sqlite().await;
    let outsider = Outsider::new(broker()).await;
    let queue = outsider.listen(&outsider.broker.names().status(), "#").await;
    let proxy = Proxy::to(&outsider.broker).await;
    let mut running = Running::start(&world, &proxy.broker);
    running.connected.wait_for(|connected| *connected).await.unwrap();
    for number in 0..60 {
        world.publish(&number.to_string(), "nobody").await;
        if number == 30 {
            proxy.cut();
        }
    }
    running.connected.wait_for(|connected| *connected).await.unwrap();
    let mut heard = Heard::default();
    for number in 0..60 {
        hear_until(&mut heard, &outsider, &queue, &number.to_string(), &["unreachable"]).await;
    }
    running.stop().await;
    outsider.leave().await;
}

#[tokio::test]
async fn a_status_that_nobody_listens_for_is_no_obstacle() {
    let world = World::sqlite().await;
    let outsider = Outsider::new(broker()).await;
    let running = Running::start(&world, &outsider.broker);
    world.publish("unheard", "nobody").await;
    let holder = uuid::Uuid::now_v7();
    until("the relay has gone past it", async || {
        let mut tx = world.ledger.store().read().await.unwrap();
        tx.value("status-relay").await.unwrap().is_some()
    })
    .await;
    running.stop().await;
    let relayed = world.ledger.take_relay(holder, Duration::ZERO).await.unwrap();
    assert!(relayed.is_some_and(|relayed| relayed.statuses.id > 0), "it let go of its duty");
    outsider.leave().await;
}
