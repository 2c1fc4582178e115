//! A citizens' portal to try the channel on: it checks our signatures, shows what it took, posts
//! signed callbacks, and misbehaves on request. It signs and checks with code of its own.

mod outbox;
mod seal;
mod server;

use std::collections::{HashMap, HashSet, VecDeque};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;
use vestnik_contract::sandbox::{Fault, Faults, Sandbox, Screen, Shown};
use vestnik_contract::{ChannelId, ClockFn, Driver};

use outbox::{Callback, Outbox};
use seal::Seal;

/// The secret the sandbox signs with, as a configuration would name it.
pub const SECRET: &str = "whsec_dmVzdG5payBzYW5kYm94IHBvcnRhbCBzZWNyZXQh";

/// How many messages stay on the screen.
const KEEP: usize = 5_000;
/// How many ids are remembered for telling a resend.
const REMEMBER: usize = 50_000;

/// The portal's side.
pub struct PortalSandbox {
    channel: ChannelId,
    screen: Screen,
    faults: Faults,
    clock: ClockFn,
    seal: Seal,
    outbox: Outbox,
    blocked: Mutex<HashSet<String>>,
    taken: Mutex<Taken>,
    /// Tells this run's references and events from those of an earlier one.
    run: String,
    next: AtomicU64,
}

impl PortalSandbox {
    /// Listens on this port of 127.0.0.1 (0: any free one). It works while the driver runs; the
    /// address is where to post messages, at any path.
    pub async fn listen(port: u16, clock: ClockFn) -> io::Result<(Arc<Self>, Driver, SocketAddr)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let (outbox, posting) = outbox::open(clock.clone());
        let sandbox = Arc::new(Self {
            channel: ChannelId::new("portal").map_err(io::Error::other)?,
            screen: Screen::new(KEEP),
            faults: Faults::default(),
            seal: Seal::new(SECRET).ok_or_else(|| io::Error::other("the sandbox's secret is no base64"))?,
            outbox,
            blocked: Mutex::default(),
            taken: Mutex::default(),
            run: format!("{:x}", clock().as_millisecond()),
            next: AtomicU64::new(1),
            clock,
        });
        let serving = server::serve(listener, sandbox.clone());
        let driver = Box::pin(async move {
            tokio::join!(serving, posting);
        });
        Ok((sandbox, driver, address))
    }

    /// Posts callbacks to this URL from now on. Until one is given they are dropped.
    pub fn call_back_to(&self, url: Url) {
        self.outbox.post_to(url);
    }

    /// A name that no other message or event of this or an earlier run has.
    fn name(&self, prefix: &str) -> String {
        format!("{prefix}-{}-{}", self.run, self.next.fetch_add(1, Ordering::Relaxed))
    }

    fn callback(&self, mut body: Value, delay: Duration) -> Callback {
        body["at"] = json!((self.clock)());
        Callback { id: self.name("evt"), body: body.to_string().into(), delay, seal: self.seal.clone() }
    }

    async fn tell(&self, body: Value) {
        self.outbox.put(self.callback(body, Duration::ZERO)).await;
    }

    /// Tells how the message fared, as the fault has it.
    async fn report(&self, reference: &str, user: &str, fault: Option<Fault>) {
        let kind = if fault == Some(Fault::FailedReceipt) { "failed" } else { "delivered" };
        let body = json!({ "type": kind, "reference": reference, "user": user });
        let delay = match fault {
            Some(Fault::LateReceipt(delay)) => delay,
            _ => Duration::ZERO,
        };
        let callback = self.callback(body, delay);
        match fault {
            Some(Fault::NoReceipt) => {}
            Some(Fault::EarlyReceipt) => outbox::post(&self.outbox, &callback).await,
            Some(Fault::DuplicateReceipt) => {
                self.outbox.put(callback.clone()).await;
                self.outbox.put(callback).await;
            }
            _ => self.outbox.put(callback).await,
        }
    }

    fn is_blocked(&self, user: &str) -> bool {
        lock(&self.blocked).contains(user)
    }

    /// Shows the message and remembers its id; returns its reference.
    fn accept(&self, message: &server::Incoming) -> String {
        let reference = self.name("p");
        lock(&self.taken).insert(message.id.clone(), reference.clone());
        self.screen.show(Shown {
            number: 0,
            channel: self.channel.clone(),
            address: message.user.clone(),
            sender: String::new(),
            title: Some(message.title.clone()),
            text: message.text.clone(),
            reference: reference.clone(),
            at: (self.clock)(),
            read: false,
        });
        reference
    }

    fn taken_before(&self, id: &str) -> Option<String> {
        lock(&self.taken).references.get(id).cloned()
    }
}

#[async_trait]
impl Sandbox for PortalSandbox {
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
        self.tell(json!({ "type": "reply", "user": address, "text": text })).await;
    }

    async fn block(&self, address: &str, blocked: bool) {
        let kind = if blocked {
            lock(&self.blocked).insert(address.to_owned());
            "unsubscribed"
        } else {
            lock(&self.blocked).remove(address);
            "subscribed"
        };
        self.tell(json!({ "type": kind, "user": address })).await;
    }

    async fn read(&self, number: u64) {
        if let Some(shown) = self.screen.mark_read(number) {
            self.tell(json!({ "type": "read", "reference": shown.reference, "user": shown.address })).await;
        }
    }
}

/// The newest messages' ids with their references.
#[derive(Default)]
struct Taken {
    references: HashMap<String, String>,
    order: VecDeque<String>,
}

impl Taken {
    fn insert(&mut self, id: String, reference: String) {
        if self.order.len() == REMEMBER
            && let Some(oldest) = self.order.pop_front()
        {
            self.references.remove(&oldest);
        }
        self.order.push_back(id.clone());
        self.references.insert(id, reference);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
