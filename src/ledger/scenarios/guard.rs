//! The guard: what became of messages is counted, and where too many decline them they go elsewhere.

use std::collections::BTreeMap;

use jiff::civil::date;
use vestnik_contract::{Accepted, ChannelId, Permanence, ReceiptState, SendErrorKind};

use super::replies::says;
use crate::domain::{
    Counted, FinalState, GuardRule, Happening, MeasureId, Mode, Reason, SourceId, Standing, TemplateName,
    TopicId, TrialRule,
};
use crate::ledger::fixture::{World, address, refused};
use crate::ledger::{GuardView, Meaning, StopToken, Verdict};

pub(super) const RULE: GuardRule = GuardRule {
    mode: Mode::Enforce,
    every_seconds: 60,
    window_days: 7,
    least: 4,
    clear_percent: 10,
    warn_percent: 25,
    pause_percent: 50,
};

pub(super) async fn a_complaint_to_the_provider_counts_and_closes_the_address(world: World) {
    use Counted::{Complained, Delivered, Reached, Sent};
    world.citizen("anna", &["email"]).await;
    world.publish("1", "anna").await;
    world.send("email").await;
    assert_eq!(world.ending("1").await, Some((FinalState::Accepted, Reason::NoReceiptGiven)));
    // A feedback loop may report the same twice.
    for _ in 0..2 {
        world.receipt("email", "email-1", ReceiptState::Complained).await;
    }
    let story = world.story("1").await;
    assert_eq!(story, ["decided", "started", "sent", "closed", "delivered", "amended", "complained"]);
    assert_eq!(world.ending("1").await, Some((FinalState::Delivered, Reason::ReceiptDelivered)));
    assert_eq!(world.closed("anna", "email").await, [Some("complained".to_owned())]);
    assert_eq!(
        counted(&world, "email").await,
        counts([(Sent, 1), (Delivered, 1), (Complained, 1), (Reached, 1)])
    );
    world.publish("2", "anna").await;
    world.send_all().await;
    assert_eq!(world.ending("2").await, Some((FinalState::InboxOnly, Reason::AddressClosed)));
}

fn grant() -> TemplateName {
    MeasureId::new("birth_grant").unwrap().into()
}

pub(super) fn sms() -> ChannelId {
    ChannelId::new("sms").unwrap()
}

/// What was counted on a channel, over all sources, templates and days.
async fn counted(world: &World, channel: &str) -> BTreeMap<&'static str, u64> {
    let mut tx = world.ledger.store().read().await.unwrap();
    let rows = tx.tallies(date(2026, 1, 1)).await.unwrap();
    let of = rows.into_iter().filter(|row| row.channel.as_ref().map_or("", ChannelId::as_str) == channel);
    let mut counts = BTreeMap::new();
    for row in of {
        let source = row.source.as_ref().map(SourceId::as_str);
        assert_eq!((source, row.template.as_str()), (Some("family_fund"), "birth_grant"));
        *counts.entry(row.what.as_str()).or_default() += row.count;
    }
    counts
}

pub(super) fn counts<const N: usize>(counts: [(Counted, u64); N]) -> BTreeMap<&'static str, u64> {
    counts.into_iter().map(|(what, count)| (what.as_str(), count)).collect()
}

pub(super) async fn what_becomes_of_messages_is_counted_once(world: World) {
    use Counted::{Blocked, Checked, Delivered, Reached, Read, Refused, Rejected, Replied, Sent, Stopped};
    for name in ["anna", "ivan", "olha", "petro"] {
        world.citizen(name, &["viber"]).await;
        world.publish(name, name).await;
    }
    let started = world.start("viber").await;
    let by_name = |name: &str| {
        started.iter().find(|one| one.message.recipient.expose() == format!("viber-{name}")).unwrap()
    };
    for name in ["anna", "ivan"] {
        let taken = Ok(Accepted { references: vec![name.to_owned()] });
        world.finish("viber", by_name(name), taken).await;
    }
    let blocked = refused(SendErrorKind::Unreachable(Permanence::Permanent));
    world.finish("viber", by_name("olha"), blocked).await;
    world.finish("viber", by_name("petro"), refused(SendErrorKind::Rejected)).await;
    let at_first = counts([(Sent, 2), (Refused, 2), (Blocked, 1), (Rejected, 1)]);
    assert_eq!(counted(&world, "viber").await, at_first);

    // Whoever reads it has got it; told twice it is one.
    for _ in 0..2 {
        world.receipt("viber", "anna", ReceiptState::Read).await;
        world.receipt("viber", "ivan", ReceiptState::Delivered).await;
    }
    let code = world.rules.check_key.code(world.notice("anna").await.id);
    for _ in 0..2 {
        let verdict = world.ledger.check("somebody", code, &world.rules).await.unwrap();
        assert!(matches!(verdict, Verdict::Ours(_)));
    }
    says(&world, "viber", &address("viber", "anna"), "1", Meaning::Text).await;
    says(&world, "viber", &address("viber", "anna"), "1", Meaning::Text).await;
    says(&world, "viber", &address("viber", "ivan"), "2", Meaning::Scam { quotes: true }).await;
    let answered = [(Delivered, 2), (Read, 1), (Reached, 2), (Checked, 1), (Replied, 1)];
    let answered = [at_first, counts(answered)].into_iter().flatten().collect::<BTreeMap<_, _>>();
    assert_eq!(counted(&world, "viber").await, answered);

    says(&world, "viber", &address("viber", "ivan"), "4", Meaning::Stop).await;
    says(&world, "viber", &address("viber", "ivan"), "5", Meaning::Stop).await;
    says(&world, "viber", &address("viber", "anna"), "6", Meaning::Blocked).await;
    says(&world, "viber", &address("viber", "anna"), "7", Meaning::Blocked).await;
    let all: BTreeMap<_, _> = answered.into_iter().chain(counts([(Stopped, 1), (Blocked, 2)])).collect();
    assert_eq!(counted(&world, "viber").await, all);
}

