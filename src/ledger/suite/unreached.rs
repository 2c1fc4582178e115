//! Those who were not reached.

use uuid::Uuid;

use super::{Outcome, rows};
use crate::domain::{CitizenKey, FinalState, NotificationKey, Reason};
use crate::ledger::store::{InboxRow, NotificationRow, Store, Tx, UnreachedPlace};

const BEGIN: NotificationKey = NotificationKey(Uuid::nil());

fn ended(citizen: CitizenKey, state: FinalState) -> NotificationRow {
    NotificationRow { closed: Some((state, Reason::NoAddress, rows::at(9))), ..rows::notification(citizen) }
}

fn place(row: &NotificationRow, second: i64) -> UnreachedPlace {
    (rows::at(second), row.key)
}

async fn listed(tx: &mut dyn Tx, after: UnreachedPlace, limit: u32) -> Vec<(NotificationKey, bool)> {
    let rows = tx.unreached_after(after, limit).await.unwrap();
    rows.into_iter().map(|row| (row.notification.key, row.reached)).collect()
}

pub(crate) async fn the_unreached_come_in_their_order_and_by_pages(store: &dyn Store) -> Outcome {
    let all = [(); 3].map(|()| ended(CitizenKey(rows::hash()), FinalState::InboxOnly));
    let mut tx = store.begin().await?;
    tx.add_notifications(&all).await?;
    let places = [place(&all[1], 1), place(&all[0], 2), place(&all[2], 2)];
    tx.add_unreached(&[places[2], places[0]]).await?;
    tx.add_unreached(&[places[1], place(&all[2], 1)]).await?;
    tx.commit().await?;

    let mut tx = store.read().await?;
    let first = tx.unreached_after((rows::at(0), BEGIN), 1).await?;
    assert_eq!((first[0].since, &first[0].notification, first[0].reached), (rows::at(1), &all[1], false));
    let [a, b, c] = [all[1].key, all[0].key, all[2].key].map(|key| (key, false));
    assert_eq!(listed(&mut *tx, (rows::at(0), BEGIN), 9).await, [a, b, c], "the first time counts");
    assert_eq!(listed(&mut *tx, places[0], 1).await, [b]);
    assert_eq!(listed(&mut *tx, places[1], 9).await, [c]);
    assert_eq!(listed(&mut *tx, places[2], 9).await, []);
    Ok(())
}

fn entry(of: &NotificationRow, read: bool) -> InboxRow {
    InboxRow {
        id: Uuid::now_v7(),
        citizen: of.citizen,
        notification: of.key,
        content: rows::bytes(),
        at: rows::at(0),
        read_at: read.then(|| rows::at(3)),
    }
}

pub(crate) async fn who_was_reached_since_is_told(store: &dyn Store) -> Outcome {
    use FinalState::{Accepted, Delivered, InboxOnly, Read};
    // What else the citizen was sent, whether about the same measure, and whether it was read in the inbox.
    let table = [
        (None, true, false, false),
        (None, true, true, true),
        (Some(InboxOnly), true, false, false),
        (Some(InboxOnly), true, true, true),
        (Some(Delivered), true, false, true),
        (Some(Accepted), true, false, true),
        (Some(Read), true, false, true),
        (Some(Delivered), false, true, false),
    ];
    for (later, same_measure, read, reached) in table {
        let citizen = CitizenKey(rows::hash());
        let (earlier, one) = (ended(citizen, Delivered), ended(citizen, InboxOnly));
        let mut tx = store.begin().await?;
        tx.add_notifications(&[earlier.clone(), one.clone()]).await?;
        tx.add_inbox(&[entry(&earlier, true), entry(&one, later.is_none() && read)]).await?;
        if let Some(state) = later {
            let measure = if same_measure { one.measure.clone() } else { "another".to_owned() };
            let more = NotificationRow { measure, ..ended(citizen, state) };
            tx.add_inbox(&[entry(&more, read)]).await?;
            tx.add_notifications(&[more]).await?;
        }
        tx.add_unreached(&[place(&one, 1)]).await?;
        let told = listed(&mut *tx, (rows::at(0), BEGIN), 9).await;
        assert_eq!(told, [(one.key, reached)], "{later:?}, {same_measure}, {read}");
        drop(tx);
    }
    Ok(())
}
