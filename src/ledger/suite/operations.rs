//! Dead letters, tokens, pauses, named values and duties.

use std::slice::from_ref;

use futures_util::future::try_join_all;
use uuid::Uuid;

use super::{Outcome, moment, rows, sorted_by};
use crate::ledger::store::{DeadRow, PauseRow, Store, TokenRow};

fn dead(source: Option<&str>) -> DeadRow {
    DeadRow {
        id: Uuid::now_v7(),
        origin: "amqp".to_owned(),
        source: source.map(rows::source),
        routing: rows::WORDS.to_owned(),
        reason: "invalid_params".to_owned(),
        detail: "/params/child_order: expected a whole number".to_owned(),
        body: rows::bytes(),
        at: rows::at(0),
    }
}

pub(crate) async fn dead_letters_are_kept_paged_and_removed(store: &dyn Store) -> Outcome {
    let letters = [dead(Some("family_fund")), dead(None), dead(None)];
    let mut tx = store.begin().await?;
    tx.add_dead(&letters).await?;
    tx.commit().await?;

    let mut tx = store.begin().await?;
    assert_eq!(tx.dead(None, 2).await?, [letters[2].clone(), letters[1].clone()]);
    assert_eq!(tx.dead(Some(letters[1].id), 9).await?, letters[..1]);
    assert_eq!(tx.dead(Some(letters[0].id), 9).await?, []);
    assert_eq!(tx.dead_letter(letters[1].id).await?.as_ref(), Some(&letters[1]));
    assert!(tx.remove_dead(letters[1].id).await?);
    assert!(!tx.remove_dead(letters[1].id).await?);
    assert_eq!(tx.dead_letter(letters[1].id).await?, None);
    assert_eq!(tx.dead(None, 9).await?.len(), 2);
    tx.commit().await
}

pub(crate) async fn tokens_are_kept_and_revoked(store: &dyn Store) -> Outcome {
    let token = |source: Option<&str>| TokenRow {
        id: Uuid::now_v7(),
        label: rows::WORDS.to_owned(),
        hash: rows::hash(),
        scopes: "intake status".to_owned(),
        source: source.map(rows::source),
        created_at: rows::at(0),
        expires_at: None,
        revoked_at: None,
    };
    let mut first = token(Some("family_fund"));
    let second = TokenRow { expires_at: Some(rows::at(9)), ..token(None) };
    let mut tx = store.begin().await?;
    tx.put_token(&second).await?;
    tx.put_token(&first).await?;
    first.revoked_at = Some(rows::at(5));
    first.label = "revoked".to_owned();
    tx.put_token(&first).await?;
    tx.commit().await?;
    assert_eq!(store.read().await?.tokens().await?, [first, second], "the oldest first");
    Ok(())
}

pub(crate) async fn pauses_are_one_per_route(store: &dyn Store) -> Outcome {
    let pause = |route: Option<&str>| PauseRow {
        channel: rows::channel("sms"),
        route: route.map(rows::route),
        reroute: false,
        reason: rows::WORDS.to_owned(),
        person: "gateway".to_owned(),
        at: rows::at(0),
        expires_at: Some(rows::at(1)),
    };
    let (mut whole, part) = (pause(None), pause(Some("main")));
    let mut tx = store.begin().await?;
    tx.put_pause(&whole).await?;
    tx.put_pause(&part).await?;
    whole.reroute = true;
    whole.expires_at = None;
    tx.put_pause(&whole).await?;
    tx.commit().await?;

    let mut tx = store.begin().await?;
    let kept = sorted_by(tx.pauses().await?, |row| row.route.clone());
    assert_eq!(kept, [whole, part.clone()]);
    let sms = rows::channel("sms");
    assert!(tx.remove_pause(&sms, None).await?);
    assert!(!tx.remove_pause(&sms, None).await?);
    assert!(!tx.remove_pause(&rows::channel("viber"), Some(&rows::route("main"))).await?);
    assert_eq!(tx.pauses().await?, from_ref(&part));
    assert!(tx.remove_pause(&sms, Some(&rows::route("main"))).await?);
    assert_eq!(tx.pauses().await?, []);
    tx.commit().await
}

pub(crate) async fn values_are_set_and_replaced(store: &dyn Store) -> Outcome {
    let mut tx = store.begin().await?;
    assert_eq!(tx.value("cursor").await?, None);
    tx.put_value("cursor", "1").await?;
    tx.put_value("other", "").await?;
    tx.put_value("cursor", rows::WORDS).await?;
    tx.commit().await?;
    let mut tx = store.read().await?;
    assert_eq!(tx.value("cursor").await?.as_deref(), Some(rows::WORDS));
    assert_eq!(tx.value("other").await?.as_deref(), Some(""));
    Ok(())
}

/// Takes a duty for so many seconds, in a transaction of its own.
async fn take(
    store: &dyn Store,
    holder: Uuid,
    seconds: i64,
) -> Result<Option<i64>, crate::ledger::error::StoreError> {
    let mut tx = store.begin().await?;
    let until = moment(&*tx, seconds);
    let fence = tx.take_duty("timers", holder, until).await?;
    tx.commit().await.map(|()| fence)
}

pub(crate) async fn a_duty_has_one_holder_and_a_rising_fence(store: &dyn Store) -> Outcome {
    let (one, other) = (Uuid::now_v7(), Uuid::now_v7());
    let first = take(store, one, 3600).await?.expect("it is free");
    assert_eq!(take(store, other, 3600).await?, None);
    assert_eq!(take(store, one, 3600).await?, Some(first), "prolonged under the same fence");

    // Its holder lets it go; the next has a higher fence, and so has the first when it comes again.
    assert_eq!(take(store, one, -1).await?, Some(first));
    let second = take(store, other, -1).await?.expect("it is free again");
    assert!(second > first);
    let third = take(store, one, 3600).await?.expect("it is free once more");
    assert!(third > second);
    assert_eq!(take(store, other, 3600).await?, None);

    let mut tx = store.begin().await?;
    let until = moment(&*tx, 3600);
    assert!(tx.take_duty("relay", other, until).await?.is_some(), "another duty is free");
    tx.commit().await
}

pub(crate) async fn a_duty_goes_to_one_of_many(store: &dyn Store) -> Outcome {
    let fences = try_join_all((0..6).map(|_| take(store, Uuid::now_v7(), 3600))).await?;
    assert_eq!(fences.into_iter().flatten().count(), 1);
    Ok(())
}
