//! `vestnik introduce`.

use crate::home::Home;

#[test]
fn citizens_are_introduced_once_and_counted_before() {
    let home = Home::new();
    home.import_citizen();
    let sms = ["introduce", "--channel", "sms"];
    let more = |arguments: &[&str]| home.run(&[&sms, arguments].concat());
    more(&["--dry-run"]).ends(0).says("On sms: 1 introduction would be made.");
    more(&["--region", "kharkiv"]).ends(0).says("On sms: 0 introductions are made.");
    more(&["--as", "Olena Koval", "--limit", "5"]).ends(0).says("On sms: 1 introduction is made.");
    more(&[]).ends(0).says("0 introductions are made. Introduced or written to before: 1.");
    home.run(&["introduce", "--channel", "viber"]).ends(0).says("Without consent or an address there: 1.");
}

#[test]
fn a_channel_that_needs_none_or_is_none_is_refused() {
    let home = Home::new();
    home.import_citizen();
    let run = |channel: &str| home.run(&["introduce", "--channel", channel]).ends(2);
    run("portal").says("portal needs no introduction");
    run("vibr").says("did you mean \"viber\"?");
}
