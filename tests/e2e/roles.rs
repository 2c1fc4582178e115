//! The gateway's work shared out among processes.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use reqwest::StatusCode;

use crate::feed::{endings, tally};
use crate::people::{grant, people};
use crate::publisher::publish_by_pika;
use crate::tier::until;
use crate::world::{Kept, World};

/// One process takes in, two send, one answers: together they are the gateway that one process is, and
/// nothing is sent twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_with_a_role_each_make_one_gateway() {
    let people = people(50);
    let mut world = World::new(Kept::Postgres, &people).await;
    world.set("VESTNIK_ROLES", "web");
    world.start().await;
    let (_, health) = world.readiness().await.unwrap();
    let parts: Vec<_> = health["parts"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(parts, ["ledger"], "who answers needs neither the broker nor a provider");

    let intake = world.setting.serve_as("intake");
    let log = world.setting.log();
    until("messages are taken in", Duration::from_secs(30), async || {
        fs::read_to_string(&log).unwrap().contains("messages come from the broker")
    })
    .await;
    let bodies: Vec<_> =
        (100..).zip(&people).map(|(mark, person)| grant(&format!("n-{mark}"), person, mark)).collect();
    tokio::task::block_in_place(|| publish_by_pika(&world.host, &bodies));
    let lanes = [world.setting.serve_as("lanes"), world.setting.serve_as("lanes")];
    let told = world.until_ended(people.len(), Duration::from_mins(1)).await;
    let states: BTreeSet<_> = endings(&told).into_values().map(|status| status.state).collect();
    assert_eq!(
        states.iter().map(|state| &**state).collect::<Vec<_>>(),
        ["accepted", "delivered"],
        "{:?}",
        tally(&endings(&told))
    );
    assert_eq!(world.sandboxes.taken(), people.len() as u64);
    for process in lanes.into_iter().chain([intake]) {
        assert!(process.terminate(Duration::from_secs(30)).await.success());
    }
    world.stop().await;
}

/// Without the role `web` there is no API, but every process says how it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_only_sends_says_how_it_is_and_nothing_else() {
    let mut world = World::new(Kept::Sqlite, &people(1)).await;
    world.set("VESTNIK_ROLES", "lanes");
    world.start().await;
    for (path, expected) in [
        ("healthz", StatusCode::OK),
        ("metrics", StatusCode::OK),
        ("v1/status", StatusCode::NOT_FOUND),
        ("callbacks/viber/main", StatusCode::NOT_FOUND),
    ] {
        let answer = world.http.get(world.public.join(path).unwrap()).send().await.unwrap();
        assert_eq!(answer.status(), expected, "{path}");
    }
    world.stop().await;
}
