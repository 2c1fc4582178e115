//! Dispatch: from due work to a provider's answer.

mod breaker;
mod calls;
mod hand;
mod lane;
mod limits;
mod pauses;
mod route;
pub mod starter;
pub mod timers;

pub use breaker::{Admission, Breaker, SpikeWatch};
pub use lane::{Lane, LaneContext, LaneOptions};
pub use limits::{Limits, Shares, Sharing};
pub use pauses::{Paused, Pauses};
pub use route::{Alarm, RouteAlarm, RouteHealth};
pub use starter::Starts;
