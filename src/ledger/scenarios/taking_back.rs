//! Cancel and supersede: in time, too early and too late.

use vestnik_contract::{ReceiptState, SendErrorKind};

use crate::domain::{FinalState, Reason};
use crate::ledger::fixture::{World, notification, notify, reference, refused};
use crate::ledger::{Answer, Ask, Submission};

const BY_SOURCE: Option<(FinalState, Reason)> = Some((FinalState::Cancelled, Reason::CancelledBySource));
const SUPERSEDED: Option<(FinalState, Reason)> = Some((FinalState::Cancelled, Reason::Superseded));
const DELIVERED: Option<(FinalState, Reason)> = Some((FinalState::Delivered, Reason::ReceiptDelivered));

fn supersede(id: &str, name: &str, replaced: &str) -> Submission {
    let notification = Box::new(notification(id, name));
    Submission {
        ask: Ask::Notify { notification, supersedes: Some(replaced.to_owned()) },
        body: format!("{id} replaces {replaced}").into_bytes(),
    }
}

pub(super) async fn a_cancel_before_the_start_is_in_time(world: World) {
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    let claimed = world.claim("sms").await;
    assert_eq!(world.cancel("1").await, Answer::Cancelled);
    assert!(world.ledger.start(&claimed, &world.rules).await.unwrap().is_empty());
    assert_eq!(world.ending("1").await, BY_SOURCE);
    assert_eq!((world.open_work().await, world.reserved("anna").await), (0, 0));
    assert_eq!(world.cancel("1").await, Answer::Cancelled, "asked again it changes nothing");
    assert_eq!(world.story("1").await, ["decided", "closed"]);
}

pub(super) async fn a_cancel_before_its_notification_is_kept(world: World) {
    world.citizen("anna", &["sms"]).await;
    assert_eq!(world.cancel("1").await, Answer::CancelKept);
    assert_eq!(world.cancel("1").await, Answer::CancelKept);
    world.publish("1", "anna").await;
    assert_eq!((world.ending("1").await, world.open_work().await), (BY_SOURCE, 0));
    let repeated = world.submit(&[notify(notification("1", "anna"))]).await;
    assert!(matches!(repeated[..], [Answer::Repeated(_)]), "{repeated:?}");
}

pub(super) async fn a_cancel_in_the_batch_of_its_notification_is_obeyed(world: World) {
    world.citizen("anna", &["sms"]).await;
    let cancel = Submission { ask: Ask::Cancel(reference("1")), body: b"cancel".to_vec() };
    let answers = world.submit(&[notify(notification("1", "anna")), cancel]).await;
    assert!(matches!(answers[..], [Answer::Accepted(_), Answer::Cancelled]), "{answers:?}");
    assert_eq!(world.ending("1").await, BY_SOURCE);
    assert_eq!((world.open_work().await, world.reserved("anna").await), (0, 0));
}

pub(super) async fn a_cancel_after_the_start_is_told_too_late(world: World) {
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    let started = world.start("sms").await;
    assert_eq!(world.cancel("1").await, Answer::CancelTooLate);
    assert_eq!(world.ending("1").await, None);
    let accepted = vestnik_contract::Accepted { references: vec!["r".into()] };
    world.finish("sms", &started[0], Ok(accepted)).await;
    world.receipt("sms", "r", ReceiptState::Delivered).await;
    assert_eq!(world.ending("1").await, DELIVERED);
    let told = ["decided", "started", "cancel_too_late", "sent", "delivered", "closed"];
    assert_eq!(world.story("1").await, told);
}

/// What was certainly not sent can still be called back.
pub(super) async fn a_cancel_after_a_definite_refusal_is_in_time(world: World) {
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    let started = world.start("sms").await;
    world.finish("sms", &started[0], refused(SendErrorKind::Unavailable)).await;
    world.cancel("1").await;
    assert_eq!((world.ending("1").await, world.open_work().await), (BY_SOURCE, 0));
    assert_eq!(world.reserved("anna").await, 0);
}

pub(super) async fn what_is_superseded_is_not_sent(world: World) {
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    let answers = world.submit(&[supersede("2", "anna", "1")]).await;
    assert!(matches!(answers[..], [Answer::Accepted(_)]), "{answers:?}");
    assert_eq!((world.ending("1").await, world.ending("2").await), (SUPERSEDED, None));
    assert_eq!((world.send_all().await, world.reserved("anna").await), (1, 1));
}

pub(super) async fn what_is_superseded_before_it_comes_is_not_sent(world: World) {
    world.citizen("anna", &["sms"]).await;
    world.submit(&[supersede("2", "anna", "1")]).await;
    world.publish("1", "anna").await;
    assert_eq!((world.ending("1").await, world.ending("2").await), (SUPERSEDED, None));
    assert_eq!(world.cancel("2").await, Answer::Cancelled);
    assert_eq!((world.ending("2").await, world.send_all().await), (BY_SOURCE, 0));
}
