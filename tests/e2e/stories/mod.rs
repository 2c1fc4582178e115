//! What went wrong when citizens were called by phone, told as stories of what happens now.

mod asked_three_times;
mod declined_more_than_answered;
mod did_not_reach_them;
mod is_it_really_you;
mod own_page;
mod stop_everywhere;

use std::time::Duration;

use crate::tier::until;
use crate::world::World;

const AT_MOST: Duration = Duration::from_mins(1);

/// How a notification ended, and why.
async fn ending(world: &mut World, id: &str) -> (String, String) {
    let mut ended = None;
    until("the notification has ended", AT_MOST, async || {
        let told = world.statuses().await.iter().find(|status| status.id == id && status.is_final);
        ended = told.map(|status| (status.state.clone(), status.reason.clone().unwrap_or_default()));
        ended.is_some()
    })
    .await;
    ended.unwrap()
}
