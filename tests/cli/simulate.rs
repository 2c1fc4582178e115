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

/// Tables of the recorded past, with what names a citizen, a notification or a notice there.
const TABLES: [(&str, &[&str]); 6] = [
    ("citizen", &["key"]),
    ("address", &["id", "citizen", "hash"]),
    ("consent", &["citizen"]),
    ("notification", &["key", "citizen", "notice"]),
    ("notice", &["id", "citizen"]),
    ("reservation", &["notice", "citizen"]),
];

/// Copies what is recorded so many times, each time as of another citizen. What is sealed stays as it is.
fn copy_the_past(home: &Home, copies: u32) {
    let ledger = home.database();
    for (table, names) in TABLES {
        let columns = "SELECT group_concat(name) FROM pragma_table_info(?1) WHERE name <> 'seq'";
        let columns: String = ledger.query_row(columns, [table], |row| row.get(0)).unwrap();
        let value = |column: &str| {
            // The end of an identifier is the number of the copy.
            let copy =
                format!("unhex(substr(hex({column}), 1, 2 * length({column}) - 8) || printf('%08X', n))");
            if names.contains(&column) { copy } else { column.to_owned() }
        };
        let values: Vec<_> = columns.split(',').map(value).collect();
        let values = values.join(", ");
        let sql = format!(
            "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {copies})
             INSERT INTO {table} ({columns}) SELECT {values} FROM {table}, number"
        );
        ledger.execute_batch(&sql).unwrap();
    }
}

/// How many notifications are replayed: many, or as many as a region has in weeks where the tier `long` is
/// wanted.
fn many() -> u32 {
    let tiers = std::env::var("VESTNIK_TEST_TIER").unwrap_or_default();
    if tiers.split(',').any(|tier| tier == "long") { 100_000 } else { 20_000 }
}

/// A past that happened to many citizens alike adds up to as many times the sums of one, and it is shown on
/// the way how far it is.
#[test]
fn many_notifications_are_replayed_with_progress_and_add_up() {
    let home = home();
    let again = |mut notification: Value, id: u32| {
        notification["id"] = json!(format!("again-{id}"));
        notification
    };
    let more: Vec<_> = (0..4).flat_map(|n| [again(good(), n), again(queue(), n + 10)]).collect();
    home.bring("family_fund", &more);
    home.spoil("DELETE FROM notification WHERE source_id = '78'");
    home.replace(
        "new/policy.toml",
        "[classes.legal_duty]\nbasis = \"law\"",
        "[classes.legal_duty]\nbasis = \"consent\"",
    );
    let one = simulate(&home, &["--json"]).ends(0).json();
    assert_eq!((&one["notifications"], &one["lost"]), (&json!(10), &json!(5)));
    let (all, citizens) = (many(), many() / 10);
    copy_the_past(&home, citizens - 1);

    let shown = home.run_on_a_terminal(&["simulate", "--policy", "new", "--json"], "totals.json");
    assert!(shown.contains("notifications found"), "{shown}");
    let at = |part: &str| part.rsplit(' ').next().and_then(|count| count.parse::<u32>().ok());
    let done: Vec<_> = shown.split(&format!(" of {all} replayed")).filter_map(at).collect();
    assert!(done.is_sorted() && done.iter().any(|count| (1..all).contains(count)), "{done:?}");

    let totals: Value = serde_json::from_str(&home.read("totals.json")).unwrap();
    for sum in [
        "notifications",
        "changed",
        "later",
        "sooner",
        "other_channel",
        "lost",
        "won",
        "citizens",
        "contacts_before",
        "contacts_after",
        "citizens_with_more",
        "citizens_with_fewer",
    ] {
        let expected = one[sum].as_u64().unwrap() * u64::from(citizens);
        assert_eq!(totals[sum].as_u64(), Some(expected), "{sum}");
    }
    assert_eq!(totals["left_out"], json!({ "unknown": 0, "erased": 0, "not_in_catalogue": 0 }));
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
