//! Stories, word for word.

use jiff::SignedDuration;
use jiff::civil::date;
use uuid::Uuid;
use vestnik_contract::{ChannelId, SendErrorKind};

use super::*;
use crate::domain::{
    AttemptId, AttemptOutcome, Awaits, FinalState, NoticeId, Priority, Reason, SourceId, SourceRef,
    TrialRule, Would,
};
use crate::ledger::{AttemptView, EntryView};

fn at(minutes: i64) -> Timestamp {
    date(2026, 6, 17).at(9, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp()
        + SignedDuration::from_mins(minutes)
}

fn channel(id: &str) -> ChannelId {
    ChannelId::new(id).unwrap()
}

fn step(id: &str, state: &'static str) -> StepView {
    let awaits = Awaits::Delivered;
    StepView { channel: channel(id), awaits, state, reason: None, until: None, attempts: Vec::new() }
}

fn called(minutes: i64, outcome: AttemptOutcome, code: Option<&str>) -> AttemptView {
    AttemptView { started_at: at(minutes), outcome, code: code.map(str::to_owned), parts: 1 }
}

/// Viber did not answer well, SMS was taken in three parts and its receipt is awaited.
fn waiting() -> NotificationView {
    let attempt = AttemptId(Uuid::nil());
    let channels = [("viber", Reason::Chosen), ("sms", Reason::Chosen), ("email", Reason::NoConsent)];
    let trace = Trace {
        channels: channels.map(|(name, reason)| (channel(name), reason)).to_vec(),
        deferrals: vec![(Reason::QuietHours, at(60))],
        would: Vec::new(),
    };
    let plan = vec![channel("viber"), channel("sms")];
    let rejected = SendErrorKind::Rejected;
    let entries = [
        (0, Happening::Decided { trace, plan, due_at: Some(at(60)), inbox: true, config: "008f".into() }),
        (60, Happening::Started { channel: channel("viber"), attempt }),
        (
            60,
            Happening::Failed { channel: channel("viber"), attempt, kind: rejected, code: Some("14".into()) },
        ),
        (
            60,
            Happening::StepEnded {
                channel: channel("viber"),
                reason: Reason::Rejected,
                next: Some(channel("sms")),
            },
        ),
        (61, Happening::Started { channel: channel("sms"), attempt }),
        (61, Happening::Sent { channel: channel("sms"), attempt, parts: 3 }),
    ];
    let viber = StepView {
        reason: Some(Reason::Rejected),
        attempts: vec![called(60, AttemptOutcome::Failed(rejected), Some("14"))],
        ..step("viber", "failed")
    };
    let sms = StepView {
        until: Some(at(181)),
        attempts: vec![AttemptView { parts: 3, ..called(61, AttemptOutcome::Accepted, None) }],
        ..step("sms", "awaiting")
    };
    NotificationView {
        reference: SourceRef { source: SourceId::new("family_fund").unwrap(), id: "2f1c9a".into() },
        state: None,
        reason: None,
        closed_at: None,
        received_at: at(0),
        life_event: "child_birth".into(),
        measure: "birth_grant".into(),
        template: "birth_grant-v1".into(),
        priority: Priority::Normal,
        campaign: None,
        moments: Moments {
            act_by: Some(date(2026, 12, 31)),
            not_before: None,
            expires_at: Some(at(30 * 24 * 60)),
            expires_by: Some(ExpiresBy::Policy),
        },
        erased: false,
        notice: Some(NoticeId(Uuid::nil())),
        steps: vec![viber, sms],
        timeline: entries.into_iter().map(|(minutes, what)| EntryView { at: at(minutes), what }).collect(),
    }
}

fn told(view: &NotificationView, pauses: &[PauseRow]) -> String {
    let zone = TimeZone::get("Europe/Kyiv").ok();
    let (life_event, configured_at) = (Some("Birth of a child"), Some(at(-60)));
    Story { view, life_event, measure: None, zone, configured_at, pauses }.to_string()
}

#[test]
fn what_a_rule_on_trial_would_have_done_is_told() {
    let mut view = waiting();
    let would = |rule, until| Would::moved(rule, until);
    if let Happening::Decided { trace, .. } = &mut view.timeline[0].what {
        trace.would.push(would(TrialRule::KeptForDeadlines, None));
    }
    let what = Happening::Would(would(TrialRule::Yielding, Some(at(90))));
    view.timeline.push(EntryView { at: at(62), what });
    let told = told(&view, &[]);
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "on trial [kept_for_deadlines] is only reported on and would not have pushed it at all",
        "[yielding] is only reported on and would have had it pushed from ",
    ] {
        assert!(told.contains(words), "{words}\n{told}");
    }
}

