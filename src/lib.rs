//! Vestnik: a multichannel messaging gateway for public bodies.

#[cfg(feature = "demo")]
pub mod bench;
pub mod broker;
pub mod callbacks;
pub mod cli;
pub mod clock;
pub mod config;
#[cfg(feature = "demo")]
pub mod demo;
pub mod dispatch;
pub mod domain;
pub mod duties;
pub mod gateway;
pub mod inbound;
pub mod inbox;
pub mod intake;
pub mod ledger;
pub mod lifecycle;
pub mod notice;
pub mod policy;
pub mod replicas;
pub mod reports;
pub mod status;
pub mod telemetry;
pub mod web;
