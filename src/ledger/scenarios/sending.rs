//! The moment of sending: once, within the budget, outside of quiet hours, by consent.

use jiff::SignedDuration;
use vestnik_contract::ChannelId;

use crate::domain::{ConsentAction, FinalState, MeasureId, Priority, Reason, StepState};
use crate::ledger::fixture::{World, address, at, citizen_id, notification, notify};
use crate::ledger::{ClosedBy, ClosedOrigin};

pub(super) async fn work_is_started_once_whoever_claims_it(world: World) {
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    let claimed = world.claim("sms").await;
    assert_eq!((claimed.len(), world.claim("sms").await.len()), (1, 0));
    let (one, other) =
        tokio::join!(world.ledger.start(&claimed, &world.rules), world.ledger.start(&claimed, &world.rules));
    assert_eq!(one.unwrap().len() + other.unwrap().len(), 1);
    assert!(world.ledger.start(&claimed, &world.rules).await.unwrap().is_empty());
}

pub(super) async fn a_lost_lease_starts_nothing(world: World) {
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    let slow = world.claim("sms").await;
    world.pass(61).await;
    let quick = world.claim("sms").await;
    assert!(world.ledger.start(&slow, &world.rules).await.unwrap().is_empty());
    assert_eq!(world.ledger.start(&quick, &world.rules).await.unwrap().len(), 1);
}

/// Invariant 4.
pub(super) async fn the_contact_budget_holds_for_two_who_start_at_once(mut world: World) {
    world.citizen("anna", &["sms"]).await;
    for id in ["1", "2"] {
        world.publish(id, "anna").await;
    }
    // Both were planned for today; since then the operator allows one a day.
    world.change(|setting| setting.policy.budget.per_day = Some(1));
    let claimed = world.claim("sms").await;
    let (one, other) = tokio::join!(
        world.ledger.start(&claimed[..1], &world.rules),
        world.ledger.start(&claimed[1..], &world.rules)
    );
    assert_eq!(one.unwrap().len() + other.unwrap().len(), 1);
    assert_eq!((world.start("sms").await.len(), world.reserved("anna").await), (0, 2));
    world.clock.set(at("2026-06-18T09:00:00Z"));
    assert_eq!(world.start("sms").await.len(), 1);
}

/// Invariant 4.
pub(super) async fn the_contact_budget_holds_within_a_batch(world: World) {
    world.citizen("anna", &["sms"]).await;
    let batch: Vec<_> = ["1", "2", "3", "4", "5"].map(|id| notify(notification(id, "anna"))).into();
    world.submit(&batch).await;
    for day in ["2026-06-17T09:00:00Z", "2026-06-18T09:00:00Z"] {
        world.clock.set(at(day));
        assert_eq!(world.send_all().await, 2, "{day}");
    }
    world.clock.set(at("2026-06-19T09:00:00Z"));
    assert_eq!((world.send_all().await, world.reserved("anna").await), (1, 5));
    assert_eq!(world.story("5").await[..2], ["decided", "deferred"]);
}

/// Invariant 5.
pub(super) async fn quiet_hours_are_kept_when_they_began_after_the_decision(world: World) {
    world.citizen("anna", &["sms"]).await;
    world.clock.set(at("2026-06-17T16:59:00Z"));
    world.publish("1", "anna").await;
    let claimed = world.claim("sms").await;
    // It is 20:00 in Kyiv now.
    world.clock.advance(SignedDuration::from_secs(60 - 1));
    world.clock.advance(SignedDuration::from_secs(1));
    assert!(world.ledger.start(&claimed, &world.rules).await.unwrap().is_empty());
    assert_eq!(world.notice("1").await.steps[0].state, StepState::Due { at: at("2026-06-18T06:00:00Z") });
    assert_eq!(world.story("1").await, ["decided", "deferred"]);
    assert_eq!(world.reserved("anna").await, 1, "its place in the budget moved with it");
    world.clock.set(at("2026-06-18T06:00:00Z"));
    assert_eq!(world.send_all().await, 1);
}

pub(super) async fn only_urgent_passes_quiet_hours(world: World) {
    for name in ["anna", "ivan"] {
        world.citizen(name, &["sms"]).await;
    }
    world.clock.set(at("2026-06-17T23:00:00Z"));
    let mut urgent = notification("1", "anna");
    urgent.priority = Priority::Urgent;
    world.submit(&[notify(urgent), notify(notification("2", "ivan"))]).await;
    let sent = world.send("sms").await;
    assert_eq!(
        sent.iter().map(|one| one.message.recipient.clone()).collect::<Vec<_>>(),
        [address("sms", "anna")]
    );
}

pub(super) async fn consent_withdrawn_after_the_decision_is_obeyed(world: World) {
    world.citizen("anna", &["sms", "email"]).await;
    world.publish("1", "anna").await;
    world.says("anna", Some("sms"), ConsentAction::Withdrawn).await;
    assert!(world.send("sms").await.is_empty());
    assert_eq!(world.send("email").await.len(), 1, "the next step has its turn");
    assert_eq!(world.ending("1").await, Some((FinalState::Accepted, Reason::NoReceiptGiven)));

    world.publish("2", "anna").await;
    world.says("anna", None, ConsentAction::Withdrawn).await;
    assert_eq!(world.send_all().await, 0);
    assert_eq!(world.ending("2").await, Some((FinalState::InboxOnly, Reason::ConsentWithdrawn)));
    assert_eq!(world.reserved("anna").await, 1, "only what was sent counts");
}

