//! Receipts: early, late, twice, in parts, and by mistake.

use vestnik_contract::{Accepted, ChannelId, Permanence, ReceiptState};

use crate::domain::{FinalState, Reason, StepState};
use crate::ledger::fixture::{World, address, receipt, route};
use crate::ledger::{Finished, Report, Told};

const DELIVERED: Option<(FinalState, Reason)> = Some((FinalState::Delivered, Reason::ReceiptDelivered));
const READ: Option<(FinalState, Reason)> = Some((FinalState::Read, Reason::ReceiptRead));
const MATCHED: Report = Report { matched: 1, kept: 0 };
const KEPT: Report = Report { matched: 0, kept: 1 };

pub(super) async fn an_early_receipt_is_kept_and_matched(world: World) {
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    let started = world.start("sms").await;
    assert_eq!(world.receipt("sms", "early", ReceiptState::Delivered).await, KEPT);
    world.finish("sms", &started[0], Ok(Accepted { references: vec!["early".into()] })).await;
    assert_eq!(world.ending("1").await, None);
    assert_eq!(world.ledger.match_orphans(10, &world.rules).await.unwrap(), 1);
    assert_eq!(world.ending("1").await, DELIVERED);
    assert_eq!(world.ledger.match_orphans(10, &world.rules).await.unwrap(), 0);
}

pub(super) async fn a_receipt_told_twice_changes_nothing(world: World) {
    world.citizen("anna", &["viber"]).await;
    world.publish("1", "anna").await;
    world.send("viber").await;
    world.receipt("viber", "viber-1", ReceiptState::Delivered).await;
    world.receipt("viber", "viber-1", ReceiptState::Read).await;
    let (story, ending) = (world.story("1").await, world.ending("1").await);
    for state in [ReceiptState::Delivered, ReceiptState::Read, ReceiptState::Rejected] {
        assert_eq!(world.receipt("viber", "viber-1", state).await, MATCHED);
    }
    assert_eq!((world.story("1").await, world.ending("1").await), (story, ending));
    assert_eq!(ending, READ);
}

pub(super) async fn a_late_receipt_closes_and_cancels_the_steps_not_started(world: World) {
    world.citizen("anna", &["sms", "email"]).await;
    world.publish("1", "anna").await;
    world.send("sms").await;
    world.pass(3600).await;
    assert_eq!(world.notice("1").await.current, 1, "the next step is due");
    let claimed = world.claim("email").await;
    assert_eq!(world.receipt("sms", "sms-1", ReceiptState::Delivered).await, MATCHED);
    assert_eq!(world.ending("1").await, DELIVERED);
    assert!(world.ledger.start(&claimed, &world.rules).await.unwrap().is_empty());
    let step = world.notice("1").await.steps.remove(1);
    assert_eq!(step.state, StepState::Skipped { reason: Reason::NotNeeded });
    assert_eq!((world.open_work().await, world.reserved("anna").await), (0, 1));
}

pub(super) async fn evidence_after_the_end_amends_it(world: World) {
    world.citizen("anna", &["viber"]).await;
    world.publish("1", "anna").await;
    world.send("viber").await;
    world.pass(3600).await;
    assert_eq!(world.ending("1").await, Some((FinalState::Accepted, Reason::NoReceipt)));
    world.receipt("viber", "viber-1", ReceiptState::Delivered).await;
    assert_eq!(world.ending("1").await, DELIVERED);
    world.receipt("viber", "viber-1", ReceiptState::Read).await;
    assert_eq!(world.ending("1").await, READ);
    let story = world.story("1").await;
    assert_eq!(story[story.len() - 4..], ["delivered", "amended", "read", "amended"]);
    assert_eq!(story.iter().filter(|entry| *entry == "closed").count(), 1);
}

pub(super) async fn a_message_of_parts_has_arrived_when_every_part_has(world: World) {
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    world.channel("sms").accept_as(&["a", "b", "c"]);
    world.send("sms").await;
    let sms = ChannelId::new("sms").unwrap();
    let twice = ["b", "a", "b", "a"].map(|part| receipt(part, ReceiptState::Delivered));
    let report = world.ledger.receive(&sms, &route(), &twice, &world.rules).await.unwrap();
    assert_eq!((report.matched, world.ending("1").await), (4, None));
    world.receipt("sms", "c", ReceiptState::Delivered).await;
    assert_eq!(world.ending("1").await, DELIVERED);
}

