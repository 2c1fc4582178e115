//! The guard: whether a template goes on being sent on a channel where citizens decline it.

use std::collections::BTreeSet;

use vestnik_contract::ChannelId;

use super::channels::is_push;
use super::introduction::PausedIntroductions;
use crate::domain::{GuardRule, Mode, Offered, Policy, Reason, Standing, TrialRule, Would};

/// How a template stands on a channel, after how it stood before and what was counted.
///
/// - With fewer messages than `least` nothing gets worse, whatever became of them.
/// - It is warned of from `warn_percent` on, and the warning is over below `clear_percent`: a number
///   between the two changes nothing, so that a warning does not come and go.
/// - It is paused from `pause_percent` on. Nothing that is counted ends a pause: a person does.
/// - Where the rule is only reported on, what would be paused is on trial, and that is over as a warning
///   is.
#[must_use]
pub fn judge(before: Standing, counts: Offered, rule: &GuardRule) -> Standing {
    if before == Standing::Paused {
        return before;
    }
    let enough = counts.offered >= u64::from(rule.least);
    let still = counts.reaches(rule.clear_percent);
    if enough && counts.reaches(rule.pause_percent) {
        return if rule.mode == Mode::Enforce { Standing::Paused } else { Standing::OnTrial };
    }
    match before {
        Standing::OnTrial if still && rule.mode == Mode::Report => Standing::OnTrial,
        Standing::OnTrial | Standing::Warned if still => Standing::Warned,
        _ if enough && counts.reaches(rule.warn_percent) => Standing::Warned,
        _ => Standing::Fine,
    }
}

/// What the guard has against a message.
#[derive(Clone, Copy)]
pub(super) struct Guard<'a> {
    pub policy: &'a Policy,
    /// The channels on which it has paused the message's template.
    pub template: &'a BTreeSet<ChannelId>,
    /// Where it has paused the introduction that comes before the message; `None` where none does.
    pub introductions: Option<PausedIntroductions<'a>>,
}

impl Guard<'_> {
    /// Why the message is not sent on a channel: its template is paused there, or its citizen would have to
    /// be introduced there first and introductions are.
    pub(super) fn against(&self, channel: &ChannelId) -> Option<Reason> {
        let paused = self.policy.guard.mode == Mode::Enforce && self.concerns(channel);
        paused.then_some(Reason::Guarded)
    }

    /// What it would have done about a channel, where it is only reported on.
    pub(super) fn on_trial(&self, channel: &ChannelId) -> Option<Would> {
        let would = self.policy.guard.mode == Mode::Report && self.concerns(channel);
        would.then(|| Would { rule: TrialRule::Guard, until: None, channel: Some(channel.clone()) })
    }

    fn concerns(&self, channel: &ChannelId) -> bool {
        let stranger = |paused: PausedIntroductions<'_>| paused.concerns(channel);
        self.template.contains(channel)
            || is_push(self.policy, channel) && self.introductions.is_some_and(stranger)
    }
}

#[cfg(test)]
mod tests {
    use Standing::{Fine, OnTrial, Paused, Warned};
    use proptest::prelude::*;

    use super::*;

    const RULE: GuardRule = GuardRule {
        mode: Mode::Enforce,
        every_seconds: 60,
        window_days: 7,
        least: 100,
        clear_percent: 2,
        warn_percent: 5,
        pause_percent: 10,
    };

    fn counts(offered: u64, declined: u64) -> Offered {
        Offered { offered, declined }
    }

    #[test]
    fn it_warns_then_pauses_and_stays_so_until_a_person_releases_it() {
        let table = [
            (Fine, (100, 4), Fine),
            (Fine, (100, 5), Warned),
            (Fine, (100, 9), Warned),
            (Fine, (100, 10), Paused),
            (Fine, (99, 99), Fine),
            (Fine, (0, 0), Fine),
            // More may decline than were sent in the window: they were sent before it.
            (Fine, (100, 200), Paused),
            // Between the two numbers a warning stays and none begins.
            (Warned, (100, 4), Warned),
            (Warned, (100, 2), Warned),
            (Warned, (100, 1), Fine),
            (Warned, (100, 10), Paused),
            // What is not enough to begin one is enough to keep it.
            (Warned, (10, 9), Warned),
            (Warned, (0, 0), Fine),
            (Warned, (0, 1), Warned),
            (Paused, (100_000, 0), Paused),
            (Paused, (0, 0), Paused),
            (OnTrial, (100, 4), Warned),
            (OnTrial, (100, 10), Paused),
            (OnTrial, (100, 1), Fine),
        ];
        for (before, (offered, declined), after) in table {
            assert_eq!(judge(before, counts(offered, declined), &RULE), after, "{before:?}, {declined}");
        }
    }

