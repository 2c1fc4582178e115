//! What processes must not overrun together: a provider's limit, and a citizen's contact budget.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use crate::feed::{Status, endings, tally};
use crate::office::Office;
use crate::people::{Person, grant, invitation};
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

/// Many of one source, before a slow provider, do not hold up the few of another that come later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sources_take_turns() {
    const MANY: usize = 300;
    let people: Vec<_> = (0..MANY + 3).map(|number| Person::on(number, &["portal"])).collect();
    let (of_many, of_few) = people.split_at(MANY);
    let mut world = World::new(Kept::Postgres, &people).await;
    world.set("VESTNIK__CHANNELS__PORTAL__LANE__PER_SECOND", LIMIT.to_string());
    world.start().await;
    let bodies: Vec<_> =
        (100..).zip(of_many).map(|(mark, person)| grant(&format!("n-{mark}"), person, mark)).collect();
    tokio::task::block_in_place(|| publish_by_pika(&world.host, &bodies));
    let mut connection = PgConnection::connect(world.database().url.as_str()).await.unwrap();
    until("all of the many are in the ledger", Duration::from_mins(1), async || {
        let taken: i64 =
            sqlx::query_scalar("SELECT count(*) FROM notification").fetch_one(&mut connection).await.unwrap();
        taken == 300
    })
    .await;
    let registry = Office::of(&world, "civil_registry");
    for person in of_few {
        let certificate = json!({
            "id": person.id.replace(':', "-"), "source": "civil_registry", "citizen": person.id,
            "life_event": "child_birth", "measure": "large_family_certificate", "params": { "child_order": 3 },
        });
        registry.post(&world, &certificate).await;
    }
    let screen = world.sandboxes.of("portal").screen();
    until("the few are there", Duration::from_mins(1), async || {
        of_few.iter().all(|person| screen.messages(Some(person.address("portal"))).len() == 1)
    })
    .await;
    let waiting = people.len() - usize::try_from(world.sandboxes.taken()).unwrap();
    assert!(waiting > MANY / 3, "{waiting} of the many were still to go");
    world.sandboxes.until_taken(people.len() as u64).await;
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

/// Invariant 4: whoever takes notifications in, and whoever sends, a citizen gets no more than the budget,
/// and invitations yield to entitlements. What is put off is told with the moment it is put off to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_gateways_that_race_for_one_citizen_keep_the_contact_budget() {
    let person = Person::on(1, &["viber"]);
    let mut world = World::new(Kept::Postgres, std::slice::from_ref(&person)).await;
    share(&mut world, 2);
    world.set("VESTNIK__POLICY__BUDGET__PER_DAY", "3");
    world.set("VESTNIK__POLICY__YIELDING__MODE", "enforce");
    world.start().await;
    let other = world.setting.serve_as("intake,lanes");
    until("both are at work", Duration::from_secs(30), async || at_work(&world).len() == 2).await;
    let pair =
        |mark| [invitation(&format!("camp-{mark}"), &person), grant(&format!("n-{mark}"), &person, mark)];
    let bodies: Vec<_> = (100..120).flat_map(pair).collect();
    tokio::task::block_in_place(|| publish_by_pika(&world.host, &bodies));
    until("all are decided", Duration::from_mins(1), async || {
        let told: BTreeSet<_> = world.statuses().await.iter().map(|status| status.id.clone()).collect();
        told.len() == bodies.len()
    })
    .await;
    until("nothing is due any more", Duration::from_mins(1), async || due(&world).await == 0).await;
    let taken = world.sandboxes.taken();
    assert_eq!(taken, 3, "the rest waits for another day");
    until("no grant waits longer than an invitation", Duration::from_secs(30), async || {
        let put_off = put_off(world.statuses().await);
        assert_eq!(put_off.len(), bodies.len() - 3);
        let (grants, camps): (Vec<_>, Vec<_>) = put_off.iter().partition(|(id, _)| id.starts_with("n-"));
        grants.iter().map(|(_, until)| until).max() <= camps.iter().map(|(_, until)| until).min()
    })
    .await;
    assert!(other.terminate(Duration::from_secs(30)).await.success());
    world.stop().await;
}

