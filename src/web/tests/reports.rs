//! Reports over HTTP.

use serde_json::{Value, json};
use vestnik_contract::{ReceiptState, SendErrorKind};

use crate::domain::{GuardRule, Introduction, Mode};
use crate::ledger::fixture::{World, refused};
use crate::web::tests::site::Site;

async fn unreached(site: &Site, query: &str) -> serde_json::Value {
    let answer = site.ask("GET", &format!("/v1/reports/unreached{query}"), Some("operate"), "").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

#[tokio::test]
async fn the_unreached_come_page_by_page_as_json_and_for_a_spreadsheet() {
    let site = Site::new().await;
    let world: &World = &site.world;
    for name in ["anna", "boris"] {
        world.citizen(name, &[]).await;
        world.publish(name, name).await;
    }
    let first = unreached(&site, "?limit=1").await;
    assert_eq!(first["unreached"][0]["citizen"], "snils:anna");
    assert_eq!(first["unreached"][0]["action"], "ask the citizen for an address, then publish again");
    let next = first["next"].as_str().unwrap();
    let second = unreached(&site, &format!("?limit=1&after={next}")).await;
    assert_eq!(second["unreached"][0]["citizen"], "snils:boris");
    let last = unreached(&site, &format!("?after={}", second["next"].as_str().unwrap())).await;
    assert_eq!((last["unreached"].as_array().unwrap().len(), last["next"].is_null()), (0, true));
    assert_eq!(unreached(&site, "?measure=birth_record").await["unreached"].as_array().unwrap().len(), 0);
    assert_eq!(
        unreached(&site, "?since=2999-01-01T00:00:00Z").await["unreached"].as_array().unwrap().len(),
        0
    );

    for wrong in ["?after=nonsense", "?since=yesterday", "?limit=-1", "?colour=red", "?source=A%20B"] {
        let answer = site.ask("GET", &format!("/v1/reports/unreached{wrong}"), Some("operate"), "").await;
        assert_eq!(answer.status, 422, "{wrong}: {}", answer.text);
    }
    for (unknown, expected) in [
        ("measure=birth_grand", "; did you mean birth_grant?"),
        ("source=family_fond", "expected source as a registered source (family_fund"),
    ] {
        let path = format!("/v1/reports/unreached?{unknown}");
        let answer = site.ask("GET", &path, Some("operate"), "").await;
        assert_eq!((answer.status, &answer.json()["reason"]), (422, &json!("invalid_query")));
        assert!(answer.json()["detail"].as_str().unwrap().contains(expected), "{}", answer.text);
    }
    let path = "/v1/reports/unreached?limit=1&source=family_fund";
    let sheet = site.accept("text/csv", path, "operate").await;
    assert_eq!((sheet.status, sheet.text.lines().count()), (200, 2));
    assert_eq!(sheet.headers["content-type"], "text/csv; charset=utf-8");
    let link = sheet.headers["link"].to_str().unwrap();
    let next = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
    let more = site.accept("text/csv", next, "operate").await;
    assert_eq!(more.text.lines().count(), 1, "headings come once");
    assert!(more.text.contains("snils:boris") && !more.headers.contains_key("link"));
}

#[tokio::test]
async fn reports_of_numbers_name_nobody_and_come_as_json_and_for_a_spreadsheet() {
    let site = Site::new().await;
    let world: &World = &site.world;
    for name in ["anna", "boris"] {
        world.citizen(name, &["sms"]).await;
        world.publish(name, name).await;
    }
    world.send("sms").await;
    world.receipt("sms", "sms-1", ReceiptState::Delivered).await;
    let ask = async |path: &str| site.ask("GET", &format!("/v1/reports/{path}"), Some("operate"), "").await;
    let reach = ask("reach?days=1").await.json();
    let measure =
        json!({ "name": "birth_grant", "notified": 2, "reached": 1, "unreached": 0, "under_way": 1 });
    assert_eq!((&reach["measures"][0], &reach["since"]), (&measure, &json!("2026-06-17")));
    assert_eq!(reach["channels"], json!([{ "name": "sms", "sent": 2, "reached": 1 }]));
    let effectiveness = ask("effectiveness").await.json();
    let line = &effectiveness["templates"][0];
    assert_eq!(
        (&line["sent"], &line["delivered"], &line["standing"]),
        (&json!(2), &json!(1), &json!("fine"))
    );
    let budget = ask("budget").await.json();
    let day = json!({ "period": "day", "citizens": 2, "at_ceiling": 0, "most": 1 });
    assert_eq!(budget["periods"][0], day);

    for (name, lines) in [("reach", 5), ("effectiveness", 2), ("budget", 5)] {
        let sheet = site.accept("text/csv", &format!("/v1/reports/{name}"), "operate").await;
        assert_eq!((sheet.status, sheet.text.lines().count()), (200, lines), "{}", sheet.text);
        let file = format!("attachment; filename=\"{name}.csv\"");
        assert_eq!(sheet.headers["content-disposition"], file.as_str());
        assert!(!sheet.text.contains("anna"));
    }
    for wrong in ["reach?days=0", "effectiveness?days=367", "budget?days=41", "budget?weeks=1"] {
        assert_eq!(ask(wrong).await.status, 422, "{wrong}");
    }
}

#[tokio::test]
async fn introductions_stand_among_the_templates_and_are_no_notifications() {
    let mut site = Site::new().await;
    let world = &mut site.world;
    let rule = Introduction { mode: Mode::Enforce, lead_seconds: 600 };
    world.change(|setting| setting.policy.introduction = rule);
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    assert_eq!((world.send_all().await, world.send_all().await), (0, 1));
    world.receipt("sms", "sms-1", ReceiptState::Delivered).await;
    let ask = async |path: &str| site.ask("GET", &format!("/v1/reports/{path}"), Some("operate"), "").await;
    let templates = ask("effectiveness").await.json()["templates"].take();
    assert_eq!(templates.as_array().unwrap().len(), 1);
    let line = &templates[0];
    assert_eq!((&line["template"], &line["sent"]), (&json!("gateway:introduction"), &json!(1)));
    assert_eq!((&line["offered"], &line["delivered"]), (&json!(1), &json!(1)));
    assert_eq!(ask("reach").await.json()["channels"], json!([]));
    assert_eq!(ask("budget").await.json()["sources"], json!([]));
    let sheet = site.accept("text/csv", "/v1/reports/effectiveness", "operate").await;
    assert!(
        sheet.text.lines().nth(1).unwrap().starts_with("sms,gateway:introduction,1,1,1,"),
        "{}",
        sheet.text
    );
}

#[tokio::test]
async fn a_person_releases_what_the_guard_has_paused() {
    let mut site = Site::new().await;
    let rule = GuardRule {
        mode: Mode::Enforce,
        every_seconds: 60,
        window_days: 7,
        least: 1,
        clear_percent: 1,
        warn_percent: 2,
        pause_percent: 3,
    };
    let world = &mut site.world;
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    let outgoing = world.start("sms").await.remove(0);
    world.finish("sms", &outgoing, refused(SendErrorKind::Rejected)).await;
    world.ledger.guard(&rule).await.unwrap();

    let release = async |body: Value| site.ask("POST", "/v1/guard/release", Some("operate"), body).await;
    let body =
        |by: &str| json!({ "channel": "sms", "template": "birth_grant", "by": by, "reason": "mended" });
    for (wrong, status) in [
        (body(""), 422),
        (body("gateway"), 422),
        (json!({ "channel": "sms", "template": "birth_grant", "by": "Olena" }), 422),
        (json!({ "channel": "email", "template": "birth_grant", "by": "Olena", "reason": "mended" }), 404),
        (
            json!({ "channel": "sms", "template": "gateway:introduction", "by": "Olena", "reason": "mended" }),
            404,
        ),
        (json!({ "channel": "sms", "template": "gateway:nothing", "by": "Olena", "reason": "mended" }), 422),
    ] {
        let answer = release(wrong).await;
        assert_eq!(answer.status, status, "{}", answer.text);
    }
    for (channel, template, pointer, expected) in [
        ("pigeon", "birth_grant", "/channel", "(email, portal, sms, telegram, viber)"),
        ("sms", "birth_grand", "/template", "; did you mean birth_grant?"),
    ] {
        let body = json!({ "channel": channel, "template": template, "by": "Olena", "reason": "mended" });
        let answer = release(body).await;
        assert_eq!((answer.status, &answer.json()["pointer"]), (422, &json!(pointer)), "{}", answer.text);
        assert!(answer.json()["detail"].as_str().unwrap().ends_with(expected), "{}", answer.text);
    }
    let listed = async || site.ask("GET", "/v1/guard", Some("operate"), "").await.json();
    assert_eq!(listed().await["guard"][0]["standing"], "paused");
    assert_eq!(release(body("Olena Koval")).await.status, 204);
    assert_eq!(release(body("Olena Koval")).await.status, 404, "it is released");
    let now = listed().await;
    assert_eq!(
        (&now["guard"][0]["standing"], &now["guard"][0]["released_by"]),
        (&json!("fine"), &json!("Olena Koval"))
    );
}
