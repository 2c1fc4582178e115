//! Reports over HTTP.

use crate::ledger::fixture::World;
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
    assert_eq!(unreached(&site, "?measure=family_capital").await["unreached"].as_array().unwrap().len(), 0);
    assert_eq!(
        unreached(&site, "?since=2999-01-01T00:00:00Z").await["unreached"].as_array().unwrap().len(),
        0
    );

    for wrong in ["?after=nonsense", "?since=yesterday", "?limit=-1", "?colour=red", "?source=A%20B"] {
        let answer = site.ask("GET", &format!("/v1/reports/unreached{wrong}"), Some("operate"), "").await;
        assert_eq!(answer.status, 422, "{wrong}: {}", answer.text);
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
