//! Telegram's side of the Bot API, for tests and for the demo.
//!
//! It speaks the same protocol with an encoder of its own: nothing here is shared with the client,
//! so that an error on one side is not undone on the other. Parameters come as JSON, as a form or in
//! the query, and a method's name in any case, as Telegram takes them, so that other clients work
//! too. Unlike Telegram it knows every private chat from the start, keeps `allowed_updates` out of
//! account, and has no webhooks.

mod answers;
mod methods;
mod parameters;
mod updates;

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;
use vestnik_contract::sandbox::{Faults, Sandbox, Screen};
use vestnik_contract::{ChannelId, ClockFn, Driver};

use updates::Queue;

/// How to start the sandbox.
#[derive(Clone)]
pub struct SandboxOptions {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The bot's token, such as `123456789:secret`.
    pub token: String,
    /// The bot's user name, without `@`.
    pub bot: String,
    /// How many messages the screen keeps.
    pub keep: usize,
    /// Where the time comes from.
    pub clock: ClockFn,
}

/// A Telegram of our own.
pub struct TelegramSandbox {
    channel: ChannelId,
    screen: Screen,
    faults: Faults,
    clock: ClockFn,
    token: String,
    bot: String,
    next_message: AtomicI64,
    blocked: Mutex<HashSet<i64>>,
    updates: Queue,
}

impl TelegramSandbox {
    /// Listens, and returns the sandbox, the work that must run for it to answer, and the address
    /// to give as `api_url`.
    pub async fn start(options: SandboxOptions) -> io::Result<(Arc<Self>, Driver, Url)> {
        let listener = TcpListener::bind(options.listen).await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let url = Url::parse(&url).map_err(io::Error::other)?;
        // Updates go on from where an earlier sandbox can have been.
        let seconds = (options.clock)().as_second();
        let sandbox = Arc::new(Self {
            channel: ChannelId::new("telegram").map_err(io::Error::other)?,
            screen: Screen::new(options.keep),
            faults: Faults::default(),
            clock: options.clock,
            token: options.token,
            bot: options.bot,
            next_message: AtomicI64::new(1),
            blocked: Mutex::default(),
            updates: Queue::new(seconds.unsigned_abs() % 1_000_000_000),
        });
        let driver = methods::serve(listener, Arc::clone(&sandbox));
        Ok((sandbox, Box::pin(driver), url))
    }

    /// The citizen at `address` opens the bot by a link with this token.
    pub async fn open(&self, address: &str, token: &str) {
        self.reply(address, &format!("/start {token}")).await;
    }

    fn message_id(&self) -> i64 {
        self.next_message.fetch_add(1, Ordering::Relaxed)
    }

    fn now(&self) -> i64 {
        (self.clock)().as_second()
    }

    fn blocked(&self) -> MutexGuard<'_, HashSet<i64>> {
        self.blocked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bot as Telegram describes it. Its id is the token's number.
    fn bot_user(&self) -> Value {
        let id = self.token.split(':').next().and_then(|number| number.parse().ok()).unwrap_or(1_i64);
        json!({ "id": id, "is_bot": true, "first_name": "Sandbox", "username": self.bot })
    }
}

fn person(id: i64) -> Value {
    json!({ "id": id, "is_bot": false, "first_name": "Citizen", "language_code": "uk" })
}

fn chat(id: i64) -> Value {
    json!({ "id": id, "type": "private", "first_name": "Citizen" })
}

#[async_trait]
impl Sandbox for TelegramSandbox {
    fn channel(&self) -> &ChannelId {
        &self.channel
    }

    fn screen(&self) -> &Screen {
        &self.screen
    }

    fn faults(&self) -> &Faults {
        &self.faults
    }

    async fn reply(&self, address: &str, text: &str) {
        let Ok(id) = address.parse() else { return };
        let mut message = json!({
            "message_id": self.message_id(), "from": person(id), "chat": chat(id), "date": self.now(),
            "text": text,
        });
        if text.starts_with('/') {
            let length = text.split_whitespace().next().map_or(0, |command| command.encode_utf16().count());
            message["entities"] = json!([{ "offset": 0, "length": length, "type": "bot_command" }]);
        }
        self.updates.push("message", &message);
    }

    async fn block(&self, address: &str, blocked: bool) {
        let Ok(id) = address.parse() else { return };
        let changed = if blocked { self.blocked().insert(id) } else { self.blocked().remove(&id) };
        // Who begins blocked by a fault lifts the block all the same.
        if blocked && !changed {
            return;
        }
        let member = json!({ "user": self.bot_user(), "status": "member" });
        let kicked = json!({ "user": self.bot_user(), "status": "kicked", "until_date": 0 });
        let (old, new) = if blocked { (member, kicked) } else { (kicked, member) };
        let change = json!({
            "chat": chat(id), "from": person(id), "date": self.now(), "old_chat_member": old,
            "new_chat_member": new,
        });
        self.updates.push("my_chat_member", &change);
    }

    /// Telegram does not tell a bot what was read.
    async fn read(&self, number: u64) {
        self.screen.mark_read(number);
    }
}