pub(super) async fn an_answer_belongs_to_the_last_message_for_two_days(world: World) {
    for name in ["anna", "ivan"] {
        world.citizen(name, &["sms", "email"]).await;
        world.publish(name, name).await;
    }
    world.send("sms").await;
    // Of a notice on the way to its next channel the SMS is answered all the same.
    world.pass(3 * 3600).await;
    world.send("email").await;
    says(&world, "sms", &address("sms", "anna"), "1", Meaning::Scam { quotes: false }).await;
    world.pass(48 * 3600).await;
    says(&world, "sms", &address("sms", "ivan"), "3", Meaning::Stop).await;
    let on_sms = counted(&world, "sms").await;
    let told = [Counted::Complained, Counted::Stopped].map(|what| on_sms.get(what.as_str()).copied());
    assert_eq!(told, [Some(1), None], "Ivan answers what he got three days ago");
    // The one click names its message, however old that is.
    let (citizen, notice) = (world.key("ivan"), world.notice("ivan").await.id);
    let token = StopToken { citizen, channel: ChannelId::new("email").unwrap(), notice };
    assert!(world.ledger.stop(&token).await.unwrap() && !world.ledger.stop(&token).await.unwrap());
    assert_eq!(counted(&world, "email").await.get("stopped"), Some(&1));
}

/// Whatever one phone writes, and in how many batches: a message is declined once, and written back to once.
pub(super) async fn a_message_is_declined_once_however_often_it_is_said(world: World) {
    use Counted::{Complained, Delivered, Reached, Replied, Sent, Stopped};
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    world.send("sms").await;
    let phone = address("sms", "anna");
    for round in 0..3 {
        for (word, meaning) in [
            ("text", Meaning::Text),
            ("stop", Meaning::Stop),
            ("start", Meaning::Start),
            ("scam", Meaning::Scam { quotes: false }),
        ] {
            assert_eq!(says(&world, "sms", &phone, &format!("{word} {round}"), meaning).await, 1);
        }
    }
    // What their provider says after that declines it no more, and is on record all the same.
    world.receipt("sms", "sms-1", ReceiptState::Complained).await;
    assert_eq!(world.story("1").await.last().map(String::as_str), Some("complained"));
    let once = counts([(Sent, 1), (Delivered, 1), (Reached, 1), (Replied, 1), (Stopped, 1)]);
    assert_eq!(counted(&world, "sms").await, once);

    // And the other way round: what was declined at the provider is not declined by a word once more.
    world.citizen("ivan", &["email"]).await;
    world.publish("2", "ivan").await;
    world.send("email").await;
    world.receipt("email", "email-1", ReceiptState::Complained).await;
    let token = StopToken {
        citizen: world.key("ivan"),
        channel: ChannelId::new("email").unwrap(),
        notice: world.notice("2").await.id,
    };
    assert!(world.ledger.stop(&token).await.unwrap());
    let once = counts([(Sent, 1), (Delivered, 1), (Reached, 1), (Complained, 1)]);
    assert_eq!(counted(&world, "email").await, once);
}

pub(super) async fn a_stop_of_one_topic_declines_what_is_of_that_topic(world: World) {
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    let of = world.notice("1").await.items[0].topic.clone();
    world.send("sms").await;
    let phone = address("sms", "anna");
    let stopped = async || counted(&world, "sms").await.get("stopped").copied();
    let other = Meaning::StopTopic(TopicId::new("pension").unwrap());
    assert_eq!(says(&world, "sms", &phone, "1", other).await, 1);
    assert_eq!(stopped().await, None);
    assert_eq!(says(&world, "sms", &phone, "2", Meaning::StopTopic(of)).await, 1);
    assert_eq!(stopped().await, Some(1));
}

