//! The connection to Redis: kept by a task of its own, so that nobody who asks ever waits for it to be
//! made. An answer comes in time, or Redis is away.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, StreamExt as _};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ErrorKind, IntoConnectionInfo, RedisError, RedisResult};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use vestnik_contract::Obstacle;

use crate::telemetry::Absence;

/// How long Redis may take to answer: a lane waits for it.
const PATIENCE: Duration = Duration::from_millis(200);

/// How long a connection may take.
const CONNECT_PATIENCE: Duration = Duration::from_secs(2);

/// How often it is asked whether it is there while nobody else asks.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The first wait after a failure; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// No wait is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// A connection that lasted so long was a good one: the next wait is the first again.
const STEADY: Duration = Duration::from_secs(10);

/// Before the first try to connect.
const NOT_YET: &str = "not connected yet";

/// What is written to see whether Redis can be worked with: it runs scripts, and they may write.
const LOOK: &str = "return redis.call('SET', KEYS[1], ARGV[1], 'PX', 60000)";

/// The setting is no URL of a Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a URL such as rediss://user:password@host:6379/0")]
pub struct InvalidUrl;

/// A script that runs in Redis as one step. Its first argument is which run of the server it is in.
pub struct Script(redis::Script);

impl Script {
    /// A script of this text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(redis::Script::new(text))
    }
}

/// The way to Redis. Clones share it.
#[derive(Clone)]
pub struct Link(Arc<Inner>);

struct Inner {
    client: Client,
    prefix: String,
    /// The connection, or what is wrong with it.
    state: watch::Sender<Result<Arc<Live>, String>>,
    absence: Absence,
}

/// A connection that works.
struct Live {
    connection: MultiplexedConnection,
    /// Which run of the server it is with: another one may have lost what this one knew.
    run: String,
}

impl Inner {
    fn set(&self, state: Result<Arc<Live>, String>) {
        // What it was before is of no interest.
        let _ = self.state.send_replace(state);
    }
}

impl Link {
    /// A way to the Redis at this URL, for the installation of this name. Nothing is connected before
    /// [`keep`](Self::keep).
    pub fn new(url: &SecretString, installation: &str) -> Result<Self, InvalidUrl> {
        let url = url.expose_secret();
        let right = ["redis://", "rediss://"].iter().any(|scheme| url.starts_with(scheme));
        let info = url.into_connection_info().ok().filter(|_| right).ok_or(InvalidUrl)?;
        let client = Client::open(info).map_err(|_| InvalidUrl)?;
        let prefix = format!("vestnik:{installation}:");
        let (state, _) = watch::channel(Err(NOT_YET.to_owned()));
        Ok(Self(Arc::new(Inner { client, prefix, state, absence: Absence::new("Redis") })))
    }

    /// Keeps a connection until `stopping`.
    pub async fn keep(self, stopping: CancellationToken) {
        stopping.run_until_cancelled(self.keep_for_ever()).await;
    }

