//! Open work: claims, leases, and what a crash leaves behind.

use std::collections::HashSet;
use std::slice::from_ref;

use futures_util::future::try_join_all;
use jiff::Timestamp;
use uuid::Uuid;

use super::{Outcome, moment, rows, sorted_by, until_something_comes};
use crate::domain::{AttemptId, NoticeId, Priority};
use crate::ledger::error::StoreError;
use crate::ledger::store::{Lease, Store, TIMER, WorkRow};

fn lease(until: Timestamp) -> Lease {
    Lease { id: Uuid::now_v7(), until }
}

fn notices(work: &[WorkRow]) -> Vec<NoticeId> {
    work.iter().map(|row| row.notice).collect()
}

/// Keeps this work and gives it back; `make` gets moments by seconds from now.
async fn keep(
    store: &dyn Store,
    make: impl FnOnce(&dyn Fn(i64) -> Timestamp) -> Vec<WorkRow>,
) -> Result<Vec<WorkRow>, StoreError> {
    let mut tx = store.begin().await?;
    let work = make(&|seconds| moment(&*tx, seconds));
    tx.put_work(&work).await?;
    tx.commit().await?;
    Ok(work)
}

/// Claims for an hour and commits.
async fn claim(
    store: &dyn Store,
    lane: &str,
    lowest: Priority,
    limit: u32,
) -> Result<Vec<WorkRow>, StoreError> {
    let mut tx = store.begin().await?;
    let lease = lease(moment(&*tx, 3600));
    let claimed = tx.claim(lane, lowest, limit, lease).await?;
    tx.commit().await?;
    assert!(claimed.iter().all(|row| row.lease == Some(lease)));
    Ok(claimed)
}

pub(crate) async fn work_is_kept_replaced_and_removed(store: &dyn Store) -> Outcome {
    let mut kept = keep(store, |at| {
        vec![rows::work("sms", Priority::Urgent, at(-5)), rows::work(TIMER, Priority::Bulk, at(5))]
    })
    .await?;
    let ids = notices(&kept);
    assert_eq!(sorted_by(store.read().await?.work(&ids).await?, |row| row.notice), kept);

    let mut tx = store.begin().await?;
    kept[0].lane = TIMER.to_owned();
    kept[0].priority = Priority::Normal;
    kept[0].due_at = moment(&*tx, 60);
    kept[0].lease = Some(lease(moment(&*tx, 60)));
    kept[0].attempt = Some(AttemptId(Uuid::now_v7()));
    tx.put_work(&kept[..1]).await?;
    tx.commit().await?;
    assert_eq!(sorted_by(store.read().await?.work(&ids).await?, |row| row.notice), kept);

    let mut tx = store.begin().await?;
    tx.remove_work(&[kept[0].notice, NoticeId(Uuid::now_v7())]).await?;
    tx.commit().await?;
    assert_eq!(store.read().await?.work(&ids).await?, kept[1..]);
    Ok(())
}

pub(crate) async fn the_most_urgent_and_longest_due_is_claimed_first(store: &dyn Store) -> Outcome {
    let ordered = keep(store, |at| {
        vec![
            rows::work("sms", Priority::Urgent, at(-2)),
            rows::work("sms", Priority::Urgent, at(-1)),
            rows::work("sms", Priority::Normal, at(-9)),
            rows::work("sms", Priority::Normal, at(-8)),
            rows::work("sms", Priority::Bulk, at(-1000)),
        ]
    })
    .await?;
    let mut again = ordered.clone();
    again.reverse();
    let mut tx = store.begin().await?;
    tx.put_work(&again).await?;
    tx.commit().await?;

    let claimed = claim(store, "sms", Priority::Bulk, 3).await?;
    assert_eq!(notices(&claimed), notices(&ordered[..3]));
    assert_eq!(claimed[0].citizen, ordered[0].citizen);
    let claimed = claim(store, "sms", Priority::Bulk, 3).await?;
    assert_eq!(notices(&claimed), notices(&ordered[3..]));
    Ok(())
}

