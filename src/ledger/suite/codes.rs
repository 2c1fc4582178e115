//! Check codes, and who asks for them.

use uuid::Uuid;

use super::{Outcome, moment, rows, sorted_by};
use crate::domain::{NoticeId, NotificationKey};
use crate::ledger::store::{AskerRow, CodeRow, Store};

/// The greatest code there is: forty bits.
const GREATEST: i64 = (1 << 40) - 1;

fn shown(code: i64, notification: Option<NotificationKey>) -> CodeRow {
    CodeRow { code, notice: NoticeId(Uuid::now_v7()), notification, at: rows::at(0) }
}

pub(crate) async fn codes_are_known_again_and_may_be_shared(store: &dyn Store) -> Outcome {
    let lone = Some(NotificationKey(Uuid::now_v7()));
    let kept = [shown(0, None), shown(GREATEST, None), shown(GREATEST, lone)];
    let mut tx = store.begin().await?;
    tx.add_codes(&kept).await?;
    let again = CodeRow { at: rows::at(9), ..kept[1].clone() };
    tx.add_codes(&[again, shown(7, None)]).await?;
    tx.commit().await?;

    let mut tx = store.read().await?;
    let found = sorted_by(tx.codes(&[GREATEST, 0, GREATEST, 1]).await?, |row| row.notice);
    assert_eq!(found, sorted_by(kept.to_vec(), |row| row.notice));
    assert_eq!(tx.codes(&[1]).await?, []);
    Ok(())
}

pub(crate) async fn askers_are_counted_by_the_hour(store: &dyn Store) -> Outcome {
    let (one, other) = (rows::hash(), [0; 32]);
    let mut tx = store.begin().await?;
    let (now, before) = (moment(&*tx, 0), moment(&*tx, -3600));
    let count = |who, since, count| AskerRow { who, since, count };
    tx.count_askers(&[count(one, now, 1), count(other, now, 3), count(one, before, 9)]).await?;
    tx.count_askers(&[count(one, now, 2)]).await?;
    let found = sorted_by(tx.askers(now, &[one, other, rows::hash()]).await?, |row| row.count);
    assert!(found.iter().all(|row| row.count == 3 && row.since == now) && found.len() == 2, "{found:?}");
    assert_eq!(tx.askers(before, &[one]).await?, [count(one, before, 9)]);
    assert_eq!(tx.askers(before, &[other]).await?, []);
    tx.commit().await
}
