//! The channel against its own sandbox, by the suite that every channel must pass.

#![expect(clippy::unwrap_used, reason = "a test may end where it likes")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::task::JoinSet;
use uuid::Uuid;
use vestnik_contract::conformance::{Rig, check};
use vestnik_contract::sandbox::{Fault, Sandbox};
use vestnik_contract::{
    Adapter, Channel, ClockFn, Driver, Event, Message, Permanence, RouteId, SecretRef, SendErrorKind, Sender,
    Setup, Unsubscribe,
};
use vestnik_email::sandbox::{EmailSandbox, PASSWORD, USERNAME};
use vestnik_email::{Encryption, Settings, connect};

struct EmailRig {
    adapter: Adapter,
    sandbox: Arc<EmailSandbox>,
    port: u16,
    next: AtomicU64,
    _tasks: JoinSet<()>,
}

fn clock() -> ClockFn {
    let now = "2026-11-22T08:00:00Z".parse().unwrap();
    Arc::new(move || now)
}

/// A file that is read once and then gone.
struct Scrap(PathBuf);

impl Scrap {
    fn new(content: &str) -> Self {
        let path = std::env::temp_dir().join(format!("vestnik-email-{}", Uuid::now_v7()));
        std::fs::write(&path, content).unwrap();
        Self(path)
    }
}

impl Drop for Scrap {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}

fn setup() -> Setup {
    let sender = Sender {
        label: "Министерство труда".into(),
        sms_sender: "Ministry".into(),
        email_address: "no-reply@agency.example".into(),
        viber_name: "Ministry".into(),
        telegram_bot: "ministry_bot".into(),
    };
    Setup { route: RouteId::new("main").unwrap(), sender, clock: clock(), callback_url: None }
}

fn adapter(port: u16, tls: Encryption, certificate: Option<&str>, password: &str) -> Adapter {
    let (password, certificate) = (Scrap::new(password), certificate.map(Scrap::new));
    let settings = Settings {
        host: "127.0.0.1".into(),
        port: Some(port),
        tls,
        ca_file: certificate.as_ref().map(|scrap| scrap.0.clone()),
        username: Some(USERNAME.into()),
        password: Some(SecretRef::File(password.0.clone())),
        max_connections: 2,
        call_timeout_seconds: 1,
        hello_name: None,
        returns: None,
    };
    connect(&settings, &setup()).unwrap()
}

impl EmailRig {
    async fn new(tls: Encryption) -> Self {
        let (sandbox, driver, address): (Arc<EmailSandbox>, Driver, SocketAddr) = match tls {
            Encryption::Tls => EmailSandbox::listen_tls(0, clock()).await.unwrap(),
            Encryption::Starttls | Encryption::None => EmailSandbox::listen(0, clock()).await.unwrap(),
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(driver);
        let port = address.port();
        let adapter = adapter(port, tls, Some(sandbox.certificate_pem()), PASSWORD);
        Self { adapter, sandbox, port, next: AtomicU64::new(1), _tasks: tasks }
    }

    async fn kind(&self, message: &Message) -> Result<(), SendErrorKind> {
        self.adapter.channel.send(message).await.map(drop).map_err(|error| error.kind())
    }
}

#[async_trait(?Send)]
impl Rig for EmailRig {
    fn adapter(&self) -> &Adapter {
        &self.adapter
    }

    fn sandbox(&self) -> &dyn Sandbox {
        self.sandbox.as_ref()
    }

    fn message(&self, text: &str) -> Message {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Message {
            attempt: Uuid::now_v7(),
            recipient: self.adapter.channel.address(&format!("citizen-{number}@example.org")).unwrap(),
            locale: "ru".into(),
            title: "Вам положена выплата".into(),
            text: text.into(),
            expires_at: None,
            unsubscribe: Some(Unsubscribe { url: "https://agency.example/u/t0ken".parse().unwrap() }),
        }
    }

    fn bad_addresses(&self) -> &[&'static str] {
        &["anna", "anna@localhost", "a@b@example.org", "anna@example.org\r\nDATA", "анна@example.org"]
    }

    fn spellings(&self) -> &[(&'static str, &'static str)] {
        &[("anna@example.org", " anna@Example.ORG "), ("anna@пошта.укр", "anna@xn--80a1acn3a.xn--j1amh")]
    }

