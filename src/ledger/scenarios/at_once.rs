//! What is sent in the transaction that takes it in.

use std::sync::Arc;

use vestnik_contract::{Accepted, ChannelId};

use crate::domain::{AttemptOutcome, FinalState, Reason};
use crate::ledger::Answer;
use crate::ledger::fixture::slots::{FakeLane, FakeSlots};
use crate::ledger::fixture::{World, at, notification, notify};

/// A lane of `sms` with so many free calls.
fn lane(world: &World, free: usize) -> Arc<FakeSlots> {
    let slots = Arc::new(FakeSlots::default());
    *slots.free.lock().unwrap() = free;
    world.ledger.send_at_once(ChannelId::new("sms").unwrap(), Arc::new(FakeLane(slots.clone())));
    slots
}

pub(super) async fn what_comes_in_is_started_where_a_call_is_free(world: World) {
    let slots = lane(&world, 2);
    for name in ["anna", "olena", "ivan"] {
        world.citizen(name, &["sms"]).await;
    }
    let batch = ["anna", "olena", "ivan"].map(|name| notify(notification(name, name)));
    world.submit(&batch).await;
    let sent = std::mem::take(&mut *slots.sent.lock().unwrap());
    let recipients: Vec<_> = sent.iter().map(|one| one.message.recipient.expose()).collect();
    assert_eq!(recipients, ["sms-anna", "sms-olena"]);
    assert_eq!(world.story("anna").await, ["decided", "started"]);
    assert_eq!((world.story("ivan").await, world.reserved("ivan").await), (vec!["decided".to_owned()], 1));
    assert_eq!(world.claim("sms").await.len(), 1, "only the third is waiting");
    let taken = Accepted { references: vec!["m1".into()] };
    world.finish("sms", &sent[0], Ok(taken)).await;
    assert_eq!(world.story("anna").await, ["decided", "started", "sent"]);
    assert_eq!(world.reserved("anna").await, 1, "the place in the budget is taken once");
}

/// Invariants 2 and 3.
pub(super) async fn what_was_started_as_it_came_in_and_got_lost_is_ambiguous(world: World) {
    let slots = lane(&world, 1);
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    assert_eq!(slots.sent.lock().unwrap().len(), 1);
    world.pass(60).await;
    assert_eq!(world.notice("1").await.steps[0].attempts[0].outcome, AttemptOutcome::Ambiguous);
    assert!(world.claim("sms").await.is_empty(), "it is not sent again");
}

pub(super) async fn what_may_not_go_now_takes_no_call(world: World) {
    let slots = lane(&world, 5);
    world.citizen("anna", &["sms", "viber"]).await;
    let repeated = notify(notification("1", "anna"));
    world.submit(std::slice::from_ref(&repeated)).await;
    assert!(matches!(world.submit(&[repeated]).await[..], [Answer::Repeated(_)]));
    assert_eq!(slots.sent.lock().unwrap().len(), 1, "a repeat is not sent");
    world.clock.set(at("2026-06-17T22:00:00Z"));
    world.publish("2", "anna").await;
    assert_eq!(world.story("2").await, ["decided", "deferred"]);
    assert_eq!(*slots.free.lock().unwrap(), 4, "no call is kept for what waits for the morning");
}

/// Invariant 1.
pub(super) async fn what_the_allow_list_keeps_back_goes_on_to_its_next_step(mut world: World) {
    let slots = lane(&world, 5);
    world.change(|setting| setting.allow_list = Some([].into()));
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    assert_eq!((slots.sent.lock().unwrap().len(), *slots.free.lock().unwrap()), (0, 5));
    let ending = Some((FinalState::InboxOnly, Reason::NotOnAllowList));
    assert_eq!(world.ending("1").await, ending);
}
