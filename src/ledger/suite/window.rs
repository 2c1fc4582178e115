//! Windows: which notices wait for others.

use uuid::Uuid;

use super::Outcome;
use crate::domain::{CitizenKey, NoticeId};
use crate::ledger::store::Store;

pub(crate) async fn windows_are_open_until_they_are_closed(store: &dyn Store) -> Outcome {
    let [anna, boris] = [1, 2].map(|number| CitizenKey([number; 32]));
    let [first, second, third] = [1, 2, 3].map(|number| NoticeId(Uuid::from_u128(number)));
    let mut tx = store.begin().await?;
    tx.open_windows(&[(anna, second), (boris, third), (anna, first), (anna, first)]).await?;
    tx.open_windows(&[(anna, first)]).await?;
    tx.commit().await?;
    let mut tx = store.begin().await?;
    assert_eq!(tx.windows(&[anna]).await?, [first, second]);
    assert_eq!(tx.windows(&[boris, anna, boris]).await?, [first, second, third]);
    assert!(tx.windows(&[CitizenKey([3; 32])]).await?.is_empty());
    tx.close_windows(&[(anna, first), (boris, second), (anna, first)]).await?;
    assert_eq!(tx.windows(&[anna, boris]).await?, [second, third]);
    assert!(tx.windows(&[]).await?.is_empty());
    tx.open_windows(&[]).await?;
    tx.close_windows(&[]).await?;
    tx.commit().await
}
