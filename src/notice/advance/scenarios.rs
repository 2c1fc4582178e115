//! The state machine's ways, one by one: what happens, and how the notice stands after it.

use vestnik_contract::Permanence::{Permanent, Soft};
use vestnik_contract::ReceiptState as Receipted;
use vestnik_contract::SendErrorKind as Kind;

use super::invariants::Event::{Accepted, Cancel, Expire, Failed, Receipt, Start, Timer, Wait};
use super::invariants::{Event, World, notice};
use crate::domain::Awaits::{self, Delivered, Read};
use crate::domain::{FinalState as End, Reason, StepState};

/// Plays the events on a notice of one item with these steps and tells how it stands: the current
/// channel with the state of its step, or the final state with its reason.
fn play(steps: &[Awaits], idempotent: bool, events: &[Event]) -> String {
    let mut world = World::new(notice(1, steps, false), idempotent);
    for event in events {
        world.happen(event);
    }
    standing(&world)
}

fn standing(world: &World) -> String {
    if let Some(ending) = world.notice.closed {
        return format!("{} {}", ending.state, ending.reason);
    }
    let number = world.notice.current;
    let state = match world.notice.steps[number].state {
        StepState::Due { at } if at > world.now => "due later",
        StepState::Due { .. } => "due",
        StepState::Started => "started",
        StepState::Awaiting { .. } => "awaiting",
        _ => "stuck",
    };
    format!("{number} {state}")
}

const TAKEN: Awaits = Awaits::Accepted;

#[test]
fn a_step_ends_with_what_it_awaits() {
    let table: [(&[Awaits], &[Event], &str); 7] = [
        (&[TAKEN], &[Start], "0 started"),
        (&[TAKEN], &[Start, Accepted(0, 1)], "accepted no_receipt_given"),
        (&[Delivered], &[Start, Accepted(0, 1)], "0 awaiting"),
        (
            &[Delivered],
            &[Start, Accepted(0, 1), Receipt(0, Receipted::Delivered)],
            "delivered receipt_delivered",
        ),
        (&[Read], &[Start, Accepted(0, 1), Receipt(0, Receipted::Delivered)], "0 awaiting"),
        (&[Delivered], &[Start, Accepted(0, 1), Receipt(0, Receipted::Read)], "read receipt_read"),
        (&[Delivered], &[Start, Accepted(0, 3), Receipt(0, Receipted::Delivered)], "0 awaiting"),
    ];
    for (steps, events, expected) in table {
        assert_eq!(play(steps, false, events), expected, "{events:?}");
    }
}

#[test]
fn each_kind_of_failure_has_its_consequence() {
    let table = [
        (Kind::Unavailable, "0 due later", "0 due later"),
        (Kind::Throttled, "0 due later", "0 due later"),
        (Kind::Misconfigured, "0 due", "0 due"),
        (Kind::Ambiguous, "0 awaiting", "0 awaiting"),
        (Kind::Rejected, "1 due", "rejected rejected"),
        (Kind::Unreachable(Permanent), "1 due", "unreachable unreachable"),
        (Kind::Unreachable(Soft), "1 due", "unreachable unreachable"),
    ];
    for (kind, before_another, at_the_end) in table {
        let events = [Start, Failed(0, kind)];
        assert_eq!(play(&[Delivered, TAKEN], false, &events), before_another, "{kind:?}");
        assert_eq!(play(&[Delivered], false, &events), at_the_end, "{kind:?}");
    }
}

#[test]
fn the_next_channel_has_its_turn_when_nothing_is_heard() {
    let silent = [Start, Accepted(0, 1), Wait(600), Timer];
    assert_eq!(play(&[Delivered, TAKEN], false, &silent), "1 due");
    assert_eq!(play(&[Delivered], false, &silent), "accepted no_receipt");
    assert_eq!(play(&[Delivered, TAKEN], false, &silent[..3]), "0 awaiting");
    let unanswered = [Start, Failed(0, Kind::Ambiguous), Wait(600), Timer];
    assert_eq!(play(&[Delivered], false, &unanswered), "unknown ambiguous");
}

