//! The registry over HTTP: what it may say of a citizen, and what is named that it gets wrong.

use serde_json::{Value, json};

use super::OK;
use super::site::Site;
use crate::ledger::fixture::citizen_id;

fn anna() -> Value {
    json!({
        "locale": "uk", "zone": "Europe/Kyiv", "jurisdiction": "ua",
        "addresses": [{ "channel": "sms", "address": " +380000000001 " }],
        "consents": [{
            "channel": "sms", "topic": "all", "action": "granted", "origin": "portal",
            "evidence": "form 17", "at": "2026-06-01T09:00:00Z",
        }],
        "preferences": [{ "topic": "all", "channels": ["sms"], "hours": { "from": "09:00", "until": "21:00" } }],
    })
}

#[tokio::test]
async fn a_citizen_is_recorded_shown_and_recorded_again_without_a_change() {
    let site = Site::new().await;
    let (path, registry) = ("/v1/citizens/snils%3Aanna", Some("registry"));
    assert_eq!(site.ask("GET", path, registry, "").await.json()["reason"], "no_such_citizen");
    let first = site.ask("PUT", path, registry, anna()).await;
    assert_eq!(first.status, OK, "{}", first.text);
    let citizen = first.json();
    assert_eq!(citizen["addresses"], json!([{ "channel": "sms", "address": "+380000000001" }]));
    assert_eq!(citizen["consents"][0]["topic"], "all");
    assert_eq!(citizen["preferences"][0]["hours"]["until"], "21:00:00");
    assert_eq!(site.ask("PUT", path, registry, anna()).await.json(), citizen);
    assert_eq!(
        site.ask("PUT", path, registry, citizen.clone()).await.json(),
        citizen,
        "what is shown can be put"
    );
    assert_eq!(site.ask("GET", path, registry, "").await.json(), citizen);
}

#[tokio::test]
async fn addresses_consents_and_preferences_change_one_by_one() {
    let site = Site::new().await;
    let registry = Some("registry");
    site.ask("PUT", "/v1/citizens/a", registry, anna()).await;
    let ask = async |method, path: &str, body: Value| {
        site.ask(method, &format!("/v1/citizens/a/{path}"), registry, body).await.json()
    };
    let email = json!({ "channel": "email", "address": "a@mail.example" });
    assert_eq!(ask("POST", "addresses", email.clone()).await["addresses"][1]["channel"], "email");
    let close = json!({ "channel": "email", "address": "a@mail.example", "reason": "moved" });
    assert_eq!(
        ask("POST", "addresses/close", close.clone()).await["addresses"][1]["closed"]["reason"],
        "moved"
    );
    assert_eq!(ask("POST", "addresses/close", close).await["reason"], "not_found");
    assert_eq!(ask("POST", "addresses", email.clone()).await["addresses"][1]["closed"]["reason"], "moved");
    let shown = site.ask("GET", "/v1/citizens/a", registry, "").await.json();
    assert_eq!(
        site.ask("PUT", "/v1/citizens/a", registry, shown.clone()).await.json(),
        shown,
        "a closed address can be put as it is shown, and stays closed"
    );
    let reopened = json!({ "channel": "email", "address": "a@mail.example", "reopen": true });
    assert_eq!(ask("POST", "addresses", reopened).await["addresses"][1].get("closed"), None);

    let consent = json!({ "channel": "all", "topic": "family", "action": "withdrawn", "origin": "in_person",
        "evidence": "counter 3", "wording": "v2", "locale": "uk", "actor": "window 4", "at": "2026-06-17T09:00:00Z" });
    assert_eq!(ask("POST", "consents", consent.clone()).await["consents"][1], consent);
    let history = ask("GET", "consents", json!("")).await;
    let record = &history["consents"][1];
    assert_eq!(
        (&history["whole"], &record["number"], &record["actor"]),
        (&json!(true), &json!(2), &json!("window 4"))
    );
    let preference =
        json!({ "topic": "family", "locale": "en", "channels": null, "hours": null, "bundling": null });
    assert_eq!(ask("PUT", "preferences", preference.clone()).await["preferences"][1], preference);
    for (method, path, body) in [
        ("GET", "consents", json!("")),
        ("POST", "addresses", email),
        ("POST", "consents", consent),
        ("PUT", "preferences", preference),
    ] {
        let answer = site.ask(method, &format!("/v1/citizens/nobody/{path}"), registry, body).await;
        assert_eq!((answer.status, &answer.json()["reason"]), (404, &json!("no_such_citizen")), "{path}");
    }
}

