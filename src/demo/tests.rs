//! The whole day, played.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::domain::ConsentAction;

async fn play() -> Demo {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let mut demo = Demo::start(&config).await.unwrap();
    assert!(demo.until_all_have_ended(Duration::from_mins(1)).await, "{}", demo.table());
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
    pushed_only_by_consent_or_law(&stage, &board);
    drop(stage);
    assert_eq!(demo.stop().await, Ending::Finished);
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
