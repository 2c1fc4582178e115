//! `vestnik introduce`.

use crate::home::Home;
use crate::seed::CITIZEN;

const BY: [&str; 2] = ["--as", "Olena Koval"];

#[test]
fn what_was_sent_what_is_under_way_and_who_is_left_out_are_told_apart() {
    let home = Home::new();
    home.import_citizen();
    let introduce =
        |channel: &str, more: &[&str]| home.run(&[&["introduce", "--channel", channel], more].concat());
    introduce("sms", &[]).ends(2).says("--as <PERSON>");
    introduce("sms", &["--as", "gateway"]).ends(2).says("expected a person");
    introduce("sms", &["--dry-run"]).ends(0).says("would be made 1").says("under way 0");
    introduce("sms", &BY)
        .ends(0)
        .says("under way 1 to be sent in contact hours, as the budget has room; 1 of them were made now")
        .says("introduced 0");
    introduce("sms", &BY).ends(0).says("under way 1").says("0 of them were made now");
    home.spoil("UPDATE introduced SET at = 1780000000000");
    introduce("sms", &["--dry-run"])
        .ends(0)
        .says("would be made 0")
        .says("under way 0")
        .says("introduced 1 it was sent");
    home.spoil("UPDATE introduced SET notice = NULL");
    introduce("sms", &["--dry-run"]).ends(0).says("need none 1");
    introduce("viber", &BY)
        .ends(0)
        .says("left out 1")
        .says("because 1 no_address: The citizen has no address on the channel.");
}

#[test]
fn a_region_that_nobody_has_is_no_campaign_to_nobody() {
    let home = Home::new();
    home.import_citizen();
    let in_region =
        |region: &str| home.run(&[&["introduce", "--channel", "sms", "--region", region], &BY[..]].concat());
    in_region("32").ends(2).says("no citizen has a region");
    let (other, here) = (CITIZEN.replace("11223344595", "2"), r#""jurisdiction":"ua","region":"kharkiv""#);
    let lines = other.replace(r#""jurisdiction":"ua""#, here);
    std::fs::write(home.config().join("../more.ndjson"), lines).unwrap();
    home.run(&["import", "more.ndjson"]).ends(0);
    in_region("nowhere").ends(2).says("expected a region that a citizen has (kharkiv), found \"nowhere\"");
    in_region("karkiv").ends(2).says("did you mean \"kharkiv\"?");
    in_region("kharkiv").ends(0).says("1 of them were made now");
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
    let release = "vestnik guard release sms gateway:introduction --as PERSON --reason TEXT";
    let by = ["--as", "Olena Koval"];
    let sms = [&["introduce", "--channel", "sms"], &by[..]].concat();
    let counted = home.run(&["introduce", "--channel", "sms", "--dry-run"]).ends(0);
    counted.says("would be made 0").says("left out 1").says("because 1 guarded: ").says(release);
    home.run(&sms).ends(1).says("under way 0").says("left out 1").says(release);
    let gone = ["guard", "release", "sms", "gateway:introduction", "--reason", "mended"];
    home.run(&[&gone[..], &by].concat()).ends(0);
    home.run(&sms).ends(0).says("under way 1").says("left out 0");
}

#[test]
fn a_channel_that_needs_none_or_is_none_is_refused() {
    let home = Home::new();
    home.import_citizen();
    let run = |channel: &str| home.run(&["introduce", "--channel", channel, "--dry-run"]).ends(2);
    run("portal").says("portal needs no introduction");
    run("vibr").says("did you mean \"viber\"?");
}
