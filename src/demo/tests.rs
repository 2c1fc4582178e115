//! The whole day, played.

use std::collections::BTreeSet;
use std::path::Path;

use vestnik_contract::ChannelId;

use super::story::TroubleKind;
use super::*;
use crate::domain::{CitizenId, ConsentAction, FinalState, MeasureId, Reason};

async fn play() -> Demo {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let mut demo = Demo::start(&config).await.unwrap();
    let day = demo.until_all_have_ended(Duration::from_mins(1)).await;
    assert_eq!(day, Day::Over, "{}", demo.table());
    demo
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_sample_ends_as_the_story_says_and_nobody_is_pushed_without_consent() {
    let demo = play().await;
    let stage = demo.stage().clone();
    let board = stage.board().borrow().clone();
    assert_eq!(surprises(&stage.story, &board), Vec::<String>::new(), "{}", demo.table());
    for line in demo.table().lines() {
        assert!(line.chars().count() <= 120, "{line}");
    }
    let table = demo.table();
    let without_consent = table.lines().find(|line| line.contains("Housing waiting list")).unwrap();
    assert!(without_consent.contains("Housing waiting list § "), "{without_consent}");
    assert!(table.contains("§ by duty of law"), "{table}");
    pushed_only_by_consent_or_law(&stage, &board);
    drop(stage);
    assert_eq!(demo.stop().await, Ending::Finished);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_misbehaves_when_it_is_asked_to_and_the_gateway_copes() {
    let demo = play().await;
    let stage = demo.stage().clone();
    let viber = ChannelId::new("viber").unwrap();
    let standing =
        async |stage: &Stage| stage.providers().await.unwrap().into_iter().find(|one| one.channel == viber);
    let wish = |times| Wish::Trouble { channel: viber.clone(), fault: TroubleKind::ServerError, times };
    stage.ask(&wish(None)).await.unwrap();
    stage.ask(&wish(Some(1))).await.unwrap();
    let words = "fails with a server error, at the next message";
    assert_eq!(standing(&stage).await.unwrap().trouble.as_deref(), Some(words));

    let citizen = CitizenId::new("demo:a").unwrap();
    stage.publish_sample(&citizen, &MeasureId::new("large_family_housing_queue").unwrap()).await.unwrap();
    let mut board = stage.board();
    let ended = board.wait_for(Board::all_ended);
    drop(tokio::time::timeout(Duration::from_mins(1), ended).await.expect("it ends"));
    let board = board.borrow().clone();
    let course = board.iter().find(|course| course.reference.id == "more-1").unwrap();
    assert_eq!(course.ending(), Some((FinalState::Delivered, Reason::ReceiptDelivered)));
    assert_eq!(course.sendings().len(), 2);
    assert_eq!(standing(&stage).await.unwrap().trouble, None);
    drop(stage);
    demo.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_stopped_before_the_day_is_over_leaves_nothing_behind() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let mut demo = Demo::start(&config).await.unwrap();
    let folder = demo.backstage.folder.path("");
    assert!(folder.exists());
    demo.lifecycle.stop();
    assert_eq!(demo.until_all_have_ended(Duration::from_mins(1)).await, Day::Stopped);
    demo.stop().await;
    assert!(!folder.exists());
}

/// Counts, on the providers' own screens, what each citizen got.
fn pushed_only_by_consent_or_law(stage: &Stage, board: &Board) {
    let by_law: BTreeSet<_> = board
        .iter()
        .filter(|course| {
            let measure = stage.rules.catalogue.measure(&course.tells.life_event, &course.tells.measure);
            measure.unwrap().class() == crate::domain::Class::LegalDuty
        })
        .map(|course| course.tells.citizen.clone())
        .collect();
    for (channel, sandbox) in stage.phones.sandboxes().iter() {
        for shown in sandbox.screen().messages(None) {
            let owner = stage.phones.owner(channel, &shown.address).unwrap();
            let citizen = stage.registrations.iter().find(|one| one.id == *owner).unwrap();
            let newest = citizen
                .consents
                .iter()
                .rfind(|consent| consent.channel.as_ref().is_none_or(|only| only == channel));
            let consented = newest.is_some_and(|newest| newest.action == ConsentAction::Granted);
            assert!(consented || by_law.contains(owner), "{channel}");
        }
    }
}
