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
    report(&["--since", "never"]).ends(2).says("expected a span of time");
}
