//! STOP and START: what a citizen's word changes, and at which moment it counts.
//!
//! Consent is judged by the time at which it was said ([`super::consent`]). Clocks differ, so the
//! moment of a STOP is never before that of what it answers, and a START comes after the STOP that
//! it takes back.

use jiff::{SignedDuration, Timestamp};
use vestnik_contract::ChannelId;

use crate::domain::{Consent, ConsentAction, ConsentOrigin, TopicId};

/// The least difference of two moments that the ledger keeps.
const TICK: SignedDuration = SignedDuration::from_millis(1);

/// When a STOP said now counts, for a channel or for all; `None` where everything in its reach is
/// stopped already, so that it changes nothing.
#[must_use]
pub fn stop_moment(consents: &[Consent], channel: Option<&ChannelId>, now: Timestamp) -> Option<Timestamp> {
    let reached = consents.iter().filter(|record| overlaps(record.channel.as_ref(), channel));
    moment(reached, |record| is_stop_of(record, channel), now)
}

/// When a STOP of one topic that is said now counts, on all channels; `None` where all of it is stopped
/// already.
#[must_use]
pub fn topic_stop_moment(consents: &[Consent], topic: &TopicId, now: Timestamp) -> Option<Timestamp> {
    let speaks_of = |record: &Consent| record.topic.as_ref().is_none_or(|one| one == topic);
    let reached = consents.iter().filter(|record| speaks_of(record));
    moment(reached, |record| is_own_stop(record) && record.channel.is_none(), now)
}

/// When a STOP counts that reaches these records; `None` where one that covers all of it is the last word.
fn moment<'a>(
    reached: impl Iterator<Item = &'a Consent> + Clone,
    covers: impl Fn(&Consent) -> bool,
    now: Timestamp,
) -> Option<Timestamp> {
    let stopped = newest(reached.clone().filter(|record| covers(record)));
    let granted =
        |record: &&Consent| record.action == ConsentAction::Granted && record.origin != ConsentOrigin::Import;
    if stopped.is_some() && newest(reached.clone().filter(granted)) <= stopped {
        return None;
    }
    Some(newest(reached).map_or(now, |newest| newest.max(now)))
}

/// When a START said now counts for a channel; `None` where no STOP by reply and no block at the
/// provider is in force that it could take back: a word in a chat is no consent where there was
/// none, and does not undo what was said on the portal.
#[must_use]
pub fn start_moment(consents: &[Consent], channel: &ChannelId, now: Timestamp) -> Option<Timestamp> {
    let of_all = consents.iter().filter(|record| {
        record.topic.is_none()
            && overlaps(record.channel.as_ref(), Some(channel))
            && record.origin != ConsentOrigin::Import
    });
    let last =
        of_all.max_by_key(|record| (record.at, record.action == ConsentAction::Withdrawn, record.seq))?;
    let own = matches!(last.origin, ConsentOrigin::Reply | ConsentOrigin::Provider);
    (own && last.action == ConsentAction::Withdrawn).then(|| after(last.at, now))
}

/// When consent counts that the citizen gives now for a channel, whatever was said before.
#[must_use]
pub fn grant_moment(consents: &[Consent], channel: &ChannelId, now: Timestamp) -> Timestamp {
    let withdrawn = consents.iter().filter(|record| {
        record.action == ConsentAction::Withdrawn && overlaps(record.channel.as_ref(), Some(channel))
    });
    newest(withdrawn).map_or(now, |at| after(at, now))
}

/// When a withdrawal counts that the citizen says now, for a channel or for all: not before anything that
/// was said of it.
pub(super) fn withdrawal_moment(
    consents: &[Consent],
    channel: Option<&ChannelId>,
    now: Timestamp,
) -> Timestamp {
    let reached = consents.iter().filter(|record| overlaps(record.channel.as_ref(), channel));
    newest(reached).map_or(now, |newest| newest.max(now))
}

fn after(at: Timestamp, now: Timestamp) -> Timestamp {
    at.saturating_add(TICK).unwrap_or(at).max(now)
}

fn newest<'a>(records: impl Iterator<Item = &'a Consent>) -> Option<Timestamp> {
    records.map(|record| record.at).max()
}

/// Whether a record stops all topics on the whole of this reach, by the citizen's own word.
fn is_stop_of(record: &Consent, channel: Option<&ChannelId>) -> bool {
    is_own_stop(record)
        && record.topic.is_none()
        && (record.channel.is_none() || record.channel.as_ref() == channel)
}

/// Whether a record takes consent, by the citizen's own word.
fn is_own_stop(record: &Consent) -> bool {
    record.action == ConsentAction::Withdrawn && record.origin != ConsentOrigin::Import
}

