//! Versions of preferences.

use super::{Outcome, rows};
use crate::domain::{CitizenKey, TopicId};
use crate::ledger::store::{PreferenceRow, PreferenceVersionRow, Store};

fn version(citizen: CitizenKey, topic: Option<&str>, preference: Option<&str>) -> PreferenceVersionRow {
    PreferenceVersionRow {
        citizen,
        topic: topic.map(|id| TopicId::new(id).unwrap()),
        number: 0,
        preference: preference.map(str::to_owned),
        set_by: b"sealed".to_vec(),
        at: rows::at(1),
    }
}

pub(crate) async fn versions_of_preferences_are_numbered_by_topic(store: &dyn Store) -> Outcome {
    let (one, other) = (rows::citizen(), rows::citizen());
    let mut tx = store.begin().await?;
    tx.add_citizens(&[one.clone(), other.clone()]).await?;
    let first = [
        version(one.key, None, Some("first")),
        version(one.key, Some("family"), Some(rows::WORDS)),
        version(one.key, None, Some("second")),
        version(other.key, None, Some("other")),
    ];
    tx.add_preference_versions(&first).await?;
    tx.add_preference_versions(&[version(one.key, None, None)]).await?;
    let found = tx.preference_versions(one.key).await?;
    let told: Vec<_> = found.iter().map(|row| (row.number, row.preference.as_deref())).collect();
    assert_eq!(told, [(1, Some("first")), (2, Some("second")), (3, None), (1, Some(rows::WORDS))]);
    assert_eq!(found[3], PreferenceVersionRow { number: 1, ..first[1].clone() });
    assert_eq!(tx.preference_versions(other.key).await?.len(), 1);
    tx.erase(one.key, &[]).await?;
    assert!(tx.preference_versions(one.key).await?.is_empty());
    assert_eq!(tx.preference_versions(other.key).await?.len(), 1);
    tx.commit().await
}

pub(crate) async fn a_preference_is_taken_away_alone(store: &dyn Store) -> Outcome {
    let (one, other) = (rows::citizen(), rows::citizen());
    let family = || Some(TopicId::new("family").unwrap());
    let mut tx = store.begin().await?;
    tx.add_citizens(&[one.clone(), other.clone()]).await?;
    let preference = |citizen, topic| PreferenceRow {
        citizen,
        topic,
        preference: "{}".to_owned(),
        updated_at: rows::at(0),
    };
    let all = [preference(one.key, None), preference(one.key, family()), preference(other.key, None)];
    tx.put_preferences(&all).await?;
    tx.remove_preferences(&[]).await?;
    tx.remove_preferences(&[(one.key, None), (other.key, family())]).await?;
    assert_eq!(tx.preferences(&[one.key]).await?, [all[1].clone()]);
    assert_eq!(tx.preferences(&[other.key]).await?, [all[2].clone()]);
    tx.commit().await
}
