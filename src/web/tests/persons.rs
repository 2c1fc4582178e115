//! Deaths, one-time codes and what the registry's owner is told, over HTTP.

use serde_json::{Value, json};

use super::site::Site;
use crate::ledger::fixture::{address, new_address, nothing};
use crate::ledger::registry::Registration;
use crate::ledger::{Heard, Meaning};

const ANNA: &str = "/v1/citizens/snils:anna";

async fn post(site: &Site, path: &str, body: Value) -> (u16, Value) {
    let answer = site.ask("POST", path, Some("registry"), body).await;
    (answer.status, answer.json())
}

async fn events(site: &Site, query: &str) -> (Vec<Value>, String) {
    let page = site.ask("GET", &format!("/v1/registry/events{query}"), Some("registry"), "").await.json();
    (page["events"].as_array().unwrap().clone(), page["next"].as_str().unwrap().to_owned())
}

async fn says(site: &Site, key: &str, meaning: Meaning) {
    let (sms, route) = ("sms".parse().unwrap(), crate::ledger::fixture::route());
    let words = "words".to_owned();
    let heard = [Heard { key: key.to_owned(), sender: address("sms", "anna"), meaning, words }];
    site.world.ledger.hear(&sms, &route, &heard, &site.world.rules).await.unwrap();
}

#[tokio::test]
async fn a_death_is_a_named_persons_act_and_can_be_put_again() {
    let site = Site::new().await;
    site.world.citizen("anna", &["sms"]).await;
    let path = format!("{ANNA}/deceased");
    for (body, pointer) in [
        (json!({ "actor": "Olena Koval" }), "/evidence"),
        (json!({ "evidence": "act 118" }), "/actor"),
        (json!({ "evidence": "", "actor": "Olena Koval" }), "/evidence"),
        (json!({ "evidence": "act 118", "actor": "  " }), "/actor"),
        (json!({ "evidence": "act 118", "actor": "Olena Koval", "undo": "yes" }), "/undo"),
    ] {
        let (status, problem) = post(&site, &path, body).await;
        assert_eq!((status, &problem["pointer"]), (422, &json!(pointer)));
    }
    let act = json!({ "evidence": "act 118", "actor": "Olena Koval" });
    let (status, nobody) = post(&site, "/v1/citizens/nobody/deceased", act.clone()).await;
    assert_eq!((status, &nobody["reason"]), (404, &json!("no_such_citizen")));
    let (status, citizen) = post(&site, &path, act.clone()).await;
    assert!(status == 200 && citizen["deceased_at"].is_string(), "{citizen}");
    assert_eq!(site.ask("PUT", ANNA, Some("registry"), citizen.clone()).await.json(), citizen);

    let undo = json!({ "deceased": { "evidence": "mixed up", "actor": "Olena Koval", "undo": true } });
    assert_eq!(site.ask("PUT", ANNA, Some("registry"), undo).await.json()["deceased_at"], Value::Null);
    let wrong = json!({ "deceased": { "evidence": "act 118" } });
    let problem = site.ask("PUT", ANNA, Some("registry"), wrong).await.json();
    assert_eq!(problem["pointer"], "/deceased/actor");
    let record = site.ask("GET", &format!("{ANNA}/events"), Some("registry"), "").await.json();
    assert_eq!(record["events"][0]["by"], act);
    assert_eq!(record["events"][1]["kind"], "citizen_alive");
    assert_eq!(site.ask("GET", "/v1/citizens/nobody/events", Some("registry"), "").await.status, 404);
}

#[tokio::test]
async fn a_code_is_handed_out_and_comes_back() {
    let site = Site::new().await;
    let id = site.world.citizen("anna", &["sms", "email"]).await;
    let path = format!("{ANNA}/addresses/verify");
    let ask = |channel: &str, address: &str| json!({ "channel": channel, "address": address });
    says(&site, "1", Meaning::NotMe).await;
    let (status, nobody) = post(&site, "/v1/citizens/nobody/addresses/verify", ask("sms", "sms-anna")).await;
    assert_eq!((status, &nobody["reason"]), (404, &json!("no_such_citizen")));
    assert_eq!(post(&site, &path, ask("sms", "sms-ivan")).await.0, 404);
    let (status, email) = post(&site, &path, ask("email", "email-anna")).await;
    assert_eq!((status, &email["pointer"]), (422, &json!("/channel")));
    let (status, code) = post(&site, &path, ask("sms", "sms-anna")).await;
    assert!(status == 201 && code["expires_at"].is_string(), "{code}");
    says(&site, "2", Meaning::OneTimeCode(code["code"].as_str().unwrap().to_owned())).await;
    let citizen = site.ask("GET", ANNA, Some("registry"), "").await.json();
    assert!(citizen["addresses"][0]["closed"].is_null());

    let addresses = vec![new_address("sms", &address("sms", "second"))];
    site.world.register(Registration { addresses, ..nothing(id) }).await;
    assert_eq!(post(&site, &path, ask("sms", "sms-second")).await.0, 201);
}

#[tokio::test]
async fn the_registrys_owner_reads_events_page_by_page_and_nobody_else_does() {
    let site = Site::new().await;
    site.world.citizen("anna", &["sms"]).await;
    let act = |undo| json!({ "evidence": "act 118", "actor": "Olena Koval", "undo": undo });
    says(&site, "1", Meaning::NotMe).await;
    for undo in [false, true] {
        post(&site, &format!("{ANNA}/deceased"), act(undo)).await;
    }
    let (first, next) = events(&site, "?limit=2").await;
    assert_eq!(first[0]["kind"], "address_disputed");
    assert_eq!((&first[0]["citizen"], &first[0]["channel"]), (&json!("snils:anna"), &json!("sms")));
    assert_eq!((&first[1]["kind"], &first[1]["channel"]), (&json!("citizen_deceased"), &Value::Null));
    let (rest, next) = events(&site, &format!("?after={next}")).await;
    assert!(rest.len() == 1 && rest[0]["kind"] == "citizen_alive", "{rest:?}");
    assert!(events(&site, &format!("?after={next}")).await.0.is_empty());
    assert!(!first[0].to_string().contains("sms-anna"), "no address is told");

    for (query, token, status) in
        [("?after=nonsense", "registry", 422), ("?limit=x", "registry", 422), ("", "inbox", 403)]
    {
        let path = format!("/v1/registry/events{query}");
        assert_eq!(site.ask("GET", &path, Some(token), "").await.status, status, "{query}");
    }
}
