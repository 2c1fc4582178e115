//! The whole server over a real ledger: what every address answers to good and to bad requests.

mod check;
mod citizens;
mod explanation;
mod page;
mod persons;
mod preferences;
mod reports;
pub(crate) mod site;

use axum::http::StatusCode;
use serde_json::{Value, json};
use vestnik_contract::SendErrorKind;

use self::site::{FORM, Site, notification};
use crate::domain::{ConsentAction, FinalState};

const OK: u16 = 200;

#[tokio::test]
async fn every_address_of_the_api_asks_for_a_token_with_its_scope() {
    let site = Site::new().await;
    let table = [
        ("POST", "/v1/notifications", "publish"),
        ("GET", "/v1/notifications/family_fund/1", "status"),
        ("GET", "/v1/status", "status"),
        ("GET", "/v1/citizens/snils:anna", "registry"),
        ("PUT", "/v1/citizens/snils:anna", "registry"),
        ("POST", "/v1/citizens/snils:anna/addresses", "registry"),
        ("POST", "/v1/citizens/snils:anna/addresses/close", "registry"),
        ("POST", "/v1/citizens/snils:anna/consents", "registry"),
        ("PUT", "/v1/citizens/snils:anna/preferences", "registry"),
        ("GET", "/v1/citizens/snils:anna/preferences/history", "registry"),
        ("DELETE", "/v1/citizens/snils:anna/preferences/all", "registry"),
        ("POST", "/v1/citizens/snils:anna/links/telegram", "registry"),
        ("POST", "/v1/citizens/snils:anna/page-link", "registry"),
        ("GET", "/v1/citizens/snils:anna/inbox", "inbox"),
        ("GET", "/v1/citizens/snils:anna/inbox/unread", "inbox"),
        ("POST", "/v1/citizens/snils:anna/inbox/0199/read", "inbox"),
        ("GET", "/v1/notifications/family_fund/1/explanation", "inbox"),
        ("POST", "/v1/scam-reports", "inbox"),
        ("GET", "/v1/reports/unreached", "operate"),
        ("GET", "/v1/reports/reach", "operate"),
        ("GET", "/v1/reports/effectiveness", "operate"),
        ("GET", "/v1/reports/budget", "operate"),
        ("GET", "/v1/guard", "operate"),
        ("POST", "/v1/guard/release", "operate"),
    ];
    for (method, path, scope) in table {
        let other = if scope == "operate" { "registry" } else { "operate" };
        for (token, status) in [(None, 401), (Some("vst_guess"), 401), (Some(other), 403)] {
            let answer = site.ask(method, path, token, "").await;
            assert_eq!(answer.status, status, "{method} {path} {token:?}");
            assert_eq!(answer.headers["content-type"], "application/problem+json");
            assert_eq!(answer.headers.contains_key("www-authenticate"), status == 401);
            assert!(!answer.text.contains("guess") && !answer.text.contains("anna"), "{}", answer.text);
        }
        let allowed = site.ask(method, path, Some(scope), "").await;
        assert!(![401, 403, 405].contains(&allowed.status), "{method} {path}: {}", allowed.text);
    }
}

