//! The process is killed again and again in the middle of its work, and started anew.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;

use crate::broker::Source;
use crate::feed::{Status, endings, once, tally};
use crate::people::{FIRST_MARK, grant, mark_in, people};
use crate::tier;
use crate::world::{Kept, World};

/// How often the process is killed.
const KILLS: usize = 6;

/// Invariants 2 and 3 on the embedded ledger.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_when_the_process_is_killed_on_sqlite() {
    killed_again_and_again(Kept::Sqlite).await;
}

/// Invariants 2 and 3 on PostgreSQL.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_when_the_process_is_killed_on_postgres() {
    killed_again_and_again(Kept::Postgres).await;
}

async fn killed_again_and_again(kept: Kept) {
    let (count, at_most) = if tier::is_wanted("faults") { (5_000, 900) } else { (300, 170) };
    let at_most = Duration::from_secs(at_most);
    let seed = std::env::var("VESTNIK_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or_else(rand::random);
    println!("VESTNIK_TEST_SEED={seed}");
    let mut dice = StdRng::seed_from_u64(seed);

    let people = people(100);
    let mut world = World::new(kept, &people).await;
    let plan: BTreeMap<u32, _> = (FIRST_MARK..).take(count).zip(people.iter().cycle()).collect();
    let bodies: Vec<_> = plan.iter().map(|(mark, person)| grant(&id(*mark), person, *mark)).collect();
    for portion in bodies.chunks(count.div_ceil(KILLS)) {
        world.start().await;
        let source = Source::connect(&world.host).await;
        source.collect_statuses().await;
        work_until_killed(&mut world, &source, portion, &mut dice).await;
    }
    world.start().await;
    let pulled = world.until_ended(count, at_most).await;
    let pushed = Source::connect(&world.host).await.statuses_until(count, at_most).await;

    let ended = endings(&pulled);
    println!("{:?}", tally(&ended));
    assert_eq!(ended.keys().cloned().collect::<BTreeSet<_>>(), plan.keys().map(|mark| id(*mark)).collect());
    assert_eq!(endings(&pushed), ended, "RabbitMQ and the feed tell the same");
    assert!(once(&pulled).len() == pulled.len(), "the feed tells nothing twice");
    let shown = shown_once(&world);
    told_is_true(&world, plan.keys(), &ended, &shown).await;
    assert!(world.dead_letters().is_empty());
    world.stop().await;
}

/// The source's id of the notification with this mark.
pub(crate) fn id(mark: u32) -> String {
    format!("n-{mark}")
}

/// Publishes a portion, and kills the process after some of it was sent: at any moment from the
/// first message on.
async fn work_until_killed(world: &mut World, source: &Source, portion: &[Value], dice: &mut StdRng) {
    let before = world.sandboxes.taken();
    let enough = before + dice.random_range(0..portion.len() as u64 / 2);
    let and_then = Duration::from_micros(dice.random_range(0..30_000));
    tokio::join!(source.publish_all(portion), world.sandboxes.until_taken(enough));
    tokio::time::sleep(and_then).await;
    world.kill();
}

/// On which channels each notification was shown; fails where any was shown twice on one. Not even
/// those that the ledger counts as ambiguous may be: what was not answered is sent again only where
/// the provider knows it again.
pub(crate) fn shown_once(world: &World) -> BTreeMap<u32, BTreeSet<String>> {
    let mut shown = BTreeMap::<u32, BTreeSet<String>>::new();
    for message in world.sandboxes.shown() {
        let mark = mark_in(&message.text).unwrap();
        let first = shown.entry(mark).or_default().insert(message.channel.to_string());
        assert!(first, "{mark} came twice on {}", message.channel);
    }
    shown
}

/// Invariant 10: what is said to have arrived is on a phone, and what is on a phone is said to be
/// there, or not to be known.
pub(crate) async fn told_is_true(
    world: &World,
    marks: impl Iterator<Item = &u32>,
    ended: &BTreeMap<String, Status>,
    shown: &BTreeMap<u32, BTreeSet<String>>,
) {
    for mark in marks {
        let (ending, phones) = (&ended[&id(*mark)], shown.get(mark));
        match ending.state.as_str() {
            "delivered" | "accepted" | "read" => assert!(phones.is_some(), "{ending:?}"),
            "unknown" => {}
            other => panic!("{other}: {ending:?}"),
        }
        let view = world.get(&format!("v1/notifications/family_fund/{}", id(*mark))).await;
        let attempts = attempts(&view);
        let ambiguous = attempts.iter().any(|(_, outcome)| outcome == "ambiguous");
        // What was not known when it was told may be known by now: a late receipt mends it.
        assert!(view["state"] != "unknown" || ambiguous, "{view}");
        let attempted: BTreeSet<_> = attempts.into_iter().map(|(channel, _)| channel).collect();
        let phones = phones.cloned().unwrap_or_default();
        assert!(phones.is_subset(&attempted), "{mark} was sent without an attempt on record: {phones:?}");
    }
}

/// The channels and outcomes of all calls for a notification.
fn attempts(view: &Value) -> Vec<(String, Value)> {
    let steps = view["steps"].as_array().unwrap().iter();
    let of = |step: &Value| {
        let channel = step["channel"].as_str().unwrap().to_owned();
        let made = step["attempts"].as_array().unwrap().clone();
        made.into_iter().map(move |attempt| (channel.clone(), attempt["outcome"].clone()))
    };
    steps.flat_map(of).collect()
}
