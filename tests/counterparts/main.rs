//! Our channels against counterparts that are not ours. The sandboxes of the channels are written by
//! the same people who wrote the channels and may share their mistakes; what stands here was written by
//! others from the same specifications. Telegram needs none here: its client is the library teloxide.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of tests may fail the test")]

mod counterpart;
mod email;
mod sms;
mod viber;

use std::path::PathBuf;
use std::sync::Arc;

use uuid::Uuid;
use vestnik_contract::{Address, Message, RouteId, SecretRef, Sender, Setup};

/// A file that is removed at the end of the test.
struct Scrap(PathBuf);

impl Scrap {
    fn new(content: &str) -> Self {
        let path = std::env::temp_dir().join(format!("vestnik-counterpart-{}", Uuid::now_v7()));
        std::fs::write(&path, content).unwrap();
        Self(path)
    }

    fn secret(&self) -> SecretRef {
        SecretRef::File(self.0.clone())
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scrap {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn setup() -> Setup {
    let sender = Sender {
        label: "Министерство «Труд»".into(),
        sms_sender: "Ministry".into(),
        email_address: "no-reply@agency.example".into(),
        viber_name: "Ministry".into(),
        telegram_bot: "ministry_bot".into(),
    };
    let now = "2026-11-22T10:00:00Z".parse().unwrap();
    Setup { route: RouteId::new("main").unwrap(), sender, clock: Arc::new(move || now), callback_url: None }
}

fn message(to: &str, text: &str) -> Message {
    Message {
        attempt: Uuid::now_v7(),
        recipient: Address::new(to),
        locale: "ru".into(),
        title: "Вам положена выплата".into(),
        text: text.into(),
        expires_at: None,
        unsubscribe: None,
    }
}