    fn faults(&self) -> &[(Fault, Option<&'static str>)] {
        const FAULTS: &[(Fault, Option<&str>)] = &[
            (Fault::Throttle(Duration::from_secs(30)), Some("450 4.2.1")),
            (Fault::Blocked, Some("550 5.1.1")),
            (Fault::SoftUnreachable, Some("452 4.2.2")),
            (Fault::Rejected, Some("554 5.6.0")),
            (Fault::ServerError, Some("451 4.3.0")),
            (Fault::WrongToken, Some("530 5.7.0")),
            (Fault::Hang, None),
            (Fault::AcceptThenCut, None),
        ];
        FAULTS
    }

    fn names_wait(&self) -> bool {
        false
    }

    fn unplugged(&self) -> Arc<dyn Channel> {
        // Port 1 needs privileges to listen on, and nobody does.
        adapter(1, Encryption::Starttls, None, PASSWORD).channel
    }

    fn stranded(&self) -> Option<Adapter> {
        None
    }

    async fn event(&self) -> Event {
        panic!("this channel has no events")
    }

    fn takes_replies(&self) -> bool {
        false
    }
}

#[tokio::test]
async fn the_channel_keeps_the_contract() {
    for tls in [Encryption::Starttls, Encryption::Tls, Encryption::None] {
        check(&EmailRig::new(tls).await).await;
    }
}

#[tokio::test]
async fn a_mail_arrives_whole() {
    let rig = EmailRig::new(Encryption::Starttls).await;
    let text =
        "Министерство: вам положена выплата.\n.строка с точкой\n\nПодробнее: https://agency.example/a?b=1.";
    let message = rig.message(text);
    let accepted = rig.adapter.channel.send(&message).await.unwrap();
    assert_eq!(accepted.references, [format!("{}@agency.example", message.attempt)]);
    let shown = rig.sandbox.screen().messages(None).pop().unwrap();
    assert_eq!(
        (shown.sender.as_str(), shown.title.as_deref()),
        ("Министерство труда", Some("Вам положена выплата"))
    );
    assert_eq!(shown.reference, accepted.references[0]);
    let mail = rig.sandbox.mail(shown.number).unwrap();
    assert_eq!(mail.text.trim_end(), text);
    assert_eq!(mail.from, "no-reply@agency.example");
    assert!(mail.html.contains("<html lang=\"ru\">"));
    assert!(mail.html.contains("<a href=\"https://agency.example/a?b=1\">https://agency.example/a?b=1</a>."));
    assert_eq!(mail.header("auto-submitted"), Some("auto-generated"));
    assert_eq!(mail.one_click().unwrap().as_str(), "https://agency.example/u/t0ken");
    assert!(rig.sandbox.newest(message.recipient.expose()).is_some_and(|newest| newest == mail));
}

#[tokio::test]
async fn a_blocked_sender_is_refused_until_the_block_is_lifted() {
    let rig = EmailRig::new(Encryption::None).await;
    let message = rig.message("blocked");
    rig.sandbox.block(message.recipient.expose(), true).await;
    assert_eq!(rig.kind(&message).await, Err(SendErrorKind::Unreachable(Permanence::Permanent)));
    rig.sandbox.block(message.recipient.expose(), false).await;
    assert_eq!(rig.kind(&message).await, Ok(()));
}

#[tokio::test]
async fn a_wrong_password_or_an_unknown_certificate_blames_the_settings() {
    let rig = EmailRig::new(Encryption::Starttls).await;
    let message = rig.message("never");
    let wrong = [
        adapter(rig.port, Encryption::Starttls, Some(rig.sandbox.certificate_pem()), "wrong"),
        adapter(rig.port, Encryption::Starttls, None, PASSWORD),
    ];
    for adapter in wrong {
        let sent = adapter.channel.send(&message).await.map_err(|error| error.kind());
        assert_eq!(sent, Err(SendErrorKind::Misconfigured));
        let probed = adapter.channel.probe().await.map_err(|error| error.kind());
        assert_eq!(probed, Err(SendErrorKind::Misconfigured));
    }
    assert_eq!(rig.sandbox.screen().accepted(), 0);
}
