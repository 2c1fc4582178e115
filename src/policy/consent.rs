//! Consent: whether the citizen wants to be written to.

use jiff::Timestamp;
use vestnik_contract::ChannelId;

use crate::domain::{Consent, ConsentAction, ConsentOrigin, Reason, TopicId};

/// The channel whose consent speaks of the built-in inbox.
const PORTAL: &str = "portal";

/// What the citizen said last of this channel and topic; `None` where no record speaks of them.
///
/// The newest record that covers both decides, by the time the citizen said it. At the same time a
/// withdrawal wins over a grant; among equals the one recorded later counts, which changes nothing.
///
/// A grant brought from another register ([`ConsentOrigin::Import`]) counts only while the newest
/// record that is *not* an import is not a withdrawal. So it never overrides a STOP, whatever time
/// the other register gives, and not even by way of an imported withdrawal in between; only the
/// citizen's own later grant lifts a STOP. An imported withdrawal counts like any other.
#[must_use]
pub fn consent_in_force(consents: &[Consent], channel: &ChannelId, topic: &TopicId) -> Option<ConsentAction> {
    in_force(consents, |record| record.covers(channel, topic)).map(|record| record.action)
}

/// The consent on which a message of this topic went by this channel at this moment, where it went on one.
#[must_use]
pub fn ground<'a>(
    consents: &'a [Consent],
    channel: &ChannelId,
    topic: &TopicId,
    at: Timestamp,
) -> Option<&'a Consent> {
    let said = in_force(consents, |record| record.at <= at && record.covers(channel, topic));
    said.filter(|record| record.action == ConsentAction::Granted)
}

/// Whether the citizen wants to see the topic in the inbox: consent in force for the portal or for
/// any channel at all: those that a record names, and those `in_use`, which a grant for all of them
/// speaks of without naming one.
#[must_use]
pub fn wanted_in_inbox<'a>(
    consents: &'a [Consent],
    topic: &TopicId,
    in_use: impl IntoIterator<Item = &'a ChannelId>,
) -> bool {
    let of_topic = |record: &Consent| record.topic.as_ref().is_none_or(|only| only == topic);
    let granted_on = |channel: &str| {
        let said = in_force(consents, |record| {
            of_topic(record) && record.channel.as_ref().is_none_or(|only| only.as_str() == channel)
        });
        said.is_some_and(|record| record.action == ConsentAction::Granted)
    };
    let named = consents.iter().filter_map(|record| record.channel.as_ref());
    granted_on(PORTAL) || named.chain(in_use).any(|channel| granted_on(channel.as_str()))
}

/// Why there is no ground to introduce ourselves on a channel; `None` where the citizen consented to be
/// written to there, if only of one topic.
#[must_use]
pub fn nothing_to_introduce(consents: &[Consent], channel: &ChannelId) -> Option<Reason> {
    let on_it = |record: &Consent| record.channel.as_ref().is_none_or(|only| only == channel);
    let of_others = in_force(consents, |record| on_it(record) && record.topic.is_none());
    let named = consents.iter().filter(|record| on_it(record)).filter_map(|record| record.topic.as_ref());
    let mut said = named
        .map(|topic| consent_in_force(consents, channel, topic))
        .chain([of_others.map(|record| record.action)]);
    if said.any(|action| action == Some(ConsentAction::Granted)) {
        return None;
    }
    let withdrawn = |record: &Consent| on_it(record) && record.action == ConsentAction::Withdrawn;
    Some(if consents.iter().any(withdrawn) { Reason::ConsentWithdrawn } else { Reason::NoConsent })
}

/// Why a topic has no consent on any channel: withdrawn, where the citizen ever withdrew it; else
/// never given.
#[must_use]
pub fn refusal(consents: &[Consent], topic: &TopicId) -> Reason {
    let withdrawn = consents.iter().any(|record| {
        record.action == ConsentAction::Withdrawn && record.topic.as_ref().is_none_or(|only| only == topic)
    });
    if withdrawn { Reason::ConsentWithdrawn } else { Reason::NoConsent }
}

fn in_force(consents: &[Consent], covers: impl Fn(&Consent) -> bool) -> Option<&Consent> {
    let covering = || consents.iter().filter(|record| covers(record));
    let own = newest(covering().filter(|record| record.origin != ConsentOrigin::Import));
    let stopped = own.is_some_and(|record| record.action == ConsentAction::Withdrawn);
    newest(covering().filter(|record| !(stopped && is_imported_grant(record))))
}

fn newest<'a>(records: impl Iterator<Item = &'a Consent>) -> Option<&'a Consent> {
    records.max_by_key(|record| weight(record))
}

fn weight(record: &Consent) -> (Timestamp, bool, i64) {
    (record.at, record.action == ConsentAction::Withdrawn, record.seq)
}

fn is_imported_grant(record: &Consent) -> bool {
    record.origin == ConsentOrigin::Import && record.action == ConsentAction::Granted
}

#[cfg(test)]
mod tests {
    use ConsentAction::{Granted, Withdrawn};
    use ConsentOrigin::{Import, InPerson, Law, Portal, Provider, Reply, SingleNumber};

