//! What the tests of this room start from: a small catalogue and three sources.

use std::collections::BTreeMap;

use jiff::civil::date;
use serde_json::{Value, json};

use crate::config::sources::{SourceSettings, Sources};
use crate::domain::{
    Approval, Catalogue, Class, LifeEvent, LifeEventId, Localized, Measure, MeasureId, Param, ParamType,
    SourceId, Template, TemplateRef, Topic, TopicId,
};

pub(super) fn source(id: &str) -> SourceId {
    SourceId::new(id).unwrap()
}

/// `child_birth` with `large_family_certificate`, which takes `child_order` and maybe `office`; and
/// `disability` with `pension_supplement`, which takes nothing.
pub(crate) fn catalogue() -> Catalogue {
    let child_order = Param { kind: ParamType::Integer { min: 1, max: 20 }, optional: false };
    let office = Param { kind: ParamType::Text { max_length: 40 }, optional: true };
    let params = BTreeMap::from([("child_order".to_owned(), child_order), ("office".to_owned(), office)]);
    let topic = TopicId::new("family").unwrap();
    Catalogue {
        topics: BTreeMap::from([(topic, Topic { title: words(), words: Vec::new() })]),
        life_events: [
            life_event("child_birth", "large_family_certificate", params),
            life_event("disability", "pension_supplement", BTreeMap::new()),
        ]
        .into(),
    }
}

fn words() -> Localized {
    Localized { ru: "слова".into(), uk: "слова".into(), en: "words".into() }
}

fn life_event(id: &str, measure: &str, params: BTreeMap<String, Param>) -> (LifeEventId, LifeEvent) {
    let measure_id = MeasureId::new(measure).unwrap();
    let template = Template {
        id: TemplateRef { measure: measure_id.clone(), version: 1 },
        class: Class::Entitlement,
        params,
        approval: Approval { on: date(2026, 1, 15), by: "Legal office".to_owned() },
    };
    let measure = Measure {
        id: measure_id.clone(),
        topic: TopicId::new("family").unwrap(),
        title: words(),
        template,
        others: Vec::new(),
    };
    let measures = BTreeMap::from([(measure_id, measure)]);
    (LifeEventId::new(id).unwrap(), LifeEvent { title: words(), measures })
}

/// `family_fund` publishes as the user `fund` and speaks of `child_birth` alone; `emergency` may be
/// urgent and is trusted by topic permission; `portal` publishes as the user of its own name.
pub(crate) fn sources() -> Sources {
    let plain = SourceSettings {
        title: "A source".into(),
        urgent: false,
        amqp_user: None,
        trust_topic_permission: false,
        life_events: None,
    };
    let fund = SourceSettings {
        amqp_user: Some("fund".to_owned()),
        life_events: Some([LifeEventId::new("child_birth").unwrap()].into()),
        ..plain.clone()
    };
    let emergency = SourceSettings { urgent: true, trust_topic_permission: true, ..plain.clone() };
    let named = [("family_fund", fund), ("emergency", emergency), ("portal", plain)];
    Sources(named.into_iter().map(|(id, settings)| (source(id), settings)).collect())
}

/// A good notification of the family fund.
pub(crate) fn notification() -> Value {
    json!({
        "id": "2f1c9a", "source": "family_fund", "citizen": "snils:11223344595", "life_event": "child_birth",
        "measure": "large_family_certificate", "params": { "child_order": 3 }, "priority": "normal",
        "act_by": "2026-12-31", "expires_at": "2026-12-31T20:59:59Z", "campaign": null,
    })
}

/// The notification with fields set; a field set to null is taken out.
#[expect(clippy::needless_pass_by_value, reason = "reads well with json!")]
pub(crate) fn with(fields: Value) -> Value {
    let mut body = notification();
    for (name, value) in fields.as_object().cloned().unwrap_or_default() {
        let there = body.as_object_mut().unwrap();
        if value.is_null() {
            there.remove(&name)
        } else {
            there.insert(name, value)
        };
    }
    body
}
