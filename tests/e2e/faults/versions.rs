//! Two replicas with different configurations.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Scene, people};
use crate::killed::id;
use crate::tier::few_or_many;

const RECORDED: &str = "SELECT count(*) FROM value WHERE name LIKE 'config:%'";

/// Invariants 2 and 3: each decision names the version that made it, both are on record, and either
/// replica sends what the other one decided.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_have_different_configurations() {
    let count = few_or_many(40, 2_000);
    let mut scene = Scene::new(&people(20), count).await;
    let (before, after) = scene.plan.bodies.split_at(count / 2);
    scene.source.publish_all(before).await;
    let all = |count: usize| i64::try_from(count).unwrap();
    scene.database().until_count("SELECT count(*) FROM notification", all(count / 2)).await;
    let waits_longer = [("VESTNIK__POLICY__CHANNELS__PORTAL__WAIT_MINUTES".to_owned(), "2".to_owned())];
    let other = scene.setting().with(waits_longer.clone());
    scene.world.stop().await;
    let intake = other.replica("intake").await;
    scene.source.publish_all(after).await;
    scene.database().until_count("SELECT count(*) FROM notification", all(count)).await;
    intake.stop().await;
    scene.world.start().await;
    let replicas = vec![scene.replica().await, other.replica("lanes").await];

    let decided = |marks: &[u32]| -> BTreeSet<String> {
        marks.iter().step_by(few_or_many(8, 400)).map(|mark| version(&scene, *mark)).collect()
    };
    let (early, late) = scene.plan.marks.split_at(count / 2);
    let (early, late) = (decided(early), decided(late));
    assert_eq!((early.len(), late.len()), (1, 1), "one version decided each half");
    assert_ne!(early, late);
    for digest in early.union(&late) {
        let named = format!("{RECORDED} AND name LIKE '%{digest}%'");
        assert_eq!(scene.database().count(&named).await, 1, "{digest} is on record");
    }
    let states = scene.ends_truthfully(replicas).await;
    assert_eq!(states.get("unknown"), None, "{states:?}");
}

/// The version of the configuration that decided.
fn version(scene: &Scene, mark: u32) -> String {
    let told = scene.setting().run(&["explain", &format!("family_fund/{}", id(mark)), "--json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    find(&told, "config").and_then(Value::as_str).unwrap_or_else(|| panic!("{told}")).to_owned()
}

/// The first value of this name, wherever it stands.
fn find<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(fields) => {
            fields.get(name).or_else(|| fields.values().find_map(|field| find(field, name)))
        }
        Value::Array(items) => items.iter().find_map(|item| find(item, name)),
        _ => None,
    }
}
