//! Citizens, their lock, addresses, consent, preferences, and the contact budget.

use std::slice::from_ref;

use futures_util::future::try_join_all;
use jiff::civil::date;
use tokio::sync::Notify;
use uuid::Uuid;

use super::{Outcome, rows, sorted_by};
use crate::domain::{AttemptId, CitizenKey, ConsentAction, ConsentOrigin, Locale, NoticeId, Priority};
use crate::ledger::codes::Code;
use crate::ledger::error::StoreError;
use crate::ledger::store::{CitizenRow, PreferenceRow, ReservationRow, Store, WorkRow};

async fn put(store: &dyn Store, citizens: &[CitizenRow]) -> Outcome {
    let mut tx = store.begin().await?;
    tx.put_citizens(citizens).await?;
    tx.commit().await
}

pub(crate) async fn citizens_are_kept_replaced_and_ordered(store: &dyn Store) -> Outcome {
    let mut citizens = sorted_by(vec![rows::citizen(), rows::citizen(), rows::citizen()], |row| row.key);
    put(store, &citizens).await?;

    let changed = &mut citizens[1];
    changed.profile.locale = Locale::Ru;
    changed.profile.zone = None;
    changed.profile.region = None;
    changed.data_key = Vec::new();
    changed.updated_at = rows::at(-4_000_000_000);
    changed.deceased_at = Some(rows::at(-7));
    put(store, from_ref(changed)).await?;

    let mut tx = store.begin().await?;
    let stranger = CitizenKey(rows::hash());
    let backwards: Vec<_> = citizens.iter().rev().map(|row| row.key).chain([stranger, stranger]).collect();
    assert_eq!(tx.citizens(&backwards, false).await?, citizens);
    assert_eq!(tx.citizens(&backwards, true).await?, citizens);
    let twice = [citizens[0].key, citizens[0].key];
    assert_eq!(tx.citizens(&twice, true).await?, [citizens[0].clone()]);
    Ok(())
}

pub(crate) async fn of_two_who_add_a_citizen_one_is_told(store: &dyn Store) -> Outcome {
    let row = rows::citizen();
    let add = async || {
        let mut tx = store.begin().await?;
        // Neither finds a row to lock.
        tx.citizens(&[row.key], true).await?;
        tx.add_citizens(&[CitizenRow { data_key: rows::hash().to_vec(), ..row.clone() }]).await?;
        tx.commit().await
    };
    let outcomes = tokio::join!(add(), add());
    let failed: Vec<_> = [outcomes.0, outcomes.1].into_iter().filter_map(Result::err).collect();
    assert!(matches!(&failed[..], [StoreError::Conflict(_)]), "{failed:?}");
    Ok(())
}

pub(crate) async fn a_locked_citizen_waits_for_the_first_to_commit(store: &dyn Store) -> Outcome {
    let row = rows::citizen();
    put(store, from_ref(&row)).await?;
    let changed = CitizenRow { id: b"changed".to_vec(), ..row.clone() };

    let locked = Notify::new();
    let first = async {
        let mut tx = store.begin().await?;
        tx.citizens(&[row.key], true).await?;
        locked.notify_one();
        // Long enough for the second to read, if nothing held it back.
        for _ in 0..100 {
            tx.citizens(&[row.key], true).await?;
        }
        tx.put_citizens(from_ref(&changed)).await?;
        tx.commit().await
    };
    let second = async {
        locked.notified().await;
        let mut tx = store.begin().await?;
        tx.citizens(&[row.key], true).await
    };
    let (first, second) = tokio::join!(first, second);
    first?;
    assert_eq!(second?, [changed]);
    Ok(())
}

/// Eight transactions each count one up; under the lock none overwrites another.
pub(crate) async fn changes_under_the_lock_are_never_lost(store: &dyn Store) -> Outcome {
    let row = CitizenRow { id: vec![0], ..rows::citizen() };
    put(store, from_ref(&row)).await?;
    let count_up = || async {
        let mut tx = store.begin().await?;
        let mut found = tx.citizens(&[row.key], true).await?;
        found[0].id[0] += 1;
        tx.put_citizens(&found).await?;
        tx.commit().await
    };
    try_join_all((0..8).map(|_| count_up())).await?;
    assert_eq!(store.read().await?.citizens(&[row.key], false).await?[0].id, [8]);
    Ok(())
}

pub(crate) async fn addresses_are_kept_found_and_closed(store: &dyn Store) -> Outcome {
    let (one, other) = (rows::citizen(), rows::citizen());
    put(store, &[one.clone(), other.clone()]).await?;
    let mut first = rows::address(&one, "sms");
    let second = rows::address(&one, "viber");
    let mut shared = rows::address(&other, "sms");
    shared.hash = first.hash;

    let mut tx = store.begin().await?;
    tx.put_addresses(&[second.clone(), shared.clone(), first.clone()]).await?;
    first.closed = Some(("no_such_mailbox".to_owned(), rows::at(7)));
    first.address = Vec::new();
    tx.put_addresses(from_ref(&first)).await?;
    tx.commit().await?;

    let mut tx = store.read().await?;
    assert_eq!(tx.addresses(&[one.key]).await?, [first.clone(), second.clone()], "the oldest first");
    assert_eq!(tx.addresses(&[other.key, one.key]).await?.len(), 3);
    let found = tx.find_addresses(&rows::channel("sms"), &[first.hash, second.hash]).await?;
    assert_eq!(sorted_by(found, |row| row.id), [first, shared]);
    let found = tx.find_addresses(&rows::channel("viber"), &[second.hash, rows::hash()]).await?;
    assert_eq!(found, [second]);
    Ok(())
}