/// Whoever takes them in, what comes to one citizen in one window is one message, also where one of the
/// two is killed in the middle.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_gateways_that_race_make_one_notice() {
    let person = Person::on(1, &["viber"]);
    let mut world = World::new(Kept::Postgres, std::slice::from_ref(&person)).await;
    share(&mut world, 2);
    let rule =
        [("MODE", "enforce"), ("WINDOW_SECONDS", "20"), ("HARD_END_SECONDS", "120"), ("LARGEST", "20")];
    for (key, value) in rule {
        world.set(&format!("VESTNIK__POLICY__BUNDLING__{key}"), value);
    }
    world.start().await;
    let other = world.setting.serve_as("intake,lanes");
    until("both are at work", Duration::from_secs(30), async || at_work(&world).len() == 2).await;
    let bodies: Vec<_> = (100..120).map(|mark| grant(&format!("n-{mark}"), &person, mark)).collect();
    let (first, second) = bodies.split_at(10);
    tokio::task::block_in_place(|| publish_by_pika(&world.host, first));
    until("some wait", Duration::from_secs(15), async || !world.statuses().await.is_empty()).await;
    // What it holds and has not written comes back to the broker, and goes to the one that is left.
    other.kill();
    tokio::task::block_in_place(|| publish_by_pika(&world.host, second));
    let told = world.until_ended(bodies.len(), Duration::from_mins(3)).await;
    assert_eq!(tally(&endings(&told)), [("delivered", bodies.len())].into());
    let shown = world.sandboxes.of("viber").screen().messages(Some(person.address("viber")));
    assert_eq!((shown.len(), world.sandboxes.taken()), (1, 1), "one message holds them all");
    let mut connection = PgConnection::connect(world.database().url.as_str()).await.unwrap();
    let sql = "SELECT (SELECT count(*) FROM notice), (SELECT count(*) FROM reservation), (SELECT count(*) FROM open_window)";
    let counts: (i64, i64, i64) = sqlx::query_as(sql).fetch_one(&mut connection).await.unwrap();
    assert_eq!(counts, (1, 1, 0));
    world.stop().await;
}

/// Whoever starts it, a citizen is introduced once on a channel, before the first notification there, also
/// where one of the two is killed in the middle; and who was introduced waits for nothing any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_gateways_that_race_introduce_a_citizen_once() {
    let person = Person::on(1, &["viber"]);
    let mut world = World::new(Kept::Postgres, std::slice::from_ref(&person)).await;
    share(&mut world, 2);
    world.set("VESTNIK__POLICY__INTRODUCTION__MODE", "enforce");
    world.set("VESTNIK__POLICY__INTRODUCTION__LEAD_SECONDS", "15");
    world.start().await;
    let other = world.setting.serve_as("intake,lanes");
    until("both are at work", Duration::from_secs(30), async || at_work(&world).len() == 2).await;
    let bodies: Vec<_> = (100..120).map(|mark| grant(&format!("n-{mark}"), &person, mark)).collect();
    tokio::task::block_in_place(|| publish_by_pika(&world.host, &bodies));
    world.sandboxes.until_taken(1).await;
    other.kill();
    let told = world.until_ended(bodies.len(), Duration::from_mins(3)).await;
    assert_eq!(tally(&endings(&told)), [("delivered", bodies.len())].into());
    let put_off = |status: &&Status| status.reason.as_deref() == Some("introduction");
    assert!(told.iter().filter(put_off).count() >= bodies.len(), "each source was told why it waits");
    assert_eq!((introductions(&world, &person), world.sandboxes.taken()), (vec![0], 21));

    let later = grant("n-200", &person, 200);
    assert!(world.publish(&later).await.is_success());
    let told = world.until_ended(bodies.len() + 1, Duration::from_mins(1)).await;
    assert!(!told.iter().any(|status| status.id == "n-200" && status.state == "deferred"), "{told:?}");
    assert_eq!((introductions(&world, &person), world.sandboxes.taken()), (vec![0], 22));
    // A campaign finds nobody left.
    let said = world.setting.run(&["introduce", "--channel", "viber", "--as", "Olena Koval"]);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("0 of them were made now introduced 1 it was sent"), "{said}");
    world.stop().await;
}

/// The places of introductions among the messages on a phone.
fn introductions(world: &World, person: &Person) -> Vec<usize> {
    let shown = world.sandboxes.of("viber").screen().messages(Some(person.address("viber")));
    let texts = shown.iter().enumerate();
    let introduces = |text: &str| text.contains("From now on we will tell you about benefits");
    texts.filter(|(_, shown)| introduces(&shown.text)).map(|(place, _)| place).collect()
}

/// Until when each that has not been sent is put off, as its source was told last.
fn put_off(statuses: &[Status]) -> BTreeMap<&str, Timestamp> {
    let mut waiting = BTreeMap::new();
    for status in statuses {
        assert_eq!(status.until.is_some(), status.state == "deferred", "{status:?}");
        match status.until {
            Some(until) => waiting.insert(status.id.as_str(), until),
            None => waiting.remove(status.id.as_str()),
        };
    }
    waiting
}

/// How much work a lane could take now, or has.
async fn due(world: &World) -> i64 {
    let mut connection = PgConnection::connect(world.database().url.as_str()).await.unwrap();
    let now = "extract(epoch FROM clock_timestamp()) * 1000";
    let sql = format!("SELECT count(*) FROM work WHERE lane = 'viber' AND due_at <= {now}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut connection).await.unwrap()
}