pub(super) async fn delivered_and_read_in_one_batch_are_both_heard(world: World) {
    world.citizen("anna", &["viber"]).await;
    world.publish("1", "anna").await;
    world.send("viber").await;
    let viber = ChannelId::new("viber").unwrap();
    let both = [ReceiptState::Delivered, ReceiptState::Read].map(|state| receipt("viber-1", state));
    world.ledger.receive(&viber, &route(), &both, &world.rules).await.unwrap();
    assert_eq!(world.ending("1").await, READ);
    // The same two before their outcome is on record.
    world.publish("2", "anna").await;
    let started = world.start("viber").await;
    let both = [ReceiptState::Delivered, ReceiptState::Read].map(|state| receipt("early", state));
    let report = world.ledger.receive(&viber, &route(), &both, &world.rules).await.unwrap();
    assert_eq!(report, Report { matched: 0, kept: 2 });
    world.finish("viber", &started[0], Ok(Accepted { references: vec!["early".into()] })).await;
    world.pass(0).await;
    assert_eq!(world.ending("2").await, READ);
}

pub(super) async fn a_receipt_of_failure_leads_to_the_next_step(world: World) {
    world.citizen("anna", &["sms", "email"]).await;
    world.publish("1", "anna").await;
    world.send("sms").await;
    world.receipt("sms", "sms-1", ReceiptState::Unreachable(Permanence::Permanent)).await;
    assert_eq!(world.closed("anna", "sms").await, [Some("unreachable".to_owned())]);
    assert_eq!(world.send("email").await.len(), 1);
    assert_eq!(world.ending("1").await, Some((FinalState::Accepted, Reason::NoReceiptGiven)));
}

pub(super) async fn a_receipt_for_another_recipient_is_not_believed(world: World) {
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    world.send("sms").await;
    let sms = ChannelId::new("sms").unwrap();
    let to = |name| vestnik_contract::Receipt {
        recipient: Some(address("sms", name)),
        ..receipt("sms-1", ReceiptState::Delivered)
    };
    let report = world.ledger.receive(&sms, &route(), &[to("ivan")], &world.rules).await.unwrap();
    assert_eq!((report, world.ending("1").await), (KEPT, None));
    let report = world.ledger.receive(&sms, &route(), &[to("anna")], &world.rules).await.unwrap();
    assert_eq!((report, world.ending("1").await), (MATCHED, DELIVERED));
}

pub(super) async fn a_reference_that_nobody_can_keep_is_known_again(world: World) {
    world.citizen("anna", &["sms"]).await;
    let references = ["a\0b".to_owned(), "x".repeat(100_000), "x".repeat(100_001)];
    for (number, reference) in references.iter().enumerate() {
        let id = number.to_string();
        world.publish(&id, "anna").await;
        let early = number == 1;
        if early {
            assert_eq!(world.receipt("sms", reference, ReceiptState::Delivered).await, KEPT);
        }
        world.channel("sms").accept_as(&[reference]);
        assert_eq!(world.send("sms").await.len(), 1);
        if early {
            assert_eq!(world.ledger.match_orphans(10, &world.rules).await.unwrap(), 1);
        } else {
            assert_eq!(world.receipt("sms", reference, ReceiptState::Delivered).await, MATCHED);
        }
        assert_eq!(world.ending(&id).await, DELIVERED);
        world.pass(86_400).await;
    }
}

/// Invariants 2 and 3. The answer to a commit may be lost, and then all of it is said again.
pub(super) async fn an_outcome_and_its_receipts_are_one_step_however_often_they_are_said(world: World) {
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    let started = world.start("sms").await.remove(0);
    let finished = [Finished {
        notice: started.notice,
        citizen: started.citizen,
        attempt: started.attempt,
        channel: ChannelId::new("sms").unwrap(),
        route: route(),
        recipient: started.message.recipient.clone(),
        result: Ok(Accepted { references: vec!["a".into(), "b".into()] }),
    }];
    let receipts = ["a", "b", "c"].map(|reference| receipt(reference, ReceiptState::Delivered)).to_vec();
    let told = [Told { channel: ChannelId::new("sms").unwrap(), route: route(), receipts }];
    for _ in 0..2 {
        let report = world.ledger.record(&finished, &told, &world.rules).await.unwrap();
        assert_eq!((report.matched, report.kept), (2, 1));
        assert_eq!(world.story("1").await, ["decided", "started", "sent", "delivered", "closed"]);
        let attempt = &world.notice("1").await.steps[0].attempts[0];
        assert_eq!((attempt.parts, attempt.parts_delivered), (2, 2));
    }
    assert_eq!(world.open_work().await, 0);
}
