//! Explanations over HTTP.

use crate::web::tests::site::Site;

#[tokio::test]
async fn a_notification_is_explained_in_the_language_that_is_asked_for() {
    let site = Site::new().await;
    site.world.citizen("anna", &["sms"]).await;
    site.world.publish("1", "anna").await;
    let path = "/v1/notifications/family_fund/1/explanation";
    let own = site.ask("GET", path, Some("inbox"), "").await;
    assert_eq!(own.status, 200, "{}", own.text);
    let own = own.json();
    assert_eq!(
        (&own["source"], &own["id"], &own["locale"]),
        (&"family_fund".into(), &"1".into(), &"uk".into())
    );
    assert!(own["told"][0].as_str().unwrap().contains("17 червня 2026 року"), "{own}");
    assert!(!own.to_string().contains("anna"), "{own}");
    let english = site.ask("GET", &format!("{path}?locale=en"), Some("inbox"), "").await.json();
    assert_eq!(english["locale"], "en");
    assert!(english["told"][0].as_str().unwrap().contains("17 June 2026"), "{english}");
    let sms = english["channels"].as_array().unwrap().iter().find(|one| one["channel"] == "sms").unwrap();
    assert!(sms["text"].as_str().unwrap().starts_with("SMS: due"), "{english}");

    for (path, status) in [
        (format!("{path}?locale=de"), 422),
        (format!("{path}?lang=en"), 422),
        (path.replace("/1/", "/2/"), 404),
        (path.replace("family_fund", "Nobody%20at%20all"), 404),
    ] {
        let answer = site.ask("GET", &path, Some("inbox"), "").await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
    }
}
