//! The limits of one process, and of several on a real Redis.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::task::JoinSet;

use super::*;
use crate::replicas::Link;
use crate::replicas::testing::{Kept, Server, installation, until, url};

fn limit(number: u32) -> Option<NonZeroU32> {
    NonZeroU32::new(number)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as it is asked for")]
fn citizen(number: &u32) -> CitizenKey {
    let mut key = [0; 32];
    key[..4].copy_from_slice(&number.to_be_bytes());
    CitizenKey(key)
}

/// Far enough for some at an interval, and not for a second's.
const AHEAD: Duration = Duration::from_millis(50);

async fn pass(limits: &mut Limits, waiting: &mut VecDeque<u32>, room: usize) -> (Vec<u32>, Option<Duration>) {
    let (passing, wait) = limits.pass(waiting, citizen, |_| room, AHEAD).await;
    (passing.into_iter().map(|(one, _)| one).collect(), wait)
}

/// Invariant 6.
#[tokio::test]
async fn limits_hold_for_all_and_for_each() {
    let mut limits = Limits::alone(limit(50), limit(60));
    let mut waiting: VecDeque<u32> = [1, 1, 2, 3, 4, 5].into();
    let (passing, wait) = limits.pass(&mut waiting, citizen, |_| 9, AHEAD).await;
    let began = passing[0].1.asked();
    let passing: Vec<_> = passing.into_iter().map(|(one, turn)| (one, turn.from() - began)).collect();
    assert_eq!((passing.len(), passing[0].0, passing[1].0, waiting.len()), (3, 1, 2, 3));
    assert!(passing[2].1 >= passing[0].1 + Duration::from_millis(44), "an interval apart: {passing:?}");
    assert!(wait.unwrap() <= Duration::from_millis(25));
    let mut free = Limits::alone(None, None);
    let (passing, wait) = pass(&mut free, &mut (0..300).map(|n| n / 2).collect(), 300).await;
    assert_eq!((passing.len(), wait), (300, None));
}

#[tokio::test]
async fn without_limits_only_the_room_counts() {
    let mut waiting: VecDeque<u32> = [1, 1, 2, 3, 4].into();
    let mut limits = Limits::alone(None, None);
    assert_eq!(pass(&mut limits, &mut waiting, 3).await, (vec![1, 1, 2], None));
    assert_eq!(pass(&mut limits, &mut waiting, 0).await, (vec![], None));
    let room = |one: &u32| if *one < 4 { 9 } else { 0 };
    let (passing, wait) = limits.pass(&mut waiting, citizen, room, AHEAD).await;
    assert_eq!((passing[0].0, passing.len(), wait), (3, 1, None));
    assert_eq!(waiting, [4]);
}

#[tokio::test]
async fn who_has_no_turn_yet_keeps_the_place_and_is_waited_for() {
    let mut limits = Limits::alone(None, limit(60));
    let mut waiting: VecDeque<u32> = [1, 1, 2, 1, 3, 4].into();
    let (passing, wait) = pass(&mut limits, &mut waiting, 3).await;
    assert_eq!((passing, &waiting), (vec![1, 2, 3], &[1, 1, 4].into()));
    assert!(wait.unwrap() <= Duration::from_secs(1));
    let (passing, wait) = pass(&mut limits, &mut waiting, 3).await;
    assert_eq!((passing, &waiting), (vec![4], &[1, 1].into()));
    assert!(wait.is_some(), "whoever is known to have no turn is waited for too");
}

#[tokio::test]
async fn a_route_without_tokens_is_waited_for_and_wastes_no_ones_turn() {
    let mut limits = Limits::alone(limit(40), limit(1));
    let mut waiting: VecDeque<u32> = [1, 1, 2, 3, 4].into();
    let (passing, wait) = pass(&mut limits, &mut waiting, 9).await;
    assert_eq!((passing, &waiting), (vec![1, 2], &[1, 3, 4].into()));
    assert!(wait.unwrap() <= Duration::from_millis(50));
    until("its turn was not wasted", async || pass(&mut limits, &mut waiting, 9).await.0 == [3]).await;
}

/// The limit that processes share in these tests.
const MOST: u32 = 60;

/// Something that passed: the earliest and the latest moment that it may have been given.
type Passed = (Instant, Instant);

/// Processes that let pass all they may.
struct Storm {
    stopping: Arc<AtomicBool>,
    counts: Vec<Arc<AtomicUsize>>,
    tasks: JoinSet<Vec<Passed>>,
    began: Instant,
}

impl Storm {
    /// A process for each way to Redis.
    fn begin(links: &[&Link]) -> Self {
        let shares = Shares { replicas: NonZeroU32::new(2).unwrap(), reserve_percent: 20 };
        let stopping = Arc::new(AtomicBool::new(false));
        let (mut tasks, began) = (JoinSet::new(), Instant::now());
        let mut counts = Vec::new();
        for link in links {
            let sharing = Sharing { link: (*link).clone(), shares };
            let limits = Limits::shared(limit(MOST), None, sharing, "sms/main".to_owned());
            let (stopping, count) = (stopping.clone(), Arc::new(AtomicUsize::new(0)));
            counts.push(count.clone());
            tasks.spawn(let_pass(limits, count, stopping));
        }
        Self { stopping, counts, tasks, began }
    }

    /// Waits until this process has let so many more pass.
    async fn until_passed(&self, process: usize, more: usize) {
        let count = || self.counts[process].load(Ordering::Relaxed);
        let before = count();
        until("more pass", async || count() >= before + more).await;
    }

    /// Ends it, and looks that the limit held in every second, as far as that can be told from outside:
    /// the moment is one between the asking and the answer, and as long after it as was said.
    async fn end(mut self) -> usize {
        self.stopping.store(true, Ordering::Relaxed);
        let mut passed = Vec::new();
        while let Some(one) = self.tasks.join_next().await {
            passed.extend(one.unwrap());
        }
        let second = Duration::from_secs(1);
        for (from, _) in &passed {
            let within = |(asked, answered): &&Passed| asked >= from && *answered < *from + second;
            let count = passed.iter().filter(within).count();
            assert!(count <= MOST as usize, "{count} within a second");
        }
        let seconds = usize::try_from((self.began.elapsed() + AHEAD).as_secs()).unwrap() + 1;
        assert!(passed.len() <= MOST as usize * seconds, "{} in {seconds} s", passed.len());
        passed.len()
    }
}

async fn let_pass(mut limits: Limits, count: Arc<AtomicUsize>, stopping: Arc<AtomicBool>) -> Vec<Passed> {
    let (mut all, mut waiting) = (Vec::new(), VecDeque::new());
    while !stopping.load(Ordering::Relaxed) {
        waiting.resize(10, 0);
        let (passed, wait) = limits.pass(&mut waiting, citizen, |_| 10, AHEAD).await;
        all.extend(
            passed
                .iter()
                .map(|(_, turn)| (turn.from().checked_sub(turn.asked().elapsed()).unwrap(), turn.from())),
        );
        count.store(all.len(), Ordering::Relaxed);
        tokio::time::sleep(wait.unwrap_or_default().min(Duration::from_millis(20))).await;
    }
    all
}

/// Invariant 6.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_one_limit() {
    let name = installation();
    let (one, other) = (Kept::open(&url(), &name).await, Kept::open(&url(), &name).await);
    let storm = Storm::begin(&[&one.link, &other.link]);
    tokio::join!(storm.until_passed(0, 60), storm.until_passed(1, 60));
    storm.end().await;
}

