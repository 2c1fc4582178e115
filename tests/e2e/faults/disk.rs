//! No room is left for the embedded ledger.

use std::fs;
use std::process::Command;
use std::time::Duration;

use reqwest::StatusCode;

use crate::broker::Source;
use crate::people::Person;
use crate::plan::Plan;
use crate::tier::{few_or_many, until};
use crate::world::{Kept, World};

const AT_MOST: Duration = Duration::from_mins(5);

/// A file that may not grow fails as one on a full disk does, if the signal for it is ignored. The log goes
/// to another process, to which no limit is set.
const LIMITED: &str = "trap '' XFSZ; exec \"$0\" serve 2> >(trap - XFSZ; exec cat >&2)";

/// Invariants 2 and 3: what cannot be written is not acknowledged, to nobody; it is told once and is over when
/// there is room again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_room_is_left_for_the_embedded_ledger() {
    let people: Vec<_> = (0..20).map(|number| Person::on(number, &["portal"])).collect();
    let count = few_or_many(200, 3_000);
    let mut plan = Plan::of(&people, count);
    let mut world = World::new(Kept::Sqlite, &people).await;
    world.setting.shell = LIMITED;
    world.start().await;
    let source = Source::connect(&world.host).await;
    source.collect_statuses().await;
    source.publish_all(&plan.bodies[..count / 4]).await;
    world.sandboxes.until_taken(1).await;
    let log_of_the_ledger = fs::metadata(world.setting.folder.join("vestnik.db-wal")).unwrap().len();
    limit_files(world.pid(), &(log_of_the_ledger + 100_000).to_string());
    source.publish_all(&plan.bodies[count / 4..count / 2]).await;

    // Over HTTP until there is no room; what was refused then comes again later.
    let mut refused = Vec::new();
    for body in &plan.bodies[count / 2..] {
        match world.publish(body).await {
            StatusCode::ACCEPTED => {}
            StatusCode::SERVICE_UNAVAILABLE => refused.push(body.clone()),
            other => panic!("{other}"),
        }
    }
    assert!(!refused.is_empty(), "the disk was never full");
    world.until_ready(false).await;
    limit_files(world.pid(), "unlimited");
    world.until_ready(true).await;
    for body in &refused {
        let taken = async || world.publish(body).await == StatusCode::ACCEPTED;
        until("there is room again", AT_MOST, taken).await;
    }
    plan.marks.sort_unstable();
    let states = plan.has_ended_truthfully(&mut world, AT_MOST).await;
    assert_eq!(states.get("unknown"), None, "{states:?}");
    let log = fs::read_to_string(world.setting.log()).unwrap();
    assert_eq!(log.matches("the ledger is away").count(), 1, "{log}");
    world.stop().await;
}

/// Sets how large the files of a process may grow.
fn limit_files(pid: u32, most: &str) {
    let (pid, most) = (format!("--pid={pid}"), format!("--fsize={most}:"));
    let set = Command::new("prlimit").args([&pid, &most]).status();
    assert!(set.expect("prlimit is a part of util-linux").success());
}