pub(crate) async fn sources_take_turns(store: &dyn Store) -> Outcome {
    let work = |source: &str, priority, due_at| WorkRow {
        source: source.to_owned(),
        ..rows::work("sms", priority, due_at)
    };
    keep(store, |at| {
        let mut kept: Vec<_> = (0..60).map(|n| work("many", Priority::Bulk, at(n - 1000))).collect();
        kept.extend((0..3).map(|n| work("few", Priority::Bulk, at(n - 10))));
        kept.push(work("later", Priority::Bulk, at(3600)));
        kept.extend((0..2).map(|n| work("many", Priority::Urgent, at(n - 5))));
        kept
    })
    .await?;
    let sources = |work: &[WorkRow]| -> Vec<String> { work.iter().map(|row| row.source.clone()).collect() };
    let first = claim(store, "sms", Priority::Bulk, 8).await?;
    assert_eq!(sources(&first[..2]), ["many"; 2], "the urgent first, whosever they are");
    assert!(first[..2].iter().all(|row| row.priority == Priority::Urgent));
    let mut turns = sources(&first[2..6]);
    turns[..2].sort();
    turns[2..].sort();
    assert_eq!(turns, ["few", "many", "few", "many"]);
    assert!(sources(&first[6..]).contains(&"few".to_owned()), "{first:?}");

    let rest = claim(store, "sms", Priority::Bulk, 20).await?;
    assert_eq!(sources(&rest), ["many"; 20], "who is alone gets all there is");
    assert!(rest.is_sorted_by_key(|row| row.due_at));
    Ok(())
}

/// However few rows are claimed at a time, no source is passed over for ever.
pub(crate) async fn every_source_has_its_turn(store: &dyn Store) -> Outcome {
    keep(store, |at| {
        let row = |n: i64| WorkRow {
            source: ["a", "b", "c", "d"][usize::try_from(n % 4).unwrap_or_default()].to_owned(),
            ..rows::work("sms", Priority::Normal, at(if n % 4 == 0 { -1000 } else { -1 }))
        };
        (0..400).map(row).collect()
    })
    .await?;
    let mut seen = HashSet::new();
    for _ in 0..100 {
        seen.extend(claim(store, "sms", Priority::Bulk, 1).await?.into_iter().map(|row| row.source));
    }
    assert_eq!(seen.len(), 4);
    Ok(())
}

pub(crate) async fn claims_keep_to_their_lane_rank_and_time(store: &dyn Store) -> Outcome {
    let kept = keep(store, |at| {
        vec![
            rows::work("sms", Priority::Normal, at(-1)),
            rows::work("viber", Priority::Urgent, at(-1)),
            rows::work("sms", Priority::Urgent, at(3600)),
            rows::work("sms", Priority::Bulk, at(-1)),
        ]
    })
    .await?;
    assert_eq!(claim(store, "email", Priority::Bulk, 10).await?, []);
    assert_eq!(claim(store, "sms", Priority::Urgent, 10).await?, []);
    assert_eq!(claim(store, "sms", Priority::Bulk, 0).await?, []);
    assert_eq!(notices(&claim(store, "sms", Priority::Normal, 10).await?), notices(&kept[..1]));
    assert_eq!(notices(&claim(store, "sms", Priority::Bulk, 10).await?), notices(&kept[3..]));
    assert_eq!(notices(&claim(store, "viber", Priority::Urgent, 10).await?), notices(&kept[1..2]));
    Ok(())
}

pub(crate) async fn leased_work_is_skipped_until_the_lease_is_over(store: &dyn Store) -> Outcome {
    let mut kept = keep(store, |at| vec![rows::work("sms", Priority::Normal, at(-1))]).await?;
    let claimed = claim(store, "sms", Priority::Bulk, 10).await?;
    assert_eq!(store.read().await?.work(&notices(&kept)).await?, claimed);
    assert_eq!(claim(store, "sms", Priority::Bulk, 10).await?, []);

    // A lease that is over and under which nothing was started holds nobody back.
    let mut tx = store.begin().await?;
    kept[0].lease = Some(lease(moment(&*tx, -1)));
    tx.put_work(&kept).await?;
    tx.commit().await?;
    assert_eq!(store.read().await?.abandoned(10).await?, []);
    let again = claim(store, "sms", Priority::Bulk, 10).await?;
    assert_eq!(notices(&again), notices(&kept));
    assert_ne!(again[0].lease, kept[0].lease);
    Ok(())
}