    #[test]
    fn on_trial_nothing_is_paused_and_what_is_stays() {
        let rule = GuardRule { mode: Mode::Report, ..RULE };
        let table = [
            (Fine, 10, OnTrial),
            (OnTrial, 9, OnTrial),
            (OnTrial, 2, OnTrial),
            (OnTrial, 1, Fine),
            (Warned, 9, Warned),
            (Paused, 0, Paused),
        ];
        for (before, declined, after) in table {
            assert_eq!(judge(before, counts(100, declined), &rule), after, "{before:?}, {declined}");
        }
    }

    fn rule() -> impl Strategy<Value = GuardRule> {
        let mode = prop_oneof![Just(Mode::Enforce), Just(Mode::Report)];
        (mode, 1..500_u32, prop::collection::btree_set(1..=100_u16, 3)).prop_map(|(mode, least, percents)| {
            let percents: Vec<_> = percents.into_iter().collect();
            let [clear_percent, warn_percent, pause_percent] = percents[..] else { panic!("three") };
            GuardRule {
                mode,
                every_seconds: 60,
                window_days: 7,
                least,
                clear_percent,
                warn_percent,
                pause_percent,
            }
        })
    }

    fn standing() -> impl Strategy<Value = Standing> {
        prop::sample::select(&Standing::ALL[..])
    }

    fn some_counts() -> impl Strategy<Value = Offered> {
        let few = (0..1_000_u64, 0..1_000_u64);
        let any = (any::<u64>(), any::<u64>());
        prop_oneof![4 => few, 1 => any].prop_map(|(offered, declined)| counts(offered, declined))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn it_never_gets_worse_under_the_least_volume(
            rule in rule(), before in standing(), counts in some_counts()
        ) {
            let counts = Offered { offered: counts.offered % u64::from(rule.least), ..counts };
            prop_assert!(judge(before, counts, &rule) <= before);
        }

        #[test]
        fn the_more_decline_the_worse_it_stands(
            rule in rule(), before in standing(), counts in some_counts(), more in 0..1_000_u64
        ) {
            let worse = Offered { declined: counts.declined.saturating_add(more), ..counts };
            prop_assert!(judge(before, counts, &rule) <= judge(before, worse, &rule));
        }

        #[test]
        fn the_better_it_stood_the_better_it_stands(
            rule in rule(), a in standing(), b in standing(), counts in some_counts()
        ) {
            prop_assert!(judge(a.min(b), counts, &rule) <= judge(a.max(b), counts, &rule));
        }

        /// A history of numbers within the band between clearing and warning changes the standing once
        /// at most, whatever it was and however they move.
        #[test]
        fn it_does_not_flap(
            rule in rule(), before in standing(), all in prop::collection::vec(some_counts(), 1..30)
        ) {
            let within = |one: &&Offered| one.reaches(rule.clear_percent) && !one.reaches(rule.warn_percent);
            let mut stands = before;
            let mut changes = 0;
            for one in all.iter().filter(within) {
                let next = judge(stands, *one, &rule);
                prop_assert_eq!(judge(next, *one, &rule), next, "the same numbers say the same again");
                changes += usize::from(next != stands);
                stands = next;
            }
            prop_assert!(changes <= 1);
        }

        #[test]
        fn a_pause_outlasts_every_number(
            rule in rule(), all in prop::collection::vec(some_counts(), 1..30)
        ) {
            let stands = all.iter().fold(Standing::Paused, |stands, one| judge(stands, *one, &rule));
            prop_assert_eq!(stands, Standing::Paused);
        }

        #[test]
        fn only_what_is_enforced_pauses(
            rule in rule(), before in standing(), counts in some_counts()
        ) {
            let rule = GuardRule { mode: Mode::Report, ..rule };
            prop_assert!(before == Standing::Paused || judge(before, counts, &rule) < Standing::Paused);
        }
    }
}