/// So many citizens get a birth grant by SMS, and the first of them say STOP; their names begin so.
async fn declined(world: &World, name: &str, all: usize, stop: usize) {
    for number in 0..all {
        let name = format!("{name}{number}");
        world.citizen(&name, &["sms", "email"]).await;
        world.publish(&name, &name).await;
    }
    assert_eq!(world.send("sms").await.len(), all);
    for number in 0..stop {
        let name = format!("{name}{number}");
        says(world, "sms", &address("sms", &name), &format!("stop {name}"), Meaning::Stop).await;
    }
    // What confirms a STOP is no message of a template.
    world.send("sms").await;
}

async fn judged(world: &World) -> Vec<(Standing, u64, u64)> {
    let changed = world.ledger.guard(&world.rules.policy.guard).await.unwrap();
    changed
        .into_iter()
        .map(|GuardView { standing, counts, .. }| (standing, counts.offered, counts.declined))
        .collect()
}

pub(super) async fn channels(world: &World, id: &str) -> Vec<String> {
    world.notice(id).await.channels().map(ToString::to_string).collect()
}

pub(super) async fn what_many_decline_goes_to_the_next_channel_until_released(mut world: World) {
    world.change(|setting| setting.policy.guard = RULE);
    declined(&world, "a", 4, 1).await;
    assert_eq!(judged(&world).await, [(Standing::Warned, 4, 1)]);
    assert_eq!(judged(&world).await, [], "it is told once");
    // Two are waiting when the pause comes: one of them is claimed already.
    for name in ["waiting", "claimed"] {
        world.citizen(name, &["sms", "email"]).await;
    }
    declined(&world, "b", 4, 4).await;
    world.publish("claimed", "claimed").await;
    let claimed = world.claim("sms").await;
    world.publish("waiting", "waiting").await;
    assert_eq!(judged(&world).await, [(Standing::Paused, 8, 5)]);
    assert!(world.ledger.start(&claimed, &world.rules).await.unwrap().is_empty());
    assert!(world.start("sms").await.is_empty());
    assert_eq!(world.send("email").await.len(), 2);
    for name in ["waiting", "claimed"] {
        assert_eq!(world.story(name).await[..3], ["decided", "step_ended", "started"], "{name}");
    }
    world.citizen("later", &["sms", "email"]).await;
    world.citizen("phone", &["sms"]).await;
    world.publish("later", "later").await;
    world.publish("phone", "phone").await;
    assert_eq!(channels(&world, "later").await, ["email"]);
    assert_eq!(world.ending("phone").await, Some((FinalState::InboxOnly, Reason::Guarded)));

    // Nothing that is counted ends it, and nothing but the pause is released.
    assert_eq!(judged(&world).await, []);
    let email = ChannelId::new("email").unwrap();
    assert!(!world.ledger.release_from_guard(&email, &grant(), "Olena", "a mistake").await.unwrap());
    assert!(
        world.ledger.release_from_guard(&sms(), &grant(), "Olena Koval", "the text is mended").await.unwrap()
    );
    assert!(!world.ledger.release_from_guard(&sms(), &grant(), "Olena Koval", "again").await.unwrap());
    let [view] = &world.ledger.guards().await.unwrap()[..] else { panic!("one") };
    assert_eq!((view.standing, view.released_by.as_deref()), (Standing::Fine, Some("Olena Koval")));
    assert_eq!(judged(&world).await, [], "what was counted before does not count");
    world.citizen("after", &["sms", "email"]).await;
    world.publish("after", "after").await;
    assert_eq!(channels(&world, "after").await, ["sms", "email"]);
    // It is counted anew on the same day, and pauses again.
    world.send("sms").await;
    declined(&world, "c", 3, 2).await;
    assert_eq!(judged(&world).await, [(Standing::Paused, 4, 2)]);
}

pub(super) async fn a_guard_on_trial_stops_nothing_and_is_told(mut world: World) {
    world.change(|setting| setting.policy.guard = GuardRule { mode: Mode::Report, ..RULE });
    declined(&world, "a", 4, 4).await;
    assert_eq!(judged(&world).await, [(Standing::OnTrial, 4, 4)]);
    world.citizen("later", &["sms", "email"]).await;
    world.publish("later", "later").await;
    assert_eq!(channels(&world, "later").await, ["sms", "email"]);
    world.send("sms").await;
    let key = world.row("later").await.key;
    let entries = world.ledger.store().read().await.unwrap().timeline(key).await.unwrap();
    let told = entries.iter().flat_map(|(_, entry)| match serde_json::from_str(&entry.what).unwrap() {
        Happening::Decided { trace, .. } => trace.would,
        Happening::Would(one) => vec![one],
        _ => Vec::new(),
    });
    let told: Vec<_> = told.map(|would| (would.rule, would.channel)).collect();
    assert_eq!(told, [(TrialRule::Guard, Some(sms())), (TrialRule::Guard, Some(sms()))]);

    // Put to work, it judges by the same numbers; switched off, by none.
    world.change(|setting| setting.policy.guard.mode = Mode::Off);
    assert_eq!(judged(&world).await, []);
    world.change(|setting| setting.policy.guard.mode = Mode::Enforce);
    assert_eq!(judged(&world).await, [(Standing::Paused, 5, 4)]);
}
