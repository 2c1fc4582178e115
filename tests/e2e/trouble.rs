//! The broker, the database and a provider go away and come back; the process is asked to stop in the
//! middle of its work.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use serde_json::Value;

use crate::broker::Source;
use crate::feed::endings;
use crate::people::{Person, people};
use crate::plan::Plan;
use crate::proxy::Proxy;
use crate::sandboxes::{CHANNELS, point};
use crate::tier::until;
use crate::world::{Kept, World};

const AT_MOST: Duration = Duration::from_secs(150);

/// A lane that sends so slowly that something happens in the middle of its work.
fn slow(world: &mut World, per_second: u32) {
    for channel in CHANNELS.map(str::to_uppercase) {
        world.set(&format!("VESTNIK__CHANNELS__{channel}__LANE__PER_SECOND"), per_second.to_string());
    }
}

async fn readiness_of(world: &World, part: &str) -> Option<Value> {
    Some(world.readiness().await?.1["parts"][part].clone())
}

/// Invariants 2 and 3. Nothing is ambiguous: the broker has no part in sending.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_while_the_broker_is_away_at_the_start_and_cut_later() {
    let people = people(50);
    let plan = Plan::of(&people, 200);
    let mut world = World::new(Kept::Sqlite, &people).await;
    let (mut proxy, url) = Proxy::on_the_way(world.host.gateway());
    world.set("VESTNIK_AMQP_URL", url);
    slow(&mut world, 10);
    proxy.take_away().await;
    world.spawn();
    world.until_ready(false).await;
    let at_work = async || readiness_of(&world, "ledger").await == Some("ok".into());
    until("the ledger is open without the broker", AT_MOST, at_work).await;
    assert_ne!(readiness_of(&world, "broker").await, Some("ok".into()));
    proxy.give_back();
    world.until_ready(true).await;

    let source = Source::connect(&world.host).await;
    source.collect_statuses().await;
    let (first, second) = plan.bodies.split_at(100);
    source.publish_all(first).await;
    proxy.take_away().await;
    world.until_ready(false).await;
    source.publish_all(second).await;
    proxy.give_back();
    world.until_ready(true).await;
    let host = &world.host;
    tokio::task::block_in_place(|| host.cut());

    let states = plan.has_ended_truthfully(&mut world, AT_MOST).await;
    assert_eq!(states.get("unknown"), None, "{states:?}");
    let source = Source::connect(&world.host).await;
    let pushed = source.statuses_until(plan.bodies.len(), AT_MOST).await;
    assert_eq!(endings(&pushed), endings(world.statuses().await), "RabbitMQ and the feed tell the same");
    world.stop().await;
}

/// Invariants 2 and 3. What was under way when the database went may be ambiguous, and is told so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_while_postgres_is_away_at_the_start_and_cut_later() {
    let people = people(50);
    let plan = Plan::of(&people, 200);
    let mut world = World::new(Kept::Postgres, &people).await;
    let (mut proxy, url) = Proxy::on_the_way(&world.database().url);
    world.set("VESTNIK_POSTGRES_URL", url);
    slow(&mut world, 10);
    proxy.take_away().await;
    world.spawn();
    world.until_ready(false).await;
    proxy.give_back();
    world.until_ready(true).await;

    let source = Source::connect(&world.host).await;
    source.collect_statuses().await;
    let (first, second) = plan.bodies.split_at(100);
    source.publish_all(first).await;
    world.sandboxes.until_taken(20).await;
    world.database().end_sessions().await;
    world.sandboxes.until_taken(40).await;
    proxy.take_away().await;
    world.until_ready(false).await;
    assert_ne!(readiness_of(&world, "ledger").await, Some("ok".into()));
    source.publish_all(second).await;
    proxy.give_back();
    world.until_ready(true).await;

    let states = plan.has_ended_truthfully(&mut world, AT_MOST).await;
    println!("{states:?}");
    let pushed = source.statuses_until(plan.bodies.len(), AT_MOST).await;
    assert_eq!(endings(&pushed), endings(world.statuses().await), "RabbitMQ and the feed tell the same");
    world.stop().await;
}

/// Invariants 2 and 3: what a provider cannot take now is tried again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_provider_cannot_take_waits_for_it_to_come_back() {
    // Viber gives no receipts for what it took before it knew our callback again.
    let channels = &CHANNELS[1..];
    let people: Vec<_> = (0..40).map(|number| Person::on(number, &[channels[number % 4]])).collect();
    let plan = Plan::of(&people, 100);
    let mut world = World::new(Kept::Sqlite, &people).await;
    let mut ways = Vec::new();
    for (channel, server) in world.sandboxes.addresses.clone() {
        let proxy = Proxy::to(server);
        for (name, value) in point(channel, proxy.address) {
            world.set(&name, value);
        }
        ways.push(proxy);
    }
    for way in &mut ways {
        way.take_away().await;
    }
    world.start().await;
    let source = Source::connect(&world.host).await;
    source.publish_all(&plan.bodies).await;
    let tried = async || world.metric("vestnik_sends_total", "outcome=\"unavailable\"").await >= 50;
    until("the lanes try in vain", AT_MOST, tried).await;
    assert_eq!(world.sandboxes.taken(), 0);
    for way in &mut ways {
        way.give_back();
    }
    let states = plan.has_ended_truthfully(&mut world, AT_MOST).await;
    assert_eq!(states, BTreeMap::from([("accepted".to_owned(), 50), ("delivered".to_owned(), 50)]));
    let log = fs::read_to_string(world.setting.log()).unwrap();
    assert!(!log.contains("eturned"), "the log is full of statuses that no queue takes:\n{log}");
    world.stop().await;
}

/// Invariants 2 and 3: whoever stops in good order leaves nothing ambiguous behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_in_the_middle_of_work_loses_and_doubles_nothing_and_leaves_nothing_unknown() {
    let people = people(50);
    let plan = Plan::of(&people, 250);
    let mut world = World::new(Kept::Postgres, &people).await;
    slow(&mut world, 15);
    let mut portions = plan.bodies.chunks(50);
    for (number, portion) in portions.by_ref().enumerate() {
        world.start().await;
        let source = Source::connect(&world.host).await;
        source.collect_statuses().await;
        source.publish_all(portion).await;
        world.sandboxes.until_taken(20 * (number as u64 + 1)).await;
        world.stop().await;
    }
    world.start().await;
    let states = plan.has_ended_truthfully(&mut world, AT_MOST).await;
    assert_eq!(states.keys().collect::<Vec<_>>(), ["accepted", "delivered"], "{states:?}");
    let source = Source::connect(&world.host).await;
    let pushed = source.statuses_until(plan.bodies.len(), AT_MOST).await;
    assert_eq!(endings(&pushed), endings(world.statuses().await), "RabbitMQ and the feed tell the same");
    world.stop().await;
}
