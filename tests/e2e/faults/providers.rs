//! Providers hang, hang up, answer slowly, and throttle.

use std::time::Duration;

use vestnik_contract::sandbox::Fault;

use super::{AT_MOST, Scene, Ways, people};
use crate::sandboxes::CHANNELS;
use crate::tier::{few_or_many, until};
use crate::world::World;

/// The next so many messages on each channel meet this fault.
fn misbehave(world: &World, times: u32, fault: Fault) {
    for channel in CHANNELS {
        world.sandboxes.of(channel).faults().next(times, fault);
    }
}

/// Invariants 2, 3 and 10: a call without an answer is ambiguous and holds up no other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_hangs() {
    let scene = Scene::new(&people(20), few_or_many(40, 2_000)).await;
    misbehave(&scene.world, 10, Fault::Hang);
    let replica = scene.replica().await;
    scene.publish().await;
    scene.ends_truthfully(vec![replica]).await;
}

/// Invariants 2, 3 and 10: what was taken before the connection was cut is not sent twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_takes_messages_and_hangs_up() {
    let scene = Scene::new(&people(20), few_or_many(40, 2_000)).await;
    misbehave(&scene.world, 10, Fault::AcceptThenCut);
    let replica = scene.replica().await;
    scene.publish().await;
    scene.ends_truthfully(vec![replica]).await;
}

/// Invariants 2 and 3: slow answers are answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_answers_slowly() {
    let scene = Scene::new(&people(20), few_or_many(40, 500)).await;
    let ways = Ways::of(&scene.world);
    let replica = scene.replica_by(&ways).await;
    // A mail over a new connection is a dozen answers, and has to be sent within its call time-out.
    ways.each(|way| way.slow_down(Duration::from_millis(300)));
    scene.publish().await;
    let states = scene.ends_truthfully(vec![replica]).await;
    assert_eq!(states.get("unknown"), None, "{states:?}");
}

/// Invariants 2, 3 and 6: who is throttled waits as long as the provider says, and has not tried in vain.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_throttles() {
    let mut scene = Scene::new(&people(20), few_or_many(40, 500)).await;
    scene.world.set("VESTNIK__POLICY__RETRY__TRIES", "1");
    for channel in CHANNELS {
        scene.world.sandboxes.of(channel).faults().always(Fault::Throttle(Duration::from_secs(2)));
    }
    let replica = scene.replica().await;
    scene.publish().await;
    let often = few_or_many(6, 60) as u64;
    let throttled = async || replica.metric("vestnik_sends_total", "outcome=\"throttled\"").await >= often;
    until("the provider throttles again and again", AT_MOST, throttled).await;
    assert_eq!(scene.world.sandboxes.taken(), 0);
    for channel in CHANNELS {
        scene.world.sandboxes.of(channel).faults().clear();
    }
    let states = scene.ends_truthfully(vec![replica]).await;
    assert!(states.keys().all(|state| state == "delivered" || state == "accepted"), "{states:?}");
}