    use super::*;
    use crate::policy::fixture::{channel, consent, topic};

    /// Records for SMS and the topic `family`: what, from where, on which day of June.
    fn says(records: &[(ConsentAction, ConsentOrigin, i8)]) -> Option<ConsentAction> {
        let records: Vec<_> = (1..)
            .zip(records)
            .map(|(seq, &(action, origin, day))| {
                let mut record = consent(Some("sms"), Some("family"), action, origin, day);
                record.seq = seq;
                record
            })
            .collect();
        consent_in_force(&records, &channel("sms"), &topic("family"))
    }

    #[test]
    fn the_newest_record_decides_and_on_a_tie_the_withdrawal() {
        let table: &[(&[_], _)] = &[
            (&[], None),
            (&[(Granted, Portal, 1)], Some(Granted)),
            (&[(Granted, Portal, 1), (Withdrawn, Reply, 2)], Some(Withdrawn)),
            (&[(Withdrawn, Reply, 1), (Granted, Portal, 2)], Some(Granted)),
            // Recorded late, said early: the time it was said counts.
            (&[(Withdrawn, Reply, 2), (Granted, InPerson, 1)], Some(Withdrawn)),
            (&[(Withdrawn, Portal, 1), (Granted, Portal, 1)], Some(Withdrawn)),
            (&[(Granted, Portal, 1), (Withdrawn, Portal, 1)], Some(Withdrawn)),
            (&[(Granted, Law, 1)], Some(Granted)),
        ];
        for (records, expected) in table {
            assert_eq!(says(records), *expected, "{records:?}");
        }
    }

    #[test]
    fn an_import_never_overrides_a_stop() {
        for origin in [Portal, SingleNumber, InPerson, Reply, Provider, Law] {
            for day in [1, 2, 3] {
                let records = [(Withdrawn, origin, 2), (Granted, Import, day)];
                assert_eq!(says(&records), Some(Withdrawn), "{records:?}");
            }
        }
        let table: &[(&[_], _)] = &[
            (&[(Granted, Import, 1)], Some(Granted)),
            (&[(Withdrawn, Import, 1), (Granted, Import, 2)], Some(Granted)),
            (&[(Granted, Portal, 1), (Withdrawn, Import, 2)], Some(Withdrawn)),
            // The citizen's own grant lifted the STOP: imports count again.
            (&[(Withdrawn, Reply, 1), (Granted, Portal, 2), (Granted, Import, 3)], Some(Granted)),
            // An imported withdrawal in between does not open a way around the STOP.
            (&[(Withdrawn, Reply, 1), (Withdrawn, Import, 2), (Granted, Import, 3)], Some(Withdrawn)),
        ];
        for (records, expected) in table {
            assert_eq!(says(records), *expected, "{records:?}");
        }
    }

    #[test]
    fn a_record_speaks_of_its_channel_and_topic_or_of_all() {
        let records = [
            consent(None, None, Withdrawn, Reply, 1),
            consent(Some("sms"), None, Granted, Portal, 2),
            consent(None, Some("housing"), Granted, Portal, 2),
        ];
        let asked = |on: &str, of: &str| consent_in_force(&records, &channel(on), &topic(of));
        assert_eq!(asked("sms", "family"), Some(Granted));
        assert_eq!(asked("email", "housing"), Some(Granted));
        assert_eq!(asked("email", "family"), Some(Withdrawn));
    }

    #[test]
    fn any_consent_for_the_topic_opens_the_inbox() {
        let family = topic("family");
        for on in [Some("portal"), Some("sms"), None] {
            assert!(wanted_in_inbox(&[consent(on, Some("family"), Granted, Portal, 1)], &family, []));
            assert!(wanted_in_inbox(&[consent(on, None, Granted, Portal, 1)], &family, []));
            assert!(!wanted_in_inbox(&[consent(on, Some("housing"), Granted, Portal, 1)], &family, []));
            assert!(!wanted_in_inbox(&[consent(on, None, Withdrawn, Portal, 1)], &family, []));
        }
        assert!(!wanted_in_inbox(&[], &family, []));
        let mixed =
            [consent(None, None, Granted, Portal, 1), consent(Some("sms"), None, Withdrawn, Reply, 2)];
        assert!(wanted_in_inbox(&mixed, &family, []));
        let all_but_portal =
            [consent(None, None, Granted, Portal, 1), consent(Some("portal"), None, Withdrawn, Portal, 2)];
        assert!(wanted_in_inbox(&all_but_portal, &family, &[channel("sms")]), "what is pushed stands there");
        assert!(!wanted_in_inbox(&all_but_portal, &family, &[channel("portal")]));
    }

    #[test]
    fn a_refusal_tells_stop_from_never_asked() {
        let family = topic("family");
        assert_eq!(refusal(&[], &family), Reason::NoConsent);
        let stop = consent(Some("sms"), None, Withdrawn, Reply, 1);
        assert_eq!(refusal(&[stop], &family), Reason::ConsentWithdrawn);
    }
}
