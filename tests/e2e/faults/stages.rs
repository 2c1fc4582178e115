//! A replica is killed with -9 in each stage of its work, and another one takes it over.
//!
//! A stage is held from outside until the replica stands in the middle of it: by a lock of the test's own
//! in PostgreSQL, or by a proxy that keeps what is said.

use super::{AT_MOST, Scene, Ways, people};
use crate::people::Person;
use crate::proxy::Proxy;
use crate::tier::{few_or_many, until};

const CLAIMED: &str =
    "SELECT count(*) FROM work WHERE lease_id IS NOT NULL AND attempt IS NULL AND lane <> 'timer'";
/// Sent, on record as sent, and without a receipt.
const AWAITING: &str = "SELECT count(*) FROM work WHERE lane = 'timer'";
/// Processes that have the duty of relaying, dead ones until their lease is over, and whether nobody has it.
const RELAYING: &str = "SELECT count(*) FROM duty WHERE name = 'status-relay'
    AND until > extract(epoch FROM clock_timestamp()) * 1000";
const NOBODY_RELAYS: &str = "SELECT count(*) FROM duty WHERE name = 'status-relay'
    AND until <= extract(epoch FROM clock_timestamp()) * 1000";
const STARTED: &str = "SELECT count(*) FROM work WHERE attempt IS NOT NULL";

async fn scene() -> Scene {
    Scene::new(&people(20), few_or_many(40, 2_000)).await
}

/// Invariants 2 and 3: what was not acknowledged comes to another replica.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_taking_in() {
    let mut scene = scene().await;
    let hold = scene.database().hold("LOCK TABLE notification IN SHARE MODE").await;
    scene.publish().await;
    scene.database().until_held_up(1).await;
    let second = scene.setting().replica("intake,lanes").await;
    scene.database().until_held_up(1).await;
    scene.kill_the_other().await;
    hold.release().await;
    scene.world.start().await;
    let states = scene.ends_truthfully(vec![second]).await;
    assert_eq!(states.get("unknown"), None, "nothing was started: {states:?}");
}

/// Invariants 2 and 3: a claim that was not committed is none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_claiming() {
    let scene = scene().await;
    scene.take_in().await;
    let hold = scene.database().hold("LOCK TABLE work IN SHARE MODE").await;
    let (first, second) = tokio::join!(scene.replica(), scene.replica());
    scene.database().until_held_up(2).await;
    first.kill();
    hold.release().await;
    let states = scene.ends_truthfully(vec![second]).await;
    assert_eq!(states.get("unknown"), None, "nothing was started: {states:?}");
}

/// Invariants 2 and 3: claimed work is due again when its lease is over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_with_claimed_work_in_hand() {
    let scene = scene().await;
    scene.take_in().await;
    let first = scene.slow_replica().await;
    // No more than its limit lets through in four seconds, of which some may have been started meanwhile.
    scene.database().until_count(CLAIMED, 12).await;
    first.kill();
    let in_hand = scene.database().count(CLAIMED).await;
    assert!(in_hand > 0, "it had nothing in hand");
    let second = scene.replica().await;
    scene.ends_truthfully(vec![second]).await;
}

/// Invariants 2 and 3: a start that was not committed is none, and nothing was sent for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_starting() {
    let scene = scene().await;
    scene.take_in().await;
    let hold = scene.database().hold("SELECT * FROM citizen FOR UPDATE").await;
    let first = scene.replica().await;
    scene.database().until_count(CLAIMED, 1).await;
    scene.database().until_held_up(1).await;
    first.kill();
    hold.release().await;
    assert_eq!(scene.world.sandboxes.taken(), 0);
    let second = scene.replica().await;
    let states = scene.ends_truthfully(vec![second]).await;
    assert_eq!(states.get("unknown"), None, "nothing was started: {states:?}");
}

/// Invariants 2, 3 and 10: a started attempt of which nothing is known is ambiguous, though nothing was
/// sent. It is sent again only where the provider would know a repeat.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_with_attempts_started_and_not_sent() {
    let scene = scene().await;
    let mut ways = Ways::of(&scene.world);
    let first = scene.replica_by(&ways).await;
    ways.each(Proxy::hold_requests);
    scene.publish().await;
    scene.database().until_count(STARTED, 10).await;
    first.kill();
    ways.cut().await;
    let second = scene.replica().await;
    scene.ends_truthfully(vec![second]).await;
}

/// Invariants 2, 3 and 10: what a provider took and nobody heard of is not sent twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_with_messages_sent_and_not_answered() {
    let scene = scene().await;
    let mut ways = Ways::of(&scene.world);
    let first = scene.replica_by(&ways).await;
    ways.each(Proxy::hold_answers);
    scene.publish().await;
    scene.world.sandboxes.until_taken(10).await;
    first.kill();
    ways.cut().await;
    let second = scene.replica().await;
    scene.ends_truthfully(vec![second]).await;
}

/// Invariants 2, 3 and 10: what was answered and is not on record is not sent twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_with_outcomes_in_hand() {
    let scene = scene().await;
    let ways = Ways::of(&scene.world);
    let first = scene.replica_by(&ways).await;
    ways.each(Proxy::hold_answers);
    scene.publish().await;
    scene.world.sandboxes.until_taken(10).await;
    let hold = scene.database().hold("LOCK TABLE timeline IN SHARE MODE").await;
    ways.each(Proxy::release);
    scene.database().until_held_up(1).await;
    first.kill();
    hold.release().await;
    let second = scene.replica().await;
    scene.ends_truthfully(vec![second]).await;
}

/// Invariants 2 and 10: a provider is told that its receipt was taken only when it is on record.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_receipts_arrive() {
    let viber: Vec<_> = (0..20).map(|number| Person::on(number, &["viber"])).collect();
    let mut scene = Scene::new(&viber, few_or_many(40, 2_000)).await;
    let (way, url) = Proxy::on_the_way(&scene.world.public);
    scene.world.set("VESTNIK__GATEWAY__HTTP__PUBLIC_URL", url);
    let sender = scene.replica().await;
    sender.until_well("viber/main").await;
    way.hold_requests();
    scene.take_in().await;
    let all = i64::try_from(scene.plan.bodies.len()).unwrap();
    scene.database().until_count(AWAITING, all).await;
    let hold = scene.database().hold("SELECT * FROM citizen FOR UPDATE").await;
    way.release();
    scene.database().until_held_up(1).await;
    scene.kill_the_other().await;
    hold.release().await;
    scene.world.start().await;
    let states = scene.ends_truthfully(vec![sender]).await;
    assert_eq!(states.keys().collect::<Vec<_>>(), ["delivered"], "{states:?}");
}

/// Invariant 2: a status that the broker did not confirm is published again by whoever relays next.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_relaying_statuses() {
    let mut scene = scene().await;
    scene.kill_the_other().await;
    scene.database().until_count(NOBODY_RELAYS, 1).await;
    let (way, url) = Proxy::on_the_way(scene.world.host.gateway());
    let by_the_way = [("VESTNIK_AMQP_URL".to_owned(), url.into())];
    let relaying = scene.setting().with(by_the_way).replica("intake").await;
    scene.database().until_count(RELAYING, 1).await;
    scene.take_in().await;
    way.hold_answers();
    let before = scene.source.waiting_statuses().await;
    let sender = scene.replica().await;
    until("a status is published and not confirmed", AT_MOST, async || {
        scene.source.waiting_statuses().await > before
    })
    .await;
    relaying.kill();
    scene.no_dead_one_has_a_duty().await;
    scene.world.start().await;
    scene.ends_truthfully(vec![sender]).await;
}