#[test]
fn evidence_that_comes_late_raises_the_final_state_and_nothing_lowers_it() {
    let begin = [Start, Failed(0, Kind::Ambiguous), Wait(600), Timer];
    let late: [(&[Event], &str); 4] = [
        (&[Accepted(0, 1)], "accepted no_receipt"),
        (&[Accepted(0, 1), Receipt(0, Receipted::Delivered)], "delivered receipt_delivered"),
        (&[Accepted(0, 1), Receipt(0, Receipted::Read), Receipt(0, Receipted::Expired)], "read receipt_read"),
        (&[Failed(0, Kind::Rejected)], "unknown ambiguous"),
    ];
    for (events, expected) in late {
        assert_eq!(play(&[Delivered], false, &[&begin, events].concat()), expected, "{events:?}");
    }
}

#[test]
fn a_receipt_of_an_earlier_channel_ends_the_notice() {
    let events =
        [Start, Accepted(0, 1), Wait(600), Timer, Start, Accepted(1, 1), Receipt(0, Receipted::Delivered)];
    assert_eq!(play(&[Delivered, Delivered], false, &events), "delivered receipt_delivered");
    assert_eq!(play(&[Delivered, Delivered], false, &events[..6]), "1 awaiting");
}

/// Only an idempotent channel is asked again, and not once an earlier call is known to have been
/// taken.
#[test]
fn a_call_without_an_answer_is_repeated_only_where_that_is_safe() {
    let unanswered = [Start, Failed(0, Kind::Ambiguous)];
    assert_eq!(play(&[Delivered], true, &unanswered), "0 due later");
    assert_eq!(play(&[Delivered], false, &unanswered), "0 awaiting");
    let then: [(&[Event], &str); 4] = [
        (&[Accepted(0, 1)], "0 awaiting"),
        (&[Start, Accepted(0, 1), Failed(1, Kind::Unavailable)], "0 awaiting"),
        (&[Start, Accepted(0, 1), Failed(1, Kind::Rejected), Wait(600), Timer], "accepted no_receipt"),
        (&[Start, Failed(1, Kind::Unavailable)], "0 due later"),
    ];
    for (events, expected) in then {
        assert_eq!(play(&[Delivered], true, &[&unanswered, events].concat()), expected, "{events:?}");
    }
}

#[test]
fn a_delivered_message_that_waits_to_be_read_is_not_sent_again() {
    let events =
        [Start, Failed(0, Kind::Ambiguous), Start, Accepted(0, 1), Failed(1, Kind::Ambiguous), Wait(600)];
    let read = [&events[..], &[Receipt(0, Receipted::Delivered), Timer]].concat();
    assert_eq!(play(&[Read], true, &read), "delivered no_receipt");
}

#[test]
fn what_was_sent_cannot_be_called_back() {
    let cancelled = format!("{} cancelled_by_source", End::Cancelled);
    assert_eq!(play(&[Delivered], false, &[Cancel(0)]), cancelled);
    assert_eq!(play(&[Delivered], false, &[Start, Cancel(0)]), "0 started");
    assert_eq!(play(&[Delivered], false, &[Start, Accepted(0, 1), Cancel(0)]), "0 awaiting");
    assert_eq!(
        play(&[Delivered, TAKEN], false, &[Start, Failed(0, Kind::Rejected), Cancel(0)]),
        cancelled,
        "what certainly did not arrive can"
    );
}

#[test]
fn nothing_is_sent_after_its_time() {
    assert_eq!(play(&[Delivered], false, &[Expire, Start]), "expired expired");
    assert_eq!(play(&[Delivered], false, &[Start, Expire]), "0 started", "a call under way is heard out");
    let taken = [Start, Accepted(0, 1), Wait(600), Timer, Expire];
    assert_eq!(play(&[Delivered, TAKEN], false, &taken), "accepted expired", "what was taken was not lost");
}

#[test]
fn a_step_that_was_never_started_says_why() {
    let why = |events: &[Event]| {
        let mut world = World::new(notice(1, &[Delivered, TAKEN], false), false);
        for event in events {
            world.happen(event);
        }
        world.notice.steps[1].state
    };
    let skipped = |reason| StepState::Skipped { reason };
    let arrived = [Start, Accepted(0, 1), Receipt(0, Receipted::Delivered)];
    assert_eq!(why(&arrived), skipped(Reason::NotNeeded));
    assert_eq!(why(&[Cancel(0)]), skipped(Reason::CancelledBySource));
    assert_eq!(why(&[Expire]), skipped(Reason::Expired));
}