#[tokio::test]
async fn a_revoked_token_is_refused_once_it_is_forgotten() {
    let site = Site::new().await;
    assert_eq!(site.ask("GET", "/v1/status", Some("status"), "").await.status, OK);
    let id = site.world.ledger.tokens().await.unwrap().iter().find(|one| one.label == "status").unwrap().id;
    assert!(site.world.ledger.revoke_token(id).await.unwrap());
    site.world.pass(10).await;
    assert_eq!(site.ask("GET", "/v1/status", Some("status"), "").await.status, 401);
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_done_is_a_problem_too() {
    let site = Site::new().await;
    for (method, path, status) in [
        ("GET", "/", 404),
        ("GET", "/v1", 404),
        ("DELETE", "/healthz", 405),
        ("GET", "/callbacks/sms/spare", 404),
    ] {
        let answer = site.ask(method, path, None, "").await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
}

// ---- the registry ----

#[tokio::test]
async fn hostile_bodies_and_paths_are_refused_in_good_order() {
    let site = Site::new().await;
    let registry = Some("registry");
    let deep = format!("{}{}", "[".repeat(60_000), "]".repeat(60_000));
    let bodies = [&b""[..], b"\xff\xfe\x00", b"null", b"{\"locale\":", deep.as_bytes(), b"{}{}"];
    for body in bodies {
        let answer = site.ask("PUT", "/v1/citizens/a", registry, body).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
    }
    let large = vec![b' '; 256 * 1024 + 1];
    assert_eq!(site.ask("PUT", "/v1/citizens/a", registry, large.as_slice()).await.status, 413);
    assert_eq!(site.ask("POST", "/callbacks/sms/main", None, large.as_slice()).await.status, 413);
    for path in ["/v1/citizens/%00", "/v1/citizens/%D0%B6", "/v1/citizens/%FF", "/v1/citizens/a%20b"] {
        assert_eq!(site.ask("GET", path, registry, "").await.status, 422, "{path}");
    }
}

#[tokio::test]
async fn a_link_is_given_for_a_messenger_in_use() {
    let site = Site::new().await;
    site.world.citizen("anna", &[]).await;
    let ask = async |name: &str, channel: &str| {
        site.ask("POST", &format!("/v1/citizens/snils:{name}/links/{channel}"), Some("registry"), "").await
    };
    let link = ask("anna", "telegram").await;
    assert_eq!(link.status, 201, "{}", link.text);
    let token = link.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(link.json()["url"], format!("https://t.me/ministry_bot?start={token}"));
    assert_eq!(link.json()["expires_at"], "2026-06-17T10:00:00Z");
    assert_eq!(ask("anna", "viber").await.json()["url"], Value::Null);
    assert!(ask("anna", "telegramm").await.text.contains("did you mean telegram?"));
    for (name, channel) in [("anna", "sms"), ("anna", "SMS"), ("nobody", "telegram")] {
        assert_eq!(ask(name, channel).await.status, 404, "{name} {channel}");
    }
}

// ---- the inbox ----

#[tokio::test]
async fn an_inbox_is_read_page_by_page() {
    let site = Site::new().await;
    site.world.citizen("anna", &[]).await;
    for id in ["1", "2", "3"] {
        site.world.publish(id, "anna").await;
    }
    let inbox = Some("inbox");
    let first = site.ask("GET", "/v1/citizens/snils:anna/inbox?limit=2", inbox, "").await.json();
    assert_eq!((first["entries"].as_array().unwrap().len(), &first["unread"]), (2, &json!(3)));
    let next = first["next"].as_str().unwrap();
    let path = format!("/v1/citizens/snils:anna/inbox?limit=2&before={next}");
    let last = site.ask("GET", &path, inbox, "").await.json();
    assert_eq!((last["entries"].as_array().unwrap().len(), &last["next"]), (1, &Value::Null));

    let entry = last["entries"][0]["id"].as_str().unwrap();
    for name in ["anna", "anna"] {
        let path = format!("/v1/citizens/snils:{name}/inbox/{entry}/read");
        assert_eq!(site.ask("POST", &path, inbox, "").await.status, 204);
    }
    let unread = site.ask("GET", "/v1/citizens/snils:anna/inbox/unread", inbox, "").await;
    assert_eq!(unread.json(), json!({ "unread": 2 }));
    let of_another = format!("/v1/citizens/snils:ben/inbox/{entry}/read");
    for path in [of_another.as_str(), "/v1/citizens/snils:anna/inbox/17/read"] {
        assert_eq!(site.ask("POST", path, inbox, "").await.status, 404, "{path}");
    }
    for query in ["before=17", "limit=many", "page=2"] {
        let path = format!("/v1/citizens/snils:anna/inbox?{query}");
        assert_eq!(site.ask("GET", &path, inbox, "").await.json()["reason"], "invalid_query", "{query}");
    }
}

// ---- notifications ----

#[tokio::test]
async fn one_notification_gets_its_own_answer() {
    let site = Site::new().await;
    site.world.citizen("anna", &["sms"]).await;
    let publish = Some("publish");
    let post = async |body: Value| site.ask("POST", "/v1/notifications", publish, body).await;
    let taken = post(notification("1")).await;
    assert_eq!(taken.status, 202, "{}", taken.text);
    assert_eq!(taken.json(), json!({ "source": "family_fund", "id": "1", "result": "accepted" }));
    assert_eq!(post(notification("1")).await.json(), taken.json(), "a repeat gets the same answer");
    assert!(site.woken(), "the lanes are told");

    let mut other = notification("1");
    other["params"]["count"] = json!(4);
    let mut foreign = notification("2");
    foreign["source"] = json!("pension_fund");
    let mut urgent = notification("3");
    urgent["priority"] = json!("urgent");
    let mut unknown = notification("4");
    unknown["life_event"] = json!("wedding");
    for (body, status, reason) in [
        (other, 409, "conflict"),
        (foreign, 403, "forbidden_source"),
        (urgent, 403, "urgent_not_permitted"),
        (unknown, 422, "unknown_life_event"),
        (json!("text"), 422, "invalid_field"),
    ] {
        let answer = post(body).await;
        assert_eq!((answer.status, &answer.json()["reason"]), (status, &json!(reason)), "{}", answer.text);
        assert_eq!(answer.headers["content-type"], "application/problem+json");
    }
    let cancel = json!({ "type": "cancel", "source": "family_fund", "id": "9" });
    assert_eq!(post(cancel).await.json()["result"], "cancel_kept");
}

#[tokio::test]
async fn many_notifications_are_answered_each_in_its_place() {
    let site = Site::new().await;
    let (publish, path) = (Some("publish"), "/v1/notifications");
    let results = |answer: site::Answer| {
        assert_eq!(answer.status, OK, "{}", answer.text);
        answer.json()["results"].clone()
    };
    let array = json!([notification("1"), { "id": 1 }, notification("2"), notification("1")]);
    let answered = results(site.ask("POST", path, publish, array).await);
    let words: Vec<_> =
        answered.as_array().unwrap().iter().map(|one| one["result"].as_str().unwrap()).collect();
    assert_eq!(words, ["accepted", "refused", "accepted", "accepted"]);
    assert_eq!(answered[1]["problem"]["reason"], "invalid_field");

    let lines = format!("{}\n\n{}\r\n{{\n", notification("3"), notification("4"));
    let answered = results(site.ask_as("POST", path, publish, "application/x-ndjson", lines).await);
    assert_eq!((answered[1]["id"].as_str(), answered.as_array().unwrap().len()), (Some("4"), 3));
    assert_eq!(answered[2]["problem"]["reason"], "invalid_json");

    assert_eq!(results(site.ask("POST", path, publish, "[]").await), json!([]));
    assert_eq!(site.ask("POST", path, publish, "[1,").await.json()["reason"], "invalid_json");
    let crowd = format!("[{}1]", "1,".repeat(10_000));
    assert_eq!(site.ask("POST", path, publish, crowd.as_str()).await.status, 413);
    let large = vec![b' '; 8 * 1024 * 1024 + 1];
    assert_eq!(site.ask("POST", path, publish, large.as_slice()).await.status, 413);
}

#[tokio::test]
async fn back_pressure_holds_bulk_before_normal_and_never_a_cancel() {
    let site = Site::crowded(0, 1).await;
    site.world.citizen("anna", &["sms"]).await;
    site.world.citizen("ben", &["sms"]).await;
    let publish = Some("publish");
    let post = async |body: &Value| {
        site.world.pass(1).await;
        site.ask("POST", "/v1/notifications", publish, body.clone()).await
    };
    let mut bulk = notification("b");
    bulk["priority"] = json!("bulk");
    site.world.publish("w1", "anna").await;
    let held = post(&bulk).await;
    assert_eq!((held.status, &held.json()["reason"]), (503, &json!("back_pressure")));
    assert!(held.headers.contains_key("retry-after"));
    assert_eq!(post(&notification("n")).await.status, 202);
    site.world.publish("w2", "ben").await;
    assert_eq!(post(&notification("m")).await.status, 503);
    let cancel = json!({ "type": "cancel", "source": "family_fund", "id": "w2" });
    assert_eq!(post(&cancel).await.json()["result"], "cancelled");
    let both = json!([bulk, cancel]);
    let results = site.ask("POST", "/v1/notifications", publish, both).await.json()["results"].clone();
    assert_eq!(results[0]["problem"]["reason"], "back_pressure");
    assert_eq!(results[1]["result"], "cancelled");
}

#[tokio::test]
async fn a_source_sees_what_became_of_its_own() {
    let site = Site::new().await;
    site.world.citizen("anna", &["sms"]).await;
    site.world.publish("1", "anna").await;
    site.world.publish("2", "nobody").await;
    site.world.send_all().await;
    let status = Some("status");
    let one = site.ask("GET", "/v1/notifications/family_fund/1", status, "").await.json();
    assert_eq!((&one["life_event"], &one["steps"][0]["channel"]), (&json!("child_birth"), &json!("sms")));
    assert_eq!(one["timeline"][0]["what"], "decided");
    assert!(!one.to_string().contains("anna"), "{one}");
    for (path, code) in [
        ("/v1/notifications/family_fund/9", 404),
        ("/v1/notifications/family_fund/%20", 404),
        ("/v1/notifications/pension_fund/1", 403),
        ("/v1/notifications/ПФ/1", 404),
    ] {
        assert_eq!(site.ask("GET", path, status, "").await.status, code, "{path}");
    }
    let page = site.ask("GET", "/v1/status?limit=50", status, "").await.json();
    let told: Vec<_> = page["statuses"].as_array().unwrap().iter().map(|one| one["state"].clone()).collect();
    assert_eq!(told, ["unreachable", "sent"]);
    let next = format!("/v1/status?after={}", page["next"].as_str().unwrap());
    assert_eq!(site.ask("GET", &next, status, "").await.json()["statuses"], json!([]));
    for query in ["after=nonsense", "since=1"] {
        assert_eq!(site.ask("GET", &format!("/v1/status?{query}"), status, "").await.status, 422, "{query}");
    }
}

// ---- callbacks ----

#[tokio::test]
async fn a_callback_is_answered_once_it_is_on_record() {
    let site = Site::new().await;
    site.world.citizen("anna", &["sms"]).await;
    let path = "/callbacks/sms/main/in?key=1";
    let answer = site.ask("POST", path, None, "sms-anna says STOP").await;
    assert_eq!((answer.status, answer.text.as_str()), (OK, "kept in?key=1"));
    assert_eq!(site.consents("anna").await.last(), Some(&ConsentAction::Withdrawn));
    assert_eq!(site.ask("POST", path, None, "forged").await.status, 403);
    assert_eq!(site.ask("GET", "/callbacks/sms/main", None, "").await.status, 403);

    site.lock_ledger().await;
    // Only the wait for the ledger passes in no time.
    tokio::time::pause();
    let away = site.ask("POST", path, None, "sms-anna says START").await;
    assert_eq!(away.status, 503, "{}", away.text);
}

// ---- unsubscribe ----

#[tokio::test]
async fn one_click_stops_at_once_and_only_by_post() {
    let site = Site::new().await;
    site.world.citizen("anna", &["email"]).await;
    site.world.publish("1", "anna").await;
    let sent = site.world.send("email").await.remove(0);
    let path = sent.message.unsubscribe.unwrap().url.path().to_owned();

    let page = site.ask("GET", &path, None, "").await;
    assert_eq!(page.status, OK);
    assert!(
        page.text.contains("<html lang=\"uk\">") && page.text.contains("Більше не писати"),
        "{}",
        page.text
    );
    assert!(page.text.contains("Ministry of Families") && page.text.contains("0\u{a0}800\u{a0}000\u{a0}000"));
    assert!(page.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    assert_eq!(site.consents("anna").await, [ConsentAction::Granted], "looking stops nothing");

    let first = site.ask_as("POST", &path, None, FORM, "List-Unsubscribe=One-Click").await;
    assert!(first.status == OK && first.text.contains("Готово"), "{}", first.text);
    let again = site.ask_as("POST", &path, None, FORM, "List-Unsubscribe=One-Click").await;
    assert_eq!((again.status, again.text), (OK, first.text));
    assert_eq!(site.consents("anna").await, [ConsentAction::Granted, ConsentAction::Withdrawn]);

    site.world.publish("2", "anna").await;
    assert_eq!(site.world.ending("2").await.unwrap().0, FinalState::InboxOnly);
}

#[tokio::test]
async fn a_wrong_unsubscribe_address_is_a_friendly_page() {
    let site = Site::new().await;
    for method in ["GET", "POST"] {
        for token in ["guess", "<b>guess", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "%FF"] {
            let token = &token.replace('<', "%3C").replace('>', "%3E");
            let answer = site.ask(method, &format!("/unsubscribe/{token}"), None, "").await;
            assert_eq!(answer.status, 404, "{token}: {}", answer.text);
            assert!(answer.text.contains("This link does not work"), "{token}");
            assert!(!answer.text.contains("guess") && !answer.text.contains("AAAA"), "{token}");
        }
    }
}

// ---- health ----

#[tokio::test]
async fn the_process_says_whether_it_can_work() {
    let site = Site::new().await;
    assert_eq!(site.ask("GET", "/healthz", None, "").await.text, "ok\n");
    let ready = site.ask("GET", "/readyz", None, "").await;
    assert_eq!((ready.status, ready.json()["parts"]["ledger"].as_str()), (OK, Some("ok")));
    site.break_broker();
    let broken = site.ask("GET", "/readyz", None, "").await;
    assert_eq!(broken.status, 503);
    assert_eq!(broken.json(), json!({ "ready": false, "parts": { "ledger": "ok", "broker": "away" } }));
    assert_eq!(site.ask("GET", "/metrics", None, "").await.status, 404);
}

#[tokio::test]
async fn a_failed_provider_leaves_the_server_alone() {
    let site = Site::new().await;
    site.world.citizen("anna", &["sms"]).await;
    site.world.publish("1", "anna").await;
    site.world.channel("sms").refuse(SendErrorKind::Rejected);
    site.world.send_all().await;
    let one = site.ask("GET", "/v1/notifications/family_fund/1", Some("status"), "").await;
    assert_eq!(StatusCode::from_u16(one.status).unwrap(), StatusCode::OK);
    assert_eq!(one.json()["steps"][0]["reason"], "rejected");
}
