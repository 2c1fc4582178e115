//! Consent as evidence, whoever writes it.

use vestnik_contract::ChannelId;

use super::super::fixture::{World, citizen_id, nothing, notification, notify};
use crate::domain::{Consent, ConsentAction, Locale};
use crate::ledger::fixture::{address, route};
use crate::ledger::registry::Registration;
use crate::ledger::{Heard, Meaning, StopToken};

pub(crate) async fn consent_is_chained_whoever_writes_it(world: World) {
    let anna = world.citizen("anna", &["sms", "email"]).await;
    let sms = ChannelId::new("sms").unwrap();
    let said = |at: i64| Consent {
        locale: Some(Locale::Uk),
        actor: Some("window 4".to_owned()),
        at: world.clock.now() - jiff::SignedDuration::from_secs(at),
        ..world.consent(Some("email"), ConsentAction::Granted)
    };
    let twice = |at| Registration { consents: vec![said(at), said(at + 1)], ..nothing(anna.clone()) };
    let answers = world.ledger.register(&[twice(10), twice(20)]).await.unwrap();
    assert_eq!(answers, [Ok(()), Ok(())]);
    for (key, meaning) in [("1", Meaning::StopAll), ("2", Meaning::Start)] {
        let heard = Heard { key: key.into(), sender: address("sms", "anna"), meaning, words: String::new() };
        world.ledger.hear(&sms, &route(), &[heard], &world.rules).await.unwrap();
    }
    world.submit(&[notify(notification("1", "anna"))]).await;
    let token =
        StopToken { citizen: world.key("anna"), channel: sms.clone(), notice: world.notice("1").await.id };
    assert!(world.ledger.stop(&token).await.unwrap());

    let history = world.ledger.consent_history(&anna).await.unwrap().unwrap();
    let numbers: Vec<_> = history.records.iter().map(|record| record.number.unwrap()).collect();
    assert_eq!(numbers, (1..=8).collect::<Vec<_>>());
    assert!(history.whole && history.records[1].consent.actor.as_deref() == Some("window 4"));
    assert!(history.records[5].consent.evidence.starts_with("inbound "));
    assert_eq!(history.records[5].consent.actor.as_deref(), Some("citizen"));
    let verified = world.ledger.verify_consents(&anna).await.unwrap().unwrap();
    assert_eq!((verified.records, verified.older, verified.findings.len()), (8, 0, 0));
    let (all, last) = world.ledger.verify_consents_after(None, 10).await.unwrap();
    assert_eq!((all, last), (verified, Some(world.key("anna"))));
    assert!(world.ledger.consent_history(&citizen_id("nobody")).await.unwrap().is_none());
}
