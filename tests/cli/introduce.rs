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
fn who_is_left_out_because_introductions_are_paused_is_told() {
    let home = Home::new();
    home.import_citizen();
    home.replace(
        "config/policy.toml",
        "mode = \"report\"\nevery_seconds",
        "mode = \"enforce\"\nevery_seconds",
    );
    home.spoil(
        "INSERT INTO guard (channel, template, standing, offered, declined, since, offered_before, declined_before)
         VALUES ('sms', 'gateway:introduction', 'paused', 200, 30, 1780000000000, 0, 0)",
    );
    let left_out = "Left out, because the guard has paused introductions there: 1.";
    let release = "vestnik guard release sms gateway:introduction --by NAME --reason TEXT";
    let sms = ["introduce", "--channel", "sms"];
    home.run(&[&sms[..], &["--dry-run"]].concat())
        .ends(0)
        .says("0 introductions would be made")
        .says(left_out);
    home.run(&sms).ends(1).says("0 introductions are made").says(left_out).says(release);
    home.run(&[
        "guard",
        "release",
        "sms",
        "gateway:introduction",
        "--by",
        "Olena Koval",
        "--reason",
        "mended",
    ])
    .ends(0);
    home.run(&sms).ends(0).says("1 introduction is made");
}

#[test]
fn a_channel_that_needs_none_or_is_none_is_refused() {
    let home = Home::new();
    home.import_citizen();
    let run = |channel: &str| home.run(&["introduce", "--channel", channel]).ends(2);
    run("portal").says("portal needs no introduction");
    run("vibr").says("did you mean \"viber\"?");
}
