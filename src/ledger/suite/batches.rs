//! Lists that are empty, and lists longer than any database binds in one statement.

use std::collections::HashSet;

use jiff::civil::date;
use uuid::Uuid;
use vestnik_contract::ReceiptState;

use super::{Outcome, moment, rows, sorted_by};
use crate::domain::{AttemptId, CitizenKey, ConsentOrigin, FinalState, NoticeId, Priority, Reason};
use crate::ledger::store::{
    IdempotencyRow, InboundRow, InboxRow, Lease, OrphanRow, Position, PreferenceRow, ReservationRow, Store,
};

/// More rows than variables can be bound for in one statement, and no multiple of a round number.
const MANY: usize = 5_003;

pub(crate) async fn nothing_is_asked_for_an_empty_list(store: &dyn Store) -> Outcome {
    let mut tx = store.begin().await?;
    let (sms, main) = (rows::channel("sms"), rows::route("main"));
    assert_eq!(tx.citizens(&[], true).await?, []);
    tx.add_citizens(&[]).await?;
    tx.put_citizens(&[]).await?;
    assert_eq!(tx.addresses(&[]).await?, []);
    assert_eq!(tx.find_addresses(&sms, &[]).await?, []);
    tx.put_addresses(&[]).await?;
    assert_eq!(tx.consents(&[]).await?, []);
    tx.add_consents(&[]).await?;
    assert_eq!(tx.preferences(&[]).await?, []);
    tx.put_preferences(&[]).await?;
    assert_eq!(tx.reservations(&[], date(2026, 1, 1)).await?, []);
    tx.put_reservations(&[]).await?;
    tx.remove_reservations(&[]).await?;
    assert_eq!(tx.idempotency(&[]).await?, []);
    tx.put_idempotency(&[]).await?;
    tx.add_notifications(&[]).await?;
    assert_eq!(tx.notifications(&[]).await?, []);
    tx.close_notifications(&[]).await?;
    tx.add_notices(&[]).await?;
    tx.save_notices(&[]).await?;
    assert_eq!(tx.notices(&[]).await?, []);
    tx.put_work(&[]).await?;
    tx.remove_work(&[]).await?;
    assert_eq!(tx.work(&[]).await?, []);
    tx.add_references(&[]).await?;
    assert_eq!(tx.references(&sms, &main, &[]).await?, []);
    tx.save_references(&[]).await?;
    tx.add_orphans(&[]).await?;
    tx.append(&[]).await?;
    tx.add_inbox(&[]).await?;
    assert!(tx.add_inbounds(&[]).await?.is_empty());
    tx.add_dead(&[]).await?;
    tx.save_chains(&[]).await?;
    tx.add_codes(&[]).await?;
    assert_eq!(tx.codes(&[]).await?, []);
    assert_eq!(tx.askers(tx.now(), &[]).await?, []);
    tx.count_askers(&[]).await?;
    tx.add_tallies(&[]).await?;
    tx.put_guards(&[]).await?;
    tx.add_scams(&[]).await?;
    assert_eq!(tx.introduced(&[]).await?, []);
    tx.put_introduced(&[]).await?;
    tx.remove_unsent(&[]).await?;
    assert_eq!(tx.suppressed(&[]).await?, []);
    tx.suppress(&[], tx.now()).await?;
    tx.unsuppress(&[]).await?;
    tx.commit().await
}

pub(crate) async fn thousands_of_citizens_go_in_one_call(store: &dyn Store) -> Outcome {
    let citizens = sorted_by((0..MANY).map(|_| rows::citizen()).collect(), |row| row.key);
    let keys: Vec<_> = citizens.iter().rev().map(|row| row.key).collect();
    let addresses: Vec<_> = citizens.iter().map(|row| rows::address(row, "sms")).collect();
    let consents: Vec<_> = citizens.iter().map(|row| rows::consent(row, ConsentOrigin::Portal)).collect();
    let prefer =
        |citizen| PreferenceRow { citizen, topic: None, preference: "{}".into(), updated_at: rows::at(0) };
    let preferences: Vec<_> = keys.iter().map(|key| prefer(*key)).collect();
    let day = date(2026, 12, 31);
    let reserve = |citizen| ReservationRow { notice: NoticeId(Uuid::now_v7()), step: 0, citizen, day };
    let reservations: Vec<_> = keys.iter().map(|key| reserve(*key)).collect();

    let mut tx = store.begin().await?;
    for _ in 0..2 {
        tx.put_citizens(&citizens).await?;
        tx.put_addresses(&addresses).await?;
        tx.put_preferences(&preferences).await?;
        tx.put_reservations(&reservations).await?;
    }
    tx.add_consents(&consents).await?;
    assert_eq!(tx.citizens(&keys, true).await?, citizens);
    assert_eq!(sorted_by(tx.addresses(&keys).await?, |row| row.id), addresses);
    let hashes: Vec<_> = addresses.iter().map(|row| row.hash).collect();
    assert_eq!(tx.find_addresses(&rows::channel("sms"), &hashes).await?.len(), MANY);
    assert!(tx.consents(&keys).await?.iter().map(|row| row.citizen).eq(citizens.iter().map(|row| row.key)));
    assert_eq!(tx.preferences(&keys).await?.len(), MANY);
    assert_eq!(tx.reservations(&keys, day).await?.len(), MANY);
    let held: Vec<_> = reservations.iter().map(|row| (row.notice, row.step)).collect();
    tx.remove_reservations(&held).await?;
    assert_eq!(tx.reservations(&keys, day).await?, []);
    tx.commit().await
}

