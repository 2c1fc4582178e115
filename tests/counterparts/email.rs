//! Mail through aiosmtpd, read by Python's `email`.

use vestnik_contract::{Channel, Message, SendErrorKind, Unsubscribe};
use vestnik_email::{Encryption, Settings, connect};

use crate::counterpart::Counterpart;
use crate::{Scrap, message, setup};

const TEXT: &str = "Министерство «Труд». Вам положена выплата.\n\
    .Строка, которая начинается с точки\n\nhttps://agency.example/a?b=1&c=2 <ok> 😀\nКод: 4711";

struct Relay {
    python: Counterpart,
    port: u16,
    certificate: Scrap,
}

impl Relay {
    fn start() -> Self {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let (certificate, key) =
            (Scrap::new(&made.cert.pem()), Scrap::new(&made.signing_key.serialize_pem()));
        let environment = [
            ("RELAY_CERTIFICATE", certificate.path()),
            ("RELAY_KEY", key.path()),
            ("RELAY_PASSWORD", "pass word ё"),
        ];
        let python = Counterpart::start("relay.py", &environment);
        let port = python.port();
        Self { python, port, certificate }
    }

    fn channel(&self, password: &str) -> std::sync::Arc<dyn Channel> {
        let password = Scrap::new(password);
        let settings = Settings {
            host: "127.0.0.1".into(),
            port: Some(self.port),
            tls: Encryption::Starttls,
            ca_file: Some(self.certificate.0.clone()),
            username: Some("ministry".into()),
            password: Some(password.secret()),
            max_connections: 1,
            call_timeout_seconds: 20,
            hello_name: None,
            returns: None,
        };
        connect(&settings, &setup()).unwrap().channel
    }
}

#[tokio::test]
async fn a_mail_over_starttls_is_read_whole_by_another_reader() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let relay = Relay::start();
    let channel = relay.channel("pass word ё");
    let url = format!("https://vestnik.example/unsubscribe/{}", "a1B2".repeat(40));
    let unsubscribe = Some(Unsubscribe { url: url.parse().unwrap() });
    let sent = Message { unsubscribe, ..message("olena+news@example.org", TEXT) };
    let accepted = channel.send(&sent).await.unwrap();

    let mail = relay.python.next();
    assert_eq!((&mail["tls"], &mail["authenticated"]), (&true.into(), &true.into()), "{mail}");
    assert_eq!(mail["defects"], serde_json::json!([]), "{mail}");
    assert_eq!(mail["envelope_from"], "no-reply@agency.example");
    assert_eq!(mail["envelope_to"], serde_json::json!(["olena+news@example.org"]));
    assert_eq!(mail["sender"], serde_json::json!([["Министерство «Труд»", "no-reply@agency.example"]]));
    assert_eq!(
        (&mail["form"], &mail["date"]),
        (&"multipart/alternative".into(), &"2026-11-22T10:00:00+00:00".into())
    );
    assert!(mail["longest_line"].as_u64().unwrap() <= 998, "RFC 5322, section 2.1.1: {mail}");

    let headers = &mail["headers"];
    assert_eq!(headers["to"], "olena+news@example.org");
    assert_eq!(headers["subject"], sent.title);
    assert_eq!(headers["list-unsubscribe"], format!("<{url}>"));
    assert_eq!(headers["list-unsubscribe-post"], "List-Unsubscribe=One-Click");
    assert_eq!(headers["auto-submitted"], "auto-generated");
    assert!(headers["message-id"].as_str().unwrap().contains(&sent.attempt.to_string()), "{headers}");
    assert!(headers["message-id"].as_str().unwrap().contains(&accepted.references[0]), "{headers}");

    assert_eq!(mail["text"].as_str().unwrap().replace("\r\n", "\n").trim_end(), TEXT);
    let html = mail["html"].as_str().unwrap();
    assert!(html.contains("Вам положена выплата") && html.contains("4711"), "{html}");
    assert!(
        html.contains("&lt;ok&gt;") && html.contains("href=\"https://agency.example/a?b=1&amp;c=2\""),
        "{html}"
    );
}

#[tokio::test]
async fn another_relay_refuses_a_wrong_password_and_we_understand_it() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let relay = Relay::start();
    let error = relay.channel("wrong").send(&message("olena@example.org", TEXT)).await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::Misconfigured, "{error}");
}