pub(crate) async fn consents_are_numbered_in_their_order(store: &dyn Store) -> Outcome {
    let (one, other) = (rows::citizen(), rows::citizen());
    put(store, &[one.clone(), other.clone()]).await?;
    let mut given: Vec<_> = ConsentOrigin::all().iter().map(|origin| rows::consent(&one, *origin)).collect();
    given[1].channel = None;
    given[2].topic = None;
    given[3].action = ConsentAction::Withdrawn;
    given.insert(2, rows::consent(&other, ConsentOrigin::Law));

    let mut tx = store.begin().await?;
    tx.add_consents(&given[..4]).await?;
    tx.add_consents(&given[4..]).await?;
    tx.commit().await?;

    let mut tx = store.read().await?;
    let mut kept = tx.consents(&[other.key, one.key]).await?;
    assert!(kept.is_sorted_by(|a, b| a.seq < b.seq) && kept[0].seq > 0);
    for row in &mut kept {
        row.seq = 0;
    }
    assert_eq!(kept, given);
    assert_eq!(tx.consents(&[other.key]).await?.len(), 1);
    Ok(())
}

pub(crate) async fn preferences_are_one_per_topic(store: &dyn Store) -> Outcome {
    let (one, other) = (rows::citizen(), rows::citizen());
    put(store, &[one.clone(), other.clone()]).await?;
    let preference = |citizen: &CitizenRow, topic: Option<&str>, preference: &str| PreferenceRow {
        citizen: citizen.key,
        topic: topic.map(rows::topic),
        preference: preference.to_owned(),
        updated_at: rows::at(0),
    };
    let mut tx = store.begin().await?;
    let old = [preference(&one, None, "old"), preference(&one, Some("family"), rows::WORDS)];
    tx.put_preferences(&old).await?;
    let new = PreferenceRow { updated_at: rows::at(9), ..preference(&one, None, "new") };
    tx.put_preferences(&[new.clone(), preference(&other, None, "other")]).await?;
    tx.commit().await?;

    let mut tx = store.read().await?;
    let kept = tx.preferences(&[one.key]).await?;
    assert_eq!(sorted_by(kept, |row| row.topic.clone()), [new, old[1].clone()]);
    assert_eq!(tx.preferences(&[one.key, other.key]).await?.len(), 3);
    Ok(())
}

pub(crate) async fn reservations_are_counted_moved_and_released(store: &dyn Store) -> Outcome {
    let (one, other) = (CitizenKey(rows::hash()), CitizenKey(rows::hash()));
    let (today, later) = (date(2026, 12, 31), date(2027, 1, 1));
    let notice = NoticeId(Uuid::now_v7());
    let reserve = |notice, step, citizen, day| ReservationRow { notice, step, citizen, day };
    let mut tx = store.begin().await?;
    let first = [
        reserve(notice, 0, one, today),
        reserve(notice, 1, one, today),
        reserve(NoticeId(Uuid::now_v7()), 0, one, date(2026, 12, 30)),
        reserve(NoticeId(Uuid::now_v7()), 0, other, today),
    ];
    tx.put_reservations(&first).await?;
    let counted = sorted(tx.reservations(&[one, other], today).await);
    assert_eq!(counted?, sorted(Ok(vec![(one, today, 2), (other, today, 1)]))?);

    // The place of a step moves to another day; it does not become two.
    tx.put_reservations(&[reserve(notice, 1, one, later)]).await?;
    assert_eq!(sorted(tx.reservations(&[one], today).await)?, [(one, today, 1), (one, later, 1)]);
    assert_eq!(tx.reservations(&[one], later).await?, [(one, later, 1)]);

    tx.remove_reservations(&[(notice, 0), (notice, 7)]).await?;
    assert_eq!(tx.reservations(&[one], today).await?, [(one, later, 1)]);
    tx.commit().await
}

pub(crate) async fn who_holds_a_place_and_was_not_started_is_known(store: &dyn Store) -> Outcome {
    let (one, other) = (CitizenKey(rows::hash()), CitizenKey(rows::hash()));
    let (today, later) = (date(2026, 12, 31), date(2027, 1, 1));
    let notices: Vec<_> = (0..5).map(|_| NoticeId(Uuid::now_v7())).collect();
    let reserve =
        |notice: usize, citizen, day| ReservationRow { notice: notices[notice], step: 0, citizen, day };
    let work = |notice: usize, citizen| WorkRow {
        notice: notices[notice],
        citizen,
        ..rows::work("sms", Priority::Normal, rows::at(0))
    };
    let mut tx = store.begin().await?;
    // Held for later; for today by two steps; of the day before; started; of somebody else.
    let held = [
        reserve(0, one, later),
        reserve(1, one, today),
        ReservationRow { step: 1, ..reserve(1, one, today) },
        reserve(2, one, date(2026, 12, 30)),
        reserve(3, one, today),
        reserve(4, other, today),
    ];
    tx.put_reservations(&held).await?;
    let started = WorkRow { attempt: Some(AttemptId(Uuid::now_v7())), ..work(3, one) };
    tx.put_work(&[work(0, one), work(1, one), work(2, one), started, work(4, other)]).await?;
    let found = sorted_by(tx.unstarted(&[one], today).await?, |id| *id);
    assert_eq!(found, notices[..2], "each once");
    assert_eq!(tx.unstarted(&[other], today).await?, [notices[4]]);
    assert!(tx.unstarted(&[], today).await?.is_empty());
    tx.commit().await
}

type Counted = Vec<(CitizenKey, jiff::civil::Date, u32)>;

fn sorted(counted: Result<Counted, StoreError>) -> Result<Counted, StoreError> {
    counted.map(|counted| sorted_by(counted, |one| *one))
}
