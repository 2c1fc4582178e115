use tokio::sync::watch;
use tokio::task::JoinSet;
use vestnik_contract::ChannelId;

use super::*;
use crate::ledger::fixture::{World, notification, notify};
use crate::replicas::testing::{Kept, installation, until, url};

/// A process with a ledger. The ledgers here are not the same: only hints go from one to the other.
struct Process {
    world: World,
    kept: Kept,
    sms: watch::Receiver<()>,
    pauses: watch::Receiver<()>,
    _tasks: JoinSet<()>,
}

impl Process {
    async fn start(installation: &str) -> Self {
        let (world, kept) = (World::sqlite().await, Kept::open(&url(), installation).await);
        world.citizen("anna", &["sms"]).await;
        let hints = Hints::new(kept.link.clone(), world.ledger.clone());
        let sms = world.ledger.news_of_work(&ChannelId::new("sms").unwrap());
        let pauses = world.ledger.news_of_pauses();
        let mut tasks = JoinSet::new();
        tasks.spawn(hints.run(CancellationToken::new()));
        Self { world, kept, sms, pauses, _tasks: tasks }
    }

    fn is_told(&mut self) -> [bool; 2] {
        [&mut self.sms, &mut self.pauses].map(|news| {
            let told = news.has_changed().unwrap();
            news.mark_unchanged();
            told
        })
    }
}

#[tokio::test]
async fn what_one_process_commits_wakes_the_others_of_its_installation() {
    let (name, elsewhere) = (installation(), installation());
    let (one, mut other) = (Process::start(&name).await, Process::start(&name).await);
    let mut stranger = Process::start(&elsewhere).await;
    let mut number = 0;
    until("the other is told of work", async || {
        number += 1;
        one.world.submit(&[notify(notification(&number.to_string(), "anna"))]).await;
        other.is_told() == [true, false]
    })
    .await;
    let (sms, main) = (ChannelId::new("sms").unwrap(), crate::ledger::fixture::route());
    one.world.ledger.pause_by_gateway(&sms, &main, "a test", None).await.unwrap();
    until("the other is told of a pause", async || other.is_told()[1]).await;
    assert_eq!(stranger.is_told(), [false, false]);
}

#[tokio::test]
async fn a_command_tells_what_it_did_and_does_not_wait_for_a_redis_that_is_away() {
    let name = installation();
    let mut other = Process::start(&name).await;
    let desk = World::sqlite().await;
    let sms = ChannelId::new("sms").unwrap();
    until("the others are told of a pause", async || {
        desk.ledger.resume(&sms, None).await.unwrap();
        Hints::new(Link::new(&url(), &name).unwrap(), desk.ledger.clone()).tell_once().await;
        other.is_told()[1]
    })
    .await;
    desk.ledger.resume(&sms, None).await.unwrap();
    let nowhere = "redis://127.0.0.1:1".to_owned().into();
    Hints::new(Link::new(&nowhere, &name).unwrap(), desk.ledger.clone()).tell_once().await;
}

#[tokio::test]
async fn what_is_no_hint_wakes_nobody_and_does_no_harm() {
    let name = installation();
    let (one, mut other) = (Process::start(&name).await, Process::start(&name).await);
    let forged = Uuid::new_v4();
    let nobody = format!(r#"{{"from":"{forged}","lanes":["nowhere"],"more":1}}"#);
    let long = format!(r#"{{"from":"{forged}","lanes":["sms","{}"]}}"#, "x".repeat(LONGEST));
    for text in ["", "{", "[]", r#"{"lanes":["sms"]}"#, &nobody, &long] {
        one.kept.link.publish(CHANNEL, text).await;
    }
    assert_eq!(other.is_told(), [false, false]);
    until("what is one comes through", async || {
        one.kept.link.publish(CHANNEL, &format!(r#"{{"from":"{forged}","lanes":["sms"]}}"#)).await;
        other.is_told() == [true, false]
    })
    .await;
}