pub(crate) async fn started_work_is_abandoned_and_never_claimed(store: &dyn Store) -> Outcome {
    let started = |row: WorkRow, until| WorkRow {
        lease: Some(lease(until)),
        attempt: Some(AttemptId(Uuid::now_v7())),
        ..row
    };
    let kept = keep(store, |at| {
        vec![
            started(rows::work("sms", Priority::Urgent, at(-60)), at(-20)),
            started(rows::work("viber", Priority::Bulk, at(-60)), at(-10)),
            started(rows::work("sms", Priority::Urgent, at(-60)), at(3600)),
        ]
    })
    .await?;
    assert_eq!(claim(store, "sms", Priority::Bulk, 10).await?, []);
    assert_eq!(claim(store, "viber", Priority::Bulk, 10).await?, []);

    let mut tx = store.begin().await?;
    let abandoned = sorted_by(tx.abandoned(10).await?, |row| row.notice);
    assert_eq!(abandoned, kept[..2]);
    assert_eq!(tx.abandoned(1).await?.len(), 1);
    assert_eq!(tx.abandoned(0).await?, []);
    tx.commit().await
}

pub(crate) async fn a_dropped_claim_leaves_the_work_free(store: &dyn Store) -> Outcome {
    let kept = keep(store, |at| vec![rows::work("sms", Priority::Normal, at(-1))]).await?;
    let mut tx = store.begin().await?;
    let lease = lease(moment(&*tx, 3600));
    assert_eq!(tx.claim("sms", Priority::Bulk, 1, lease).await?.len(), 1);
    drop(tx);
    let claimed = until_something_comes(async || claim(store, "sms", Priority::Bulk, 1).await).await?;
    assert_eq!(notices(&claimed), notices(&kept));
    Ok(())
}

pub(crate) async fn claimers_never_get_the_same_work(store: &dyn Store) -> Outcome {
    let kept = keep(store, |at| {
        let row = |n: i16| rows::work("sms", Priority::from_rank(n % 3), at(-i64::from(n) - 1));
        (0..200).map(row).collect()
    })
    .await?;
    let claim_all = || async {
        let mut mine = Vec::new();
        loop {
            let claimed = claim(store, "sms", Priority::Bulk, 7).await?;
            if claimed.is_empty() {
                return Ok::<_, StoreError>(mine);
            }
            mine.extend(notices(&claimed));
        }
    };
    let mut claimed = try_join_all((0..6).map(|_| claim_all())).await?.concat();
    // One who found every row taken by others may have stopped; nothing may be left all the same.
    claimed.extend(claim_all().await?);
    assert_eq!(claimed.len(), kept.len());
    assert_eq!(claimed.into_iter().collect::<HashSet<_>>(), notices(&kept).into_iter().collect());
    Ok(())
}

pub(crate) async fn open_work_is_counted_and_the_next_is_known(store: &dyn Store) -> Outcome {
    assert_eq!(store.read().await?.open_work(9).await?, 0);
    assert_eq!(store.read().await?.next_due("sms").await?, None);
    let mut kept = keep(store, |at| {
        vec![
            rows::work("sms", Priority::Bulk, at(20)),
            rows::work("sms", Priority::Urgent, at(40)),
            rows::work("sms", Priority::Urgent, at(30)),
            rows::work("viber", Priority::Urgent, at(10)),
        ]
    })
    .await?;
    let mut tx = store.begin().await?;
    assert_eq!((tx.open_work(u64::MAX).await?, tx.open_work(3).await?), (4, 3), "no further than asked");
    let lanes = sorted_by(tx.open_lanes().await?, |one| one.0.clone());
    assert_eq!(lanes, [("sms".to_owned(), 3), ("viber".to_owned(), 1)]);
    assert_eq!(tx.next_due("sms").await?, Some(kept[0].due_at));

    // What somebody holds is not next; what somebody held is.
    kept[0].lease = Some(lease(moment(&*tx, 3600)));
    kept[1].lease = Some(lease(moment(&*tx, -1)));
    kept[2].attempt = Some(AttemptId(Uuid::now_v7()));
    kept[2].lease = Some(lease(moment(&*tx, -1)));
    tx.put_work(&kept).await?;
    assert_eq!(tx.next_due("sms").await?, Some(kept[1].due_at));
    tx.put_work(from_ref(&WorkRow { lease: kept[0].lease, ..kept[1].clone() })).await?;
    assert_eq!(tx.next_due("sms").await?, None);
    tx.commit().await
}
