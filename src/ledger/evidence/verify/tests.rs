use jiff::Timestamp;
use proptest::prelude::*;
use vestnik_contract::ChannelId;

use super::*;
use crate::domain::{Consent, ConsentAction, ConsentOrigin, Locale, TopicId};
use crate::ledger::evidence::{Of, Recording};

/// What verification is given, to be spoiled.
struct Shelf {
    keys: Keyring,
    key: SealKey,
    chain: Option<Chain>,
    rows: Vec<ConsentRow>,
    unreadable: Vec<UnreadableRow>,
}

const CITIZEN: CitizenKey = CitizenKey([7; 32]);

fn said(second: i64) -> Consent {
    Consent {
        seq: 0,
        channel: (second % 2 == 0).then(|| ChannelId::new("sms").unwrap()),
        topic: None,
        action: ConsentAction::Granted,
        origin: ConsentOrigin::Portal,
        evidence: format!("form {second}"),
        wording: None,
        locale: None,
        actor: Some("window 4".to_owned()),
        at: Timestamp::from_second(second).unwrap(),
    }
}

impl Shelf {
    /// So many records that are older than the chain, and so many in it.
    fn of(older: i64, linked: i64) -> Self {
        let keys = Keyring::new("0123456789abcdef0123456789abcdef").unwrap();
        let (key, _) = keys.new_data_key().unwrap();
        let mut recording = Recording::default();
        let mut shelf = Self { keys, key, chain: None, rows: Vec::new(), unreadable: Vec::new() };
        shelf.add(&mut recording, 1..=older);
        for row in &mut shelf.rows {
            row.link = None;
        }
        let mut recording = Recording::default();
        shelf.add(&mut recording, older + 1..=older + linked);
        shelf.chain = recording.chains.get(&CITIZEN).copied();
        shelf
    }

    fn add(&mut self, recording: &mut Recording, seconds: std::ops::RangeInclusive<i64>) {
        for second in seconds {
            let of = Of { citizen: CITIZEN, key: &self.key, chain: None };
            let now = Timestamp::from_second(1_000).unwrap();
            recording.add(&self.keys, &of, self.rows.iter(), &said(second), now).unwrap();
            let row = recording.rows.pop().unwrap();
            self.rows.push(ConsentRow { seq: second, ..row });
        }
    }

    fn faults(&self, begins_after: i64) -> Vec<Finding> {
        let (key, rows, chain) = (Some(&self.key), &self.rows, self.chain);
        Records { citizen: CITIZEN, key, chain, rows, unreadable: &self.unreadable, begins_after }
            .verify(&self.keys)
    }
}

fn finding(fault: Fault, number: i64) -> Finding {
    Finding { fault, number: Some(number) }
}

#[test]
fn what_was_written_is_whole_with_records_older_than_the_chain_and_without() {
    for (older, linked) in [(0, 0), (0, 5), (3, 0), (3, 4)] {
        assert_eq!(Shelf::of(older, linked).faults(older), [], "{older} {linked}");
    }
}

#[test]
fn a_changed_removed_or_added_record_is_found() {
    let mut changed = Shelf::of(2, 4);
    changed.rows[3].action = ConsentAction::Withdrawn;
    assert_eq!(changed.faults(2), [finding(Fault::Changed, 2)]);

    for (at, number) in [(2, 1), (3, 2), (5, 4)] {
        let mut removed = Shelf::of(2, 4);
        removed.rows.remove(at);
        assert_eq!(removed.faults(2), [finding(Fault::Removed, number)]);
    }
    let mut older = Shelf::of(2, 4);
    older.rows.remove(0);
    assert_eq!(older.faults(2), [finding(Fault::Changed, 1)], "the chain begins with what was there");

    let mut added = Shelf::of(2, 4);
    added.rows.push(ConsentRow { seq: 9, link: None, ..added.rows[5].clone() });
    assert_eq!(added.faults(100), [Finding { fault: Fault::Added, number: None }]);
    added.rows[6].link = Some(Link { number: 5, ..added.rows[5].link.unwrap() });
    assert_eq!(added.faults(2), [finding(Fault::Added, 5)]);
}

#[test]
fn a_record_that_cannot_be_understood_is_a_changed_one_and_no_gap() {
    for (at, number) in [(0, None), (1, Some(1)), (2, Some(2)), (4, Some(4))] {
        let mut shelf = Shelf::of(1, 4);
        let row = shelf.rows.remove(at);
        shelf.unreadable.push(UnreadableRow { seq: row.seq, citizen: CITIZEN, number });
        assert_eq!(shelf.faults(1), [Finding { fault: Fault::Changed, number }]);
        shelf.rows.pop();
        assert!(shelf.faults(1).len() > 1, "what is missing besides is told");
    }
    let finding = Finding { fault: Fault::Changed, number: None };
    assert_eq!(finding.to_string(), "a record older than the chain was changed");
}

#[test]
fn the_last_record_is_missed_though_the_count_is_put_back() {
    let mut shelf = Shelf::of(0, 4);
    shelf.rows.pop();
    shelf.chain.as_mut().unwrap().length = 3;
    assert_eq!(shelf.faults(0), [finding(Fault::Changed, 3)], "the head before is nowhere to be found");
    shelf.chain = None;
    assert_eq!(shelf.faults(0).len(), 3, "without a head nothing is in the chain");
}

#[test]
fn evidence_may_be_erased_and_not_exchanged() {
    let mut shelf = Shelf::of(1, 3);
    shelf.rows.swap(1, 2);
    let (one, other) = (shelf.rows[1].evidence.clone(), shelf.rows[2].evidence.clone());
    (shelf.rows[1].evidence, shelf.rows[2].evidence) = (other, one);
    shelf.rows.swap(1, 2);
    assert_eq!(shelf.faults(1), [finding(Fault::Evidence, 1), finding(Fault::Evidence, 2)]);
    for row in &mut shelf.rows {
        row.evidence = Vec::new();
    }
    assert_eq!(shelf.faults(1), []);
}

/// Changes one thing of a record; whatever it is, it is another thing than before.
fn spoil(row: &mut ConsentRow, what: usize) {
    let link = row.link.as_mut().unwrap();
    match what {
        0 => row.channel = Some(ChannelId::new("viber").unwrap()),
        1 => row.topic = Some(TopicId::new("family").unwrap()),
        2 => row.action = ConsentAction::Withdrawn,
        3 => row.origin = ConsentOrigin::Law,
        4 => row.locale = Some(Locale::Uk),
        5 => row.at += jiff::SignedDuration::from_millis(1),
        6 => row.recorded_at += jiff::SignedDuration::from_millis(1),
        7 => link.number += 1,
        8 => link.commitment[0] ^= 1,
        9 => link.link[31] ^= 1,
        10 => row.evidence[20] ^= 1,
        _ => row.link = None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_single_change_of_a_row_is_found(older in 0_i64..3, linked in 1_i64..6, at in 0_usize..6, what in 0_usize..12) {
        let mut shelf = Shelf::of(older, linked);
        let at = usize::try_from(older).unwrap() + at % usize::try_from(linked).unwrap();
        spoil(&mut shelf.rows[at], what);
        prop_assert!(!shelf.faults(older).is_empty());
    }

    #[test]
    fn two_records_in_each_others_place_are_found(linked in 2_i64..6) {
        let mut shelf = Shelf::of(1, linked);
        let (first, second) = (shelf.rows[1].seq, shelf.rows[2].seq);
        (shelf.rows[1].seq, shelf.rows[2].seq) = (second, first);
        shelf.rows.swap(1, 2);
        prop_assert!(!shelf.faults(1).is_empty());
    }
}
