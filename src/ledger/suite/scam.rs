//! Scam reports.

use std::slice::from_ref;

use uuid::Uuid;

use super::{Outcome, moment, rows};
use crate::domain::CitizenKey;
use crate::ledger::store::{Past, ScamRow, Store};

pub(crate) async fn scam_reports_are_kept_listed_and_closed_once(store: &dyn Store) -> Outcome {
    let report = |reporter| ScamRow {
        id: Uuid::now_v7(),
        way: "sms".to_owned(),
        reporter,
        content: rows::bytes(),
        at: rows::at(0),
        closed: None,
    };
    let mut kept = [report(None), report(Some(CitizenKey(rows::hash()))), report(None)];
    let mut tx = store.begin().await?;
    tx.add_scams(&kept).await?;
    let now = moment(&*tx, 0);
    assert!(tx.close_scam(kept[1].id, now, "Olena Koval", rows::WORDS).await?);
    assert!(!tx.close_scam(kept[1].id, now, "another", "").await?, "it is closed once");
    assert!(!tx.close_scam(Uuid::now_v7(), now, "another", "").await?);
    tx.commit().await?;
    kept[1].closed = Some((now, "Olena Koval".to_owned(), rows::WORDS.to_owned()));
    kept.reverse();

    let mut tx = store.begin().await?;
    assert_eq!(tx.scams(None, false, 9).await?, kept);
    assert_eq!(tx.scams(None, false, 1).await?, kept[..1]);
    assert_eq!(tx.scams(Some(kept[0].id), false, 9).await?, kept[1..]);
    assert_eq!(tx.scams(None, true, 9).await?, [kept[0].clone(), kept[2].clone()]);
    let reporter = kept[1].reporter.unwrap();
    assert_eq!(tx.scams_of(reporter, None, 9).await?, kept[1..2]);
    assert_eq!(tx.scams_of(reporter, Some(kept[1].id), 9).await?, []);
    assert_eq!(tx.scam(kept[1].id).await?.as_ref(), Some(&kept[1]));
    assert_eq!(tx.scam(Uuid::now_v7()).await?, None);
    assert_eq!(tx.forget(Past::ScamReports, now, 9).await?, 0);
    assert_eq!(tx.forget(Past::ScamReports, moment(&*tx, 1), 9).await?, 1, "what is open stays");
    assert_eq!(tx.scams(None, false, 9).await?, [kept[0].clone(), kept[2].clone()]);
    assert_eq!(tx.scams(Some(kept[0].id), true, 9).await?, from_ref(&kept[2]));
    tx.commit().await
}
