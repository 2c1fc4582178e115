//! `sources.toml`: the upstream services that may publish, what each may do, and how it proves who it
//! is.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use vestnik_contract::Label;

use crate::domain::{LifeEventId, SourceId, label};

/// The registered sources.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Sources(pub BTreeMap<SourceId, SourceSettings>);

/// A registered source.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSettings {
    /// Its name for people, at most 120 characters: one for all languages, or one for each.
    #[serde(deserialize_with = "label::<120, _>")]
    pub title: Label,
    /// Whether it may publish with priority `urgent`, which passes quiet hours.
    #[serde(default)]
    pub urgent: bool,
    /// The RabbitMQ user that speaks for it, as the broker proves it
    /// (<https://www.rabbitmq.com/docs/validated-user-id>); absent: the user of the source's own name.
    #[serde(default)]
    pub amqp_user: Option<String>,
    /// Whether a message without `user_id` is believed to come from the source that it names. Only
    /// for a broker whose topic permissions let nobody else publish under such routing keys.
    #[serde(default)]
    pub trust_topic_permission: bool,
    /// The life events it may speak of; absent: all.
    #[serde(default)]
    pub life_events: Option<BTreeSet<LifeEventId>>,
}

impl Sources {
    /// The settings of a source, if it is registered.
    #[must_use]
    pub fn get(&self, source: &SourceId) -> Option<&SourceSettings> {
        self.0.get(source)
    }

    /// Whether a message of this RabbitMQ user, or of none that is known, may come from the source.
    #[must_use]
    pub fn is_amqp_user(&self, source: &SourceId, user: Option<&str>) -> bool {
        self.get(source).is_some_and(|settings| match user {
            None => settings.trust_topic_permission,
            Some(user) => settings.amqp_user.as_deref().unwrap_or(source.as_str()) == user,
        })
    }

    /// The one source that a RabbitMQ user speaks for; `None` if it is none, or one of several.
    #[must_use]
    pub fn of_amqp_user(&self, user: &str) -> Option<&SourceId> {
        let mut its = self.0.keys().filter(|source| self.is_amqp_user(source, Some(user)));
        its.next().filter(|_| its.next().is_none())
    }
}

impl SourceSettings {
    /// Whether the source may speak of this life event.
    #[must_use]
    pub fn may_speak_of(&self, life_event: &LifeEventId) -> bool {
        self.life_events.as_ref().is_none_or(|allowed| allowed.contains(life_event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
        [family_fund]
        title = "Family fund"
        life_events = ["child_birth"]

        [pension_fund]
        title = "Pension fund"
        urgent = true
        amqp_user = "bus"
        trust_topic_permission = true

        [registry]
        title = "Registry"
        amqp_user = "bus"
    "#;

    fn id(text: &str) -> SourceId {
        SourceId::new(text).unwrap()
    }

    #[test]
    fn what_is_absent_is_not_permitted() {
        let sources: Sources = toml::from_str(FILE).unwrap();
        let fund = sources.get(&id("family_fund")).unwrap();
        assert!(!fund.urgent && !fund.trust_topic_permission);
        assert!(fund.may_speak_of(&LifeEventId::new("child_birth").unwrap()));
        assert!(!fund.may_speak_of(&LifeEventId::new("disability").unwrap()));
        assert!(toml::from_str::<Sources>("[a]\ntitle = \"A\"\nurgnt = true").is_err());
    }

    #[test]
    fn a_source_is_proved_by_its_user() {
        let sources: Sources = toml::from_str(FILE).unwrap();
        let table = [
            ("family_fund", Some("family_fund"), true),
            ("family_fund", Some("bus"), false),
            ("family_fund", None, false),
            ("pension_fund", Some("bus"), true),
            ("pension_fund", Some("pension_fund"), false),
            ("pension_fund", None, true),
            ("registry", None, false),
            ("nobody", Some("nobody"), false),
        ];
        for (source, user, proved) in table {
            assert_eq!(sources.is_amqp_user(&id(source), user), proved, "{source} by {user:?}");
        }
        assert_eq!(sources.of_amqp_user("family_fund"), Some(&id("family_fund")));
        assert_eq!(sources.of_amqp_user("bus"), None, "it speaks for two");
        assert_eq!(sources.of_amqp_user("guest"), None);
    }
}
