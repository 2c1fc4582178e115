//! PostgreSQL is killed, has no connection left, is slow, and far away.

use std::time::Duration;

use super::{Scene, people};
use crate::people::Person;
use crate::proxy::Proxy;
use crate::servers::PrivateServer;
use crate::sharing::most_in_a_second;
use crate::tier::{few_or_many, is_wanted};

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

/// Invariant 6: however far the ledger is, a provider's limit is kept. How much of it is made use of is
/// printed: it depends on the machine.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_is_far_away() {
    const LIMIT: usize = 100;
    let people: Vec<_> = (0..40).map(|number| Person::on(number, &["portal"])).collect();
    let ways: &[u64] = if is_wanted("faults") { &[0, 1, 4, 20] } else { &[4] };
    for milliseconds in ways.iter().copied() {
        let scene = Scene::new(&people, few_or_many(200, 1_000)).await;
        let (way, url) = Proxy::on_the_way(&scene.database().url);
        way.slow_down(Duration::from_millis(milliseconds));
        let far_away = [
            ("VESTNIK_POSTGRES_URL".to_owned(), url.into()),
            ("VESTNIK__CHANNELS__PORTAL__LANE__PER_SECOND".to_owned(), LIMIT.to_string()),
        ];
        scene.take_in().await;
        let replica = scene.setting().with(far_away).replica("lanes").await;
        scene.world.sandboxes.until_taken(scene.plan.bodies.len() as u64).await;
        let most = most_in_a_second(&scene.world, "portal");
        assert!(most <= LIMIT, "{most} within a second");
        println!("{milliseconds} ms away: {:.0} a second of {LIMIT}", rate(&scene));
        let states = scene.ends_truthfully(vec![replica]).await;
        assert_eq!(states.get("unknown"), None, "{states:?}");
    }
}

/// Messages a second that the portal's provider took, from the first to the last.
fn rate(scene: &Scene) -> f64 {
    let shown = scene.world.sandboxes.of("portal").screen().messages(None);
    let moments: Vec<_> = shown.iter().map(|shown| shown.at).collect();
    let (first, last) = (moments.iter().min().unwrap(), moments.iter().max().unwrap());
    f64::from(u32::try_from(moments.len() - 1).unwrap()) / last.duration_since(*first).as_secs_f64()
}