#[test]
fn a_story_says_what_was_asked_why_where_what_happened_and_what_comes_next() {
    let expected = "\
family_fund/2f1c9a is open.

  life event  Birth of a child (child_birth)
  measure     birth_grant
  template    birth_grant-v1
  priority    normal
  act by      Thu 31 Dec 2026
  expires     Fri 17 Jul 2026 12:00:00, by policy: its source named no moment
  accepted    Wed 17 Jun 2026 12:00:00
  times       in the citizen's zone, Europe/Kyiv

Why where
  viber  chosen      The channel is part of the plan.
  sms    chosen      The channel is part of the plan.
  email  no_consent  There is no consent for the channel and topic.

  plan        viber, then sms
  put off     until Wed 17 Jun 2026 13:00:00: It is quiet time for the citizen.
  first sent  Wed 17 Jun 2026 13:00:00 or soon after
  inbox       it stands in the portal inbox
  by          configuration 008f, in force since Wed 17 Jun 2026 11:00:00

Steps
  1. viber  failed: The provider refused the content.
            Wed 17 Jun 2026 13:00:00: the provider refused the content (provider code 14)
  2. sms    sent; what is awaited until Wed 17 Jun 2026 15:01:00: a receipt says that it arrived
            Wed 17 Jun 2026 13:01:00: the provider took it, in 3 parts

What happened
  Wed 17 Jun 2026 12:00:00  decided: viber, then sms, from Wed 17 Jun 2026 13:00:00 on
  Wed 17 Jun 2026 13:00:00  viber: a call to the provider started
  Wed 17 Jun 2026 13:00:00  viber: the provider refused the content (provider code 14)
  Wed 17 Jun 2026 13:00:00  viber: the step ended. The provider refused the content. Next is sms.
  Wed 17 Jun 2026 13:01:00  sms: a call to the provider started
  Wed 17 Jun 2026 13:01:00  sms: the provider took it, in 3 parts

What comes next
  Awaited on sms until Wed 17 Jun 2026 15:01:00: a receipt says that it arrived. If that does not
  come, it is closed with what is known.
";
    assert_eq!(told(&waiting(), &[]), expected);
}

#[test]
fn what_comes_next_depends_on_the_step() {
    let next = |view: &NotificationView, pauses: &[PauseRow]| {
        let text = told(view, pauses);
        let (_, next) = text.split_once("What comes next\n").unwrap();
        next.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let mut view = waiting();
    view.steps = vec![StepView { until: Some(at(60)), ..step("viber", "due") }, step("sms", "planned")];
    let due = "It is sent by viber at Wed 17 Jun 2026 13:00:00, or as soon after as the channel has room.";
    assert_eq!(next(&view, &[]), due);
    let pause = PauseRow {
        channel: channel("viber"),
        route: None,
        reroute: false,
        reason: "outage at Viber".into(),
        person: "olena".into(),
        at: at(0),
        expires_at: None,
    };
    assert_eq!(next(&view, &[pause]), format!("{due} But viber is paused by olena: outage at Viber."));
    view.steps[0] = step("viber", "started");
    assert_eq!(next(&view, &[]), "A call to the provider of viber is under way.");
    view.steps[0] = StepView { until: Some(at(60)), ..step("viber", "awaiting") };
    assert!(next(&view, &[]).ends_with("If that does not come, sms is tried."));
    (view.state, view.reason) = (Some(FinalState::Delivered), Some(Reason::ReceiptDelivered));
    view.steps.iter_mut().for_each(|step| step.attempts.clear());
    assert_eq!(next(&view, &[]), "Nothing. It ended.", "nothing was sent");
    view.steps[0].attempts.push(called(0, AttemptOutcome::Accepted, None));
    assert_eq!(next(&view, &[]), "Nothing. It ended; late evidence may still raise its state.");
}

#[test]
fn a_citizen_without_a_zone_is_told_of_in_utc_and_no_line_is_too_long() {
    let view = waiting();
    let (life_event, measure, zone, configured_at) = (None, None, None, None);
    let text = Story { view: &view, life_event, measure, zone, configured_at, pauses: &[] }.to_string();
    assert!(text.contains("in UTC: the citizen's zone is not known"));
    assert!(text.contains("Wed 17 Jun 2026 09:00:00"));
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
}

#[test]
fn nobody_was_considered_for_a_citizen_whom_nobody_knows_and_it_is_said_why() {
    let (state, reason) = (FinalState::Unreachable, Reason::NoSuchCitizen);
    let (trace, plan) = (Trace::default(), vec![]);
    let decided = Happening::Decided { trace, plan, due_at: None, inbox: false, config: "008f".into() };
    let closed = Happening::Closed { state, reason };
    let timeline = [decided, closed].map(|what| EntryView { at: at(0), what }).to_vec();
    let view = NotificationView {
        state: Some(state),
        reason: Some(reason),
        moments: Moments { not_before: Some(at(60)), expires_at: None, expires_by: None, act_by: None },
        steps: vec![],
        timeline,
        ..waiting()
    };
    let text = told(&view, &[]);
    assert!(
        text.contains("\nWhy where\n  none  No channel was considered. There is no such citizen"),
        "{text}"
    );
    assert!(text.contains("  not before  Wed 17 Jun 2026 13:00:00, as its source asked\n"), "{text}");
    assert!(!text.contains("expires") && !text.contains("act by"), "{text}");
}

#[test]
fn of_an_erased_citizen_nothing_stands_in_the_inbox() {
    let erased = told(&NotificationView { erased: true, ..waiting() }, &[]);
    assert!(erased.contains("inbox       its entry is gone: the citizen's data were erased\n"), "{erased}");
    assert!(told(&waiting(), &[]).contains("it stands in the portal inbox\n"));
}
