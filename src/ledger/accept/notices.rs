//! The notices that a batch is about: those that it makes, and those that were there and that it moves. They
//! are found by id, and by the citizen whom they are for, however many there are.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{CitizenKey, Notice, NoticeId};
use crate::ledger::LedgerError;
use crate::ledger::store::Tx;
use crate::ledger::writes::Held;

/// Notices under the locks of their citizens' rows. Whoever is in is in for good: nothing takes a notice out,
/// nor gives it to another citizen.
#[derive(Default)]
pub(super) struct Notices {
    held: BTreeMap<NoticeId, Held>,
    by_citizen: BTreeMap<CitizenKey, BTreeSet<NoticeId>>,
}

impl Notices {
    /// Loads those of these that are not in yet.
    pub async fn load(&mut self, tx: &mut dyn Tx, ids: &[NoticeId]) -> Result<(), LedgerError> {
        let missing: Vec<_> = ids.iter().copied().filter(|id| !self.held.contains_key(id)).collect();
        for row in tx.notices(&missing).await? {
            self.keep(Held::of(row)?);
        }
        Ok(())
    }

    /// Puts a notice in. One that is in already stays as the batch has left it.
    pub fn keep(&mut self, held: Held) {
        let (id, citizen) = (held.notice.id, held.notice.citizen);
        self.by_citizen.entry(citizen).or_default().insert(id);
        self.held.entry(id).or_insert(held);
    }

    pub fn get(&self, id: &NoticeId) -> Option<&Held> {
        self.held.get(id)
    }

    pub fn get_mut(&mut self, id: &NoticeId) -> Option<&mut Held> {
        self.held.get_mut(id)
    }

    /// Those of one citizen, in the order of their ids, which is that of time.
    pub fn of(&self, citizen: CitizenKey) -> impl Iterator<Item = &Notice> {
        let ids = self.by_citizen.get(&citizen).into_iter().flatten();
        ids.filter_map(|id| self.held.get(id)).map(|held| &held.notice)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::domain::{NoticeKind, Priority};

    /// A notice of one of a few citizens.
    fn held(number: u128, citizen: u8) -> Held {
        let notice = Notice {
            id: NoticeId(Uuid::from_u128(number)),
            citizen: CitizenKey([citizen; 32]),
            kind: NoticeKind::Entitlement,
            priority: Priority::Normal,
            items: Vec::new(),
            on_behalf_of: None,
            steps: Vec::new(),
            current: 0,
            not_before: None,
            expires_at: jiff::Timestamp::MAX,
            deadline: None,
            window: None,
            answers: None,
            inbox: false,
            config: String::new(),
            closed: None,
        };
        Held { notice, words: Vec::new() }
    }

    proptest! {
        /// What is found by citizen is what a look at every notice finds, in the same order.
        #[test]
        fn a_citizens_notices_are_those_that_a_look_at_all_would_find(numbers in vec(0..40_u128, 0..60)) {
            let mut notices = Notices::default();
            for number in numbers {
                // Each number is one citizen's, also where it comes again.
                notices.keep(held(number, u8::try_from(number % 5).unwrap()));
            }
            for citizen in (0..6).map(|citizen| CitizenKey([citizen; 32])) {
                let found: Vec<_> = notices.of(citizen).map(|notice| notice.id).collect();
                let of_all = notices.held.values().filter(|held| held.notice.citizen == citizen);
                prop_assert_eq!(found, of_all.map(|held| held.notice.id).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn one_that_is_in_stays_as_the_batch_has_left_it() {
        let mut notices = Notices::default();
        notices.keep(held(1, 1));
        notices.get_mut(&NoticeId(Uuid::from_u128(1))).unwrap().notice.priority = Priority::Urgent;
        notices.keep(held(1, 1));
        let priorities: Vec<_> = notices.of(CitizenKey([1; 32])).map(|notice| notice.priority).collect();
        assert_eq!(priorities, [Priority::Urgent]);
    }
}
