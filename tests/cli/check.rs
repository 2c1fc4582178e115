//! `vestnik check`.

use crate::home::Home;

#[test]
fn a_good_configuration_is_summed_up_and_missing_secrets_are_named() {
    let said = Home::without_secrets().run(&["check"]);
    assert_eq!(said.code, 0, "{said:?}");
    for part in ["No mistakes were found.", "sms/main", "strict where none is known", "VESTNIK_MASTER_KEY"] {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
    assert!(said.out.lines().all(|line| line.chars().count() <= 100), "{}", said.out);
    let with_secrets = Home::new().run(&["check"]);
    assert!(with_secrets.code == 0 && !with_secrets.out.contains("Not set here"), "{with_secrets:?}");
}

#[test]
fn check_notes_a_budget_above_a_ceiling() {
    let mut home = Home::without_secrets();
    let said = home.run(&["check"]);
    for line in
        ["  ru      4 a week, not 5\n", "  strict  1 a day, not 2; 2 a week, not 5; 4 a month, not 12\n"]
    {
        assert!(said.out.contains(line), "{said:?}");
    }
    assert!(said.out.contains("ru 3, 30, 60; ua 1, 30, 45; strict 1, 30, 45\n"), "{said:?}");
    for (key, number) in [("PER_DAY", "1"), ("PER_WEEK", "2"), ("PER_MONTH", "4")] {
        home.set(&format!("VESTNIK__POLICY__BUDGET__{key}"), number);
    }
    let said = home.run(&["check"]);
    assert!(said.code == 0 && !said.out.contains("the lower number holds"), "{said:?}");
}

#[test]
fn mistakes_end_it_with_2_and_are_all_told() {
    let mut home = Home::without_secrets();
    home.replace("config/policy.toml", "tries = 10", "tries = 0");
    home.replace("config/sources.toml", "urgent = true", "urgnt = true");
    home.set("VESTNIK__CHANELS__SMS__ENABLED", "false");
    let said = home.run(&["check"]);
    assert_eq!(said.code, 2, "{said:?}");
    let lines: Vec<_> = said.err.lines().collect();
    assert!(lines[0].starts_with("config:1:1: VESTNIK__CHANELS__SMS__ENABLED: expected"), "{said:?}");
    assert!(
        lines[1].starts_with("config/policy.toml:")
            && lines[1].ends_with("retry.tries: expected a whole number from 1 to 100, found 0")
    );
    assert!(lines[2].ends_with("(did you mean \"urgent\"?)"), "{said:?}");
    assert_eq!(lines.last(), Some(&"3 things have to be put right."));
    assert_eq!(home.run(&["serve"]).code, 2, "starting refuses what `check` refuses");
}

#[test]
fn secrets_that_are_of_no_use_are_mistakes_and_never_repeated() {
    let table = [
        ("VESTNIK_MASTER_KEY", "t00-short", "config/gateway.toml:23:1: ledger.master_key: "),
        ("VESTNIK_TELEGRAM_TOKEN", "t00-short", "config/channels/telegram.toml:10:1: token: expected"),
    ];
    for (name, value, expected) in table {
        let mut home = Home::without_secrets();
        home.set(name, value);
        let said = home.run(&["check"]);
        assert!(said.code == 2 && said.err.starts_with(expected), "{said:?}");
        assert!(!said.err.contains(value) && !said.out.contains(value), "{said:?}");
    }
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let said = Home::new().run(&["--config", "nowhere", "check"]);
    assert_eq!(said.code, 2);
    assert!(said.err.starts_with("nowhere:1:1: expected the folder with the configuration"), "{said:?}");
}

#[test]
fn servers_and_providers_that_do_not_answer_end_a_probe_with_1() {
    let mut home = Home::new();
    for channel in ["SMS", "TELEGRAM", "VIBER", "PORTAL"] {
        home.set(&format!("VESTNIK__CHANNELS__{channel}__ENABLED"), "false");
    }
    // Nobody listens on the port of discarded datagrams (RFC 863) by TCP.
    home.set("VESTNIK__CHANNELS__EMAIL__ROUTES__MAIN__PORT", "9");
    let servers = [
        ("LEDGER__POSTGRES", "postgres://nobody:guess@127.0.0.1:9/nothing"),
        ("REDIS__URL", "redis://127.0.0.1:9/0"),
        ("BROKER__URL", "amqp://nobody:guess@127.0.0.1:9/%2f"),
    ];
    home.set("VESTNIK__GATEWAY__LEDGER__SQLITE", "");
    home.set("VESTNIK__GATEWAY__REDIS__REPLICAS", "2");
    for (setting, url) in servers {
        home.set(setting, url);
        home.set(&format!("VESTNIK__GATEWAY__{setting}"), &format!("{{ env = \"{setting}\" }}"));
    }
    let said = home
        .run(&["check", "--probe", "--wait", "5"])
        .says("ledger failed")
        .says("RabbitMQ failed the connection is refused")
        .says("Redis failed the connection is refused");
    assert!(!said.out.contains("guess"));
    assert_eq!(said.code, 1, "{said:?}");
    let line = said.out.lines().find(|line| line.starts_with("email/main")).unwrap();
    assert!(line.contains("unavailable") && line.contains(":9: the connection is refused"), "{line}");
}
