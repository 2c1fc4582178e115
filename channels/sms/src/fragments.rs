//! Citizens' long replies, which come in parts.
//!
//! The parts wait for each other unanswered, since nothing is answered before the gateway has it.
//! An SMSC may bring the next part only after the answer to the one before; so parts wait for a
//! while only, and then what there is becomes a reply of its own.

use tokio::time::Instant;
use vestnik_contract::{Event, Inbound, InboundContent};

use crate::header::Part;
use crate::inbox::{Arrival, Bearer};

/// One part of a reply.
#[derive(Debug)]
pub(crate) struct Fragment {
    pub(crate) bearer: Bearer,
    pub(crate) part: Part,
    pub(crate) inbound: Inbound,
    pub(crate) since: Instant,
}

impl Fragment {
    fn is_of_one_with(&self, other: &Self) -> bool {
        (self.part.reference, self.part.total) == (other.part.reference, other.part.total)
            && self.inbound.sender == other.inbound.sender
    }
}

/// The parts that wait for the rest, in the order they came.
#[derive(Debug, Default)]
pub(crate) struct Fragments(Vec<Fragment>);

impl Fragments {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// What brought them.
    pub(crate) fn bearers(&mut self) -> impl Iterator<Item = &mut Bearer> {
        self.0.iter_mut().map(|it| &mut it.bearer)
    }

    /// Adds a part. What is complete with it comes out; so do, apart, the parts of an earlier reply
    /// of the same reference, if this number was there already.
    pub(crate) fn add(&mut self, fragment: Fragment) -> Vec<Arrival> {
        let of_one = |it: &Fragment| it.is_of_one_with(&fragment);
        let again = self.0.iter().any(|it| of_one(it) && it.part.number == fragment.part.number);
        let mut out = Vec::new();
        if again {
            let earlier = self.0.extract_if(.., |it| of_one(it)).collect();
            out.extend(join(earlier));
        }
        let there = self.0.iter().filter(|it| of_one(it)).count();
        if there + 1 < usize::from(fragment.part.total) {
            self.0.push(fragment);
            return out;
        }
        let mut whole: Vec<_> = self.0.extract_if(.., |it| of_one(it)).collect();
        whole.push(fragment);
        out.extend(join(whole));
        out
    }

    /// Takes out the replies whose first part came at this moment or before.
    pub(crate) fn overdue(&mut self, moment: Instant) -> Vec<Arrival> {
        let mut out = Vec::new();
        while let Some(first) = self.0.iter().position(|it| it.since <= moment) {
            let first = self.0.remove(first);
            let mut parts: Vec<_> = self.0.extract_if(.., |it| it.is_of_one_with(&first)).collect();
            parts.push(first);
            out.extend(join(parts));
        }
        out
    }
}

/// One reply of these parts, under the key of the first. `None` of none.
fn join(mut parts: Vec<Fragment>) -> Option<Arrival> {
    parts.sort_by_key(|it| it.part.number);
    let text = parts.iter().filter_map(|it| match &it.inbound.content {
        InboundContent::Text(text) => Some(text.as_str()),
        _ => None,
    });
    let content = InboundContent::Text(text.collect());
    let inbound = Inbound { content, ..parts.first()?.inbound.clone() };
    Some(Arrival { bearers: parts.into_iter().map(|it| it.bearer).collect(), event: Event::Inbound(inbound) })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use vestnik_contract::Address;

    use super::*;

    fn fragment(reference: u16, number: u8, total: u8, text: &str, since: Instant) -> Fragment {
        Fragment {
            bearer: Bearer { session: 1, sequence: u32::from(number), fingerprint: 0 },
            part: Part { reference, total, number },
            inbound: Inbound {
                key: format!("{reference}-{number}"),
                sender: Address::new("+380671234567"),
                content: InboundContent::Text(text.into()),
                at: None,
            },
            since,
        }
    }

    fn told(arrivals: &[Arrival]) -> Vec<(&str, &str, usize)> {
        let told = |it| match it {
            &Arrival { event: Event::Inbound(ref it), ref bearers } => match &it.content {
                InboundContent::Text(text) => Some((it.key.as_str(), text.as_str(), bearers.len())),
                _ => None,
            },
            _ => None,
        };
        arrivals.iter().filter_map(told).collect()
    }

    #[tokio::test]
    async fn parts_become_one_in_any_order_and_beside_each_other() {
        let (mut fragments, now) = (Fragments::default(), Instant::now());
        assert!(fragments.add(fragment(7, 3, 3, "c", now)).is_empty());
        assert!(fragments.add(fragment(8, 1, 2, "x", now)).is_empty());
        assert!(fragments.add(fragment(7, 1, 3, "a", now)).is_empty());
        assert_eq!(told(&fragments.add(fragment(7, 2, 3, "b", now))), [("7-1", "abc", 3)]);
        assert_eq!(told(&fragments.add(fragment(8, 2, 2, "y", now))), [("8-1", "xy", 2)]);
        assert_eq!(fragments.len(), 0);
    }

    #[tokio::test]
    async fn what_does_not_come_is_not_waited_for_without_end() {
        let (mut fragments, now) = (Fragments::default(), Instant::now());
        fragments.add(fragment(7, 2, 3, "b", now));
        fragments.add(fragment(7, 1, 3, "a", now + Duration::from_secs(1)));
        fragments.add(fragment(8, 1, 2, "x", now + Duration::from_secs(1)));
        assert_eq!(told(&fragments.overdue(now)), [("7-1", "ab", 2)]);
        assert!(fragments.overdue(now).is_empty());
        assert_eq!(fragments.len(), 1);
    }

    #[tokio::test]
    async fn a_number_that_comes_twice_begins_another_reply() {
        let (mut fragments, now) = (Fragments::default(), Instant::now());
        fragments.add(fragment(7, 1, 2, "old", now));
        assert_eq!(told(&fragments.add(fragment(7, 1, 2, "a", now))), [("7-1", "old", 1)]);
        assert_eq!(told(&fragments.add(fragment(7, 2, 2, "b", now))), [("7-1", "ab", 2)]);
    }
}
