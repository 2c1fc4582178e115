//! Policy: whether, where and when a citizen is written to.
//!
//! Pure: no I/O and no clock. [`decide`] makes the plan of a notification when it is accepted, and
//! [`recheck`] asks again at the moment of sending, because consent, hours and budget may have
//! changed in between; [`wait_until`] says how long its answer is then waited for, and [`make_room`]
//! who gives a place in the budget to what matters more; [`first`] says what comes before a first push. All judge by the same few rules, one file
//! each: [`consent`], the channels, the quiet hours, the contact budget.

mod budget;
mod channels;
mod choice;
pub mod consent;
mod decide;
mod guard;
mod introduction;
mod moment;
mod quiet;
mod recheck;
pub mod replay;
mod stop;
mod waiting;
mod window;
mod yielding;
mod zones;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod invariants;
#[cfg(test)]
mod shipped;

pub use budget::{ceilings, first_day_with_room, has_room, strictest};
pub use channels::{ChannelFacts, preference_for};
pub use choice::{Choices, Said, preferred_order, reordered};
pub use consent::{consent_in_force, ground};
pub use decide::{DecideInput, Facts, decide};
pub use guard::judge;
pub use introduction::{Comes, Introduced, PausedIntroductions, Place, first};
pub use moment::{deadline, expired, expiry};
pub use quiet::{Quiet, ever_opens};
pub use recheck::{ItemFacts, RecheckInput, on_trial, recheck};
pub use stop::{grant_moment, start_moment, stop_moment, topic_stop_moment};
pub use waiting::wait_until;
pub use window::{Joined, join, may_wait, open};
pub use yielding::{Holder, Yield, is_tight, make_room};
pub use zones::Zones;
