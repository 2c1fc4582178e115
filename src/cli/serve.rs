//! `vestnik serve`.

use std::process::ExitCode;
use std::time::Duration;

use tracing::info;

use super::{Common, load};
use crate::clock::Clock;
use crate::gateway::{Gateway, open_ledger};
use crate::lifecycle::Lifecycle;
use crate::telemetry::open_log;

pub(super) async fn run(common: &Common) -> anyhow::Result<ExitCode> {
    let loaded = load(common)?;
    open_log(loaded.gateway.log.format, "info")?;
    let clock = Clock::system();
    let lifecycle = Lifecycle::new();
    let grace = Duration::from_secs(loaded.gateway.grace_seconds.into());
    let ledger = open_ledger(&loaded.gateway.ledger, &clock).await?;
    let gateway = Gateway::start(loaded, ledger, &clock, &lifecycle)?;
    info!(config = %gateway.rules.version, "vestnik is at work");
    let ending = lifecycle.run_until_signal(grace).await?;
    gateway.close().await;
    Ok(ending.exit_code())
}
