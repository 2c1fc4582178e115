//! The contact budget between messages that matter more and less.

use jiff::civil::date;
use vestnik_contract::ChannelId;

use super::introduction::made_for;
use crate::domain::{
    Happening, Introduction, KeptForDeadlines, MeasureId, Mode, Notification, StepState, TrialRule,
};
use crate::ledger::Campaign;
use crate::ledger::fixture::{World, at, notification, notify};
use crate::ledger::store::EntryRow;

/// An invitation to a citizen of this name.
fn campaign(id: &str, name: &str) -> Notification {
    Notification { measure: MeasureId::new("baby_fair").unwrap(), ..notification(id, name) }
}

/// Anna with one push a day, where a lower class yields as far as the mode says.
async fn one_a_day(world: &mut World, mode: Mode) {
    world.change(|setting| {
        setting.policy.budget.per_day = Some(1);
        setting.policy.yielding.mode = mode;
    });
    world.citizen("anna", &["sms"]).await;
}

fn due(text: &str) -> StepState {
    StepState::Due { at: at(text) }
}

const TOMORROW: &str = "2026-06-18T06:00:00Z";

pub(super) async fn a_campaign_yields_to_an_entitlement(mut world: World) {
    one_a_day(&mut world, Mode::Enforce).await;
    world.submit(&[notify(campaign("fair", "anna"))]).await;
    // A lane has it in hand already, but has not started it.
    let claimed = world.claim("sms").await;
    world.publish("grant", "anna").await;
    assert_eq!(world.notice("fair").await.steps[0].state, due(TOMORROW));
    assert_eq!(world.story("fair").await, ["decided", "deferred"]);
    assert_eq!(world.story("grant").await, ["decided"], "it goes at once");
    assert!(world.ledger.start(&claimed, &world.rules).await.unwrap().is_empty());
    assert_eq!((world.send_all().await, world.reserved("anna").await), (1, 2));
    assert!(world.channel("sms").sent()[0].text.contains("The birth grant is yours."));
    world.clock.set(at(TOMORROW));
    assert_eq!(world.send_all().await, 1);
}

pub(super) async fn a_campaign_yields_within_a_batch(mut world: World) {
    one_a_day(&mut world, Mode::Enforce).await;
    let batch = [campaign("fair", "anna"), notification("grant", "anna"), notification("other", "anna")];
    world.submit(&batch.map(notify)).await;
    let states = [
        world.notice("fair").await.steps[0].state,
        world.notice("grant").await.steps[0].state,
        world.notice("other").await.steps[0].state,
    ];
    // The second entitlement finds Thursday taken by the campaign, which moves on once more.
    assert_eq!(states, [due("2026-06-19T06:00:00Z"), due("2026-06-17T09:00:00Z"), due(TOMORROW)]);
    assert_eq!((world.send_all().await, world.reserved("anna").await), (1, 3));
}

pub(super) async fn an_introduction_of_a_campaign_yields(mut world: World) {
    one_a_day(&mut world, Mode::Enforce).await;
    let (channel, person) = (ChannelId::new("sms").unwrap(), "Olena Koval".to_owned());
    let all = Campaign { channel, region: None, person, dry_run: false };
    assert_eq!(world.ledger.introduce(&all, None, 9, 9, &world.rules).await.unwrap().made, 1);
    let claimed = world.claim("sms").await;
    // One of the lowest class has no place to take from it.
    world.submit(&[notify(campaign("fair", "anna"))]).await;
    assert_eq!(world.notice("fair").await.steps[0].state, due(TOMORROW));
    world.publish("grant", "anna").await;
    assert_eq!(world.story("grant").await, ["decided"], "it goes at once");
    let introduction = made_for(&world, "anna", "sms").await;
    assert_eq!(introduction.steps[0].state, due("2026-06-19T06:00:00Z"), "tomorrow is the fair's");
    assert!(world.ledger.start(&claimed, &world.rules).await.unwrap().is_empty());
    assert_eq!((world.send_all().await, world.reserved("anna").await), (1, 3));
    assert!(world.channel("sms").sent()[0].text.contains("The birth grant is yours."));
}

pub(super) async fn an_introduction_before_a_push_does_not_yield(mut world: World) {
    one_a_day(&mut world, Mode::Enforce).await;
    world.change(|setting| {
        setting.policy.introduction = Introduction { mode: Mode::Enforce, lead_seconds: 600 };
    });
    world.submit(&[notify(campaign("fair", "anna"))]).await;
    assert!(world.start("sms").await.is_empty(), "the introduction is made, and the fair waits");
    assert_eq!(world.notice("fair").await.steps[0].state, due(TOMORROW));
    world.publish("grant", "anna").await;
    let introduction = made_for(&world, "anna", "sms").await;
    assert_eq!(introduction.steps[0].state, due("2026-06-17T09:00:00Z"));
    let states = [world.notice("grant").await.steps[0].state, world.notice("fair").await.steps[0].state];
    assert_eq!(states, [due(TOMORROW), due("2026-06-19T06:00:00Z")], "the fair yields");
    assert_eq!((world.send_all().await, world.reserved("anna").await), (1, 3));
    assert!(world.channel("sms").sent()[0].text.contains("We will write to you here"));
}

