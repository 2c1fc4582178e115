//! Check codes and scam reports over HTTP.

use serde_json::{Value, json};

use super::OK;
use super::site::Site;

#[tokio::test]
async fn check_is_open_to_all_and_never_names_anybody() {
    let site = Site::new().await;
    site.world.citizen("anna", &["sms"]).await;
    site.world.publish("1", "anna").await;
    let sent = site.world.send("sms").await.remove(0);
    let code = site.world.rules.check_key.code(sent.notice).to_string();
    for spelling in [code.clone(), code.to_lowercase().replace('-', "%20")] {
        let answer = site.ask("GET", &format!("/v1/check/{spelling}"), None, "").await;
        assert_eq!(answer.status, OK, "{}", answer.text);
        assert_eq!(
            answer.json(),
            json!({ "ours": true, "sent": [{ "day": "2026-06-17", "channel": "sms" }] })
        );
    }
    for (path, status, reason) in [
        ("/v1/check/0000-0000", 404, "no_such_code"),
        ("/v1/check/0000-000", 422, "invalid_query"),
        ("/v1/check/%ff", 422, "invalid_query"),
        ("/v1/check/", 404, "not_found"),
    ] {
        let answer = site.ask("GET", path, None, "").await;
        assert_eq!((answer.status, answer.json()["reason"].as_str()), (status, Some(reason)), "{path}");
        assert!(!answer.text.contains("0000"), "{}", answer.text);
    }
    for _ in 1..10 {
        assert_eq!(site.ask("GET", "/v1/check/0000-0000", None, "").await.status, 404);
    }
    let over = site.ask("GET", &format!("/v1/check/{code}"), None, "").await;
    assert_eq!((over.status, over.json()["reason"].as_str()), (429, Some("too_many_wrong_codes")));
    assert_eq!(over.headers["retry-after"], "3600");
}

#[tokio::test]
async fn a_scam_report_is_kept_for_the_operator() {
    let site = Site::new().await;
    site.world.citizen("anna", &[]).await;
    let report = async |body: Value| site.ask("POST", "/v1/scam-reports", Some("inbox"), body).await;
    let kept = report(json!({ "text": "Pay here", "sender": "Minlstry", "citizen": "snils:anna" })).await;
    assert_eq!(kept.status, 201, "{}", kept.text);
    let id = kept.json()["id"].as_str().unwrap().parse().unwrap();
    let (about, scam) = site.world.ledger.scam_report(id).await.unwrap().unwrap();
    let scam = scam.unwrap();
    assert!(about.known && about.way == "http" && scam.text == "Pay here");
    assert_eq!(scam.sender.as_deref(), Some("Minlstry"));
    assert_eq!(report(json!({ "text": "Pay here" })).await.status, 201, "nobody need be named");
    for (body, status, pointer) in [
        (json!({ "text": " " }), 422, "/text"),
        (json!({ "text": "я".repeat(4_001) }), 422, "/text"),
        (json!({ "text": "a", "sender": "" }), 422, "/sender"),
        (json!({ "text": "a", "citizen": "snils:nobody" }), 404, "/citizen"),
        (json!({ "text": "a", "sendr": "b" }), 422, "/sendr"),
    ] {
        let answer = report(body).await;
        assert_eq!((answer.status, answer.json()["pointer"].as_str()), (status, Some(pointer)));
        assert!(!answer.text.contains("nobody\""), "{}", answer.text);
    }
    assert_eq!(site.world.ledger.scam_reports(None, true, 9).await.unwrap().len(), 2);
}
