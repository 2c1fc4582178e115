//! The channel against relays that play by a script: silent, rude, forgetful or hostile.

#![expect(clippy::unwrap_used, reason = "a test may end where it likes")]

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use uuid::Uuid;
use vestnik_contract::{Channel, Message, RouteId, SecretRef, SendError, SendErrorKind, Sender, Setup};
use vestnik_email::{Encryption, Settings, connect};

const TAKES_ALL: &[&str] = &["220 hi", "250 relay", "250 ok", "250 ok", "354 go on", "250 taken"];

/// What a relay does when its script is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Hang,
    /// Hears one command more and goes without an answer.
    Cut,
    /// Goes at once.
    Leave,
    /// Begins again at the third answer, as after a mail.
    Again,
}

#[derive(Clone)]
struct Script {
    answers: &'static [&'static str],
    end: End,
    heard: Arc<Mutex<Vec<String>>>,
}

struct Relay {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

impl Relay {
    async fn new(answers: &'static [&'static str], end: End) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = Script { answers, end, heard: Arc::default() };
        let heard = script.heard.clone();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut visits = JoinSet::new();
            loop {
                let (tcp, _) = listener.accept().await.unwrap();
                let script = script.clone();
                script.heard.lock().unwrap().push("<connected>".into());
                visits.spawn(async move { script.play(tcp).await });
            }
        });
        Self { port, heard, _tasks: tasks }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    fn count(&self, line: &str) -> usize {
        self.heard.lock().unwrap().iter().filter(|heard| *heard == line).count()
    }
}

impl Script {
    async fn play(&self, tcp: TcpStream) {
        let mut wire = BufReader::new(tcp);
        let _ = self.answer(&mut wire).await;
        drop(wire);
        self.heard.lock().unwrap().push("<closed>".into());
    }

    /// Plays to the end, or until the visitor leaves.
    async fn answer(&self, wire: &mut BufReader<TcpStream>) -> Option<()> {
        let mut answers = self.answers.iter();
        let mut said = 0;
        loop {
            let Some(answer) = answers.next() else {
                match self.end {
                    End::Hang => return std::future::pending().await,
                    End::Cut | End::Leave => return None,
                    End::Again => answers = self.answers[2..].iter(),
                }
                continue;
            };
            wire.get_mut().write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
            said += 1;
            if self.end == End::Leave && said == self.answers.len() {
                return None;
            }
            self.listen(wire, answer.starts_with("354")).await?;
        }
    }

    /// Hears one command, or one mail up to its dot.
    async fn listen(&self, wire: &mut BufReader<TcpStream>, content: bool) -> Option<()> {
        loop {
            let mut line = String::new();
            if wire.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            let line = line.trim_end().to_owned();
            let last = !content || line == ".";
            if last {
                self.heard.lock().unwrap().push(line);
                return Some(());
            }
        }
    }
}

fn channel(port: u16, change: impl FnOnce(&mut Settings)) -> Arc<dyn Channel> {
    let mut settings = Settings {
        host: "127.0.0.1".into(),
        port: Some(port),
        tls: Encryption::None,
        ca_file: None,
        username: None,
        password: None,
        max_connections: 2,
        call_timeout_seconds: 1,
        hello_name: Some("vestnik.agency.example".into()),
        returns: None,
    };
    change(&mut settings);
    let sender = Sender {
        label: "Ministry".into(),
        sms_sender: "Ministry".into(),
        email_address: "no-reply@agency.example".into(),
        viber_name: "Ministry".into(),
        telegram_bot: "ministry_bot".into(),
    };
    let now = "2026-11-22T08:00:00Z".parse().unwrap();
    let route = RouteId::new("main").unwrap();
    connect(&settings, &Setup { route, sender, clock: Arc::new(move || now), callback_url: None })
        .unwrap()
        .channel
}

async fn send(channel: &Arc<dyn Channel>) -> Result<(), SendError> {
    let message = Message {
        attempt: Uuid::now_v7(),
        recipient: channel.address("anna@example.org").unwrap(),
        locale: "uk".into(),
        title: "Виплата".into(),
        text: "Вам належить виплата".into(),
        expires_at: None,
        unsubscribe: None,
    };
    channel.send(&message).await.map(drop)
}

async fn kind(channel: &Arc<dyn Channel>) -> Result<(), SendErrorKind> {
    send(channel).await.map_err(|error| error.kind())
}

