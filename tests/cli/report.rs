//! `vestnik report`.

use serde_json::json;

use crate::home::{Home, Said};
use crate::seed::good;

const CITIZEN: &str = "snils:11223344595";

#[test]
fn the_unreached_are_counted_listed_and_written_for_a_spreadsheet() {
    let home = Home::new();
    home.import_citizen();
    let report = |more: &[&str]| home.run(&[&["report", "unreached"], more].concat());
    report(&[]).ends(0).says("Nobody was left unreached since");
    home.spoil("UPDATE address SET closed_reason = 'unreachable', closed_at = 1780000000000");
    let mut unknown = good();
    unknown["id"] = json!("-1");
    unknown["citizen"] = json!("snils:0");
    home.bring("family_fund", &[good(), unknown]);

    let counted = report(&[])
        .ends(0)
        .says("1 address_closed registry verify the address, then publish again")
        .says("1 no_such_citizen registry register the citizen, then publish again");
    assert!(!counted.out.contains(CITIZEN));
    report(&["--list"]).ends(0).says(CITIZEN).says("unknown; family_fund/-1");
    let listed = report(&["--json"]).ends(0).json();
    assert_eq!((&listed[0]["citizen"], &listed[1]["citizen"]), (&json!(CITIZEN), &json!(null)));
    assert_eq!((&listed[0]["owner"], &listed[0]["state"]), (&json!("registry"), &json!("inbox_only")));
    let Said { code: 0, out: csv, .. } = report(&["--csv"]) else { panic!("it failed") };
    let lines: Vec<_> = csv.lines().collect();
    assert!(lines[0].starts_with("since,citizen,region,source,id,") && lines.len() == 3, "{csv}");
    assert!(lines[2].contains(",,,family_fund,'-1,child_birth,birth_grant,unreachable,"), "{csv}");

    report(&["--measure", "family_capital"]).ends(0).says("Nobody was left unreached since");
    report(&["--source", "nobody"]).ends(2).says("expected a registered source");
    report(&["--measure", "birth_grand"]).ends(2).says("did you mean \"birth_grant\"");
    report(&["--since", "never"]).ends(2).says("expected a span of time");
}

#[test]
fn numbers_are_counted_and_name_nobody() {
    let home = Home::new();
    home.import_citizen();
    let report = |name: &str, more: &[&str]| home.run(&[&["report", name], more].concat());
    for name in ["reach", "effectiveness", "budget"] {
        report(name, &[]).ends(0).says("Nothing was counted in the last 30 days.");
    }
    let mut other = good();
    other["id"] = json!("n-2");
    other["citizen"] = json!("snils:0");
    home.bring("family_fund", &[good(), other]);
    home.spoil(
        "INSERT INTO tally VALUES (date('now'), 'family_fund', 'sms', 'birth_grant', 'sent', 40),
            (date('now'), 'family_fund', 'sms', 'birth_grant', 'stopped', 5),
            (date('now'), 'family_fund', 'sms', 'birth_grant', 'replied', 2),
            (date('now'), 'family_fund', 'sms', 'birth_grant', 'budget_deferred', 3),
            (date('now', '-10 days'), 'family_fund', 'sms', 'birth_grant', 'sent', 100)",
    );
    report("effectiveness", &["--days", "5"]).ends(0).says("sms birth_grant 40 0 2 5 12.5 fine");
    let json = report("effectiveness", &["--json"]).ends(0).json();
    assert_eq!((&json["templates"][0]["sent"], &json["templates"][0]["stopped"]), (&json!(140), &json!(5)));
    let reach = report("reach", &[]).ends(0).says("birth_grant 2 0 1 1").says("sms 140 0").says("unknown");
    assert!(!reach.out.contains("snils"));
    report("budget", &["--csv"]).ends(0).says("source,family_fund,,,,140,3,0");
    report("budget", &["--days", "41"]).ends(2).says("expected a whole number from 1 to 40");
    report("reach", &["--csv", "--json"]).ends(2);
}