pub(super) async fn a_law_is_told_on_the_last_channel_despite_a_stop(world: World) {
    world.citizen("anna", &["sms", "email"]).await;
    let mut record = notification("1", "anna");
    record.measure = MeasureId::new("birth_record").unwrap();
    world.submit(&[notify(record)]).await;
    world.says("anna", None, ConsentAction::Withdrawn).await;
    assert!(world.send("sms").await.is_empty() || world.send("email").await.is_empty());
    world.send_all().await;
    let told = world.channel("sms").sent().len() + world.channel("email").sent().len();
    assert_eq!(told, 1, "on one channel, and on one only");
}

pub(super) async fn nobody_outside_the_allow_list_is_written_to(mut world: World) {
    for name in ["anna", "ivan"] {
        world.citizen(name, &["sms"]).await;
    }
    world.change(|setting| setting.allow_list = Some(["sms-ivan".to_owned()].into()));
    world.publish("1", "anna").await;
    world.publish("2", "ivan").await;
    assert_eq!(world.send_all().await, 1);
    assert_eq!(world.ending("1").await, Some((FinalState::InboxOnly, Reason::NotOnAllowList)));
    assert_eq!(world.ending("2").await, None);
}

pub(super) async fn a_paused_route_can_be_passed_over(world: World) {
    world.citizen("anna", &["sms", "email"]).await;
    world.publish("1", "anna").await;
    let claimed = world.claim("sms").await;
    world.ledger.reroute(&claimed, &world.rules).await.unwrap();
    assert!(world.send("sms").await.is_empty());
    assert_eq!((world.send("email").await.len(), world.reserved("anna").await), (1, 1));
    assert_eq!(world.story("1").await, ["decided", "step_ended", "started", "sent", "closed"]);
}

pub(super) async fn what_is_released_is_due_at_once(world: World) {
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    let claimed = world.claim("sms").await;
    world.ledger.release(&claimed).await.unwrap();
    let again = world.claim("sms").await;
    assert_eq!(again.len(), 1);
    world.ledger.release(&claimed).await.unwrap();
    assert!(world.claim("sms").await.is_empty(), "an old claim releases nothing");
    assert_eq!(world.ledger.start(&again, &world.rules).await.unwrap().len(), 1);
}

pub(super) async fn a_fallback_waits_through_the_night(world: World) {
    world.citizen("anna", &["sms", "email"]).await;
    // It is 19:30 in Kyiv, and an SMS is waited for an hour.
    world.clock.set(at("2026-06-17T16:30:00Z"));
    world.publish("1", "anna").await;
    assert_eq!(world.send("sms").await.len(), 1);
    for hour in 1..=13 {
        world.pass(3600).await;
        assert_eq!(world.notice("1").await.current, 0, "{hour} hours later it is still waited for");
    }
    // 08:30: half an hour of the wait is left when the day opens at nine.
    world.clock.set(at("2026-06-18T06:29:59Z"));
    world.pass(0).await;
    assert_eq!(world.notice("1").await.current, 0);
    world.pass(1).await;
    assert_eq!(world.send("email").await.len(), 1);
}

pub(super) async fn what_is_urgent_is_waited_for_by_the_clock(world: World) {
    world.citizen("anna", &["sms", "email"]).await;
    world.clock.set(at("2026-06-17T22:00:00Z"));
    let mut urgent = notification("1", "anna");
    urgent.priority = Priority::Urgent;
    world.submit(&[notify(urgent)]).await;
    assert_eq!(world.send("sms").await.len(), 1);
    world.pass(3600).await;
    assert_eq!(world.send("email").await.len(), 1);
}

/// Invariants 1 and 5: consent, address and expiry may have changed in the night.
pub(super) async fn what_is_released_in_the_morning_is_asked_again(world: World) {
    for name in ["anna", "boris", "vira", "hanna"] {
        world.citizen(name, &["sms"]).await;
    }
    world.clock.set(at("2026-06-17T22:00:00Z"));
    for (id, name) in [("1", "anna"), ("2", "boris"), ("4", "hanna")] {
        world.publish(id, name).await;
    }
    let mut short = notification("3", "vira");
    short.expires_at = Some(at("2026-06-18T06:30:00Z"));
    world.submit(&[notify(short)]).await;
    for id in ["1", "2", "3", "4"] {
        assert_eq!(world.story(id).await, ["decided", "deferred"], "{id}");
    }
    world.says("anna", None, ConsentAction::Withdrawn).await;
    let sms = ChannelId::new("sms").unwrap();
    let (boris, his) = (citizen_id("boris"), address("sms", "boris"));
    let by = ClosedBy { origin: ClosedOrigin::Registry, evidence: "form 7".to_owned(), actor: None };
    assert!(world.ledger.close_address(&boris, &sms, &his, "gone", &by).await.unwrap());
    // The morning is over before anybody came to send.
    world.clock.set(at("2026-06-18T06:30:00Z"));
    assert_eq!(world.send_all().await, 1);
    assert_eq!(world.ending("1").await, Some((FinalState::InboxOnly, Reason::ConsentWithdrawn)));
    assert_eq!(world.ending("2").await, Some((FinalState::InboxOnly, Reason::AddressClosed)));
    assert_eq!(world.ending("3").await, Some((FinalState::Expired, Reason::Expired)));
    assert_eq!(world.ending("4").await, None, "nothing had changed for her");
    let reserved =
        [world.reserved("anna").await, world.reserved("boris").await, world.reserved("vira").await];
    assert_eq!(reserved, [0, 0, 0], "only what was sent counts");
}
