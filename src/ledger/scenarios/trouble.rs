//! What goes wrong with providers and processes.

use std::time::Duration;

use jiff::SignedDuration;
use vestnik_contract::{Accepted, Permanence, ReceiptState, SendError, SendErrorKind};

use crate::domain::{AttemptOutcome, FinalState, Reason, StepState};
use crate::ledger::fixture::{World, at, notification, notify, refused};

const DELIVERED: Option<(FinalState, Reason)> = Some((FinalState::Delivered, Reason::ReceiptDelivered));

pub(super) async fn an_expired_lease_without_an_attempt_is_due_again(world: World) {
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    assert_eq!(world.claim("sms").await.len(), 1);
    assert!(world.claim("sms").await.is_empty());
    world.pass(60).await;
    assert_eq!(world.send("sms").await.len(), 1);
    assert_eq!(world.notice("1").await.steps[0].attempts.len(), 1);
}

pub(super) async fn an_expired_lease_with_an_attempt_is_ambiguous_until_the_outcome_comes(world: World) {
    world.citizen("anna", &["sms", "email"]).await;
    world.publish("1", "anna").await;
    let started = world.start("sms").await;
    world.pass(60).await;
    assert_eq!(world.notice("1").await.steps[0].attempts[0].outcome, AttemptOutcome::Ambiguous);
    assert_eq!(world.send_all().await, 0, "it is not sent again, nor elsewhere yet");

    let accepted = Accepted { references: vec!["late".into()] };
    world.finish("sms", &started[0], Ok(accepted)).await;
    assert_eq!(world.notice("1").await.steps[0].attempts[0].outcome, AttemptOutcome::Accepted);
    world.receipt("sms", "late", ReceiptState::Delivered).await;
    assert_eq!(world.ending("1").await, DELIVERED);
    assert_eq!(world.story("1").await, ["decided", "started", "failed", "sent", "delivered", "closed"]);
    assert_eq!((world.open_work().await, world.reserved("anna").await), (0, 1));
}

pub(super) async fn an_ambiguous_send_that_stays_so_ends_unknown(world: World) {
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    world.start("sms").await;
    world.pass(60).await;
    world.pass(3600).await;
    assert_eq!(world.ending("1").await, Some((FinalState::Unknown, Reason::Ambiguous)));
    assert_eq!((world.open_work().await, world.reserved("anna").await), (0, 1), "it stays spent");
}

pub(super) async fn an_ambiguous_send_is_made_again_only_where_that_is_safe(world: World) {
    world.citizen("anna", &["portal"]).await;
    world.citizen("ivan", &["viber"]).await;
    world.publish("1", "anna").await;
    world.publish("2", "ivan").await;
    for channel in ["portal", "viber"] {
        world.channel(channel).refuse(SendErrorKind::Ambiguous);
    }
    world.send_all().await;
    world.pass(45).await;
    assert_eq!((world.send("portal").await.len(), world.send("viber").await.len()), (1, 0));
    let sent = world.channel("portal").sent();
    assert_eq!((sent.len(), sent[0].attempt), (2, sent[1].attempt), "the provider knows it again");
}

pub(super) async fn a_permanently_unreachable_address_is_closed(world: World) {
    world.citizen("anna", &["viber", "email"]).await;
    world.publish("1", "anna").await;
    world.channel("viber").refuse(SendErrorKind::Unreachable(Permanence::Permanent));
    assert_eq!(world.send_all().await, 2);
    assert_eq!(world.closed("anna", "viber").await, [Some("unreachable".to_owned())]);
    assert_eq!(world.ending("1").await, Some((FinalState::Accepted, Reason::NoReceiptGiven)));
    assert_eq!(world.reserved("anna").await, 1, "what certainly did not arrive does not count");

    world.publish("2", "anna").await;
    assert_eq!(world.notice("2").await.steps.len(), 1);
}

pub(super) async fn an_unavailable_provider_is_tried_on_the_schedule_and_then_left(world: World) {
    world.citizen("anna", &["sms", "email"]).await;
    world.publish("1", "anna").await;
    for _ in 0..3 {
        world.channel("sms").refuse(SendErrorKind::Unavailable);
    }
    assert_eq!(world.send("sms").await.len(), 1);
    assert!(world.send("sms").await.is_empty(), "not at once");
    for _ in 0..2 {
        world.pass(90).await;
        assert_eq!(world.send("sms").await.len(), 1);
    }
    assert_eq!(world.send("email").await.len(), 1);
    assert_eq!(
        world.notice("1").await.steps[0].state,
        StepState::Failed { reason: Reason::ProviderUnavailable }
    );
}

/// Invariant 6.
pub(super) async fn a_throttled_send_waits_as_long_as_it_is_asked(world: World) {
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    for _ in 0..5 {
        let wait = Duration::from_secs(40);
        world.channel("sms").answer(Err(SendError::new(SendErrorKind::Throttled).retry_after(wait)));
        assert_eq!(world.send("sms").await.len(), 1);
        world.pass(39).await;
        assert!(world.send("sms").await.is_empty());
        world.pass(1).await;
    }
    world.send("sms").await;
    assert_eq!(world.notice("1").await.steps[0].tries, 1, "being throttled does not count");
}

pub(super) async fn a_refused_route_burns_no_citizen(world: World) {
    world.citizen("anna", &["sms", "email"]).await;
    world.publish("1", "anna").await;
    for _ in 0..9 {
        world.channel("sms").refuse(SendErrorKind::Misconfigured);
        assert_eq!(world.send("sms").await.len(), 1);
    }
    let step = world.notice("1").await.steps.remove(0);
    assert_eq!((step.tries, step.state), (0, StepState::Due { at: world.clock.now() }));
    assert_eq!(world.closed("anna", "sms").await, [None]);
}

pub(super) async fn content_refused_everywhere_is_rejected(world: World) {
    world.citizen("anna", &["sms", "email"]).await;
    world.publish("1", "anna").await;
    for channel in ["sms", "email"] {
        world.channel(channel).refuse(SendErrorKind::Rejected);
    }
    assert_eq!(world.send_all().await, 2);
    assert_eq!(world.ending("1").await, Some((FinalState::Rejected, Reason::Rejected)));
}

pub(super) async fn what_expires_while_it_waits_is_not_sent(world: World) {
    world.citizen("anna", &["sms"]).await;
    let mut short = notification("1", "anna");
    short.expires_at = Some(world.clock.now() + SignedDuration::from_secs(100));
    world.submit(&[notify(short)]).await;
    let started = world.start("sms").await;
    world.finish("sms", &started[0], refused(SendErrorKind::Unavailable)).await;
    world.clock.set(at("2026-06-17T10:00:00Z"));
    assert_eq!(world.send_all().await, 0);
    assert_eq!(world.ending("1").await, Some((FinalState::Expired, Reason::Expired)));
    assert_eq!((world.open_work().await, world.reserved("anna").await), (0, 0));
}
