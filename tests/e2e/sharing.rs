//! What processes must not overrun together: a provider's limit, and a citizen's contact budget.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use jiff::SignedDuration;
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use crate::people::{Person, grant};
use crate::publisher::publish_by_pika;
use crate::tier::until;
use crate::world::{Kept, World};

/// Messages a second that the provider takes.
const LIMIT: usize = 20;

/// Has the processes share the Redis of all tests, under a name that no other test has.
pub(crate) fn share(world: &mut World, replicas: usize) {
    let url = std::env::var("VESTNIK_TEST_REDIS_URL")
        .expect("VESTNIK_TEST_REDIS_URL names a Redis; `tests/run` starts one and runs all tests");
    share_by(world, &url, replicas);
}

/// Has the processes share the Redis of this URL.
pub(crate) fn share_by(world: &mut World, url: &str, replicas: usize) {
    world.set("VESTNIK_REDIS_URL", url);
    world.set("VESTNIK__GATEWAY__REDIS__URL", "{ env = \"VESTNIK_REDIS_URL\" }");
    world.set("VESTNIK__GATEWAY__REDIS__REPLICAS", replicas.to_string());
    // The time from a token to the provider is no part of a limit: a larger reserve has room for it.
    world.set("VESTNIK__GATEWAY__REDIS__RESERVE_PERCENT", "25");
    world.set("VESTNIK__GATEWAY__REDIS__INSTALLATION", format!("e2e-{}", Uuid::now_v7().simple()));
}

/// Invariant 6: two processes that send keep one provider's limit, as the provider sees it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_that_send_keep_one_limit_of_a_provider() {
    let people: Vec<_> = (0..100).map(|number| Person::on(number, &["portal"])).collect();
    let mut world = World::new(Kept::Postgres, &people).await;
    share(&mut world, 2);
    world.set("VESTNIK__CHANNELS__PORTAL__LANE__PER_SECOND", LIMIT.to_string());
    world.set("VESTNIK_ROLES", "intake,web");
    world.start().await;
    let (_, health) = world.readiness().await.unwrap();
    assert_eq!(health["parts"]["redis"], "ok", "{health}");
    let lanes = [world.setting.serve_as("lanes"), world.setting.serve_as("lanes")];
    until("both are there", Duration::from_secs(30), async || at_work(&world).len() == 3).await;
    let bodies: Vec<_> =
        (100..).zip(&people).map(|(mark, person)| grant(&format!("n-{mark}"), person, mark)).collect();
    tokio::task::block_in_place(|| publish_by_pika(&world.host, &bodies));
    world.sandboxes.until_taken(people.len() as u64).await;

    let most = most_in_a_second(&world, "portal");
    assert!(most <= LIMIT, "{most} within a second");
    let mut senders = 0;
    for place in at_work(&world) {
        let metrics = world.http.get(format!("http://{place}/metrics")).send().await.unwrap();
        let text = metrics.text().await.unwrap();
        senders += usize::from(text.lines().any(|line| line.starts_with("vestnik_sends_total")));
    }
    assert_eq!(senders, 2, "each took its part");
    for process in lanes {
        assert!(process.terminate(Duration::from_secs(30)).await.success());
    }
    world.stop().await;
}

/// The most messages that a channel's provider took within any second.
pub(crate) fn most_in_a_second(world: &World, channel: &str) -> usize {
    let shown = world.sandboxes.of(channel).screen().messages(None);
    let mut moments: Vec<_> = shown.iter().map(|shown| shown.at).collect();
    moments.sort();
    let second = SignedDuration::from_secs(1);
    let within = |from: usize| {
        moments[from..].iter().take_while(|at| at.duration_since(moments[from]) < second).count()
    };
    (0..moments.len()).map(within).max().unwrap_or_default()
}

/// Where the processes that are at work listen.
fn at_work(world: &World) -> BTreeSet<String> {
    let log = fs::read_to_string(world.setting.log()).unwrap_or_default();
    let lines = log.lines().filter(|line| line.contains("vestnik is at work"));
    lines
        .filter_map(|line| Some(line.split("listen=").nth(1)?.split_whitespace().next()?.to_owned()))
        .collect()
}

/// Invariant 4: whoever takes notifications in, and whoever sends, a citizen gets no more than the budget.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_gateways_that_race_for_one_citizen_keep_the_contact_budget() {
    let person = Person::on(1, &["viber"]);
    let mut world = World::new(Kept::Postgres, std::slice::from_ref(&person)).await;
    share(&mut world, 2);
    world.set("VESTNIK__POLICY__BUDGET__PER_DAY", "3");
    world.start().await;
    let other = world.setting.serve_as("intake,lanes");
    until("both are at work", Duration::from_secs(30), async || at_work(&world).len() == 2).await;
    let bodies: Vec<_> = (100..140).map(|mark| grant(&format!("n-{mark}"), &person, mark)).collect();
    tokio::task::block_in_place(|| publish_by_pika(&world.host, &bodies));
    until("all are decided", Duration::from_mins(1), async || {
        let told: BTreeSet<_> = world.statuses().await.iter().map(|status| status.id.clone()).collect();
        told.len() == bodies.len()
    })
    .await;
    until("nothing is due any more", Duration::from_mins(1), async || due(&world).await == 0).await;
    let taken = world.sandboxes.taken();
    assert_eq!(taken, 3, "the rest waits for another day");
    assert!(other.terminate(Duration::from_secs(30)).await.success());
    world.stop().await;
}

/// How much work a lane could take now, or has.
async fn due(world: &World) -> i64 {
    let mut connection = PgConnection::connect(world.database().url.as_str()).await.unwrap();
    let now = "extract(epoch FROM clock_timestamp()) * 1000";
    let sql = format!("SELECT count(*) FROM work WHERE lane = 'viber' AND due_at <= {now}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut connection).await.unwrap()
}
