use super::*;
use crate::replicas::testing::{Kept, Server, installation, until, url};

#[test]
fn a_url_is_checked_and_never_shown() {
    let link = Link::new(&"rediss://vestnik:geheim@host:6380/2".into(), "main").unwrap();
    assert!(!format!("{link:?}").contains("geheim"));
    for bad in ["", "host", "http://host", "redis://:geheim@host:port/", "redis+unix:///tmp/geheim"] {
        let error = Link::new(&bad.into(), "main").unwrap_err();
        assert!(!error.to_string().contains("geheim"), "{error}");
    }
}

#[tokio::test]
async fn a_script_is_told_which_run_of_the_server_it_is_in_and_knows_no_other_installation() {
    let (name, script) = (installation(), Script::new("return {#ARGV[1], ARGV[2] + 1, #KEYS[1]}"));
    let kept = Kept::open(&url(), &name).await;
    let answer = kept.link.run(&script, &["key".to_owned()], &[41]).await.unwrap();
    let whole_key = i64::try_from(format!("vestnik:{name}:key").len()).unwrap();
    assert_eq!(answer, [40, 42, whole_key]);
}

#[tokio::test]
async fn a_server_that_dies_is_away_and_one_that_is_back_is_another_run() {
    let mut server = Server::start().await;
    let kept = Kept::open(&server.url(), "a").await;
    let run = || kept.link.live().unwrap().run.clone();
    let before = run();
    server.kill();
    kept.until_open(false).await;
    assert_eq!(kept.link.run(&Script::new("return {1}"), &[], &[]).await, None);
    server.start_again().await;
    kept.until_open(true).await;
    assert_ne!(run(), before);
}

#[tokio::test]
async fn what_is_wrong_is_told_in_words() {
    let table = [
        (url_with_password("wrong"), Obstacle::Credentials),
        (url_with_password(""), Obstacle::Credentials),
        ("redis://127.0.0.1:1/".into(), Obstacle::Refused),
    ];
    for (url, expected) in table {
        let (kept, expected) = (Kept::begin(&url, "a"), expected.to_string());
        until(&expected, async || kept.link.verdict().unwrap_err().starts_with(&expected)).await;
    }
}

fn url_with_password(password: &str) -> SecretString {
    let mut url: url::Url = url().expose_secret().parse().unwrap();
    url.set_password(Some(password)).unwrap();
    url.to_string().into()
}
