//! What must always hold, played through on both databases: each scenario is named after what it
//! holds, and gets a [`World`](super::fixture::World) of its own.

mod at_once;
mod budget;
mod codes;
mod evidence;
mod guard;
mod intake;
mod introduction;
mod operating;
mod page;
mod paused_introductions;
mod persons;
mod preferences;
mod receipts;
mod replay;
mod replies;
mod sending;
mod taking_back;
mod trouble;
mod unreached;
mod window;
mod wishes;

/// Makes one test of each scenario, on SQLite and on the PostgreSQL server that
/// `VESTNIK_TEST_POSTGRES_URL` names.
macro_rules! scenarios {
    ($($theme:ident: $name:ident;)+) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$theme::$name($crate::ledger::fixture::World::sqlite().await).await;
                }
            )+
        }
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$theme::$name($crate::ledger::fixture::World::postgres().await).await;
                }
            )+
        }
    };
}

scenarios! {
    intake: nothing_accepted_is_lost;
    intake: a_repeat_changes_nothing_and_another_body_is_refused;
    intake: a_notification_that_stands_twice_in_a_batch_is_taken_once;
    intake: processes_that_take_the_same_reference_at_once_agree;
    intake: a_citizen_nobody_knows_is_unreachable;
    intake: what_is_over_when_it_comes_is_expired;
    intake: the_moments_of_a_notification_are_shown;
    intake: the_inbox_entry_is_there_before_any_push;
    taking_back: a_cancel_before_the_start_is_in_time;
    taking_back: a_cancel_before_its_notification_is_kept;
    taking_back: a_cancel_in_the_batch_of_its_notification_is_obeyed;
    taking_back: a_cancel_after_the_start_is_told_too_late;
    taking_back: a_cancel_after_a_definite_refusal_is_in_time;
    taking_back: what_is_superseded_is_not_sent;
    taking_back: what_is_superseded_before_it_comes_is_not_sent;
    sending: work_is_started_once_whoever_claims_it;
    sending: a_lost_lease_starts_nothing;
    sending: the_contact_budget_holds_for_two_who_start_at_once;
    sending: the_contact_budget_holds_within_a_batch;
    sending: quiet_hours_are_kept_when_they_began_after_the_decision;
    sending: only_urgent_passes_quiet_hours;
    sending: consent_withdrawn_after_the_decision_is_obeyed;
    sending: a_law_is_told_on_the_last_channel_despite_a_stop;
    sending: nobody_outside_the_allow_list_is_written_to;
    sending: a_paused_route_can_be_passed_over;
    sending: what_is_released_is_due_at_once;
    sending: a_fallback_waits_through_the_night;
    sending: what_is_urgent_is_waited_for_by_the_clock;
    sending: what_is_released_in_the_morning_is_asked_again;
    preferences: each_change_of_a_preference_is_a_version;
    preferences: a_preference_without_a_chance_is_refused_alone;
    page: what_is_changed_on_the_page_is_evidence_and_holds_at_once;
    page: preferences_of_the_page_are_versions;
    page: an_old_page_undoes_no_stop;
    page: a_link_changes_only_so_much_in_an_hour;
    page: the_page_says_why_a_message_came;
    page: nobody_has_a_page_once_erased;
    budget: a_campaign_yields_to_an_entitlement;
    budget: a_campaign_yields_within_a_batch;
    budget: an_introduction_of_a_campaign_yields;
    budget: an_introduction_before_a_push_does_not_yield;
    budget: what_was_started_never_yields;
    budget: nobody_yields_to_the_same_class_or_a_lower;
    budget: a_part_of_the_budget_is_kept_for_deadlines;
    budget: rules_on_trial_change_nothing_and_are_told;
    at_once: what_comes_in_is_started_where_a_call_is_free;
    at_once: what_was_started_as_it_came_in_and_got_lost_is_ambiguous;
    at_once: what_may_not_go_now_takes_no_call;
    at_once: what_the_allow_list_keeps_back_goes_on_to_its_next_step;
    trouble: an_expired_lease_without_an_attempt_is_due_again;
    trouble: an_expired_lease_with_an_attempt_is_ambiguous_until_the_outcome_comes;
    trouble: an_ambiguous_send_that_stays_so_ends_unknown;
    trouble: an_ambiguous_send_is_made_again_only_where_that_is_safe;
    trouble: a_permanently_unreachable_address_is_closed;
    trouble: an_unavailable_provider_is_tried_on_the_schedule_and_then_left;
    trouble: a_throttled_send_waits_as_long_as_it_is_asked;
    trouble: a_refused_route_burns_no_citizen;
    trouble: content_refused_everywhere_is_rejected;
    trouble: what_expires_while_it_waits_is_not_sent;
    receipts: an_early_receipt_is_kept_and_matched;
    receipts: a_receipt_told_twice_changes_nothing;
    receipts: a_late_receipt_closes_and_cancels_the_steps_not_started;
    receipts: evidence_after_the_end_amends_it;
    receipts: a_message_of_parts_has_arrived_when_every_part_has;
    receipts: delivered_and_read_in_one_batch_are_both_heard;
    receipts: a_receipt_of_failure_leads_to_the_next_step;
    receipts: a_receipt_for_another_recipient_is_not_believed;
    receipts: an_outcome_and_its_receipts_are_one_step_however_often_they_are_said;
    replies: nothing_is_started_after_a_stop;
    replies: a_stop_is_confirmed_once_and_an_inbound_told_twice_changes_nothing;
    replies: a_stop_for_all_reaches_every_channel_and_start_one;
    replies: a_start_makes_no_consent_out_of_nothing;
    replies: a_shared_phone_speaks_for_all_who_share_it;
    replies: the_last_word_of_a_batch_holds;
    replies: a_link_ties_an_address_to_its_citizen_once;
    replies: a_link_on_viber_is_not_confirmed;
    replies: a_block_closes_the_address_and_a_word_opens_it;
    replies: what_the_registry_closed_stays_closed;
    replies: words_of_strangers_are_kept;
    replies: one_click_unsubscribes_and_says_so_once;
    codes: a_code_is_answered_and_says_nothing_of_the_content;
    codes: two_notices_of_one_code_are_both_told;
    codes: wrong_codes_are_limited_and_counted;
    codes: a_code_by_message_is_answered_on_the_same_channel;
    codes: what_is_said_to_be_not_from_us_is_kept_and_goes_with_its_reporter;
    codes: an_erased_citizen_leaves_a_code_that_names_nobody;
    evidence: consent_is_chained_whoever_writes_it;
    evidence: a_block_is_written_with_its_evidence;
    evidence: a_record_that_cannot_be_understood_is_told_with_its_citizen;
    evidence: drift_is_what_a_provider_closed_and_the_citizen_wants;
    evidence: an_erased_citizen_keeps_the_chain_whole;
    evidence: the_act_of_an_erasure_names_what_never_stood_in_the_inbox;
    evidence: who_was_erased_and_by_which_act_is_known_until_they_come_back;
    evidence: an_erased_citizen_stops_nobody_elses_batch;
    evidence: an_erased_address_stays_suppressed;
    persons: not_me_freezes_the_address_and_tells_the_registrys_owner;
    persons: not_me_on_a_shared_phone_is_of_whoever_was_written_to_last;
    persons: not_me_on_a_shared_phone_is_of_all_who_may_be_meant;
    persons: not_me_from_strangers_and_from_a_frozen_address_changes_nothing;
    persons: a_one_time_code_opens_the_address_again;
    persons: a_one_time_code_that_is_wrong_or_over_is_told_and_opens_nothing;
    persons: a_one_time_code_is_handed_out_for_an_address_that_is_there;
    persons: digits_that_nobody_awaits_are_for_a_person_to_read;
    persons: only_a_one_time_code_or_a_link_opens_what_is_disputed;
    persons: nothing_is_sent_to_who_has_died;
    persons: a_death_is_recorded_once_and_taken_back_by_a_named_person;
    persons: a_relative_who_writes_is_answered;
    persons: the_registrys_owner_is_told_nothing_of_the_erased;
    wishes: a_topic_is_stopped_everywhere_by_a_reply;
    wishes: a_language_is_set_by_a_reply_and_confirmed_in_it;
    wishes: hours_are_set_by_a_reply_for_every_topic;
    wishes: hours_that_never_open_are_answered_and_change_nothing;
    wishes: wishes_of_strangers_change_nothing_and_answers_are_limited;
    unreached: an_unreached_family_is_listed_and_leaves_when_reached;
    unreached: whoever_reads_it_in_the_inbox_is_reached;
    replay: the_past_is_replayed_as_it_was;
    replay: what_others_took_is_known_and_what_nobody_can_replay_is_counted;
    replay: who_was_erased_and_came_back_stops_no_replay;
    unreached: late_evidence_and_taking_back_leave_nobody_on_the_list;
    guard: a_complaint_to_the_provider_counts_and_closes_the_address;
    guard: what_becomes_of_messages_is_counted_once;
    guard: an_answer_belongs_to_the_last_message_for_two_days;
    guard: a_message_is_declined_once_however_often_it_is_said;
    guard: a_stop_of_one_topic_declines_what_is_of_that_topic;
    guard: what_many_decline_goes_to_the_next_channel_until_released;
    guard: a_guard_on_trial_stops_nothing_and_is_told;
    operating: a_token_is_good_until_revoked_or_over;
    operating: a_pause_is_in_force_until_it_is_over_or_lifted;
    operating: the_gateway_pauses_a_route_and_never_in_place_of_a_person;
    operating: what_is_past_is_forgotten_by_one_process_and_what_is_open_never;
    receipts: a_reference_that_nobody_can_keep_is_known_again;
    replies: an_inbound_whose_key_nobody_can_keep_is_heard_once;
    operating: a_notification_is_shown_with_all_that_happened;
    window: what_comes_in_one_window_goes_as_one_notice;
    window: what_comes_in_one_batch_goes_as_one_notice;
    window: an_item_is_withdrawn_from_an_open_window;
    window: an_item_whose_ground_or_time_is_over_stays_behind;
    window: a_deadline_is_never_missed_for_the_sake_of_others;
    window: a_process_that_dies_in_the_middle_sends_once;
    window: two_that_take_in_at_once_make_one_notice;
    window: what_does_not_fit_is_told_in_titles_or_by_number;
    window: a_rule_on_trial_makes_nobody_wait;
    introduction: the_first_push_on_a_channel_follows_an_introduction;
    introduction: a_push_whose_place_the_introduction_took_waits_for_the_budget;
    introduction: what_comes_in_with_a_free_call_is_introduced_too;
    introduction: two_that_start_at_once_introduce_once;
    introduction: a_process_that_dies_in_the_middle_introduces_once;
    introduction: what_is_urgent_and_what_a_law_demands_waits_for_no_introduction;
    introduction: a_blocked_introduction_closes_the_address_and_the_next_step_follows;
    introduction: an_introduction_that_was_never_sent_is_made_again;
    introduction: whoever_writes_start_is_introduced_by_the_answer;
    introduction: an_answer_introduces_nobody_whatever_it_is_started_with;
    introduction: a_rule_on_trial_introduces_nobody_and_puts_on_record;
    introduction: a_campaign_introduces_each_citizen_once;
    introduction: a_campaign_that_waits_holds_up_no_push;
    introduction: an_introduction_is_tried_again_like_any_message;
    paused_introductions: an_introduction_is_counted_as_a_template_of_its_own;
    paused_introductions: an_introduction_that_many_call_fraud_is_paused_and_what_follows_goes_elsewhere;
    paused_introductions: while_introductions_are_paused_only_strangers_are_passed_over;
    paused_introductions: a_campaign_tells_whom_a_pause_of_introductions_leaves_out;
    paused_introductions: a_guard_on_trial_pauses_no_introduction_and_is_told;
}
