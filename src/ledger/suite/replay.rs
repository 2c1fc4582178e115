//! What a replay of the past reads.

use jiff::civil::date;
use uuid::Uuid;

use super::{Outcome, rows, sorted_by};
use crate::domain::{CitizenKey, NoticeId, NotificationKey};
use crate::ledger::store::{AcceptedRow, NotificationRow, ReservationRow, Store};

pub(crate) async fn what_was_accepted_comes_by_pages(store: &dyn Store) -> Outcome {
    let all: Vec<_> = (0..5).map(|_| rows::notification(CitizenKey(rows::hash()))).collect();
    let mut tx = store.begin().await?;
    tx.add_notifications(&all).await?;
    tx.commit().await?;
    let accepted = |row: &NotificationRow| AcceptedRow {
        key: row.key,
        citizen: row.citizen,
        received_at: row.received_at,
    };
    let in_order = sorted_by(all.iter().map(accepted).collect(), |row| row.key);
    let mut tx = store.read().await?;
    let begin = NotificationKey(Uuid::nil());
    assert_eq!(tx.accepted_after(begin, 2).await?, in_order[..2]);
    assert_eq!(tx.accepted_after(in_order[1].key, 9).await?, in_order[2..]);
    assert_eq!(tx.accepted_after(in_order[4].key, 9).await?, []);
    Ok(())
}

pub(crate) async fn places_are_told_with_their_notices(store: &dyn Store) -> Outcome {
    let citizens = [(); 3].map(|()| rows::citizen());
    let [anna, boris, vera] = [0, 1, 2].map(|number| citizens[number].key);
    let place = |citizen, number: u128, step, day| ReservationRow {
        notice: NoticeId(Uuid::from_u128(number)),
        step,
        citizen,
        day: date(2026, 6, day),
    };
    let held = [
        place(anna, 1, 0, 17),
        place(anna, 1, 1, 18),
        place(anna, 2, 0, 3),
        place(boris, 3, 0, 17),
        place(vera, 4, 0, 17),
    ];
    let mut tx = store.begin().await?;
    tx.put_citizens(&citizens).await?;
    tx.put_reservations(&held).await?;
    tx.commit().await?;
    let mut tx = store.read().await?;
    let places = tx.places_of(&[boris, anna], date(2026, 6, 17)).await?;
    let in_order = sorted_by(places, |row| (row.notice, row.step));
    assert_eq!(in_order, [held[0].clone(), held[1].clone(), held[3].clone()]);
    assert_eq!(tx.places_of(&[anna], date(2026, 6, 19)).await?, []);
    assert_eq!(tx.places_of(&[], date(2026, 1, 1)).await?, []);
    Ok(())
}
