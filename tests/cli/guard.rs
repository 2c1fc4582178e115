//! `vestnik guard`.

use crate::home::Home;

#[test]
fn what_is_paused_is_listed_and_a_named_person_releases_it() {
    let home = Home::new();
    home.bring("family_fund", &[]);
    home.run(&["guard", "list"]).ends(0).says("The guard only reports").says("nothing wrong so far");
    home.replace(
        "config/policy.toml",
        "mode = \"report\"\nevery_seconds",
        "mode = \"enforce\"\nevery_seconds",
    );
    home.spoil(
        "INSERT INTO guard (channel, template, standing, offered, declined, since, offered_before, declined_before)
         VALUES ('sms', 'birth_grant', 'paused', 200, 30, 1780000000000, 0, 0),
                ('viber', 'birth_grant', 'warned', 200, 9, 1780000000000, 0, 0),
                ('viber', 'gateway:introduction', 'paused', 200, 31, 1780000000000, 0, 0)",
    );
    home.run(&["guard", "list"])
        .ends(0)
        .says("sms birth_grant PAUSED 30 200")
        .says("viber birth_grant warned 9 200")
        .says("vestnik guard release sms birth_grant --as PERSON --reason TEXT")
        .says("viber gateway:introduction PAUSED 31 200")
        .says("Nobody is introduced on viber")
        .says("vestnik guard release viber gateway:introduction --as PERSON --reason TEXT");
    let release = |more: &[&str]| home.run(&[&["guard", "release"], more].concat());
    let by = ["--as", "Olena Koval", "--reason", "the text is mended"];
    release(&["sms", "birth_grant"]).ends(2).says("--as <PERSON>");
    release(&["sms", "birth_grant", "--as", "gateway", "--reason", "x"]).ends(2).says("expected a person");
    release(&[&["pigeon", "birth_grant"], &by[..]].concat())
        .ends(2)
        .says("expected a channel (email, portal, sms, telegram, viber), found \"pigeon\"");
    release(&[&["sms", "birth_grand"], &by[..]].concat()).ends(2).says("did you mean \"birth_grant\"?");
    release(&[&["sms", "foo"], &by[..]].concat())
        .ends(2)
        .says("expected a measure of the catalogue, found \"foo\"; there are birth_grant, ")
        .says("family_capital, ");
    release(&[&["viber", "birth_grant"], &by[..]].concat())
        .ends(3)
        .says("birth_grant is not paused on viber");
    release(&[&["sms", "birth_grant"], &by[..]].concat()).ends(0).says("birth_grant is released on sms");
    release(&[&["sms", "birth_grant"], &by[..]].concat()).ends(3);
    release(&[&["viber", "gateway:introduction"], &by[..]].concat())
        .ends(0)
        .says("gateway:introduction is released on viber");
    release(&[&["viber", "gateway:nothing"], &by[..]].concat()).ends(2).says("or gateway:introduction");
    home.run(&["guard", "list"]).ends(0).says("birth_grant was released on sms by Olena Koval");
    let json = home.run(&["guard", "list", "--json"]).ends(0).json();
    assert_eq!(
        (&json[0]["standing"], &json[0]["released_because"]),
        (&"fine".into(), &"the text is mended".into())
    );
}

#[test]
fn numbers_of_the_guard_that_do_not_go_together_are_refused() {
    let home = Home::new();
    home.replace("config/policy.toml", "warn_percent = 4", "warn_percent = 2");
    home.run(&["check"]).ends(2).says("expected more than clear_percent, which is 2, found 2");
}
