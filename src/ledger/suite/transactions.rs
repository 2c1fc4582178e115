//! Begin, commit, drop, and what a reader sees.

use std::slice::from_ref;

use super::{Outcome, rows};
use crate::ledger::store::Store;

pub(crate) async fn the_schema_is_ready_and_migrating_again_changes_nothing(store: &dyn Store) -> Outcome {
    store.check_schema().await?;
    let mut tx = store.begin().await?;
    tx.put_value("kept", "yes").await?;
    tx.commit().await?;

    store.migrate().await?;
    store.check_schema().await?;
    let kept = store.read().await?.value("kept").await?;
    assert_eq!(kept.as_deref(), Some("yes"));
    Ok(())
}

pub(crate) async fn what_is_dropped_leaves_nothing_behind(store: &dyn Store) -> Outcome {
    let row = rows::citizen();
    let mut tx = store.begin().await?;
    tx.put_citizens(from_ref(&row)).await?;
    assert_eq!(tx.citizens(&[row.key], true).await?, from_ref(&row));
    drop(tx);

    // The next writer is not held up by it and does not see it.
    let mut tx = store.begin().await?;
    assert_eq!(tx.citizens(&[row.key], true).await?, []);
    tx.put_citizens(from_ref(&row)).await?;
    tx.commit().await?;
    assert_eq!(store.read().await?.citizens(&[row.key], false).await?, [row]);
    Ok(())
}

pub(crate) async fn readers_see_only_what_is_committed(store: &dyn Store) -> Outcome {
    let row = rows::citizen();
    let mut writer = store.begin().await?;
    writer.put_citizens(from_ref(&row)).await?;

    let mut reader = store.read().await?;
    assert_eq!(reader.citizens(&[row.key], false).await?, []);
    drop(reader);

    writer.commit().await?;
    let mut reader = store.read().await?;
    assert_eq!(reader.citizens(&[row.key], false).await?, [row]);
    reader.commit().await
}

pub(crate) async fn readers_do_not_write(store: &dyn Store) -> Outcome {
    let mut reader = store.read().await?;
    assert!(reader.put_value("name", "value").await.is_err());
    drop(reader);
    assert_eq!(store.read().await?.value("name").await?, None);
    Ok(())
}