    async fn keep_for_ever(&self) {
        let mut wait = FIRST_WAIT;
        loop {
            let began = Instant::now();
            let why = match self.connect().await {
                Ok(live) => {
                    self.0.absence.answered();
                    self.until_lost(live).await
                }
                Err(why) => why,
            };
            self.0.absence.failed(&why);
            self.0.set(Err(why));
            wait = if began.elapsed() > STEADY { FIRST_WAIT } else { wait };
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    async fn connect(&self) -> Result<Live, String> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let connecting = async {
            let mut connection = self.0.client.get_multiplexed_async_connection_with_config(&config).await?;
            let info: String = redis::cmd("INFO").arg("server").query_async(&mut connection).await?;
            let run = info.lines().find_map(|line| line.strip_prefix("run_id:")).unwrap_or_default();
            Ok(Live { connection, run: run.to_owned() })
        };
        let live = tokio::time::timeout(CONNECT_PATIENCE, connecting).await;
        let live = live.map_err(|_| Obstacle::TimedOut.to_string())?.map_err(|error| in_words(&error))?;
        self.look(&live).await.map_err(|error| in_words(&error))?;
        Ok(live)
    }

    /// Looks whether it can be worked with.
    async fn look(&self, live: &Live) -> RedisResult<()> {
        let keys = ["look".to_owned()];
        let _: String = self.invoke(live, &redis::Script::new(LOOK), &keys, &[]).await?;
        Ok(())
    }

    /// Lets everybody use the connection until it is of no use any more; why.
    async fn until_lost(&self, live: Live) -> String {
        let live = Arc::new(live);
        let mut state = self.0.state.subscribe();
        self.0.set(Ok(live.clone()));
        let looking = async {
            loop {
                tokio::time::sleep(LOOK_EVERY).await;
                if let Err(error) = self.look(&live).await {
                    return in_words(&error);
                }
            }
        };
        tokio::select! {
            why = looking => why,
            lost = state.wait_for(Result::is_err) => match lost.as_deref() {
                Ok(Err(why)) => why.clone(),
                Ok(Ok(_)) | Err(_) => String::new(),
            },
        }
    }

    /// Runs a script with these keys and arguments; `None` where Redis is away or does not answer in time.
    /// Then it may have run all the same.
    pub async fn run(&self, script: &Script, keys: &[String], arguments: &[u64]) -> Option<Vec<i64>> {
        let live = self.live()?;
        match self.invoke(&live, &script.0, keys, arguments).await {
            Ok(answer) => Some(answer),
            Err(error) => {
                self.lose(&live, &error);
                None
            }
        }
    }

    /// Waits until there is a connection that works. Somebody must [keep](Self::keep) it meanwhile.
    pub async fn open(&self) {
        // The sender lives as long as this link does.
        let _ = self.0.state.subscribe().wait_for(Result::is_ok).await;
    }

    /// What comes of the first try to connect: nothing, or what is wrong in a few words. Somebody must
    /// [keep](Self::keep) the connection meanwhile.
    pub async fn first_verdict(&self) -> Result<(), String> {
        let mut state = self.0.state.subscribe();
        let known = state.wait_for(|state| state.as_ref().err().is_none_or(|why| why != NOT_YET)).await;
        // The sender lives as long as this link does.
        known.map_or_else(|_| Err(NOT_YET.to_owned()), |state| state.as_ref().map(drop).map_err(Clone::clone))
    }

    /// Tells it to those who listen, if there are any.
    pub async fn publish(&self, channel: &str, text: &str) {
        let Some(live) = self.live() else { return };
        let mut connection = live.connection.clone();
        let publish = redis::cmd("PUBLISH").arg(self.name(channel)).arg(text).to_owned();
        if let Err(error) = publish.query_async::<i64>(&mut connection).await {
            self.lose(&live, &error);
        }
    }

    /// What is told on a channel from now on, over a connection of its own; `None` while Redis is away.
    /// Ends where the connection is cut, if that can be known.
    pub async fn subscribe(&self, channel: &str) -> Option<impl Stream<Item = Vec<u8>> + Unpin> {
        self.live()?;
        let subscribing = async {
            let mut connection = self.0.client.get_async_pubsub().await?;
            connection.subscribe(self.name(channel)).await?;
            RedisResult::Ok(connection.into_on_message().map(|message| message.get_payload_bytes().to_vec()))
        };
        tokio::time::timeout(CONNECT_PATIENCE, subscribing).await.ok()?.ok()
    }

    async fn invoke<T: redis::FromRedisValue>(
        &self,
        live: &Live,
        script: &redis::Script,
        keys: &[String],
        arguments: &[u64],
    ) -> RedisResult<T> {
        let mut invocation = script.prepare_invoke();
        for key in keys {
            invocation.key(self.name(key));
        }
        invocation.arg(&live.run);
        for argument in arguments {
            invocation.arg(argument);
        }
        let mut connection = live.connection.clone();
        // Where the script is not known there yet, that is three requests, each with a time-out.
        let answer = tokio::time::timeout(PATIENCE * 2, invocation.invoke_async(&mut connection)).await;
        answer.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
    }

    fn live(&self) -> Option<Arc<Live>> {
        self.0.state.borrow().as_ref().ok().cloned()
    }

    /// From now on nobody asks until the connection is made anew.
    fn lose(&self, live: &Arc<Live>, error: &RedisError) {
        self.0.state.send_if_modified(|state| {
            let same = state.as_ref().is_ok_and(|now| Arc::ptr_eq(now, live));
            if same {
                *state = Err(in_words(error));
            }
            same
        });
    }

    /// Whether Redis is there, or what is wrong in a few words.
    pub fn verdict(&self) -> Result<(), String> {
        let state = self.0.state.borrow();
        state.as_ref().map(drop).map_err(|why| format!("{why}; limits are kept by the reserve meanwhile"))
    }

    fn name(&self, key: &str) -> String {
        format!("{}{key}", self.0.prefix)
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("prefix", &self.0.prefix).finish_non_exhaustive()
    }
}

/// What is wrong, for the log: nothing of what was said by either side but the server's own code.
fn in_words(error: &RedisError) -> String {
    let obstacle = match error.code() {
        Some("NOAUTH" | "WRONGPASS") => Obstacle::Credentials,
        Some("NOPERM") => {
            return "our user may not do what is needed; docs/operations.md lists it".to_owned();
        }
        Some(code) => return format!("it says {code}"),
        None if error.kind() == ErrorKind::AuthenticationFailed => Obstacle::Credentials,
        None => below(error).unwrap_or(Obstacle::Protocol),
    };
    obstacle.to_string()
}

/// What the network said.
fn below(error: &RedisError) -> Option<Obstacle> {
    // The client keeps it in an `Arc`, which is an error by itself and hides which one it holds.
    let held = error.source().and_then(|held| held.downcast_ref::<Arc<dyn Error + Send + Sync>>());
    let told = held.and_then(|held| Obstacle::of(&**held));
    told.or_else(|| (error.kind() == ErrorKind::Io).then_some(Obstacle::Cut))
}

#[cfg(test)]
mod tests;
