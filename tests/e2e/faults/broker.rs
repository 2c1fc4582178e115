//! RabbitMQ is killed, and takes nothing because its memory is full. `trouble.rs` cuts connections to it.

use super::{AT_MOST, Scene, people};
use crate::servers::PrivateServer;
use crate::tier::{few_or_many, until};

/// Invariants 2 and 3: what RabbitMQ had taken comes again, and no status is missed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rabbitmq_is_killed_and_started_again() {
    let mut rabbitmq = PrivateServer::start("rabbitmq");
    let count = few_or_many(80, 5_000);
    let mut scene = Scene::on(rabbitmq.among_the_shared(), &people(40), count).await;
    let replicas = vec![scene.slow_replica().await, scene.slow_replica().await];
    let (before, after) = scene.plan.bodies.split_at(count / 2);
    scene.source.publish_all(before).await;
    scene.world.sandboxes.until_taken(10).await;
    rabbitmq.kill();
    scene.world.until_ready(false).await;
    rabbitmq.start_again();
    scene.world.until_ready(true).await;
    scene.source.come_again(&scene.world.host).await;
    scene.source.publish_all(after).await;
    let states = scene.ends_truthfully(replicas).await;
    assert_eq!(states.get("unknown"), None, "the broker has no part in sending: {states:?}");
}

/// Invariants 2 and 3: while RabbitMQ takes no messages, statuses wait in the ledger and sending goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rabbitmq_blocks_who_publishes_because_its_memory_is_full() {
    let rabbitmq = PrivateServer::start("rabbitmq");
    let scene = Scene::on(rabbitmq.among_the_shared(), &people(20), few_or_many(40, 2_000)).await;
    scene.publish().await;
    let broker = scene.world.host.server.clone();
    let set_high_water_mark = |mark| broker.control(&["set_vm_memory_high_watermark", mark]);
    set_high_water_mark("0.00001");
    let replica = scene.replica().await;
    let published = scene.plan.bodies.len() as u64;
    let taken = async || scene.world.sandboxes.taken() >= published;
    until("everything is sent though no status can be published", AT_MOST, taken).await;
    assert_eq!(scene.source.waiting_statuses().await, 0);
    set_high_water_mark("0.8");
    let states = scene.ends_truthfully(vec![replica]).await;
    assert_eq!(states.get("unknown"), None, "{states:?}");
}
