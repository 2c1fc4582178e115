//! The clock of a machine is wrong, and is stepped.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use vestnik::clock::Clock;

use super::{AT_MOST, Scene};
use crate::people::Person;
use crate::plan::Plan;
use crate::process::Setting;
use crate::tier::few_or_many;
use crate::world::{Kept, World};

/// Citizens on channels whose protocols do not sign the time.
fn people(count: usize) -> Vec<Person> {
    let channels = ["telegram", "sms", "email"];
    (0..count).map(|number| Person::on(number, &[channels[number % channels.len()]])).collect()
}

/// The wall clock of the processes that are given it, by libfaketime.
struct WallClock(PathBuf);

impl WallClock {
    fn new(folder: &Path) -> Self {
        let clock = Self(folder.join("wall-clock"));
        clock.step("+0");
        clock
    }

    /// Steps it to so much before or after the time that it is.
    fn step(&self, offset: &str) {
        let next = self.0.with_extension("next");
        fs::write(&next, offset).unwrap();
        fs::rename(next, &self.0).unwrap();
    }

    fn set(&self, setting: &Setting) -> Setting {
        let file = self.0.to_str().unwrap();
        let library = library().to_str().unwrap().to_owned();
        let settings = [
            ("LD_PRELOAD", library.as_str()),
            ("FAKETIME_TIMESTAMP_FILE", file),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ];
        setting.with(settings.map(|(name, value)| (name.to_owned(), value.to_owned())))
    }
}

/// Debian's `libfaketime`.
fn library() -> PathBuf {
    let folders = fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path());
    let mut libraries = folders.map(|folder| folder.join("faketime/libfaketime.so.1"));
    libraries.find(|library| library.exists()).expect("the Debian package `libfaketime` is needed")
}

/// Whether a line of this log was written by a clock that was far ahead of ours.
fn is_ahead(log: &str) -> bool {
    let written = log.lines().filter_map(|line| line.split(' ').next()?.parse::<Timestamp>().ok());
    written.max().is_some_and(|at| at > Clock::system().now() + SignedDuration::from_mins(30))
}

/// Invariants 2 and 3: the database's clock rules the leases of all replicas, whatever theirs say.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clock_of_a_replica_is_an_hour_wrong_and_stepped() {
    let count = few_or_many(90, 2_000);
    let scene = Scene::new(&people(30), count).await;
    let clock = WallClock::new(&scene.setting().folder);
    clock.step("+3600");
    let replicas = vec![scene.slow_replica_on(&clock.set(scene.setting())).await, scene.slow_replica().await];
    scene.publish().await;
    scene.world.sandboxes.until_taken(count as u64 / 3).await;
    clock.step("-3600");
    scene.world.sandboxes.until_taken(2 * count as u64 / 3).await;
    clock.step("+0");
    assert!(is_ahead(&fs::read_to_string(scene.setting().log()).unwrap()), "its clock was an hour ahead");
    let states = scene.ends_truthfully(replicas).await;
    assert_eq!(states.get("unknown"), None, "no lease seemed over to anybody: {states:?}");
}

/// Invariants 2 and 3 on the embedded ledger, which the machine's clock rules: a step forward makes calls
/// under way ambiguous, and loses and doubles nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clock_of_the_embedded_gateway_is_stepped() {
    let count = few_or_many(90, 2_000);
    let people = people(30);
    let plan = Plan::of(&people, count);
    let mut world = World::new(Kept::Sqlite, &people).await;
    let clock = WallClock::new(&world.setting.folder);
    world.setting = clock.set(&world.setting);
    for channel in crate::sandboxes::CHANNELS.map(str::to_uppercase) {
        world.set(&format!("VESTNIK__CHANNELS__{channel}__LANE__PER_SECOND"), few_or_many(5, 50).to_string());
    }
    world.start().await;
    let source = crate::broker::Source::connect(&world.host).await;
    source.collect_statuses().await;
    source.publish_all(&plan.bodies).await;
    world.sandboxes.until_taken(count as u64 / 3).await;
    clock.step("+3600");
    plan.has_ended_truthfully(&mut world, AT_MOST).await;
    world.stop().await;
    assert!(is_ahead(&fs::read_to_string(world.setting.log()).unwrap()), "its clock was an hour ahead");
}