/// Invariant 6.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_limit_holds_when_redis_forgets_dies_comes_back_and_hangs() {
    let mut server = Server::start().await;
    let (one, other) = (Kept::open(&server.url(), "a").await, Kept::open(&server.url(), "a").await);
    let storm = Storm::begin(&[&one.link, &other.link]);
    storm.until_passed(0, 20).await;
    for _ in 0..5 {
        server.flush().await;
        storm.until_passed(1, 3).await;
    }
    server.kill();
    tokio::join!(storm.until_passed(0, 10), storm.until_passed(1, 10));
    assert!(one.link.verdict().is_err(), "each lives on its share");
    server.start_again().await;
    tokio::join!(one.until_open(true), other.until_open(true));
    storm.until_passed(0, 20).await;
    server.signal("STOP");
    tokio::join!(storm.until_passed(0, 10), storm.until_passed(1, 10));
    server.signal("CONT");
    tokio::join!(one.until_open(true), other.until_open(true));
    storm.until_passed(1, 20).await;
    storm.end().await;
}

/// Invariant 6.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_cut_off_lives_on_its_share_and_the_other_goes_on() {
    let mut server = Server::start().await;
    let there = Kept::open(&server.url(), "a").await;
    let away = Kept::begin(&"redis://127.0.0.1:1/".into(), "a");
    let storm = Storm::begin(&[&there.link, &away.link]);
    tokio::join!(storm.until_passed(0, 100), storm.until_passed(1, 12));
    assert!(there.link.verdict().is_ok() && away.link.verdict().is_err());
    storm.end().await;
    server.kill();
}

#[tokio::test]
async fn a_citizen_has_one_turn_among_all_processes_also_after_redis_forgot_it() {
    let server = Server::start().await;
    let kept = Kept::open(&server.url(), "a").await;
    let shares = Shares { replicas: NonZeroU32::MIN, reserve_percent: 10 };
    let sharing = Sharing { link: kept.link.clone(), shares };
    // 120 a minute less the reserve: every 0.56 s.
    let new = || Limits::shared(None, limit(120), sharing.clone(), "sms/main".to_owned());
    let (mut one, mut other) = (new(), new());
    let mut waiting = VecDeque::from([1]);
    until("the first turn comes", async || pass(&mut one, &mut waiting, 9).await.0 == [1]).await;
    let wait = pass(&mut other, &mut [1].into(), 9).await;
    assert!(wait.0.is_empty() && wait.1.is_some(), "{wait:?}");
    server.flush().await;
    assert!(pass(&mut other, &mut [2, 3].into(), 9).await.0.is_empty(), "they may have had turns");
    until("turns come again", async || pass(&mut one, &mut [4].into(), 9).await.0 == [4]).await;
    let keys = server.keys().await;
    assert!(keys.iter().all(|key| key.starts_with("vestnik:a:")), "{keys:?}");
}

#[tokio::test]
async fn without_a_limit_nothing_is_asked() {
    let nowhere = Link::new(&"redis://127.0.0.1:1/".into(), "a").unwrap();
    let shares = Shares { replicas: NonZeroU32::MIN, reserve_percent: 10 };
    let mut limits = Limits::shared(None, None, Sharing { link: nowhere, shares }, "sms/main".to_owned());
    assert_eq!(pass(&mut limits, &mut (0..300).collect(), 300).await.0.len(), 300);
}
