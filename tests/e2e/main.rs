//! The gateway as a process: the real `vestnik serve`, a real RabbitMQ, PostgreSQL or SQLite, and
//! the providers' side of all five protocols. Each test names the invariant that it holds.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of tests may fail the test")]

mod bad_input;
mod bench;
mod broker;
mod browser;
mod database;
mod every_notification;
mod faults;
mod feed;
mod killed;
mod office;
mod people;
mod plan;
mod process;
mod proxy;
mod publisher;
mod replies;
mod roles;
mod sandboxes;
mod servers;
mod sessions;
mod sharing;
mod stories;
mod taken_back;
mod tier;
mod trouble;
mod world;