fn overlaps(one: Option<&ChannelId>, other: Option<&ChannelId>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use ConsentAction::{Granted, Withdrawn};
    use ConsentOrigin::{Import, Portal, Provider, Reply};
    use proptest::prelude::*;

    use super::*;
    use crate::policy::consent_in_force;
    use crate::policy::fixture::{at, channel, consent, topic};

    fn now() -> Timestamp {
        at("2020-07-01T12:00:00Z")
    }

    #[test]
    fn a_stop_of_a_topic_changes_something_unless_all_of_it_is_stopped() {
        let table: &[(Vec<Consent>, bool)] = &[
            (vec![], true),
            (vec![consent(None, None, Granted, Portal, 1)], true),
            (vec![consent(None, Some("family"), Withdrawn, Reply, 1)], false),
            (vec![consent(None, None, Withdrawn, Portal, 1)], false),
            (vec![consent(None, Some("family"), Withdrawn, Import, 1)], true),
            (vec![consent(Some("sms"), Some("family"), Withdrawn, Reply, 1)], true),
            (vec![consent(None, Some("pension"), Withdrawn, Reply, 1)], true),
            (
                vec![
                    consent(None, Some("family"), Withdrawn, Reply, 1),
                    consent(Some("sms"), None, Granted, Portal, 2),
                ],
                true,
            ),
            (
                vec![
                    consent(None, Some("family"), Withdrawn, Reply, 1),
                    consent(None, Some("pension"), Granted, Portal, 2),
                ],
                false,
            ),
        ];
        for (records, changes) in table {
            let moment = topic_stop_moment(records, &topic("family"), now());
            assert_eq!(moment.is_some(), *changes, "{records:?}");
        }
    }

    #[test]
    fn a_stop_changes_something_unless_all_of_its_reach_is_stopped() {
        let sms = channel("sms");
        let table: &[(Vec<Consent>, bool, bool)] = &[
            (vec![], true, true),
            (vec![consent(None, None, Granted, Portal, 1)], true, true),
            (vec![consent(Some("sms"), None, Withdrawn, Reply, 1)], false, true),
            (vec![consent(None, None, Withdrawn, Reply, 1)], false, false),
            (vec![consent(Some("sms"), None, Withdrawn, Import, 1)], true, true),
            (vec![consent(Some("sms"), Some("family"), Withdrawn, Portal, 1)], true, true),
            (
                vec![
                    consent(None, None, Withdrawn, Reply, 1),
                    consent(Some("sms"), Some("family"), Granted, Portal, 2),
                ],
                true,
                true,
            ),
            (
                vec![
                    consent(None, None, Withdrawn, Reply, 1),
                    consent(Some("viber"), None, Granted, Portal, 2),
                ],
                false,
                true,
            ),
            (
                vec![consent(None, None, Withdrawn, Reply, 1), consent(None, None, Granted, Import, 2)],
                false,
                false,
            ),
        ];
        for (records, on_sms, on_all) in table {
            assert_eq!(stop_moment(records, Some(&sms), now()).is_some(), *on_sms, "{records:?}");
            assert_eq!(stop_moment(records, None, now()).is_some(), *on_all, "{records:?}");
        }
    }

    #[test]
    fn a_start_takes_back_a_stop_by_reply_and_nothing_else() {
        let table: &[(Vec<Consent>, bool)] = &[
            (vec![], false),
            (vec![consent(Some("sms"), None, Granted, Portal, 1)], false),
            (vec![consent(Some("sms"), None, Withdrawn, Portal, 1)], false),
            (vec![consent(Some("sms"), None, Withdrawn, Reply, 1)], true),
            (vec![consent(Some("sms"), None, Withdrawn, Provider, 1)], true),
            (vec![consent(None, None, Withdrawn, Reply, 1)], true),
            (vec![consent(Some("viber"), None, Withdrawn, Reply, 1)], false),
            (
                vec![
                    consent(Some("sms"), None, Withdrawn, Reply, 1),
                    consent(Some("sms"), None, Withdrawn, Portal, 2),
                ],
                false,
            ),
        ];
        for (records, starts) in table {
            assert_eq!(start_moment(records, &channel("sms"), now()).is_some(), *starts, "{records:?}");
        }
    }

    proptest! {
        /// Whatever is on record, and whatever the clocks that wrote it: after STOP nothing is
        /// granted in its reach, after START or a new consent the channel is.
        #[test]
        fn the_last_word_holds(
            said in prop::collection::vec((0..3_usize, 0..3_usize, any::<bool>(), 0..4_usize, 1..60_i8), 0..8),
            for_all in any::<bool>(),
        ) {
            let channels = [None, Some("sms"), Some("viber")];
            let topics = [None, Some("family"), Some("pension")];
            let origins = [Portal, Reply, Import, Provider];
            let mut records: Vec<_> = said.iter().map(|&(on, of, given, from, day)| {
                let action = if given { Granted } else { Withdrawn };
                consent(channels[on], topics[of], action, origins[from], day)
            }).collect();
            let sms = channel("sms");
            let reach = (!for_all).then_some(&sms);
            if let Some(moment) = stop_moment(&records, reach, now()) {
                let mut stop = consent(reach.map(ChannelId::as_str), None, Withdrawn, Reply, 1);
                stop.at = moment;
                records.push(stop);
            }
            let asked = |records: &[Consent]| ["family", "pension"].map(|of| consent_in_force(records, &sms, &topic(of)));
            prop_assert_eq!(asked(&records), [Some(Withdrawn); 2]);
            prop_assert_eq!(stop_moment(&records, reach, now()), None);

            let mut of_family = records.clone();
            if let Some(moment) = topic_stop_moment(&records, &topic("family"), now()) {
                let mut stop = consent(None, Some("family"), Withdrawn, Reply, 1);
                stop.at = moment;
                of_family.push(stop);
            }
            for on in ["sms", "viber"] {
                let family = consent_in_force(&of_family, &channel(on), &topic("family"));
                prop_assert_eq!(family, Some(Withdrawn), "{}", on);
            }
            prop_assert_eq!(topic_stop_moment(&of_family, &topic("family"), now()), None);

            let mut granted = records.clone();
            let mut start = consent(Some("sms"), None, Granted, Reply, 1);
            start.at = grant_moment(&records, &sms, now());
            granted.push(start);
            prop_assert_eq!(asked(&granted), [Some(Granted); 2]);
        }
    }
}