pub(super) async fn what_was_started_never_yields(mut world: World) {
    one_a_day(&mut world, Mode::Enforce).await;
    world.submit(&[notify(campaign("fair", "anna"))]).await;
    assert_eq!(world.start("sms").await.len(), 1);
    world.publish("grant", "anna").await;
    assert_eq!(world.story("fair").await, ["decided", "started"]);
    assert_eq!(world.notice("grant").await.steps[0].state, due(TOMORROW));
    assert_eq!(world.reserved("anna").await, 2);
}

pub(super) async fn nobody_yields_to_the_same_class_or_a_lower(mut world: World) {
    one_a_day(&mut world, Mode::Enforce).await;
    world.publish("grant", "anna").await;
    world.publish("second", "anna").await;
    world.submit(&[notify(campaign("fair", "anna"))]).await;
    assert_eq!(world.notice("grant").await.steps[0].state, due("2026-06-17T09:00:00Z"));
    assert_eq!(world.notice("second").await.steps[0].state, due(TOMORROW));
    assert_eq!(world.notice("fair").await.steps[0].state, due("2026-06-19T06:00:00Z"));
}

pub(super) async fn a_part_of_the_budget_is_kept_for_deadlines(mut world: World) {
    world.change(|setting| {
        setting.policy.kept_for_deadlines = kept(Mode::Enforce);
    });
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    world.publish("2", "anna").await;
    let soon = Notification { act_by: Some(date(2026, 6, 20)), ..notification("3", "anna") };
    world.submit(&[notify(soon)]).await;
    assert_eq!(world.notice("2").await.steps[0].state, due(TOMORROW), "of two places one is kept");
    assert_eq!(world.notice("3").await.deadline, Some(at("2026-06-20T21:00:00Z")));
    assert_eq!((world.send_all().await, world.reserved("anna").await), (2, 3));
    assert!(world.ending("2").await.is_none() && world.story("3").await.contains(&"sent".to_owned()));
}

fn kept(mode: Mode) -> KeptForDeadlines {
    KeptForDeadlines { mode, deadline_days: 7, per_day: Some(1), per_week: None, per_month: None }
}

/// What the entries of a notification's timeline say that rules on trial would have done.
async fn on_trial(world: &World, id: &str) -> Vec<TrialRule> {
    let key = world.row(id).await.key;
    let mut tx = world.ledger.store().read().await.unwrap();
    let entries: Vec<(_, EntryRow)> = tx.timeline(key).await.unwrap();
    let told = entries.iter().map(|(_, entry)| serde_json::from_str(&entry.what).unwrap());
    let rules = told.flat_map(|what: Happening| match what {
        Happening::Decided { trace, .. } => trace.would,
        Happening::Would(one) => vec![one],
        _ => Vec::new(),
    });
    rules.map(|would| would.rule).collect()
}

pub(super) async fn rules_on_trial_change_nothing_and_are_told(mut world: World) {
    one_a_day(&mut world, Mode::Report).await;
    world.submit(&[notify(campaign("fair", "anna"))]).await;
    world.publish("grant", "anna").await;
    assert_eq!(world.notice("fair").await.steps[0].state, due("2026-06-17T09:00:00Z"));
    assert_eq!(world.notice("grant").await.steps[0].state, due(TOMORROW));
    assert_eq!(world.story("fair").await, ["decided", "would"]);
    for id in ["fair", "grant"] {
        assert_eq!(on_trial(&world, id).await, [TrialRule::Yielding], "{id}");
    }

    world.change(|setting| {
        setting.policy.budget.per_day = Some(2);
        setting.policy.yielding.mode = Mode::Off;
        setting.policy.kept_for_deadlines = kept(Mode::Report);
    });
    world.citizen("ivan", &["sms", "email"]).await;
    world.publish("1", "ivan").await;
    world.publish("2", "ivan").await;
    assert!(on_trial(&world, "1").await.is_empty());
    assert_eq!(on_trial(&world, "2").await, [TrialRule::KeptForDeadlines]);
    assert_eq!(world.send("sms").await.len(), 3, "both of Ivan's, and the fair");
    // A fallback takes a place of its own: the trial is told where it is taken.
    world.change(|setting| setting.policy.budget.per_day = Some(4));
    world.pass(3600).await;
    assert_eq!(world.send("email").await.len(), 2);
    let told = on_trial(&world, "1").await.len() + on_trial(&world, "2").await.len();
    assert_eq!(
        told, 2,
        "one as it came, and one of the fallbacks: the fourth of four places is the kept one"
    );
}
