//! `vestnik code` and `vestnik scam`.

use crate::home::Home;
use crate::seed::good;

#[test]
fn a_code_is_looked_up_for_a_caller() {
    let home = Home::new();
    home.import_citizen();
    home.bring("family_fund", &[good()]);
    let code = home.newest_code();
    let said = home.run(&["code", &code.to_lowercase().replace('-', " ")]).ends(0);
    let said = said
        .says(&format!("{code} is ours."))
        .says("notification vestnik explain family_fund/2f1c9a")
        .says("not yet");
    assert!(!said.out.contains("11223344595") && !said.out.contains("380671234567"), "{}", said.out);
    let json = home.run(&["code", &code, "--json"]).ends(0).json();
    assert_eq!(json[0]["notifications"][0]["id"], "2f1c9a");
    home.run(&["code", "0000-0000"]).ends(3).says("0000-0000 is not ours: no message of the last 1100 days");
    home.run(&["code", "7K2M"]).ends(2).says("such as 7K2M-9QXT");
}

#[test]
fn scam_reports_are_listed_shown_and_closed() {
    let home = Home::new();
    home.import_citizen();
    home.run(&["scam", "list"]).ends(0).says("There are no open scam reports.");
    let id = home.report_scam("Pay here \u{1b}[2J", "Minlstry");
    let list = home.run(&["scam", "list"]).ends(0).says("http a citizen open");
    assert!(!list.out.contains("Pay here"), "what is in it is not listed");
    home.run(&["scam", "show", &id]).ends(0).says("looked like Minlstry").says("Pay here \\u{1b}[2J");
    assert_eq!(home.run(&["scam", "show", &id, "--json"]).ends(0).json()["sender"], "Minlstry");
    home.run(&["scam", "close", &id, "--note", "to the police", "--as", "Olena Koval"])
        .ends(0)
        .says("is closed.");
    home.run(&["scam", "close", &id, "--note", "again", "--as", "Olena Koval"])
        .ends(3)
        .says("no open report");
    home.run(&["scam", "list", "--all"]).ends(0).says("by Olena Koval: to the police");
    let nothing = "01a2011f-f6d7-743a-acdb-dfff3e624def";
    home.run(&["scam", "show", nothing]).ends(3).says("there is no report");
}
