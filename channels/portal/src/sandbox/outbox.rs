//! Posts the portal's callbacks, a bounded number at a time and each a bounded number of times.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use reqwest::Client;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::sleep;
use url::Url;
use vestnik_contract::ClockFn;

use super::lock;
use super::seal::Seal;

/// Callbacks that wait for a place; then the portal takes messages no faster than it can report.
const QUEUE: usize = 10_000;
/// Callbacks in hand, those waiting for their moment included.
const IN_HAND: usize = 1_000;
/// Callbacks on the wire at once.
const ON_THE_WIRE: usize = 32;
/// How often one is posted; the waits between double from [`FIRST_WAIT`], about 6 s in all.
const TRIES: u32 = 6;
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// How long one post may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A callback to post.
#[derive(Clone)]
pub(super) struct Callback {
    pub(super) id: String,
    pub(super) body: Bytes,
    pub(super) delay: Duration,
    pub(super) seal: Seal,
}

/// Where callbacks are put.
pub(super) struct Outbox {
    queue: mpsc::Sender<Callback>,
    post: Arc<Post>,
}

struct Post {
    http: Client,
    to: Mutex<Option<Url>>,
    clock: ClockFn,
    wire: Semaphore,
}

/// An outbox, and the future that posts what is put into it.
pub(super) fn open(clock: ClockFn) -> (Outbox, impl Future<Output = ()> + Send) {
    let http = Client::builder().no_proxy().timeout(PATIENCE).build().unwrap_or_default();
    let wire = Semaphore::new(ON_THE_WIRE);
    let post = Arc::new(Post { http, to: Mutex::default(), clock, wire });
    let (queue, waiting) = mpsc::channel(QUEUE);
    (Outbox { queue, post: post.clone() }, run(post, waiting))
}

impl Outbox {
    pub(super) fn post_to(&self, url: Url) {
        *lock(&self.post.to) = Some(url);
    }

    pub(super) async fn put(&self, callback: Callback) {
        // Nobody posts once the driver has ended, and then nobody is told.
        let _ = self.queue.send(callback).await;
    }
}

/// Posts one callback now, ahead of those in the queue.
pub(super) async fn post(outbox: &Outbox, callback: &Callback) {
    outbox.post.deliver(callback).await;
}

async fn run(post: Arc<Post>, mut waiting: mpsc::Receiver<Callback>) {
    let mut in_hand = JoinSet::new();
    loop {
        tokio::select! {
            next = waiting.recv(), if in_hand.len() < IN_HAND => {
                let Some(callback) = next else { return };
                let post = post.clone();
                in_hand.spawn(async move { post.deliver(&callback).await });
            }
            Some(_) = in_hand.join_next() => {}
        }
    }
}

impl Post {
    async fn deliver(&self, callback: &Callback) {
        sleep(callback.delay).await;
        let mut wait = FIRST_WAIT;
        for _ in 0..TRIES {
            if self.once(callback).await {
                return;
            }
            sleep(wait).await;
            wait *= 2;
        }
        tracing::warn!("the sandbox portal gave a callback up");
    }

    /// Whether it was taken, or will never be.
    async fn once(&self, callback: &Callback) -> bool {
        let Some(url) = lock(&self.to).clone() else { return true };
        let Ok(_place) = self.wire.acquire().await else { return true };
        let timestamp = (self.clock)().as_second().to_string();
        let signature = callback.seal.of(&callback.id, &timestamp, &callback.body);
        let request = self
            .http
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", &callback.id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(callback.body.clone());
        match request.send().await {
            Ok(response) => response.status().is_success() || response.status().is_client_error(),
            Err(_) => false,
        }
    }
}
