//! Source references, notifications and notices.

use std::slice::from_ref;

use super::{Outcome, rows, sorted_by};
use crate::domain::{CitizenKey, FinalState, NotificationKey, Priority, Reason, SourceRef};
use crate::ledger::error::StoreError;
use crate::ledger::store::{IdempotencyRow, NoticeRow, NotificationRow, Store};

pub(crate) async fn source_references_are_remembered_and_replaced(store: &dyn Store) -> Outcome {
    let one = rows::reference("family_fund");
    // The same id of another source is another notification.
    let same_id = SourceRef { source: rows::source("pension-fund"), id: one.id.clone() };
    let cancelled = IdempotencyRow {
        reference: one.clone(),
        digest: None,
        notification: None,
        cancelled: Some(Reason::CancelledBySource),
        at: rows::at(0),
    };
    let mut seen = IdempotencyRow {
        reference: same_id.clone(),
        digest: Some(rows::hash()),
        notification: Some(NotificationKey(uuid::Uuid::now_v7())),
        cancelled: None,
        at: rows::at(1),
    };
    let mut tx = store.begin().await?;
    tx.put_idempotency(&[cancelled.clone(), seen.clone()]).await?;
    seen.cancelled = Some(Reason::Superseded);
    tx.put_idempotency(from_ref(&seen)).await?;
    tx.commit().await?;

    let mut tx = store.read().await?;
    let keys = [rows::reference("family_fund"), same_id.clone(), one.clone()];
    let kept = sorted_by(tx.idempotency(&keys).await?, |row| row.reference.clone());
    assert_eq!(kept, [cancelled, seen]);
    let crossed = SourceRef { source: rows::source("nobody"), id: one.id };
    assert_eq!(tx.idempotency(&[crossed]).await?, []);
    Ok(())
}

/// Each row stands for what another transaction has remembered since this one looked.
pub(crate) async fn what_another_remembered_is_not_forgotten(store: &dyn Store) -> Outcome {
    let notification = || Some(NotificationKey(uuid::Uuid::now_v7()));
    let cancel = Some(Reason::CancelledBySource);
    let row = |notification, cancelled| IdempotencyRow {
        reference: rows::reference("family_fund"),
        digest: Some(rows::hash()),
        notification,
        cancelled,
        at: rows::at(0),
    };
    let (kept, cancelled) = (row(notification(), None), row(None, cancel));
    let mut tx = store.begin().await?;
    tx.put_idempotency(&[kept.clone(), cancelled.clone()]).await?;
    tx.commit().await?;

    let refused = [
        IdempotencyRow { notification: notification(), ..kept.clone() },
        IdempotencyRow { notification: None, cancelled: cancel, ..kept.clone() },
        IdempotencyRow { notification: notification(), cancelled: None, ..cancelled.clone() },
    ];
    for row in refused {
        let mut tx = store.begin().await?;
        let error = tx.put_idempotency(from_ref(&row)).await.unwrap_err();
        assert!(matches!(error, StoreError::Conflict(_)), "{error}");
    }
    // Who has seen the cancel may go on.
    let mut tx = store.begin().await?;
    tx.put_idempotency(&[IdempotencyRow { notification: notification(), ..cancelled }]).await?;
    assert_eq!(tx.idempotency(from_ref(&kept.reference)).await?, [kept]);
    tx.commit().await
}

pub(crate) async fn notifications_are_kept_and_closed(store: &dyn Store) -> Outcome {
    let citizen = CitizenKey(rows::hash());
    let first = rows::notification(citizen);
    let mut second = NotificationRow {
        notice: None,
        campaign: None,
        priority: Priority::Bulk,
        params: Vec::new(),
        closed: Some((FinalState::Suppressed, Reason::NoConsent, rows::at(0))),
        ..rows::notification(citizen)
    };
    let mut third = NotificationRow { priority: Priority::Urgent, ..rows::notification(citizen) };
    let mut tx = store.begin().await?;
    tx.add_notifications(&[first.clone(), second.clone(), third.clone()]).await?;

    second.closed = Some((FinalState::Read, Reason::ReceiptRead, rows::at(2)));
    third.closed = Some((FinalState::Delivered, Reason::ReceiptDelivered, rows::at(3)));
    let nobody = (NotificationKey(uuid::Uuid::now_v7()), FinalState::Read, Reason::ReceiptRead, rows::at(0));
    let endings = [&second, &third].map(|row| {
        let (state, reason, at) = row.closed.unwrap();
        (row.key, state, reason, at)
    });
    tx.close_notifications(&[endings[0], nobody, endings[1]]).await?;
    tx.commit().await?;

    let mut tx = store.read().await?;
    let keys = [third.key, nobody.0, second.key, first.key];
    let kept = sorted_by(tx.notifications(&keys).await?, |row| row.key);
    assert_eq!(kept, [first, second, third]);
    Ok(())
}

pub(crate) async fn a_notification_is_added_once(store: &dyn Store) -> Outcome {
    let row = rows::notification(CitizenKey(rows::hash()));
    let mut tx = store.begin().await?;
    tx.add_notifications(from_ref(&row)).await?;
    tx.commit().await?;

    let mut tx = store.begin().await?;
    let error = tx.add_notifications(from_ref(&row)).await.unwrap_err();
    assert!(matches!(error, StoreError::Refused(_)) && !error.is_transient(), "{error}");
    drop(tx);
    assert_eq!(store.read().await?.notifications(&[row.key]).await?, [row]);
    Ok(())
}

pub(crate) async fn notices_are_kept_and_saved(store: &dyn Store) -> Outcome {
    let citizen = CitizenKey(rows::hash());
    let (first, mut second) = (rows::notice(citizen), rows::notice(citizen));
    let mut tx = store.begin().await?;
    tx.add_notices(&[first.clone(), second.clone()]).await?;
    tx.commit().await?;

    second.notice = "{}".to_owned();
    second.words = Vec::new();
    let nobody = rows::notice(citizen);
    let mut tx = store.begin().await?;
    tx.save_notices(&[nobody.clone(), second.clone()]).await?;
    tx.commit().await?;

    let mut tx = store.read().await?;
    let kept: Vec<NoticeRow> = tx.notices(&[second.id, nobody.id, first.id]).await?;
    assert_eq!(sorted_by(kept, |row| row.id), [first, second], "what is not there is not added");
    Ok(())
}
