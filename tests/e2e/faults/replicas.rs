//! Three replicas, one of which is killed again and again.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rand::RngExt as _;

use super::{AT_MOST, Scene};
use crate::killed::shown_once;
use crate::people::Person;
use crate::process::Replica;
use crate::sharing::{most_in_a_second, share};
use crate::tier::{few_or_many, is_wanted, until};

/// Pushes that one citizen may get in a day, fewer than there are notifications for each.
const BUDGET: usize = 8;
const FOR_EACH: usize = 10;

/// The channel whose provider takes so many a second from all replicas together: fewer than they could send.
const LIMITED: &str = "portal";
const LIMIT: usize = 200;

const CLOSED: &str = "SELECT count(*) FROM notification WHERE closed_state IS NOT NULL";
const LEASED: &str = "SELECT count(*) FROM work WHERE lease_id IS NOT NULL";
/// Work that somebody held and that nobody took over, half a minute after his lease was over.
const FORGOTTEN: &str = "SELECT count(*) FROM work
    WHERE lease_until < extract(epoch FROM now() - interval '30 seconds') * 1000
      AND due_at <= extract(epoch FROM now()) * 1000";
/// Waits for another day.
const DEFERRED: &str =
    "SELECT count(*) FROM work WHERE due_at > extract(epoch FROM now() + interval '2 minutes') * 1000";

/// How many notifications: `VESTNIK_TEST_NOTIFICATIONS`, or what takes some minutes with an unoptimised
/// program in the tier `faults`.
fn count() -> usize {
    let asked = std::env::var("VESTNIK_TEST_NOTIFICATIONS").ok().map(|count| count.parse().unwrap());
    asked.unwrap_or_else(|| few_or_many(300, 20_000))
}

/// Invariants 2, 3, 4 and 6: published = final + in flight, nothing is sent twice, nobody gets more than the
/// budget allows and no provider more than its limit, though a replica is killed with -9 every ten seconds.
/// What the killed had in hand goes on when their leases are over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_replicas_share_the_work_while_one_after_the_other_is_killed() {
    let count = count();
    let people = crate::people::people(count / FOR_EACH);
    let mut scene = Scene::new(&people, count).await;
    scene.world.set("VESTNIK__POLICY__BUDGET__PER_DAY", BUDGET.to_string());
    // The process that takes statuses and callbacks sends nothing, but is one of those that share.
    share(&mut scene.world, 4);
    scene.world.set("VESTNIK__CHANNELS__PORTAL__LANE__PER_SECOND", LIMIT.to_string());
    scene.world.stop().await;
    scene.world.start().await;
    let mut replicas = Vec::new();
    for _ in 0..3 {
        replicas.push(replica(&scene).await);
    }
    tokio::join!(kill_again_and_again(&scene, &mut replicas, count), scene.publish());
    until("everything has ended or waits for another day", AT_MOST, async || {
        nothing_is_forgotten(&scene).await;
        settled(&scene).await == count
    })
    .await;

    let shown = shown_once(&scene.world);
    assert_eq!(scene.world.sandboxes.taken(), scene.world.sandboxes.shown().len() as u64, "all are counted");
    let most = most_in_a_day(&scene, &people);
    let fastest = most_in_a_second(&scene.world, LIMITED);
    println!(
        "{} were shown, at most {most} to one citizen in a day and {fastest} on {LIMITED} in a second",
        shown.len()
    );
    assert!(most <= BUDGET, "{most} pushes to one citizen in a day");
    assert!(fastest <= LIMIT, "{fastest} within a second");
    assert_eq!(scene.database().count(LEASED).await, 0, "nobody has a lease");
    for replica in replicas {
        replica.stop().await;
    }
    scene.world.stop().await;
}

async fn replica(scene: &Scene) -> Replica {
    scene.setting().replica("intake,lanes").await
}

/// Kills one, and starts another in its place, until nearly all was sent.
async fn kill_again_and_again(scene: &Scene, replicas: &mut Vec<Replica>, count: usize) {
    let (mut kills, enough) = (0, (count * BUDGET / FOR_EACH * 9 / 10) as u64);
    while scene.world.sandboxes.taken() < enough {
        if is_wanted("faults") {
            tokio::time::sleep(Duration::from_secs(10)).await;
        } else {
            scene.world.sandboxes.until_taken(enough * (kills + 1) / 4).await;
        }
        let victim = rand::rng().random_range(0..replicas.len());
        replicas.swap_remove(victim).kill();
        nothing_is_forgotten(scene).await;
        replicas.push(replica(scene).await);
        kills += 1;
    }
    println!("{kills} kills");
}

async fn nothing_is_forgotten(scene: &Scene) {
    assert_eq!(scene.database().count(FORGOTTEN).await, 0, "work of a killed one that nobody took over");
}

/// Final and in flight until another day.
async fn settled(scene: &Scene) -> usize {
    let (closed, deferred) = (scene.database().count(CLOSED).await, scene.database().count(DEFERRED).await);
    usize::try_from(closed + deferred).unwrap()
}

/// The most pushes that one citizen got in one day. The portal makes no noise and does not count.
fn most_in_a_day(scene: &Scene, people: &[Person]) -> usize {
    let mut pushes = BTreeMap::<(&str, Date), usize>::new();
    let owners: BTreeMap<_, _> = people
        .iter()
        .flat_map(|person| person.addresses.iter().map(|(_, address)| (address.as_str(), person.id.as_str())))
        .collect();
    let zone = TimeZone::get("Europe/Kyiv").unwrap();
    for message in scene.world.sandboxes.shown().iter().filter(|one| one.channel.as_str() != "portal") {
        let day = zone.to_datetime(message.at).date();
        *pushes.entry((owners[message.address.as_str()], day)).or_default() += 1;
    }
    pushes.into_values().max().unwrap_or_default()
}