#[tokio::test]
async fn what_a_registry_gets_wrong_is_named_by_its_place() {
    let site = Site::new().await;
    let long = "x".repeat(201);
    let table = [
        ("", json!("secret"), "", "an object"),
        ("/id", json!("snils:secret"), "/id", "the citizen that the address names"),
        ("/locale", json!("secret"), "/locale", "ru, uk or en"),
        ("/locale", Value::Null, "/locale", "ru, uk or en"),
        ("/zone", json!("Secret/Zone"), "/zone", "IANA"),
        ("/region", json!("sec\0ret"), "/region", "no character U+0000"),
        ("/region", json!("sec\nret"), "/region", "a code"),
        ("/jurisdiction", json!("SECRET"), "/jurisdiction", "an id"),
        ("/adresses", json!([]), "/adresses", "did you mean addresses?"),
        ("/addresses/0/channel", json!("smss"), "/addresses/0/channel", "did you mean sms?"),
        ("/addresses/0/address", json!(" "), "/addresses/0/address", "an address of the channel"),
        ("/consents/0/channel", Value::Null, "/consents/0/channel", "also all"),
        ("/consents/0/channel", json!("fax"), "/consents/0/channel", "a channel (email"),
        ("/consents/0/topic", json!("famly"), "/consents/0/topic", "did you mean family?"),
        ("/consents/0/action", json!("secret"), "/consents/0/action", "granted or withdrawn"),
        ("/consents/0/origin", json!("reply"), "/consents/0/origin", "portal, single_number"),
        ("/consents/0/evidence", json!(""), "/consents/0/evidence", "1 to 200"),
        ("/consents/0/evidence", json!("   "), "/consents/0/evidence", "not blank"),
        ("/consents/0/wording", json!("\u{a0}"), "/consents/0/wording", "not blank"),
        ("/consents/0/actor", json!(" "), "/consents/0/actor", "not blank"),
        ("/consents/0/evidence", json!(long), "/consents/0/evidence", "1 to 200"),
        ("/consents/0/at", json!("yesterday, secret"), "/consents/0/at", "RFC 3339"),
        ("/consents/0/at", json!("2026-06-17T09:00:00.001Z"), "/consents/0/at", "a moment that has come"),
        ("/preferences/0/channels", json!(["sms", "sms"]), "/preferences/0/channels/1", "once"),
        ("/preferences/0/hours/from", json!("25:00"), "/preferences/0/hours/from", "a time of day"),
        (
            "/preferences/0/hours/workday",
            json!({ "from": "09:00" }),
            "/preferences/0/hours/workday/until",
            "a time of day",
        ),
        ("/preferences/0/hours/until", Value::Null, "/preferences/0/hours", "workday, weekend and holiday"),
        ("/preferences/0/hours", json!({}), "/preferences/0/hours", "workday, weekend and holiday"),
        ("/preferences/0/evidence", json!(""), "/preferences/0/evidence", "1 to 200"),
        ("/preferences/0/evidence", json!("\u{200b} "), "/preferences/0/evidence", "not blank"),
    ];
    for (pointer, value, blamed, expected) in table {
        let mut body = anna();
        put(&mut body, pointer, value);
        let answer = site.ask("PUT", "/v1/citizens/snils:anna", Some("registry"), body).await;
        let problem = answer.json();
        assert_eq!((answer.status, &problem["pointer"]), (422, &json!(blamed)), "{pointer}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(expected), "{pointer}: {problem}");
        assert!(!answer.text.to_lowercase().contains("secret"), "{problem}");
    }
    let unknown = site.ask("PUT", "/v1/citizens/snils:anna", Some("registry"), json!({})).await;
    assert_eq!(unknown.json()["pointer"], "/locale");
    assert!(site.world.ledger.citizen(&citizen_id("anna")).await.unwrap().is_none(), "nothing was recorded");
}

/// Sets what a pointer names, also where nothing stands there yet.
fn put(body: &mut Value, pointer: &str, value: Value) {
    let Some((parent, name)) = pointer.rsplit_once('/') else {
        *body = value;
        return;
    };
    body.pointer_mut(parent).unwrap()[name] = value;
}
