//! `vestnik migrate`.

use super::{Common, Exit, load};
use crate::clock::Clock;
use crate::gateway::open_store;

pub(super) async fn run(common: &Common) -> anyhow::Result<Exit> {
    let loaded = load(common)?;
    let store = open_store(&loaded.gateway.ledger, &Clock::system()).await?;
    store.migrate().await?;
    println!("The ledger has the schema of this release.");
    Ok(Exit::Well)
}
