//! `vestnik serve`, from the outside.

use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use tokio::runtime::Runtime;

use crate::home::Home;

#[test]
fn another_master_key_is_refused_before_anything_is_touched() {
    let mut home = Home::new();
    home.bring("family_fund", &[]);
    let key = home.config().join("../VESTNIK_MASTER_KEY");
    std::fs::write(&key, "ffffffffffffffffffffffffffffffff").unwrap();
    home.set("VESTNIK__GATEWAY__HTTP__LISTEN", "127.0.0.1:0");
    for command in [&["serve"][..], &["channel", "list"], &["dead", "list"]] {
        home.run(command).ends(2).says("the master key is not the one that this ledger was written under");
    }
}

#[test]
fn all_secrets_that_are_missing_are_told_at_once_and_nothing_is_left_behind() {
    let mut home = Home::without_secrets();
    let ledger = home.config().join("../vestnik.db");
    let secrets = [
        "gateway.toml:23:1: ledger.master_key: expected environment variable VESTNIK_MASTER_KEY to be set",
        "VESTNIK_SMTP_PASSWORD",
        "VESTNIK_SMPP_PASSWORD",
        "VESTNIK_TELEGRAM_TOKEN",
        "VESTNIK_VIBER_TOKEN",
        "VESTNIK_PORTAL_SECRET",
        "6 things have to be put right.",
    ];
    for command in [&["serve"][..], &["import", "config/gateway.toml"], &["check", "--probe"]] {
        let said = secrets.iter().fold(home.run(command).ends(2), |said, secret| said.says(secret));
        assert!(!ledger.exists(), "{said:?}");
    }
    home.run(&["token", "create", "--label", "x", "--scope", "inbox"]).ends(2).says("One thing has");
    home.set("VESTNIK_MASTER_KEY", "0123456789abcdef0123456789abcdef");
    home.run(&["serve"]).ends(2).says("VESTNIK_VIBER_TOKEN").says("5 things have to be put right.");
    assert!(!ledger.exists());
}

#[test]
fn a_database_that_is_away_at_the_start_is_waited_for_and_said_to_be_away() {
    let mut home = Home::new();
    let place = home.config().join("../VESTNIK_POSTGRES_URL");
    std::fs::write(&place, "postgres://vestnik:made-up@127.0.0.1:1/vestnik").unwrap();
    let ledger = home.config().join("../vestnik.db");
    let named = format!("sqlite = \"{}\"", ledger.display().to_string().replace("config/../", ""));
    home.replace("config/gateway.toml", &named, &format!("postgres = {{ file = \"{}\" }}", place.display()));
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    home.set("VESTNIK__GATEWAY__HTTP__LISTEN", &format!("127.0.0.1:{port}"));
    let mut process = home.start(&["serve"]);
    let ask = async |path: &str| {
        let response = reqwest::get(format!("http://127.0.0.1:{port}{path}")).await.ok()?;
        Some((response.status().as_u16(), response.headers().clone(), response.text().await.unwrap()))
    };
    Runtime::new().unwrap().block_on(async {
        let ready = async {
            loop {
                if let Some(answer) = ask("/readyz").await {
                    return answer;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let (status, _, body) = tokio::time::timeout(Duration::from_mins(1), ready).await.unwrap();
        assert!(status == 503 && body.contains("the database is not available"), "{status} {body}");
        assert_eq!(ask("/healthz").await.unwrap().0, 200);
        let (status, headers, _) = ask("/v1/status").await.unwrap();
        assert_eq!((status, headers["retry-after"].to_str().unwrap()), (503, "5"));
    });
    let stopped = Command::new("kill").args(["-TERM", &process.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    assert_eq!(process.wait().unwrap().code(), Some(0));
}
