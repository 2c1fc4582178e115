//! Dispatch: from due work to a provider's answer.

mod breaker;
pub mod finisher;
mod lane;
mod limits;
mod pauses;
pub mod timers;
mod wake;

pub use breaker::{Admission, Breaker, SpikeWatch};
pub use lane::{Alarm, Lane, LaneContext, LaneOptions, RouteAlarm, RouteHealth};
pub use limits::Limits;
pub use pauses::{Paused, Pauses};
pub use wake::Wake;
