//! RabbitMQ: how it is reached, what must exist on it, and how the gateway publishes. What comes in
//! is the business of `intake`, what goes out that of `status`.

mod connection;
mod publisher;
mod topology;

#[cfg(test)]
pub(crate) mod testing;

use std::time::Duration;

pub use connection::{Broker, BrokerError, within};
pub use publisher::{Confirmed, Outgoing, Publisher};
pub use topology::{InvalidPrefix, Names, declare, remove};

/// The first wait after a failure.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// The longest wait after a failure.
const LAST_WAIT: Duration = Duration::from_secs(15);

/// How long to wait after this many failures in a row, from 1: 0.25 s, 0.5 s, 1 s, …, 15 s.
#[must_use]
pub fn wait_after(failures: u32) -> Duration {
    FIRST_WAIT.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LAST_WAIT)
}
