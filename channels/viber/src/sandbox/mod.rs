//! Viber's side of the REST bot API, for tests and for the demo.
//!
//! It speaks the same protocol with an encoder of its own: nothing here is shared with the client,
//! so that an error on one side is not undone on the other. Unlike Viber it takes webhooks without
//! TLS, takes messages before a webhook is set (their receipts are lost), and counts every user as
//! subscribed until blocked.

mod answers;
mod push;
mod server;

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use tokio::net::TcpListener;
use url::Url;
use vestnik_contract::sandbox::{Faults, Sandbox, Screen};
use vestnik_contract::{ChannelId, ClockFn, Driver};

use push::{Push, Pusher};

/// How to start the sandbox.
#[derive(Clone)]
pub struct SandboxOptions {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The token that the bot must show and that callbacks are signed with.
    pub token: String,
    /// How many messages the screen keeps.
    pub keep: usize,
    /// Where the time comes from.
    pub clock: ClockFn,
}

/// A Viber of our own.
pub struct ViberSandbox {
    channel: ChannelId,
    screen: Screen,
    faults: Faults,
    clock: ClockFn,
    token: String,
    next_token: AtomicU64,
    blocked: Mutex<HashSet<String>>,
    pusher: Arc<Pusher>,
}

impl ViberSandbox {
    /// Listens, and returns the sandbox, the work that must run for it to answer, and the address
    /// to give as `api_url`.
    pub async fn start(options: SandboxOptions) -> io::Result<(Arc<Self>, Driver, Url)> {
        let listener = TcpListener::bind(options.listen).await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let url = Url::parse(&url).map_err(io::Error::other)?;
        let (pusher, pushing) = Pusher::new(&options.token).map_err(io::Error::other)?;
        // Tokens go on from where an earlier sandbox can have been, and need all 64 bits.
        let millis = u64::try_from((options.clock)().as_millisecond()).unwrap_or_default();
        let sandbox = Arc::new(Self {
            channel: ChannelId::new("viber").map_err(io::Error::other)?,
            screen: Screen::new(options.keep),
            faults: Faults::default(),
            clock: options.clock,
            token: options.token,
            next_token: AtomicU64::new(millis.saturating_mul(1_000_000)),
            blocked: Mutex::default(),
            pusher,
        });
        let serving = server::serve(listener, Arc::clone(&sandbox));
        let driver = async move {
            tokio::join!(serving, pushing);
        };
        Ok((sandbox, Box::pin(driver), url))
    }

    /// The citizen at `address` opens the conversation by a link with this context.
    pub async fn open(&self, address: &str, context: &str) {
        let subscribed = !self.is_blocked(address);
        let fields = json!({
            "type": "open", "context": context, "user": user(address), "subscribed": subscribed,
        });
        self.say("conversation_started", self.token(), fields).await;
    }

    /// A token that was never given before.
    fn token(&self) -> u64 {
        self.next_token.fetch_add(1, Ordering::Relaxed)
    }

    fn is_blocked(&self, address: &str) -> bool {
        self.blocked.lock().unwrap_or_else(PoisonError::into_inner).contains(address)
    }

    /// Notes it; whether anything changed.
    fn set_blocked(&self, address: &str, blocked: bool) -> bool {
        let mut addresses = self.blocked.lock().unwrap_or_else(PoisonError::into_inner);
        if blocked { addresses.insert(address.to_owned()) } else { addresses.remove(address) }
    }

    /// The callback of an event, with what all have and these fields.
    fn event(&self, event: &str, token: u64, mut fields: serde_json::Value) -> Push {
        fields["event"] = event.into();
        fields["timestamp"] = (self.clock)().as_millisecond().into();
        fields["message_token"] = token.into();
        Push { body: fields.to_string(), after: Duration::ZERO }
    }

    async fn say(&self, event: &str, token: u64, fields: serde_json::Value) {
        self.pusher.enqueue(self.event(event, token, fields)).await;
    }
}

/// A user as Viber describes one to a bot that did not ask for names and photos.
fn user(address: &str) -> serde_json::Value {
    json!({ "id": address, "name": "Subscriber", "language": "uk", "country": "UA", "api_version": 10 })
}

#[async_trait]
impl Sandbox for ViberSandbox {
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
        let fields = json!({ "sender": user(address), "message": { "type": "text", "text": text } });
        self.say("message", self.token(), fields).await;
    }

    async fn block(&self, address: &str, blocked: bool) {
        match (self.set_blocked(address, blocked), blocked) {
            (false, true) => {}
            (true, true) => self.say("unsubscribed", self.token(), json!({ "user_id": address })).await,
            // Who begins blocked by a fault subscribes all the same.
            (_, false) => self.say("subscribed", self.token(), json!({ "user": user(address) })).await,
        }
    }

    async fn read(&self, number: u64) {
        let Some(shown) = self.screen.mark_read(number) else { return };
        let Ok(token) = shown.reference.parse() else { return };
        self.say("seen", token, json!({ "user_id": shown.address })).await;
    }
}
