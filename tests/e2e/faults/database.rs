//! PostgreSQL is killed, has no connection left, and is slow.

use std::time::Duration;

use super::{Scene, people};
use crate::proxy::Proxy;
use crate::servers::PrivateServer;
use crate::tier::few_or_many;

/// Invariants 2, 3 and 10: what was committed stands, and what was under way is told truthfully.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_is_killed_and_started_again() {
    let mut postgres = PrivateServer::start("postgres");
    let count = few_or_many(80, 5_000);
    let mut scene = Scene::on(postgres.among_the_shared(), &people(40), count).await;
    let replicas = vec![scene.slow_replica().await, scene.slow_replica().await];
    let (before, meanwhile) = scene.plan.bodies.split_at(count / 2);
    scene.source.publish_all(before).await;
    scene.world.sandboxes.until_taken(10).await;
    postgres.kill();
    scene.world.until_ready(false).await;
    scene.source.publish_all(meanwhile).await;
    postgres.start_again();
    scene.world.until_ready(true).await;
    scene.ends_truthfully(replicas).await;
}

/// Invariants 2 and 3: with fewer connections than are asked for the work goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_has_no_connections_left() {
    let scene = Scene::new(&people(40), few_or_many(80, 2_000)).await;
    let user = scene.database().ordinary_user().await;
    let as_the_user = [("VESTNIK_POSTGRES_URL".to_owned(), user.clone().into())];
    let mut replica = scene.setting().with(as_the_user).replica("lanes").await;
    scene.database().allow_connections(&user, 0).await;
    scene.publish().await;
    replica.until_ready(false).await;
    scene.database().allow_connections(&user, 3).await;
    replica.until_ready(true).await;
    let states = scene.ends_truthfully(vec![replica]).await;
    assert_eq!(states.get("unknown"), None, "whoever started could finish: {states:?}");
}

/// Invariants 2 and 3: a slow ledger makes the work slow, and nothing ambiguous.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_is_slow() {
    let scene = Scene::new(&people(20), few_or_many(40, 500)).await;
    let (way, url) = Proxy::on_the_way(&scene.database().url);
    let by_the_way = [("VESTNIK_POSTGRES_URL".to_owned(), url.into())];
    let replica = scene.setting().with(by_the_way).replica("lanes").await;
    way.slow_down(Duration::from_millis(50));
    scene.publish().await;
    let states = scene.ends_truthfully(vec![replica]).await;
    assert_eq!(states.get("unknown"), None, "{states:?}");
}
