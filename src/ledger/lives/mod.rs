//! Random lives on a real ledger: what must hold of policy holds of what is written and sent, whatever is
//! published, said, wished, taken back, started, lost and heard, in whatever order.
//!
//! Hundreds live at once, because a batch of many costs little more than one of few; each crowd has a world
//! of its own, with other rules and another calendar. Of one for whom something breaks the life is told, is
//! lived again alone, and is cut down to what is needed for it.

mod crowd;
mod deed;
mod invariants;
mod person;
mod will;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, RngSeed, TestRng, TestRunner};
use uuid::Uuid;

use self::crowd::{Breach, Crowd};
use self::deed::{Life, Times, life, times};
use super::Ledger;
use super::fixture::World;
use crate::domain::Class;

/// What is drawn from unless another seed is asked for.
const USUAL_SEED: u64 = 16_982_617_216_946_622_287;

/// How many live at once.
const AT_ONCE: usize = 250;

/// A life that breaks something is cut down by at most so many tries.
const TRIES: usize = 200;

/// Days on which nobody is written to.
const HOLIDAYS: [&str; 3] = ["2026-06-19", "2026-10-27", "2027-01-01"];

/// A world, and the processes at work in it.
type Peopled = (World, Vec<Arc<Ledger>>);

/// Lives as many lives as `VESTNIK_TEST_LIVES` says, or else so many, in worlds like this one.
async fn live(peopled: impl AsyncFn() -> Peopled, lives: usize) {
    let lives = std::env::var("VESTNIK_TEST_LIVES").ok().and_then(|most| most.parse().ok()).unwrap_or(lives);
    let seed = seed();
    for (crowd, first) in (0..lives).step_by(AT_ONCE).enumerate() {
        let times = drawn(&times(), seed, crowd).current();
        let numbers = first..lives.min(first + AT_ONCE);
        let lives = numbers.map(|number| (number, drawn(&life(), seed, number).current())).collect();
        if let Err(breach) = lived(&peopled, &times, &lives).await {
            let told = tell(&peopled, &times, seed, breach).await;
            panic!("{told}\nTo see it again: PROPTEST_RNG_SEED={seed}");
        }
    }
}

/// Lives these lives, at these times.
async fn lived(
    peopled: impl AsyncFn() -> Peopled,
    times: &Times,
    lives: &BTreeMap<usize, Life>,
) -> Result<(), Breach> {
    let (mut world, ledgers) = peopled().await;
    world.clock.set(times.begins.parse().unwrap());
    world.change(|setting| {
        let policy = &mut setting.policy;
        policy.budget = times.rules.budget;
        policy.kept_for_deadlines = times.rules.kept_for_deadlines;
        policy.yielding.mode = times.rules.yielding;
        policy.bundling = times.rules.bundling;
        policy.introduction = times.rules.introduction;
        let as_entitlements = policy.classes[&Class::Entitlement].clone();
        policy.classes.insert(Class::Campaign, as_entitlements);
        setting.jurisdiction.zones = vec!["Europe/Kyiv".to_owned(), "Asia/Yekaterinburg".to_owned()];
        setting.jurisdiction.contact_hours.holidays =
            HOLIDAYS.iter().map(|day| day.parse().unwrap()).collect::<BTreeSet<_>>();
    });
    let mut crowd = Crowd::begin(&world, &ledgers, lives).await;
    for tick in &times.ticks {
        crowd.tick(*tick).await?;
    }
    crowd.end().await
}

/// Tells what broke in whose life; where it breaks also for that one alone, what is left of the life once
/// everything is cut away that is not needed for it.
async fn tell(peopled: impl AsyncFn() -> Peopled, times: &Times, seed: u64, breach: Breach) -> String {
    let Breach { number, what } = breach;
    let mut tree = drawn(&life(), seed, number);
    let told = format!("life {number}: {what}\n{}{times:?}\n", in_lines(&tree.current()));
    let alone = async |life: Life| lived(&peopled, times, &[(number, life)].into()).await.err();
    if alone(tree.current()).await.is_none() {
        return told + "Alone it breaks nothing.";
    }
    let (mut least, mut cut) = (None, tree.simplify());
    for _ in 0..TRIES {
        if !cut {
            break;
        }
        let life = tree.current();
        if let Some(breach) = alone(life.clone()).await {
            least = Some((life, breach.what));
            cut = tree.simplify();
        } else {
            cut = tree.complicate();
        }
    }
    let cut = least.map(|(life, what)| format!("Cut down: {what}\n{}", in_lines(&life)));
    told + &cut.unwrap_or_default()
}

/// A life with a line for each deed.
fn in_lines(Life { zone, channels, consented, deeds }: &Life) -> String {
    let deeds: Vec<_> = deeds.iter().map(|deed| format!("  {deed:?}\n")).collect();
    format!("In {zone:?}, on {channels:?}, consented: {consented}\n{}", deeds.concat())
}

/// What is drawn under a number: the same each time, whatever else is drawn.
fn drawn<S: Strategy>(strategy: &S, seed: u64, number: usize) -> S::Tree {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&(number as u64).to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    strategy.new_tree(&mut runner).unwrap()
}

/// The seed that `PROPTEST_RNG_SEED` gives; or else any with `--long`, and the same each time without, so that
/// a change is told by what it changes.
fn seed() -> u64 {
    let is_long = std::env::var("VESTNIK_TEST_TIER").is_ok_and(|tiers| tiers.contains("long"));
    match ProptestConfig::default().rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random if is_long => Uuid::new_v4().as_u64_pair().0,
        RngSeed::Random => USUAL_SEED,
    }
}

/// One process.
fn by_one(world: World) -> Peopled {
    let ledgers = vec![Arc::clone(&world.ledger)];
    (world, ledgers)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_lives_on_sqlite() {
    live(async || by_one(World::sqlite().await), 2_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_lives_on_postgres() {
    live(async || by_one(World::postgres().await), 1_000).await;
}

/// Two processes that take in, start and hear at the same time, for the same citizens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_lives_of_two_replicas_that_race() {
    let raced = async || {
        let (world, other) = World::postgres_of_two().await;
        let ledgers = vec![Arc::clone(&world.ledger), other];
        (world, ledgers)
    };
    live(raced, 500).await;
}
