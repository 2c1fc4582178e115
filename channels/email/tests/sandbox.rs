//! The sandbox relay against visitors who are not our channel.

#![expect(clippy::unwrap_used, reason = "a test may end where it likes")]

use std::net::SocketAddr;
use std::sync::Arc;

use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use vestnik_contract::sandbox::Sandbox;
use vestnik_email::sandbox::EmailSandbox;

async fn sandbox() -> (Arc<EmailSandbox>, SocketAddr, JoinSet<()>) {
    let now = "2026-11-22T08:00:00Z".parse().unwrap();
    let (sandbox, driver, address) = EmailSandbox::listen(0, Arc::new(move || now)).await.unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(driver);
    (sandbox, address, tasks)
}

/// Says all this and hears all that is answered.
async fn talk(address: SocketAddr, said: &[u8]) -> String {
    let mut wire = TcpStream::connect(address).await.unwrap();
    // The relay may leave before all is said.
    let _ = wire.write_all(said).await;
    let _ = wire.shutdown().await;
    let mut heard = Vec::new();
    let _ = wire.read_to_end(&mut heard).await;
    String::from_utf8_lossy(&heard).into_owned()
}

fn codes(heard: &str) -> Vec<&str> {
    heard.lines().filter(|line| line.get(3..4) == Some(" ")).map(|line| &line[..3]).collect()
}

#[tokio::test]
async fn commands_are_answered_in_their_order() {
    let (sandbox, address, _tasks) = sandbox().await;
    // AUTH LOGIN as older programmes do it, then a mail with a doubled dot, all in one breath.
    let said = "EHLO me\r\nMAIL FROM:<a@b.example>\r\nAUTH LOGIN\r\ndmVzdG5paw==\r\nc2FuZGJveC1wYXNzd29yZA==\r\n\
        RCPT TO:<c@d.example>\r\nMAIL FROM:<a@b.example> SIZE=100\r\nDATA\r\nRCPT TO:<c@d.example>\r\nDATA\r\n\
        Subject: x\r\n\r\n..\r\n...b\r\n.\r\nRSET\r\nNOOP\r\nVRFY c\r\nQUIT\r\n";
    let heard = talk(address, said.as_bytes()).await;
    let expected = [
        "220", "250", "530", "334", "334", "235", "503", "250", "503", "250", "354", "250", "250", "250",
        "500", "221",
    ];
    assert_eq!(codes(&heard), expected, "{heard}");
    assert_eq!(sandbox.newest("c@d.example").unwrap().text, ".\n..b\n");
}

#[tokio::test]
async fn what_is_too_large_is_refused_and_not_kept() {
    let (sandbox, address, _tasks) = sandbox().await;
    let login = "EHLO me\r\nAUTH PLAIN AHZlc3RuaWsAc2FuZGJveC1wYXNzd29yZA==\r\n";
    let announced = format!("{login}MAIL FROM:<a@b.example> SIZE=99999999\r\n");
    assert_eq!(codes(&talk(address, announced.as_bytes()).await), ["220", "250", "235", "552"]);
    let lines = "x".repeat(998) + "\r\n";
    let content = lines.repeat(1_100);
    let said =
        format!("{login}MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n{content}.\r\nQUIT\r\n");
    let heard = talk(address, said.as_bytes()).await;
    assert_eq!(codes(&heard), ["220", "250", "235", "250", "250", "354", "552", "221"]);
    assert_eq!(sandbox.screen().accepted(), 0);
}

#[test]
fn no_bytes_end_the_sandbox() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (_sandbox, address, _tasks) = runtime.block_on(sandbox());
    proptest!(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) }, |(said in prop::collection::vec(
        prop_oneof![
            any::<Vec<u8>>(),
            "(EHLO|MAIL|RCPT|DATA|AUTH|RSET) ?(FROM:|TO:|PLAIN|LOGIN)?[ -~]{0,20}\r\n".prop_map(String::into_bytes),
        ], 0..8,
    ))| {
        let heard = runtime.block_on(talk(address, &said.concat()));
        prop_assert!(heard.starts_with("220 ") || heard.is_empty());
    });
    assert!(runtime.block_on(talk(address, b"QUIT\r\n")).contains("221 "), "the sandbox still answers");
}
