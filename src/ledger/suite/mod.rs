//! What every database must do: one suite that [`SQLite`](super::sqlite) and PostgreSQL both pass.
//!
//! Each function gets a store over a database of its own, migrated and empty. Moments are taken from
//! the transaction and moved in the rows, never in a clock: the clock may be the database's.

pub(crate) mod batches;
pub(crate) mod citizens;
pub(crate) mod codes;
pub(crate) mod guard;
pub(crate) mod inbox;
pub(crate) mod introduced;
pub(crate) mod notices;
pub(crate) mod operations;
pub(crate) mod past;
pub(crate) mod preferences;
pub(crate) mod receipts;
pub(crate) mod registry;
pub(crate) mod replay;
pub(crate) mod report;
pub(crate) mod rows;
pub(crate) mod scam;
pub(crate) mod timeline;
pub(crate) mod transactions;
pub(crate) mod unreached;
pub(crate) mod window;
pub(crate) mod work;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::error::StoreError;
use super::store::Tx;

/// What a function of the suite gives: a failed call is a failed test.
pub(crate) type Outcome = Result<(), StoreError>;

/// Makes one test of each function of the suite. The argument is an async function without
/// arguments that gives a guard and a [`Store`](super::store::Store) over a new, migrated, empty
/// database; the guard is dropped last and takes the database away.
macro_rules! store_suite {
    ($open:path) => {
        $crate::ledger::suite::store_suite!(@tests $open;
            transactions: the_schema_is_ready_and_migrating_again_changes_nothing;
            transactions: what_is_dropped_leaves_nothing_behind;
            transactions: readers_see_only_what_is_committed;
            transactions: readers_do_not_write;
            batches: nothing_is_asked_for_an_empty_list;
            batches: thousands_of_citizens_go_in_one_call;
            batches: thousands_of_notifications_go_in_one_call;
            batches: thousands_of_deliveries_go_in_one_call;
            citizens: citizens_are_kept_replaced_and_ordered;
            citizens: of_two_who_add_a_citizen_one_is_told;
            citizens: a_locked_citizen_waits_for_the_first_to_commit;
            citizens: changes_under_the_lock_are_never_lost;
            citizens: addresses_are_kept_found_and_closed;
            citizens: consents_are_numbered_in_their_order;
            citizens: preferences_are_one_per_topic;
            citizens: reservations_are_counted_moved_and_released;
            citizens: who_holds_a_place_and_was_not_started_is_known;
            preferences: versions_of_preferences_are_numbered_by_topic;
            preferences: a_preference_is_taken_away_alone;
            notices: source_references_are_remembered_and_replaced;
            notices: what_another_remembered_is_not_forgotten;
            notices: notifications_are_kept_and_closed;
            notices: a_notification_is_added_once;
            notices: notices_are_kept_and_saved;
            window: windows_are_open_until_they_are_closed;
            introduced: an_introduction_is_on_record_once_and_its_moment_is_set_once;
            introduced: what_was_never_sent_goes_off_the_record;
            work: work_is_kept_replaced_and_removed;
            work: the_most_urgent_and_longest_due_is_claimed_first;
            work: sources_take_turns;
            work: every_source_has_its_turn;
            work: claims_keep_to_their_lane_rank_and_time;
            work: leased_work_is_skipped_until_the_lease_is_over;
            work: started_work_is_abandoned_and_never_claimed;
            work: a_dropped_claim_leaves_the_work_free;
            work: claimers_never_get_the_same_work;
            work: open_work_is_counted_and_the_next_is_known;
            receipts: references_are_kept_found_and_saved;
            receipts: orphans_match_by_reference_and_recipient;
            receipts: orphans_are_kept_once_and_taken_once;
            timeline: entries_come_in_their_order_and_by_pages;
            timeline: readers_of_one_source_see_no_other;
            timeline: no_late_commit_is_missed;
            timeline: many_writers_are_followed_without_gap_or_repetition;
            inbox: inboxes_are_paged_from_the_newest;
            inbox: an_entry_is_read_once_and_by_its_citizen_alone;
            inbox: inbounds_are_new_once;
            inbox: inbounds_of_a_citizen_are_paged_from_the_newest;
            inbox: a_link_is_taken_once_and_in_time;
            operations: dead_letters_are_kept_paged_and_removed;
            operations: tokens_are_kept_and_revoked;
            operations: pauses_are_one_per_route;
            operations: values_are_set_and_replaced;
            operations: a_duty_has_one_holder_and_a_rising_fence;
            operations: a_duty_goes_to_one_of_many;
            codes: codes_are_known_again_and_may_be_shared;
            codes: askers_are_counted_by_the_hour;
            scam: scam_reports_are_kept_listed_and_closed_once;
            registry: registry_events_come_in_their_order_and_go_with_their_evidence;
            registry: an_address_has_one_code_until_it_is_removed;
            guard: what_is_counted_adds_up;
            guard: introductions_are_counted_apart_and_those_of_a_campaign_for_no_source;
            guard: the_guard_sees_what_was_offered_and_declined_since_a_release;
            guard: what_a_citizen_may_have_got_lately_is_found;
            report: what_came_of_notifications_is_added_up;
            report: regions_are_told_once_and_in_order;
            report: places_are_counted_by_day_week_and_month;
            unreached: the_unreached_come_in_their_order_and_by_pages;
            unreached: who_was_reached_since_is_told;
            replay: what_was_accepted_comes_by_pages;
            replay: places_are_told_with_their_notices;
            past: what_is_over_is_forgotten_from_the_oldest_on;
            past: a_reference_is_known_while_its_notification_is_open;
        );
    };
    (@tests $open:path; $($theme:ident: $name:ident;)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let (_guard, store) = $open().await;
                $crate::ledger::suite::$theme::$name(&store).await.unwrap();
            }
        )+
    };
}
pub(crate) use store_suite;

/// The transaction's moment as a column keeps it, moved by so many seconds.
pub(crate) fn moment(tx: &dyn Tx, seconds: i64) -> Timestamp {
    let kept = Timestamp::from_millisecond(tx.now().as_millisecond()).unwrap();
    kept + SignedDuration::from_secs(seconds)
}

/// Sorts what may come in any order.
pub(crate) fn sorted_by<T, K: Ord>(mut rows: Vec<T>, key: impl FnMut(&T) -> K) -> Vec<T> {
    rows.sort_by_key(key);
    rows
}

/// Asks again until something comes: what a dropped transaction held is free at once where the
/// database is in the process, and a moment later where it is a server.
pub(crate) async fn until_something_comes<T>(
    mut ask: impl AsyncFnMut() -> Result<Vec<T>, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let asking = async {
        loop {
            let answer = ask().await?;
            if !answer.is_empty() {
                return Ok(answer);
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), asking).await.expect("a dropped transaction lets go")
}
