//! Preferences over HTTP: day types, versions with their sources, and what the law leaves no room for.

use serde_json::{Value, json};

use super::site::Site;

const ANNA: &str = "/v1/citizens/snils:anna";

/// Puts a preference; gives the status and the answer.
async fn prefers(site: &Site, preference: Value) -> (u16, Value) {
    let answer = site.ask("PUT", &format!("{ANNA}/preferences"), Some("registry"), preference).await;
    (answer.status, answer.json())
}

async fn history(site: &Site) -> Vec<Value> {
    let answer = site.ask("GET", &format!("{ANNA}/preferences/history"), Some("registry"), "").await;
    answer.json()["versions"].as_array().unwrap().clone()
}

#[tokio::test]
async fn every_change_is_a_version_with_its_source() {
    let site = Site::new().await;
    site.world.citizen("anna", &["sms"]).await;
    assert!(history(&site).await.is_empty());
    let evening = json!({ "workday": { "from": "18:00:00", "until": "20:00:00" }, "weekend": { "from": "10:00:00", "until": "18:00:00" } });
    let told =
        json!({ "topic": "family", "hours": evening, "evidence": "call 88121", "actor": "operator 7" });
    for _ in 0..2 {
        let (status, citizen) = prefers(&site, told.clone()).await;
        assert_eq!((status, &citizen["preferences"][0]["hours"]), (200, &evening));
    }
    let shown = site.ask("GET", ANNA, Some("registry"), "").await.json();
    assert_eq!(site.ask("PUT", ANNA, Some("registry"), shown.clone()).await.json(), shown);
    assert_eq!(history(&site).await.len(), 1, "what changes nothing is no version");

    prefers(&site, json!({ "topic": "family", "locale": "en" })).await;
    let gone = site.ask("DELETE", &format!("{ANNA}/preferences/family"), Some("registry"), "").await;
    assert_eq!((gone.status, &gone.json()["preferences"]), (200, &json!([])));
    for topic in ["family", "all", "no_such_topic", "NO"] {
        let path = format!("{ANNA}/preferences/{topic}");
        assert_eq!(site.ask("DELETE", &path, Some("registry"), "").await.status, 404, "{topic}");
    }
    let versions = history(&site).await;
    let numbers: Vec<_> = versions.iter().map(|version| version["number"].clone()).collect();
    assert_eq!(numbers, [1, 2, 3]);
    let by = json!({ "origin": "registry", "evidence": "call 88121", "actor": "operator 7" });
    assert_eq!((&versions[0]["by"], &versions[0]["preference"]["hours"]), (&by, &evening));
    let by = json!({ "origin": "registry", "evidence": "set over the API" });
    assert_eq!((&versions[2]["by"], &versions[2]["preference"]), (&by, &Value::Null));
    let nobody = site.ask("GET", "/v1/citizens/nobody/preferences/history", Some("registry"), "").await;
    assert_eq!(nobody.json()["reason"], "no_such_citizen");
}

#[tokio::test]
async fn what_the_law_leaves_no_room_for_is_refused_by_its_place() {
    let site = Site::under(|setting| {
        setting.jurisdiction.channels.remove("viber");
    })
    .await;
    site.world.citizen("anna", &["sms"]).await;
    let morning = json!({ "from": "07:00", "until": "09:00" });
    let holidays = json!({ "holiday": { "from": "10:00", "until": "12:00" } });
    let table = [
        (json!({ "topic": "all", "channels": ["sms", "viber"] }), "/channels/1", "law"),
        (json!({ "topic": "all", "hours": morning }), "/hours", "a moment in common"),
        (json!({ "topic": "all", "hours": holidays }), "/hours", "a moment in common"),
    ];
    for (preference, place, words) in table {
        let all = json!({ "preferences": [{ "topic": "family" }, preference.clone()] });
        let answer = site.ask("PUT", ANNA, Some("registry"), all).await;
        let (status, alone) = prefers(&site, preference).await;
        assert_eq!((answer.status, status), (422, 422), "{alone}");
        assert_eq!(answer.json()["pointer"], format!("/preferences/1{place}"));
        assert_eq!(alone["pointer"], place);
        assert!(alone["detail"].as_str().unwrap().contains(words), "{alone}");
    }
    assert!(history(&site).await.is_empty(), "nothing was recorded");
}
