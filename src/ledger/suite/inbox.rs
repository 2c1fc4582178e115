//! The portal inbox, what citizens send, and the links that tie an address to a citizen.

use std::slice::from_ref;

use futures_util::future::try_join_all;
use uuid::Uuid;

use super::{Outcome, moment, rows};
use crate::domain::{CitizenKey, NotificationKey};
use crate::ledger::store::{InboundRow, InboxRow, LinkRow, Store};

fn entry(citizen: CitizenKey) -> InboxRow {
    InboxRow {
        id: Uuid::now_v7(),
        citizen,
        notification: NotificationKey(Uuid::now_v7()),
        content: rows::bytes(),
        at: rows::at(0),
        read_at: None,
    }
}

pub(crate) async fn inboxes_are_paged_from_the_newest(store: &dyn Store) -> Outcome {
    let (one, other) = (CitizenKey(rows::hash()), CitizenKey(rows::hash()));
    let mut entries: Vec<_> = (0..5).map(|_| entry(one)).collect();
    entries[1].read_at = Some(rows::at(3));
    let mut tx = store.begin().await?;
    tx.add_inbox(&entries).await?;
    tx.add_inbox(&[entry(other)]).await?;
    tx.commit().await?;
    entries.reverse();

    let mut tx = store.read().await?;
    assert_eq!(tx.inbox(one, None, 2).await?, entries[..2]);
    assert_eq!(tx.inbox(one, Some(entries[1].id), 2).await?, entries[2..4]);
    assert_eq!(tx.inbox(one, Some(entries[3].id), 9).await?, entries[4..]);
    assert_eq!(tx.inbox(one, Some(entries[4].id), 9).await?, []);
    assert_eq!((tx.unread(one).await?, tx.unread(other).await?), (4, 1));
    assert_eq!(tx.unread(CitizenKey(rows::hash())).await?, 0);
    Ok(())
}

pub(crate) async fn an_entry_is_read_once_and_by_its_citizen_alone(store: &dyn Store) -> Outcome {
    let (one, other) = (CitizenKey(rows::hash()), CitizenKey(rows::hash()));
    let kept = entry(one);
    let mut tx = store.begin().await?;
    tx.add_inbox(from_ref(&kept)).await?;
    assert_eq!(tx.read_inbox(other, kept.id).await?, None);
    assert_eq!(tx.read_inbox(one, Uuid::now_v7()).await?, None);
    assert_eq!(tx.unread(one).await?, 1);

    assert_eq!(tx.read_inbox(one, kept.id).await?, Some((kept.notification, true)));
    let read_at = Some(moment(&*tx, 0));
    tx.commit().await?;

    let mut tx = store.begin().await?;
    assert_eq!(tx.read_inbox(one, kept.id).await?, Some((kept.notification, false)));
    assert_eq!(tx.unread(one).await?, 0);
    assert_eq!(tx.inbox(one, None, 9).await?, [InboxRow { read_at, ..kept }], "the first reading counts");
    tx.commit().await
}

fn inbound(key: &str) -> InboundRow {
    InboundRow {
        id: Uuid::now_v7(),
        channel: rows::channel("telegram"),
        route: rows::route("main"),
        key: key.to_owned(),
        citizen: Some(CitizenKey(rows::hash())),
        sender: rows::hash(),
        kind: "text".to_owned(),
        text: rows::bytes(),
        at: rows::at(0),
    }
}

pub(crate) async fn inbounds_are_new_once(store: &dyn Store) -> Outcome {
    let first = inbound(rows::WORDS);
    let elsewhere = InboundRow { route: rows::route("backup"), ..inbound(rows::WORDS) };
    let unknown = InboundRow { citizen: None, text: Vec::new(), ..inbound("2") };
    let mut tx = store.begin().await?;
    assert_eq!(tx.add_inbounds(&[first.clone(), inbound("1"), inbound("1")]).await?, [true, true, false]);
    tx.commit().await?;

    let mut tx = store.begin().await?;
    let told_again = inbound(rows::WORDS);
    let new = tx.add_inbounds(&[told_again, elsewhere, first, unknown]).await?;
    assert_eq!(new, [false, true, false, true]);
    tx.commit().await
}

pub(crate) async fn inbounds_of_a_citizen_are_paged_from_the_newest(store: &dyn Store) -> Outcome {
    let citizen = CitizenKey(rows::hash());
    let mut kept = ["1", "2", "3"].map(|key| InboundRow { citizen: Some(citizen), ..inbound(key) });
    let unknown = InboundRow { citizen: None, ..inbound("4") };
    let mut tx = store.begin().await?;
    tx.add_inbounds(&kept).await?;
    tx.add_inbounds(&[inbound("5"), unknown]).await?;
    tx.commit().await?;
    kept.reverse();

    let mut tx = store.read().await?;
    assert_eq!(tx.inbounds(citizen, None, 2).await?, kept[..2]);
    assert_eq!(tx.inbounds(citizen, Some(kept[1].id), 2).await?, kept[2..]);
    assert_eq!(tx.inbounds(citizen, Some(kept[2].id), 2).await?, []);
    Ok(())
}

pub(crate) async fn a_link_is_taken_once_and_in_time(store: &dyn Store) -> Outcome {
    let citizen = rows::citizen();
    let mut tx = store.begin().await?;
    tx.put_citizens(from_ref(&citizen)).await?;
    let link = |seconds| LinkRow {
        hash: rows::hash(),
        citizen: citizen.key,
        channel: rows::channel("telegram"),
        expires_at: moment(&*tx, seconds),
    };
    let (good, over) = (link(3600), link(-1));
    tx.add_link(&good).await?;
    tx.add_link(&over).await?;
    tx.commit().await?;

    let take = || async {
        let mut tx = store.begin().await?;
        let taken = tx.take_link(good.hash).await?;
        tx.commit().await.map(|()| taken)
    };
    let taken = try_join_all((0..6).map(|_| take())).await?;
    assert_eq!(taken.into_iter().flatten().collect::<Vec<_>>(), from_ref(&good));

    let mut tx = store.begin().await?;
    assert_eq!(tx.take_link(over.hash).await?, None);
    assert_eq!(tx.take_link(rows::hash()).await?, None);
    tx.commit().await
}