#[tokio::test]
async fn a_relay_that_falls_silent_leaves_a_doubt_only_after_the_dot() {
    let mut cases = JoinSet::new();
    for end in [End::Hang, End::Cut] {
        for answered in 0..TAKES_ALL.len() {
            cases.spawn(async move {
                let relay = Relay::new(&TAKES_ALL[..answered], end).await;
                let dotted = answered == TAKES_ALL.len() - 1;
                let expected = if dotted { SendErrorKind::Ambiguous } else { SendErrorKind::Unavailable };
                assert_eq!(
                    kind(&channel(relay.port, |_| {})).await,
                    Err(expected),
                    "{end:?} after {answered}"
                );
            });
        }
    }
    cases.join_all().await;
}

#[tokio::test]
async fn a_session_serves_many_mails_and_a_refused_one_is_forgotten() {
    const FORGETS: &[&str] = &[
        "220 hi",
        "250 relay",
        "250 ok",
        "550 5.1.1 no such user",
        "250 forgotten",
        "250 ok",
        "250 ok",
        "354 go on",
        "250 taken",
    ];
    let relay = Relay::new(FORGETS, End::Hang).await;
    let channel = channel(relay.port, |_| {});
    assert_eq!(send(&channel).await.unwrap_err().provider_code(), Some("550 5.1.1"));
    assert_eq!(kind(&channel).await, Ok(()));
    let expected = [
        "<connected>",
        "EHLO vestnik.agency.example",
        "MAIL FROM:<no-reply@agency.example>",
        "RCPT TO:<anna@example.org>",
        "RSET",
        "MAIL FROM:<no-reply@agency.example>",
        "RCPT TO:<anna@example.org>",
        "DATA",
        ".",
    ];
    assert_eq!(relay.heard(), expected);
}

#[tokio::test]
async fn a_session_that_the_relay_closed_is_opened_again_before_anything_is_lost() {
    let relay = Relay::new(TAKES_ALL, End::Leave).await;
    let channel = channel(relay.port, |_| {});
    for mails in 1..=3 {
        assert_eq!(kind(&channel).await, Ok(()), "mail {mails}");
        while relay.count("<closed>") < mails {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(relay.count("<connected>"), 3);
}

#[tokio::test]
async fn no_more_sessions_are_open_than_configured() {
    let relay = Relay::new(TAKES_ALL, End::Again).await;
    let channel = channel(relay.port, |settings| settings.max_connections = 3);
    let mut mails = JoinSet::new();
    for _ in 0..50 {
        let channel = channel.clone();
        mails.spawn(async move { kind(&channel).await });
    }
    assert!(mails.join_all().await.iter().all(Result::is_ok));
    assert!(relay.count("<connected>") <= 3);
}

#[tokio::test]
async fn nothing_is_said_in_the_clear_where_tls_was_asked_for() {
    let password = std::env::temp_dir().join(format!("vestnik-relay-{}", Uuid::now_v7()));
    std::fs::write(&password, "secret").unwrap();
    let stripped: &[&str] = &["220 hi", "250-relay\r\n250 AUTH PLAIN"];
    let injected: &[&str] = &["220 hi", "250-relay\r\n250 STARTTLS", "220 go on\r\n250 AUTH PLAIN"];
    for answers in [stripped, injected] {
        let relay = Relay::new(answers, End::Hang).await;
        let channel = channel(relay.port, |settings| {
            settings.tls = Encryption::Starttls;
            settings.username = Some("vestnik".into());
            settings.password = Some(SecretRef::File(password.clone()));
        });
        assert_eq!(kind(&channel).await, Err(SendErrorKind::Misconfigured));
        let heard = relay.heard();
        assert!(heard[1..].iter().all(|line| line.starts_with("EHLO") || line == "STARTTLS"), "{heard:?}");
    }
    std::fs::remove_file(password).unwrap();
}

#[tokio::test]
async fn answers_without_end_or_sense_are_not_read_on() {
    let long: &[&str] = vec!["220 hi", &*format!("250 {}", "x".repeat(10_000)).leak()].leak();
    let many: &[&str] = vec!["220 hi", &*"250-x\r\n".repeat(1_000).leak()].leak();
    for answers in [long, many, &["220 hi", "HTTP/1.1 400 Bad Request"], &["\u{fffd}"]] {
        let relay = Relay::new(answers, End::Hang).await;
        assert_eq!(kind(&channel(relay.port, |_| {})).await, Err(SendErrorKind::Unavailable));
    }
}

#[tokio::test]
async fn a_relay_that_is_leaving_is_met_by_a_new_session() {
    const LEAVES: &[&str] = &["220 hi", "250 relay", "421 4.3.2 shutting down"];
    let relay = Relay::new(LEAVES, End::Hang).await;
    let channel = channel(relay.port, |_| {});
    for _ in 0..2 {
        assert_eq!(send(&channel).await.unwrap_err().provider_code(), Some("421 4.3.2"));
    }
    assert_eq!(relay.count("<connected>"), 2);
}
