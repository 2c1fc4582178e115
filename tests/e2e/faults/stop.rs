//! Replicas are asked to stop under load.

use std::time::Duration;

use super::{OPEN_WORK, Scene, Ways, people};
use crate::tier::few_or_many;

const IN_HAND: &str = "SELECT count(*) FROM work WHERE lease_id IS NOT NULL AND lane <> 'timer'";
const CLOSED: &str = "SELECT count(*) FROM notification WHERE closed_state IS NOT NULL";

/// Invariants 2 and 3: they finish what they started, give back the rest, and end with success within the
/// grace time; nothing is ambiguous.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_under_load() {
    let count = few_or_many(150, 5_000);
    let scene = Scene::new(&people(40), count).await;
    let ways = Ways::of(&scene.world);
    ways.each(|way| way.slow_down(Duration::from_millis(150)));
    let replicas = [scene.replica_by(&ways).await, scene.replica_by(&ways).await];
    scene.take_in().await;
    scene.world.sandboxes.until_taken(20).await;
    let [first, second] = replicas;
    tokio::join!(first.stop(), second.stop());
    assert_eq!(scene.database().count(IN_HAND).await, 0, "everything in hand was given back");
    let (open, closed) = (scene.database().count(OPEN_WORK).await, scene.database().count(CLOSED).await);
    println!("{open} open, {closed} closed");
    assert_eq!(open + closed, i64::try_from(count).unwrap(), "published = final + in flight");

    let third = scene.replica().await;
    let states = scene.ends_truthfully(vec![third]).await;
    assert_eq!(states.get("unknown"), None, "{states:?}");
}
