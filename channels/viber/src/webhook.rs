//! Telling Viber where our callbacks are.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::Instant;
use url::Url;
use vestnik_contract::{Outage, RouteId, SendError, Standing};

use crate::client::Api;
use crate::request::SetWebhook;
use crate::response;

/// Short, because at start our own server may be a moment behind.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// How long messages wait for the registration. Viber that calls us at an earlier address, or cannot
/// call us at all, takes messages all the same.
const PATIENCE: Duration = Duration::from_secs(10);

/// How far the registration is.
#[derive(Debug)]
enum Progress {
    /// No address is configured that Viber could call.
    Unwanted,
    NotBegun,
    /// It is tried since then; why the last try failed, if one did.
    Since(Instant, Option<SendError>),
    Done,
}

/// Lets messages wait while the address is being registered: of one sent before, Viber would tell
/// nobody what became of it.
#[derive(Debug, Clone)]
pub(crate) struct Registration(watch::Receiver<Progress>);

/// The driver's side of a [`Registration`].
pub(crate) struct Registrar(watch::Sender<Progress>);

/// A registration that has not begun, or that nobody wants.
pub(crate) fn registration(wanted: bool) -> (Registrar, Registration) {
    let progress = if wanted { Progress::NotBegun } else { Progress::Unwanted };
    let (sender, receiver) = watch::channel(progress);
    (Registrar(sender), Registration(receiver))
}

impl Registration {
    /// Waits while the address is being registered, but not for long.
    pub(crate) async fn settled(&self) {
        let Progress::Since(began, _) = *self.0.borrow() else { return };
        let mut progress = self.0.clone();
        let done = progress.wait_for(|progress| matches!(progress, Progress::Done));
        // Done, given up, or late: the message goes.
        let _ = tokio::time::timeout_at(began + PATIENCE, done).await;
    }

    /// How far it is, for an operator.
    pub(crate) fn standing(&self) -> Standing {
        match &*self.0.borrow() {
            Progress::Unwanted | Progress::Done => Standing::Ready,
            Progress::NotBegun | Progress::Since(_, None) => Standing::Opening,
            Progress::Since(_, Some(error)) => Standing::Broken(error.summary()),
        }
    }
}

impl Registrar {
    /// Registers the address and ends, at the latest when the adapter is dropped and `alive` with it.
    pub(crate) async fn register(
        self,
        api: Arc<Api>,
        url: Url,
        route: RouteId,
        alive: oneshot::Receiver<Infallible>,
    ) {
        let began = Instant::now();
        self.0.send_replace(Progress::Since(began, None));
        let failed = |error| drop(self.0.send_replace(Progress::Since(began, Some(error))));
        tokio::select! {
            () = try_on(&api, &url, &route, failed) => drop(self.0.send_replace(Progress::Done)),
            _ = alive => {}
        }
    }
}

/// Viber calls the address before it answers, so it must be reachable from there; until then, and
/// while Viber is away, the registration is tried again, ever more seldom.
async fn try_on(api: &Api, url: &Url, route: &RouteId, failed: impl Fn(SendError)) {
    let (mut wait, mut outage) = (FIRST_WAIT, Outage::new());
    while let Err(error) = set_webhook(api, url).await {
        if let Some(so_long) = outage.failed(Instant::now()) {
            tracing::warn!(%route, %error, seconds = so_long.as_secs(), "viber does not take the webhook; it is tried again and again");
        }
        failed(error);
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
    tracing::info!(%route, "viber calls our webhook");
}

async fn set_webhook(api: &Api, url: &Url) -> Result<(), SendError> {
    let answer = api.post("set_webhook", &SetWebhook::new(url)).await;
    answer.and_then(|answer| response::registered(&answer)).map_err(|error| api.at(error.harmless()))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[tokio::test]
    async fn it_is_tried_no_longer_than_the_adapter_lives() {
        // Nothing listens on the port of discard.
        let nowhere: Url = "http://127.0.0.1:9/".parse().unwrap();
        let api = Api::new(nowhere.clone(), HeaderValue::from_static("token"), LONGEST_WAIT).unwrap();
        let (adapter, alive) = oneshot::channel();
        let (registrar, _) = registration(true);
        let trying = registrar.register(Arc::new(api), nowhere, RouteId::new("main").unwrap(), alive);
        tokio::join!(trying, async { drop(adapter) });
    }

    #[tokio::test(start_paused = true)]
    async fn messages_wait_while_it_is_tried_but_not_for_ever() {
        let (registrar, registration) = registration(true);
        let waited = async || {
            let began = Instant::now();
            registration.settled().await;
            began.elapsed()
        };
        assert_eq!(waited().await, Duration::ZERO, "nobody registers anything");
        registrar.0.send_replace(Progress::Since(Instant::now(), None));
        assert_eq!(waited().await, PATIENCE);
        assert_eq!(waited().await, Duration::ZERO, "once, not for each message");
        registrar.0.send_replace(Progress::Since(Instant::now(), None));
        let done = async {
            tokio::time::sleep(FIRST_WAIT).await;
            registrar.0.send_replace(Progress::Done);
        };
        assert_eq!(tokio::join!(waited(), done).0, FIRST_WAIT);
        assert_eq!(waited().await, Duration::ZERO);
    }
}
