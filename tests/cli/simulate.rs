//! `vestnik simulate`.

use serde_json::{Value, json};

use crate::home::{Home, Said};
use crate::seed::good;

/// A citizen with a phone who never consented to anything.
const CITIZEN: &str = r#"{"id":"snils:11223344595","locale":"uk","jurisdiction":"ua","zone":"Europe/Kyiv","addresses":[{"channel":"sms","address":"+380671234567"}]}"#;

/// What the law obliges to tell.
fn queue() -> Value {
    json!({
        "id": "77",
        "source": "family_fund",
        "citizen": "snils:11223344595",
        "life_event": "large_family",
        "measure": "large_family_housing_queue",
        "params": { "place": 12, "since": "2026-01-01" },
    })
}

/// A ledger with an entitlement, what a law obliges to tell, and one for nobody who is known.
fn home() -> Home {
    let home = Home::new();
    std::fs::write(home.config().join("../citizens.ndjson"), CITIZEN).unwrap();
    home.run(&["import", "citizens.ndjson"]).ends(0);
    let mut unknown = good();
    unknown["id"] = json!("78");
    unknown["citizen"] = json!("snils:0");
    home.bring("family_fund", &[good(), queue(), unknown]);
    home.copy_config("new");
    home
}

fn simulate(home: &Home, more: &[&str]) -> Said {
    home.run(&[&["simulate", "--policy", "new"], more].concat())
}

#[test]
fn one_rule_changes_just_the_notifications_that_it_is_about() {
    let home = home();
    home.replace(
        "new/policy.toml",
        "[classes.legal_duty]\nbasis = \"law\"",
        "[classes.legal_duty]\nbasis = \"consent\"",
    );
    let told = simulate(&home, &[])
        .ends(0)
        .says("Replayed: 2 notifications to 1 citizen, of the last 30 days.")
        .says("Left out: 1, because nobody knew the citizen when it came.")
        .says("sent no longer 1 no_consent")
        .says("citizens with fewer contacts 1")
        .says("contacts in all 0 by the rules in force 1")
        .says("large_family_housing_queue 1 0 0 0 1 0");
    for hidden in ["11223344595", "380671234567", "birth_grant"] {
        assert!(!told.out.contains(hidden), "{told:?}");
    }
    assert_eq!(told.err, "", "standard error is no terminal");
    let json = simulate(&home, &["--json"]).ends(0).json();
    assert_eq!((&json["notifications"], &json["changed"], &json["lost"]), (&json!(2), &json!(1), &json!(1)));
    assert_eq!(json["left_out"], json!({ "unknown": 1, "erased": 0, "not_in_catalogue": 0 }));
    let Said { code: 0, out: csv, .. } = simulate(&home, &["--csv"]) else { panic!("it failed") };
    let lines: Vec<_> = csv.lines().collect();
    assert!(lines[0].starts_with("received_at,source,id,measure,change,") && lines.len() == 2, "{csv}");
    assert!(lines[1].contains(",family_fund,77,large_family_housing_queue,lost,sms,"), "{csv}");
    assert!(lines[1].ends_with(",,,inbox_only,no_consent"), "{csv}");
}

#[test]
fn the_rules_in_force_change_nothing_and_a_shorter_past_has_less() {
    let home = home();
    simulate(&home, &[])
        .ends(0)
        .says("Replayed: 2 notifications")
        .says("The new rules would have changed nothing.");
    home.spoil("UPDATE notification SET received_at = received_at - 2 * 86400000 WHERE source_id = '77'");
    simulate(&home, &["--days", "1"])
        .ends(0)
        .says("Replayed: 1 notification to 1 citizen, of the last 1 day.");
    simulate(&home, &["--days", "3"])
        .ends(0)
        .says("Replayed: 2 notifications to 1 citizen, of the last 3 days.");
}

#[test]
fn what_is_to_be_put_right_is_told() {
    let home = home();
    home.run(&["simulate"]).ends(2).says("--policy");
    home.run(&["simulate", "--policy", "nowhere"])
        .ends(2)
        .says("expected a folder with a whole configuration");
    home.run(&["simulate", "--policy", "new/policy.toml"]).ends(2).says("expected a folder");
    simulate(&home, &["--days", "0"]).ends(2);
    simulate(&home, &["--csv", "--json"]).ends(2);
    home.replace("new/policy.toml", "per_day = 2", "per_day = 0");
    simulate(&home, &[]).ends(2).says("new/policy.toml");
}
