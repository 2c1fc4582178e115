//! Redis is killed, flushed, and hangs, while two replicas keep one provider's limit by it.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Scene;
use crate::people::Person;
use crate::process::Replica;
use crate::proxy::Proxy;
use crate::servers::{PrivateServer, Servers};
use crate::sharing::{most_in_a_second, share_by};
use crate::tier::few_or_many;

/// Messages a second that the provider takes.
const LIMIT: usize = 20;

/// Two replicas at work that share a limit by the Redis of a URL.
async fn sharing(url: &str, count: usize) -> (Scene, [Replica; 2]) {
    let people: Vec<_> = (0..40).map(|number| Person::on(number, &["portal"])).collect();
    let mut scene = Scene::on(Servers::shared(), &people, count).await;
    share_by(&mut scene.world, url, 2);
    scene.world.set("VESTNIK__CHANNELS__PORTAL__LANE__PER_SECOND", LIMIT.to_string());
    let replicas = [scene.replica().await, scene.replica().await];
    for replica in &replicas {
        replica.until_well("redis").await;
    }
    (scene, replicas)
}

fn count() -> usize {
    few_or_many(160, 2_000)
}

/// Invariants 2, 3 and 6: nothing is lost with Redis, and the provider's limit was kept throughout.
async fn ends_within_the_limit(scene: Scene, replicas: [Replica; 2]) {
    scene.world.sandboxes.until_taken(count() as u64).await;
    let most = most_in_a_second(&scene.world, "portal");
    assert!(most <= LIMIT, "{most} within a second");
    let states = scene.ends_truthfully(replicas.into()).await;
    assert_eq!(states.keys().collect::<Vec<_>>(), ["delivered"], "{states:?}");
}

/// Invariants 2, 3 and 6: without Redis each replica lives on its share of the reserve.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_killed_and_started_again() {
    let mut redis = PrivateServer::start("redis");
    let (scene, replicas) = sharing(redis.redis().as_str(), count()).await;
    scene.publish().await;
    scene.world.sandboxes.until_taken(20).await;
    redis.kill();
    let meanwhile = scene.world.sandboxes.taken() + 10;
    scene.world.sandboxes.until_taken(meanwhile).await;
    redis.start_again();
    ends_within_the_limit(scene, replicas).await;
}

/// Invariants 2, 3 and 6: a Redis that has forgotten everything begins with empty buckets.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_flushed() {
    let redis = PrivateServer::start("redis");
    let (scene, replicas) = sharing(redis.redis().as_str(), count()).await;
    scene.publish().await;
    for flush in 1..=4 {
        scene.world.sandboxes.until_taken(flush * 20).await;
        flush_all(&redis).await;
    }
    ends_within_the_limit(scene, replicas).await;
}

/// Invariants 2, 3 and 6: a Redis that does not answer holds nobody up for long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_hangs() {
    let redis = PrivateServer::start("redis");
    let (way, url) = Proxy::on_the_way(&redis.redis());
    let (scene, replicas) = sharing(url.as_str(), count()).await;
    scene.publish().await;
    scene.world.sandboxes.until_taken(20).await;
    way.hold_answers();
    let meanwhile = scene.world.sandboxes.taken() + 10;
    scene.world.sandboxes.until_taken(meanwhile).await;
    way.release();
    ends_within_the_limit(scene, replicas).await;
}

/// Says `FLUSHALL` as any client does (<https://redis.io/docs/latest/develop/reference/protocol-spec/>).
async fn flush_all(redis: &PrivateServer) {
    let url = redis.redis();
    let place = (url.host_str().unwrap(), url.port().unwrap());
    let mut connection = TcpStream::connect(place).await.unwrap();
    let said = format!("AUTH {}\r\nFLUSHALL\r\n", url.password().unwrap());
    connection.write_all(said.as_bytes()).await.unwrap();
    let mut answers = [0; 10];
    connection.read_exact(&mut answers).await.unwrap();
    assert_eq!(&answers, b"+OK\r\n+OK\r\n");
}
