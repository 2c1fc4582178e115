//! What a test publishes, and how it has to end.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::feed::{endings, tally};
use crate::killed::{id, shown_once, told_is_true};
use crate::people::{FIRST_MARK, Person, grant};
use crate::world::World;

/// Notifications of a test, each with a mark of its own.
pub(crate) struct Plan {
    pub(crate) marks: Vec<u32>,
    pub(crate) bodies: Vec<Value>,
}

impl Plan {
    /// So many notifications for these citizens, who take turns.
    pub(crate) fn of(people: &[Person], count: usize) -> Self {
        let marks: Vec<_> = (FIRST_MARK..).take(count).collect();
        let for_each = marks.iter().zip(people.iter().cycle());
        let bodies = for_each.map(|(mark, person)| grant(&id(*mark), person, *mark)).collect();
        Self { marks, bodies }
    }

    /// Invariants 2, 3 and 10 at the end, with whatever was ambiguous told so. Gives how many ended how.
    pub(crate) async fn has_ended_truthfully(
        &self,
        world: &mut World,
        at_most: Duration,
    ) -> BTreeMap<String, usize> {
        let ended = endings(&world.until_ended(self.bodies.len(), at_most).await);
        assert_eq!(ended.len(), self.bodies.len());
        told_is_true(world, self.marks.iter(), &ended, &shown_once(world)).await;
        assert!(world.dead_letters().is_empty());
        tally(&ended).into_iter().map(|(state, count)| (state.to_owned(), count)).collect()
    }
}
