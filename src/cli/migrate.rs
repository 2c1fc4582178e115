//! `vestnik migrate`.

use super::{Common, Exit, load};
use crate::clock::Clock;
use crate::gateway::open_store;

pub(super) async fn run(common: &Common) -> anyhow::Result<Exit> {
    let loaded = load(common)?;
    let store = open_store(&loaded.gateway.ledger, &Clock::system()).await?;
    let had_it = store.check_schema().await.is_ok();
    store.migrate().await?;
    let since =
        if had_it { "had the schema of this release already" } else { "has the schema of this release now" };
    println!("The ledger {since}.");
    Ok(Exit::Well)
}
