//! What need not be kept for ever.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use uuid::Uuid;
use vestnik_contract::ReceiptState;

use super::{Outcome, moment, rows};
use crate::domain::{CitizenKey, FinalState, NoticeId, Reason};
use crate::ledger::store::{
    AskerRow, CodeRow, IdempotencyRow, LinkRow, NotificationRow, OrphanRow, Past, ReservationRow, Store,
};

fn remembered(at: Timestamp, of: Option<&NotificationRow>) -> IdempotencyRow {
    IdempotencyRow {
        reference: of.map_or_else(|| rows::reference("family_fund"), |row| row.reference.clone()),
        digest: of.map(|_| rows::hash()),
        notification: of.map(|row| row.key),
        cancelled: of.is_none().then_some(Reason::CancelledBySource),
        at,
    }
}

fn receipt(received_at: Timestamp, reference: &str) -> OrphanRow {
    OrphanRow {
        channel: rows::channel("sms"),
        route: rows::route("main"),
        reference: reference.to_owned(),
        recipient: None,
        state: ReceiptState::Delivered,
        received_at,
    }
}

pub(crate) async fn what_is_over_is_forgotten_from_the_oldest_on(store: &dyn Store) -> Outcome {
    let citizen = rows::citizen();
    let mut tx = store.begin().await?;
    let at = [-40, -30, -20, -10].map(|days| moment(&*tx, days * 86_400));
    tx.put_citizens(std::slice::from_ref(&citizen)).await?;
    let references = at.map(|at| remembered(at, None));
    tx.put_idempotency(&references).await?;
    tx.add_orphans(&at.map(|at| receipt(at, &at.to_string()))).await?;
    let links = at.map(|expires_at| LinkRow {
        hash: rows::hash(),
        citizen: citizen.key,
        channel: rows::channel("telegram"),
        expires_at,
    });
    for link in &links {
        tx.add_link(link).await?;
    }
    let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
    let places = at.map(|at| ReservationRow {
        notice: NoticeId(Uuid::now_v7()),
        step: 0,
        citizen: citizen.key,
        day: day(at),
    });
    tx.put_reservations(&places).await?;

    let codes = at.map(|at| CodeRow { code: 7, notice: NoticeId(Uuid::now_v7()), notification: None, at });
    tx.add_codes(&codes).await?;
    tx.count_askers(&at.map(|since| AskerRow { who: rows::hash(), since, count: 1 })).await?;

    for what in [Past::References, Past::Receipts, Past::Links, Past::Reservations, Past::Codes, Past::Askers]
    {
        assert_eq!(tx.forget(what, at[0], 9).await?, 0, "{what:?}: what is as old as that stays");
        assert_eq!(tx.forget(what, at[3], 2).await?, 2, "{what:?}: no more than asked at once");
        assert_eq!(tx.forget(what, at[3], 2).await?, 1, "{what:?}");
        assert_eq!(tx.forget(what, at[3], 2).await?, 0, "{what:?}");
    }
    let keys = references.each_ref().map(|row| row.reference.clone());
    assert_eq!(tx.idempotency(&keys).await?, references[3..]);
    let counted = tx.reservations(&[citizen.key], day(at[0])).await?;
    assert_eq!(counted, [(citizen.key, day(at[3]), 1)]);
    tx.commit().await
}

pub(crate) async fn a_reference_is_known_while_its_notification_is_open(store: &dyn Store) -> Outcome {
    let [open, closed] = [(); 2].map(|()| rows::notification(CitizenKey(rows::hash())));
    let mut tx = store.begin().await?;
    let (long_ago, now) = (moment(&*tx, -1_000_000), moment(&*tx, 0));
    tx.add_notifications(&[open.clone(), closed.clone()]).await?;
    tx.close_notifications(&[(closed.key, FinalState::Expired, Reason::Expired, now)]).await?;
    tx.put_idempotency(&[remembered(long_ago, Some(&open)), remembered(long_ago, Some(&closed))]).await?;
    assert_eq!(tx.forget(Past::References, now, 9).await?, 1);
    let left = tx.idempotency(&[open.reference.clone(), closed.reference]).await?;
    assert_eq!(left.into_iter().map(|row| row.reference).collect::<Vec<_>>(), [open.reference]);
    tx.commit().await
}
