//! Several processes at an SMSC that allows one session.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::broker::Source;
use crate::feed::{Status, endings};
use crate::killed::shown_once;
use crate::people::Person;
use crate::plan::Plan;
use crate::process::Replica;
use crate::tier::until;
use crate::world::{Kept, World};

/// How many notifications; the lane takes some seconds for them.
const COUNT: usize = 60;

/// By when all must have come right: a lease of 30 seconds, and a minute until nobody knows what became of a
/// call that was cut, are in it.
const AT_MOST: Duration = Duration::from_mins(4);

const ROUTE: &str = "sms/main";

/// What takes in and sends nothing, an SMSC that allows one session, and two processes that send.
struct Scene {
    world: World,
    plan: Plan,
    source: Source,
}

impl Scene {
    async fn new(sessions: &str) -> (Self, [Replica; 2]) {
        let people: Vec<_> = (0..COUNT).map(|number| Person::on(number, &["sms"])).collect();
        let mut world = World::new(Kept::Postgres, &people).await;
        world.sandboxes.smsc.allow_sessions(1);
        world.set("VESTNIK__CHANNELS__SMS__ROUTES__MAIN__SESSIONS", sessions);
        world.set("VESTNIK__CHANNELS__SMS__LANE__PER_SECOND", "10");
        world.set("VESTNIK_ROLES", "intake,web");
        world.start().await;
        let source = Source::connect(&world.host).await;
        let replicas = [world.setting.replica("lanes").await, world.setting.replica("lanes").await];
        (Self { world, plan: Plan::of(&people, COUNT), source }, replicas)
    }

    async fn publish(&self) {
        self.source.publish_all(&self.plan.bodies).await;
    }

    /// How all have ended: each is on one phone, once, or nobody knows.
    async fn endings(&mut self) -> BTreeMap<String, Status> {
        let ended = endings(&self.world.until_ended(COUNT, AT_MOST).await);
        let shown = shown_once(&self.world);
        let unknown = ended.values().filter(|ending| ending.state == "unknown").count();
        println!("{} were shown, of {unknown} nobody knows", shown.len());
        assert!(ended.values().all(|ending| matches!(ending.state.as_str(), "delivered" | "unknown")));
        assert!(shown.len() + unknown >= COUNT, "{} were shown, of {unknown} nobody knows", shown.len());
        ended
    }
}

async fn sent_by(replica: &Replica) -> u64 {
    replica.metric("vestnik_sends_total", "channel=\"sms\"").await
}

/// Invariants 2 and 3: one process has the session, the other stands by and takes over, from one that is
/// killed and from one that is stopped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_of_two_has_the_session_and_the_other_takes_over() {
    let (mut scene, [first, second]) = Scene::new("one").await;
    let smsc = scene.world.sandboxes.smsc.clone();
    until("one is bound", AT_MOST, async || smsc.sessions() == 1).await;
    for replica in [&first, &second] {
        replica.until_well(ROUTE).await;
    }
    scene.publish().await;
    scene.world.sandboxes.until_taken(10).await;
    let (holder, other) = if sent_by(&first).await > 0 { (first, second) } else { (second, first) };
    assert_eq!(sent_by(&other).await, 0, "who stands by sends nothing");
    holder.kill();
    scene.endings().await;
    assert!(sent_by(&other).await > 0);

    let third = scene.world.setting.replica("lanes").await;
    third.until_well(ROUTE).await;
    assert_eq!(sent_by(&third).await, 0, "who stands by sends nothing");
    other.stop().await;
    until("the third is bound", AT_MOST, async || smsc.sessions() == 1).await;
    assert_eq!((smsc.most_sessions(), smsc.sessions_refused()), (1, 0), "nobody else tried");
    third.stop().await;
    scene.world.stop().await;
}

/// Invariant 2: where each process wants a session and one is allowed, the refused one says what is wrong and
/// takes no work, and the other one sends everything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_without_a_session_says_so_and_leaves_the_work_to_the_other() {
    let (mut scene, [first, second]) = Scene::new("each").await;
    let is_refused = async |replica: &Replica| replica.part(ROUTE).await.contains("already bound");
    until("one is refused", AT_MOST, async || is_refused(&first).await || is_refused(&second).await).await;
    let (refused, bound) = if is_refused(&first).await { (first, second) } else { (second, first) };
    bound.until_well(ROUTE).await;
    let told = refused.part(ROUTE).await;
    assert!(told.contains("0x05") && told.contains("sessions = \"one\""), "{told}");

    scene.publish().await;
    let ended = scene.endings().await;
    assert!(ended.values().all(|ending| ending.state == "delivered"), "nothing was in doubt");
    assert_eq!((sent_by(&refused).await, sent_by(&bound).await), (0, COUNT as u64));
    assert_eq!(scene.world.database().count("SELECT count(*) FROM pause").await, 0, "nothing was paused");
    assert!(is_refused(&refused).await);
    let log = std::fs::read_to_string(scene.world.setting.log()).unwrap();
    assert!(log.lines().any(|line| line.contains("WARN") && line.contains("already bound")));
    let smsc = scene.world.sandboxes.smsc.clone();
    assert_eq!(smsc.most_sessions(), 1);

    bound.stop().await;
    refused.until_well(ROUTE).await;
    assert_eq!(smsc.sessions(), 1, "it took the place of the other");
    refused.stop().await;
    scene.world.stop().await;
}
