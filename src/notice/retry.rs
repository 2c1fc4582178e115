//! When to try again.

use jiff::SignedDuration;
use uuid::Uuid;

use crate::domain::RetrySchedule;

/// The wait after `tries` tries that counted, or `None` when they are used up. The jitter comes
/// from `seed`, so that the same question always has the same answer.
#[must_use]
pub fn wait_after(schedule: &RetrySchedule, tries: u32, seed: Uuid) -> Option<SignedDuration> {
    if tries >= schedule.tries {
        return None;
    }
    let doublings = tries.saturating_sub(1).min(31);
    let plain = u64::from(schedule.first_seconds) << doublings;
    let plain = plain.min(u64::from(schedule.longest_seconds)) * 1000;
    let millis = plain * 3 / 4 + (plain / 2) * u64::from(spread(seed, tries)) / u64::from(u16::MAX);
    Some(SignedDuration::from_millis(i64::try_from(millis).unwrap_or(i64::MAX)))
}

/// A number that looks random: the low bits of a version 7 UUID are.
fn spread(seed: Uuid, tries: u32) -> u16 {
    let bits = seed.as_u128() >> (16 * (tries % 3));
    u16::try_from(bits & u128::from(u16::MAX)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEDULE: RetrySchedule = RetrySchedule { first_seconds: 8, longest_seconds: 60, tries: 6 };

    #[test]
    fn the_wait_doubles_to_the_longest_within_a_quarter_of_jitter() {
        for (tries, plain) in [(1, 8), (2, 16), (3, 32), (4, 60), (5, 60)] {
            for seed in [0, u128::MAX, 0x1234_5678_9abc_def0] {
                let wait = wait_after(&SCHEDULE, tries, Uuid::from_u128(seed)).unwrap().as_millis();
                let plain = plain * 1000;
                assert!((plain * 3 / 4..=plain * 5 / 4).contains(&wait), "{tries}: {wait} of {plain}");
            }
        }
        assert_eq!(wait_after(&SCHEDULE, 6, Uuid::nil()), None);
        assert_eq!(wait_after(&SCHEDULE, u32::MAX, Uuid::nil()), None);
    }

    #[test]
    fn enormous_schedules_do_not_overflow() {
        let schedule = RetrySchedule { first_seconds: u32::MAX, longest_seconds: u32::MAX, tries: u32::MAX };
        assert!(wait_after(&schedule, u32::MAX - 1, Uuid::max()).is_some());
    }
}
