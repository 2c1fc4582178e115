//! Nobody forgotten.

use jiff::SignedDuration;
use vestnik_contract::{Permanence, ReceiptState, SendErrorKind};

use crate::domain::{ConsentAction, NotificationKey, Owner, Reason};
use crate::ledger::Unreached;
use crate::ledger::fixture::{World, address, citizen_id, new_address, nothing, refused};
use crate::ledger::registry::Registration;

async fn list(world: &World) -> Vec<Unreached> {
    let month_ago = world.clock.now() - SignedDuration::from_hours(24 * 30);
    let begin = (month_ago, NotificationKey(uuid::Uuid::nil()));
    let (list, next) = world.ledger.unreached_after(begin, 100).await.unwrap();
    assert_eq!(next, None);
    list
}

async fn ids(world: &World) -> Vec<String> {
    list(world).await.into_iter().map(|one| one.reference.id).collect()
}

pub(super) async fn an_unreached_family_is_listed_and_leaves_when_reached(world: World) {
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    let outgoing = world.start("sms").await.remove(0);
    assert!(list(&world).await.is_empty(), "it is under way");
    world.finish("sms", &outgoing, refused(SendErrorKind::Unreachable(Permanence::Permanent))).await;
    let all = list(&world).await;
    let [one] = all.as_slice() else { panic!("{}", all.len()) };
    assert_eq!((one.citizen.as_ref(), one.reason), (Some(&citizen_id("anna")), Reason::Unreachable));
    assert_eq!((one.next.owner, one.measure.as_str()), (Owner::Registry, "birth_grant"));

    // The registry asks her, and the source publishes again.
    let phone = new_address("sms", &address("sms", "anna's new one"));
    world.register(Registration { addresses: vec![phone], ..nothing(citizen_id("anna")) }).await;
    world.publish("2", "anna").await;
    assert_eq!(ids(&world).await, ["1"], "it has not arrived yet");
    world.send("sms").await;
    world.receipt("sms", "sms-1", ReceiptState::Delivered).await;
    assert_eq!(ids(&world).await, [""; 0]);
}

pub(super) async fn whoever_reads_it_in_the_inbox_is_reached(world: World) {
    for name in ["anna", "boris"] {
        world.citizen(name, &["sms"]).await;
        world.says(name, None, ConsentAction::Withdrawn).await;
        world.publish(name, name).await;
    }
    assert_eq!(ids(&world).await, ["anna", "boris"]);
    let entry = world.ledger.inbox(&citizen_id("anna"), None, 1).await.unwrap().remove(0);
    world.ledger.read_inbox(&citizen_id("anna"), entry.id).await.unwrap();
    assert_eq!(ids(&world).await, ["boris"]);
    let erasure = world.ledger.erase(&citizen_id("boris"), "Olena Koval", "request 118").await.unwrap();
    erasure.unwrap().commit().await.unwrap();
    assert_eq!(ids(&world).await, [""; 0], "who was erased is nobody to look for");
}

pub(super) async fn late_evidence_and_taking_back_leave_nobody_on_the_list(world: World) {
    for name in ["anna", "boris"] {
        world.citizen(name, &["sms"]).await;
        world.publish(name, name).await;
    }
    world.cancel("boris").await;
    let outgoing = world.start("sms").await.remove(0);
    world.finish("sms", &outgoing, refused(SendErrorKind::Ambiguous)).await;
    world.pass(24 * 3600).await;
    assert_eq!(ids(&world).await, ["anna"]);
    world.publish("nobody's", "clara").await;
    let all = list(&world).await;
    assert_eq!((all[1].citizen.as_ref(), all[1].reason), (None, Reason::NoSuchCitizen));
    assert_eq!(all[1].next.owner, Owner::Registry);
    let (page, next) =
        world.ledger.unreached_after((all[0].since, NotificationKey(uuid::Uuid::nil())), 1).await.unwrap();
    assert_eq!((page.len(), next.is_some()), (1, true), "the first page of two");
}
