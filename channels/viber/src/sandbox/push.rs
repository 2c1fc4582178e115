//! Calling the bot's webhook.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ring::hmac;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use url::Url;

/// Callbacks waiting to be made; a send that would add one more waits.
const QUEUE: usize = 65_536;
/// Callbacks that are being made, or wait for their moment or their next try.
const TASKS: usize = 16_384;
/// Requests in flight.
const CALLS: usize = 64;
/// Viber tries for an hour; twelve tries with growing pauses are about half a minute.
const TRIES: u32 = 12;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// A callback to make.
#[derive(Debug, Clone)]
pub(super) struct Push {
    pub(super) body: String,
    /// How long to wait before.
    pub(super) after: Duration,
}

/// Makes callbacks to the registered webhook.
pub(super) struct Pusher {
    client: reqwest::Client,
    key: hmac::Key,
    webhook: Mutex<Option<Url>>,
    queue: mpsc::Sender<Push>,
    calls: Semaphore,
}

impl Pusher {
    /// A pusher that signs with this token, and the work of making what is enqueued.
    pub(super) fn new(token: &str) -> Result<(Arc<Self>, impl Future<Output = ()> + use<>), reqwest::Error> {
        let client = reqwest::Client::builder().timeout(CALL_TIMEOUT).tcp_nodelay(true).build()?;
        let (queue, waiting) = mpsc::channel(QUEUE);
        let pusher = Arc::new(Self {
            client,
            key: hmac::Key::new(hmac::HMAC_SHA256, token.as_bytes()),
            webhook: Mutex::default(),
            queue,
            calls: Semaphore::new(CALLS),
        });
        let work = Arc::clone(&pusher).work(waiting);
        Ok((pusher, work))
    }

    pub(super) fn set_webhook(&self, url: Option<Url>) {
        *self.webhook.lock().unwrap_or_else(PoisonError::into_inner) = url;
    }

    /// Makes the callback when its moment comes. Without a running driver it is lost.
    pub(super) async fn enqueue(&self, push: Push) {
        let _ = self.queue.send(push).await;
    }

    async fn work(self: Arc<Self>, mut waiting: mpsc::Receiver<Push>) {
        let mut tasks = JoinSet::new();
        while let Some(push) = waiting.recv().await {
            while tasks.try_join_next().is_some() {}
            if tasks.len() >= TASKS {
                tasks.join_next().await;
            }
            let pusher = Arc::clone(&self);
            tasks.spawn(async move {
                tokio::time::sleep(push.after).await;
                pusher.deliver(&push).await;
            });
        }
    }

    /// Calls the webhook until it answers 200, a bounded number of times.
    pub(super) async fn deliver(&self, push: &Push) {
        let mut pause = FIRST_PAUSE;
        for _ in 0..TRIES {
            let webhook = self.webhook.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let Some(url) = webhook else { return };
            if self.call(url, &push.body).await {
                return;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// One call; whether it was answered with 200. The signature stands in the header and in the
    /// query, because Viber's own libraries look in one place each.
    pub(super) async fn call(&self, mut url: Url, body: &str) -> bool {
        let Ok(_permit) = self.calls.acquire().await else { return false };
        let signature = hex(hmac::sign(&self.key, body.as_bytes()).as_ref());
        url.query_pairs_mut().append_pair("sig", &signature);
        let call = self
            .client
            .post(url)
            .header("Content-Type", "application/json")
            .header("X-Viber-Content-Signature", signature)
            .body(body.to_owned());
        call.send().await.is_ok_and(|answer| answer.status().as_u16() == 200)
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