pub(crate) async fn thousands_of_notifications_go_in_one_call(store: &dyn Store) -> Outcome {
    let citizen = CitizenKey(rows::hash());
    let mut notifications: Vec<_> = (0..MANY).map(|_| rows::notification(citizen)).collect();
    let remembered: Vec<_> = notifications
        .iter()
        .map(|row| IdempotencyRow {
            reference: row.reference.clone(),
            digest: Some(rows::hash()),
            notification: Some(row.key),
            cancelled: None,
            at: rows::at(0),
        })
        .collect();
    let keys: Vec<_> = notifications.iter().map(|row| row.key).collect();
    let references: Vec<_> = notifications.iter().map(|row| row.reference.clone()).collect();

    let mut tx = store.begin().await?;
    tx.add_notifications(&notifications).await?;
    for _ in 0..2 {
        tx.put_idempotency(&remembered).await?;
    }
    let ending = |key| (key, FinalState::Delivered, Reason::ReceiptDelivered, rows::at(1));
    tx.close_notifications(&keys.iter().copied().map(ending).collect::<Vec<_>>()).await?;
    for row in &mut notifications {
        row.closed = Some((FinalState::Delivered, Reason::ReceiptDelivered, rows::at(1)));
    }
    assert_eq!(sorted_by(tx.notifications(&keys).await?, |row| row.key), notifications);
    let kept = sorted_by(tx.idempotency(&references).await?, |row| row.notification);
    assert_eq!(kept, remembered);

    let inbox: Vec<_> = keys
        .iter()
        .map(|key| InboxRow {
            id: Uuid::now_v7(),
            citizen,
            notification: *key,
            content: rows::bytes(),
            at: rows::at(0),
            read_at: None,
        })
        .collect();
    tx.add_inbox(&inbox).await?;
    assert_eq!(tx.unread(citizen).await?, MANY as u64);
    let entries: Vec<_> = keys.iter().map(|_| rows::entry("family_fund", "decided")).collect();
    tx.append(&entries).await?;
    tx.commit().await?;
    let mut tx = store.begin().await?;
    let timeline = tx.timeline(entries[MANY - 1].notification).await?;
    assert_eq!(timeline.len(), 1);
    assert!(timeline[0].0 > Position::default());
    Ok(())
}

pub(crate) async fn thousands_of_deliveries_go_in_one_call(store: &dyn Store) -> Outcome {
    let citizen = CitizenKey(rows::hash());
    let mut notices: Vec<_> = (0..MANY).map(|_| rows::notice(citizen)).collect();
    let ids: Vec<_> = notices.iter().map(|row| row.id).collect();
    let mut tx = store.begin().await?;
    tx.add_notices(&notices).await?;
    for row in &mut notices {
        row.notice = "{}".to_owned();
    }
    tx.save_notices(&notices).await?;
    assert_eq!(sorted_by(tx.notices(&ids).await?, |row| row.id), notices);

    let due = moment(&*tx, -1);
    let mut work: Vec<_> = (0..MANY).map(|_| rows::work("sms", Priority::Normal, due)).collect();
    tx.put_work(&work).await?;
    let lease = Lease { id: Uuid::now_v7(), until: moment(&*tx, 60) };
    assert_eq!(tx.claim("sms", Priority::Bulk, 100_000, lease).await?.len(), MANY);
    for row in &mut work {
        row.lease = Some(lease);
        row.attempt = Some(AttemptId(Uuid::now_v7()));
    }
    tx.put_work(&work).await?;
    let held: Vec<_> = work.iter().map(|row| row.notice).collect();
    assert_eq!(sorted_by(tx.work(&held).await?, |row| row.notice), work);
    tx.remove_work(&held).await?;
    assert_eq!(tx.open_work(u64::MAX).await?, 0);
    tx.commit().await?;
    receipts(store).await
}

async fn receipts(store: &dyn Store) -> Outcome {
    let mut references: Vec<_> =
        (0..MANY).map(|number| rows::provider_reference(&number.to_string())).collect();
    let (sms, main) = (rows::channel("sms"), rows::route("main"));
    let names: Vec<_> = references.iter().map(|row| row.reference.clone()).collect();
    let orphan = |name: &String| OrphanRow {
        channel: sms.clone(),
        route: main.clone(),
        reference: name.clone(),
        recipient: None,
        state: ReceiptState::Read,
        received_at: rows::at(0),
    };
    let orphans: Vec<_> = names.iter().map(orphan).collect();
    let mut tx = store.begin().await?;
    for _ in 0..2 {
        tx.add_references(&references).await?;
        tx.add_orphans(&orphans).await?;
    }
    for row in &mut references {
        row.state = Some(ReceiptState::Delivered);
    }
    tx.save_references(&references).await?;
    let kept = tx.references(&sms, &main, &names).await?;
    assert_eq!(sorted_by(kept, |row| row.attempt), references);
    assert_eq!(tx.take_matched_orphans(100_000).await?.len(), MANY);

    let inbound = |name: &String| InboundRow {
        id: Uuid::now_v7(),
        channel: sms.clone(),
        route: main.clone(),
        key: name.clone(),
        citizen: None,
        sender: rows::hash(),
        kind: "stop".to_owned(),
        text: Vec::new(),
        at: rows::at(0),
    };
    let inbounds: Vec<_> = names.iter().chain(&names).map(inbound).collect();
    let new = tx.add_inbounds(&inbounds).await?;
    assert_eq!(new.len(), 2 * MANY);
    assert!(new[..MANY].iter().all(|new| *new) && new[MANY..].iter().all(|new| !new));
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), MANY);
    tx.commit().await
}
