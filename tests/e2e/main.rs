//! The gateway as a process: the real `vestnik serve`, a real RabbitMQ, PostgreSQL or SQLite, and
//! the providers' side of all five protocols. Each test names the invariant that it holds.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of tests may fail the test")]
#![expect(dead_code, reason = "the tests of bad input and of trouble follow")]

mod broker;
mod every_notification;
mod feed;
mod killed;
mod people;
mod process;
mod publisher;
mod sandboxes;
mod tier;
mod world;
