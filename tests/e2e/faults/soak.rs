//! Work at an even rate for long, with faults at random: `tests/run --soak`.

use std::fs;
use std::time::Duration;

use rand::RngExt as _;
use tokio::time::{Instant, MissedTickBehavior, interval};
use vestnik_contract::sandbox::Fault;

use super::Scene;
use crate::process::Replica;
use crate::sandboxes::CHANNELS;
use crate::servers::PrivateServer;
use crate::sharing::share_by;

/// How long it lasts: `VESTNIK_TEST_SOAK_MINUTES`.
const MINUTES: u64 = 30;

/// Notifications a second: `VESTNIK_TEST_SOAK_RATE`; about half of what an unoptimised program can do.
const RATE: u64 = 60;

/// Between faults, and between looks at what the processes use.
const FAULTS_EVERY: u64 = 20;
const LOOKS_EVERY: u64 = 5;

/// What is no leak: memory that the allocator keeps; files, threads and tasks that come and go.
const SPARE_MEMORY: u64 = 24 << 20;
const SPARE_FILES: u64 = 40;
const SPARE_THREADS: u64 = 8;
const SPARE_TASKS: u64 = 300;

const IDLE_IN_TRANSACTION: &str =
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'";
const CONNECTIONS: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'vestnik'";
/// Of the shipped configuration.
const CONNECTIONS_OF_ONE: usize = 16;

fn asked(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |number| number.parse().unwrap())
}

/// What a process uses.
#[derive(Debug, Clone, Copy, Default)]
struct Usage {
    memory: u64,
    files: u64,
    threads: u64,
    tasks: u64,
}

impl Usage {
    /// Of a process that lives, and says itself how many tasks it has.
    fn of(pid: u32, tasks: u64) -> Self {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let number = |name: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.split_whitespace().next().unwrap().parse().unwrap()
        };
        Self {
            memory: number("VmRSS:") * 1024,
            files: fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count() as u64,
            threads: number("Threads:"),
            tasks,
        }
    }

    fn most(looks: &[Self]) -> Self {
        looks.iter().fold(Self::default(), |most, one| Self {
            memory: most.memory.max(one.memory),
            files: most.files.max(one.files),
            threads: most.threads.max(one.threads),
            tasks: most.tasks.max(one.tasks),
        })
    }

    /// Whether this is what a process that leaks nothing uses, after it has used so much before.
    fn is_flat_after(self, before: Self) -> bool {
        self.memory <= before.memory + before.memory / 4 + SPARE_MEMORY
            && self.files <= before.files + SPARE_FILES
            && self.threads <= before.threads + SPARE_THREADS
            && self.tasks <= before.tasks + SPARE_TASKS
    }
}

/// Invariants 2 and 3 for long; and memory, files, threads, tasks, connections and leases do not grow.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "half an hour: `tests/run --soak`"]
async fn nothing_is_lost_and_nothing_grows() {
    let (minutes, rate) =
        (asked("VESTNIK_TEST_SOAK_MINUTES", MINUTES), asked("VESTNIK_TEST_SOAK_RATE", RATE));
    let count = usize::try_from(minutes * 60 * rate).unwrap();
    let mut redis = PrivateServer::start("redis");
    let mut scene = Scene::new(&crate::people::people(count.div_ceil(20)), count).await;
    share_by(&mut scene.world, redis.redis().as_str(), 4);
    scene.world.stop().await;
    scene.world.start().await;
    let steady = scene.replica().await;
    let mut mortal = vec![scene.replica().await, scene.replica().await];
    let mut looks: [Vec<Usage>; 2] = Default::default();
    let mut seconds = interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let began = Instant::now();
    let bodies = scene.plan.bodies.clone();
    for (second, portion) in (1..).zip(bodies.chunks(usize::try_from(rate).unwrap())) {
        seconds.tick().await;
        scene.source.publish_all(portion).await;
        if second % FAULTS_EVERY == 0 {
            any_fault(&mut scene, &mut mortal, &mut redis).await;
        }
        if second % LOOKS_EVERY == 0 {
            let tasks = scene.world.metric("vestnik_tasks", "").await;
            looks[0].push(Usage::of(scene.world.pid(), tasks));
            looks[1].push(Usage::of(steady.pid(), steady.metric("vestnik_tasks", "").await));
        }
    }
    println!("{count} notifications in {:?}", began.elapsed());
    for (of, looks) in ["takes in", "sends"].iter().zip(&looks) {
        let third = looks.len() / 3;
        let (first, last) = (Usage::most(&looks[..third]), Usage::most(&looks[looks.len() - third..]));
        println!("who {of}: {first:?} at first, {last:?} at last");
        assert!(last.is_flat_after(first), "who {of} grows: {first:?}, then {last:?}");
    }
    no_connection_is_left_over(&scene, 2 + mortal.len()).await;
    mortal.push(steady);
    scene.ends_truthfully(mortal).await;
}

async fn no_connection_is_left_over(scene: &Scene, processes: usize) {
    let most = i64::try_from(processes * CONNECTIONS_OF_ONE).unwrap();
    let there = scene.database().count(CONNECTIONS).await;
    let idle = scene.database().count(IDLE_IN_TRANSACTION).await;
    println!("{there} connections to PostgreSQL, {idle} idle in a transaction");
    assert!(there <= most, "{there} connections of {processes} processes");
    // The intake, the relay, and the source.
    assert_eq!(scene.world.host.connections(), 3);
}

/// One of what happens in a long life.
async fn any_fault(scene: &mut Scene, mortal: &mut Vec<Replica>, redis: &mut PrivateServer) {
    match rand::rng().random_range(0..7) {
        0 => {
            mortal.remove(0).kill();
            mortal.push(scene.replica().await);
        }
        1 => {
            mortal.remove(0).stop().await;
            mortal.push(scene.replica().await);
        }
        2 => scene.database().end_sessions().await,
        3 => {
            tokio::task::block_in_place(|| scene.world.host.cut());
            scene.source.come_again(&scene.world.host).await;
        }
        4 => {
            redis.kill();
            redis.start_again();
        }
        5 => any_provider(scene, 20, Fault::Throttle(Duration::from_secs(1))),
        _ => any_provider(scene, 20, Fault::ServerError),
    }
}

fn any_provider(scene: &Scene, times: u32, fault: Fault) {
    let channel = CHANNELS[rand::rng().random_range(0..CHANNELS.len())];
    scene.world.sandboxes.of(channel).faults().next(times, fault);
}
