//! The order among sources that have work for one lane.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use uuid::Uuid;

use super::WorkRow;

/// Work in the order in which it is to be started: the most urgent first. Of one rank the sources take
/// turns, each with what was due longest, so that the millions of one do not hold up the few of another. Who
/// goes first in a turn is drawn by `lot`: it is somebody else each time.
pub(in crate::ledger) fn in_turns(mut rows: Vec<WorkRow>, lot: Uuid) -> Vec<WorkRow> {
    rows.sort_unstable_by_key(|row| (row.priority, row.due_at, row.notice));
    let mut before = HashMap::new();
    let mut placed: Vec<_> = rows
        .into_iter()
        .map(|row| {
            let drawn = drawn(&row.source, lot);
            let turn = before.entry((row.priority, drawn)).or_insert(0_usize);
            *turn += 1;
            ((row.priority, *turn, drawn), row)
        })
        .collect();
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, row)| row).collect()
}

fn drawn(source: &str, lot: Uuid) -> u64 {
    let mut hasher = DefaultHasher::new();
    (lot, source).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::Priority;
    use crate::ledger::suite::rows;

    fn work(source: &str, priority: Priority, due: i64) -> WorkRow {
        WorkRow { source: source.to_owned(), ..rows::work("sms", priority, rows::at(due)) }
    }

    #[test]
    fn sources_take_turns_and_the_urgent_go_first() {
        let mut rows: Vec<_> = (0..1000).map(|n| work("many", Priority::Bulk, n)).collect();
        rows.extend((2000..2003).map(|n| work("few", Priority::Bulk, n)));
        rows.push(work("many", Priority::Urgent, 5000));
        let ordered = in_turns(rows, Uuid::now_v7());
        assert_eq!(ordered[0].priority, Priority::Urgent);
        let few: Vec<_> = (0..ordered.len()).filter(|at| ordered[*at].source == "few").collect();
        assert!(few.iter().zip([2, 4, 6]).all(|(at, latest)| *at <= latest), "{few:?}");
        let many = ordered[1..].iter().filter(|row| row.source == "many");
        assert!(many.is_sorted_by_key(|row| row.due_at), "each source's own in the order of time");
    }

    #[test]
    fn somebody_else_goes_first_each_time() {
        let rows = ["a", "b", "c"].map(|source| work(source, Priority::Bulk, 0)).to_vec();
        let first = |_| in_turns(rows.clone(), Uuid::new_v4())[0].source.clone();
        assert_eq!((0..200).map(first).collect::<BTreeSet<_>>().len(), 3);
    }
}
