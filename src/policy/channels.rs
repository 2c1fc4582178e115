//! The channels: in which order they are considered, and which of them may be used.

use vestnik_contract::ChannelId;

use super::consent::consent_in_force;
use super::guard::Guard;
use crate::domain::{
    Awaits, Basis, Citizen, Class, ClassRule, ConsentAction, Jurisdiction, Policy, Preference, Reason,
    TopicId,
};

/// A channel that is configured and enabled here, and what it can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelFacts {
    /// Which.
    pub id: ChannelId,
    /// The provider tells when a message was delivered.
    pub receipt_delivered: bool,
    /// The provider tells when a message was read.
    pub receipt_read: bool,
}

impl ChannelFacts {
    /// As much of what is awaited as the channel can tell: read, else delivered, else accepted.
    #[must_use]
    pub fn at_most(&self, wanted: Awaits) -> Awaits {
        match wanted {
            Awaits::Read if self.receipt_read => Awaits::Read,
            Awaits::Read | Awaits::Delivered if self.receipt_delivered => Awaits::Delivered,
            _ => Awaits::Accepted,
        }
    }
}

/// What the citizen prefers for a topic: what was said of the topic itself, or else of all topics.
/// A preference is taken as a whole, so one for the topic hides the one for all even where it
/// leaves something open.
#[must_use]
pub fn preference_for<'a>(citizen: &'a Citizen, topic: &TopicId) -> Option<&'a Preference> {
    let of = |wanted: Option<&TopicId>| citizen.preferences.iter().find(|one| one.topic.as_ref() == wanted);
    of(Some(topic)).or_else(|| of(None))
}

/// How a class is treated. One without a rule is treated with the most care: by consent only,
/// within the budget, and never lost for want of an inbox entry.
pub(super) fn class_rule(policy: &Policy, class: Class) -> ClassRule {
    let careful = ClassRule { basis: Basis::Consent, budget: true, inbox: true, bundle: false };
    policy.classes.get(&class).cloned().unwrap_or(careful)
}

/// Whether messages on the channel make themselves heard.
pub(super) fn is_push(policy: &Policy, channel: &ChannelId) -> bool {
    policy.channels.get(channel).is_none_or(|rule| rule.push)
}

/// The rules by which a channel is judged for one citizen.
#[derive(Clone, Copy)]
pub(super) struct Judge<'a> {
    pub citizen: &'a Citizen,
    pub policy: &'a Policy,
    pub jurisdiction: &'a Jurisdiction,
}

impl Judge<'_> {
    /// Every channel of the citizen's preference and of policy once, in the order to try them, each
    /// with why it is used or not.
    ///
    /// What the citizen prefers comes first; the channels of policy that the preference leaves out
    /// follow as [`Reason::NotPreferred`]. Without a preference the order is that of policy.
    pub(super) fn consider(
        &self,
        topic: &TopicId,
        class: Class,
        guard: &Guard<'_>,
        enabled: &[ChannelFacts],
    ) -> Vec<(ChannelId, Reason)> {
        let preferred = preference_for(self.citizen, topic).and_then(|one| one.channels.as_deref());
        let mut considered: Vec<(ChannelId, Reason)> = Vec::new();
        for channel in preferred.unwrap_or_default().iter().chain(&self.policy.order) {
            if considered.iter().any(|(seen, _)| seen == channel) {
                continue;
            }
            let left_out = preferred.is_some_and(|wanted| !wanted.contains(channel));
            let reason = if left_out {
                Reason::NotPreferred
            } else {
                let off = !enabled.iter().any(|facts| facts.id == *channel);
                self.obstacle(channel, off)
                    .or_else(|| self.no_ground(channel, topic, class))
                    .or_else(|| guard.against(channel))
                    .unwrap_or(Reason::Chosen)
            };
            considered.push((channel.clone(), reason));
        }
        self.let_law_speak(class, &mut considered);
        considered
    }

    /// Why the channel cannot carry anything to the citizen, whatever it is about.
    pub(super) fn obstacle(&self, channel: &ChannelId, off: bool) -> Option<Reason> {
        if !self.jurisdiction.channels.contains(channel) {
            return Some(Reason::JurisdictionForbids);
        }
        if off || !self.policy.channels.contains_key(channel) {
            return Some(Reason::ChannelOff);
        }
        let mut addresses =
            self.citizen.addresses.iter().filter(|entry| entry.channel == *channel).peekable();
        if addresses.peek().is_none() {
            return Some(Reason::NoAddress);
        }
        addresses.all(|entry| entry.closed.is_some()).then_some(Reason::AddressClosed)
    }

    /// Why there is no ground to write of this topic on the channel. A withdrawal is no ground
    /// against a law, but it is named here all the same: see [`let_law_speak`](Self::let_law_speak).
    pub(super) fn no_ground(&self, channel: &ChannelId, topic: &TopicId, class: Class) -> Option<Reason> {
        let consent = consent_in_force(&self.citizen.consents, channel, topic);
        match (consent, class_rule(self.policy, class).basis) {
            (Some(ConsentAction::Granted), _) | (None, Basis::Law) => None,
            (Some(ConsentAction::Withdrawn), _) => Some(Reason::ConsentWithdrawn),
            (None, Basis::Consent) => Some(Reason::NoConsent),
        }
    }

    /// A law needs no consent, and a withdrawal is obeyed as long as a channel is left without one:
    /// the withdrawn channel is then no part of the plan, not even as the last step. So is one that the
    /// guard paused. Where no channel is left but such, the law overrides the guard, or else the
    /// withdrawals, and all channels with that reason are used in their order. The citizen's preference
    /// and closed addresses bind a law like anything else.
    fn let_law_speak(&self, class: Class, considered: &mut [(ChannelId, Reason)]) {
        let stands = |reason| considered.iter().any(|(_, against)| *against == reason);
        if class_rule(self.policy, class).basis != Basis::Law || stands(Reason::Chosen) {
            return;
        }
        let over = [Reason::Guarded, Reason::ConsentWithdrawn].into_iter().find(|reason| stands(*reason));
        for (_, reason) in considered.iter_mut().filter(|(_, reason)| Some(*reason) == over) {
            *reason = Reason::LawOverrides;
        }
    }
}

#[cfg(test)]
mod tests {
    use ConsentAction::{Granted, Withdrawn};
    use Reason::{
        AddressClosed, ChannelOff, Chosen, ConsentWithdrawn, JurisdictionForbids, LawOverrides, NoAddress,
        NoConsent, NotPreferred,
    };

    use super::*;
    use crate::domain::ConsentOrigin::Portal;
    use crate::policy::fixture::{
        NOWHERE, channel, channels, citizen, closed, consent, enabled, jurisdiction, policy, preference,
        topic,
    };

    /// A guard that has paused nothing.
    fn at_ease(policy: &Policy) -> Guard<'_> {
        Guard { policy, template: &NOWHERE, introductions: None }
    }

    fn consider(citizen: &Citizen, class: Class) -> Vec<(String, Reason)> {
        let (policy, jurisdiction) = (policy(), jurisdiction());
        let judge = Judge { citizen, policy: &policy, jurisdiction: &jurisdiction };
        let considered = judge.consider(&topic("family"), class, &at_ease(&policy), &enabled());
        considered.into_iter().map(|(id, reason)| (id.to_string(), reason)).collect()
    }

    fn reasons(citizen: &Citizen, class: Class) -> Vec<Reason> {
        consider(citizen, class).into_iter().map(|(_, reason)| reason).collect()
    }

    #[test]
    fn without_a_preference_the_order_is_that_of_policy() {
        let order: Vec<_> = consider(&citizen(), Class::Entitlement).into_iter().map(|(id, _)| id).collect();
        assert_eq!(order, ["viber", "telegram", "sms", "email", "portal"]);
    }

    #[test]
    fn the_preference_for_the_topic_hides_the_one_for_all() {
        let mut citizen = citizen();
        citizen.preferences =
            vec![preference(None, Some(&["sms"])), preference(Some("family"), Some(&["email", "sms"]))];
        let expected = [
            ("email", Chosen),
            ("sms", Chosen),
            ("viber", NotPreferred),
            ("telegram", NotPreferred),
            ("portal", NotPreferred),
        ];
        let expected = expected.map(|(id, reason)| (id.to_owned(), reason));
        assert_eq!(consider(&citizen, Class::Entitlement), expected);
        // One that leaves the order open leaves it to policy, not to the preference for all.
        citizen.preferences[1].channels = None;
        assert_eq!(reasons(&citizen, Class::Entitlement), [Chosen; 5]);
        citizen.preferences[1].channels = Some(vec![]);
        assert_eq!(reasons(&citizen, Class::LegalDuty), [NotPreferred; 5]);
    }

    #[test]
    fn a_channel_named_twice_is_considered_once() {
        let mut citizen = citizen();
        citizen.preferences = vec![preference(None, Some(&["sms", "sms", "carrier_pigeon", "sms"]))];
        let considered = consider(&citizen, Class::Entitlement);
        assert_eq!(considered.len(), 6);
        assert_eq!(considered[1], ("carrier_pigeon".to_owned(), JurisdictionForbids));
    }

    #[test]
    fn every_obstacle_has_its_reason() {
        let mut citizen = citizen();
        citizen.addresses.retain(|entry| entry.channel != channel("viber"));
        citizen.addresses[0].closed = Some(closed("blocked"));
        citizen.consents = vec![
            consent(Some("telegram"), None, Granted, Portal, 1),
            consent(Some("sms"), None, Withdrawn, Portal, 1),
            consent(Some("portal"), Some("family"), Granted, Portal, 1),
        ];
        assert_eq!(
            reasons(&citizen, Class::Entitlement),
            [NoAddress, AddressClosed, ConsentWithdrawn, NoConsent, Chosen]
        );
    }

    #[test]
    fn law_and_configuration_come_before_the_citizen() {
        let (mut policy, mut jurisdiction, citizen) = (policy(), jurisdiction(), citizen());
        jurisdiction.channels = channels(&["telegram", "sms", "email"]).into_iter().collect();
        policy.channels.remove(&channel("telegram"));
        let only_email: Vec<_> = enabled().into_iter().filter(|facts| facts.id == channel("email")).collect();
        let judge = Judge { citizen: &citizen, policy: &policy, jurisdiction: &jurisdiction };
        let considered = judge.consider(&topic("family"), Class::Entitlement, &at_ease(&policy), &only_email);
        let reasons: Vec<_> = considered.into_iter().map(|(_, reason)| reason).collect();
        assert_eq!(reasons, [JurisdictionForbids, ChannelOff, ChannelOff, Chosen, JurisdictionForbids]);
    }

    #[test]
    fn a_law_needs_no_consent_and_overrides_a_withdrawal_only_where_nothing_else_is_left() {
        let mut citizen = citizen();
        citizen.consents = vec![];
        assert_eq!(reasons(&citizen, Class::LegalDuty), [Chosen; 5]);
        citizen.consents = vec![consent(Some("viber"), None, Withdrawn, Portal, 1)];
        assert_eq!(reasons(&citizen, Class::LegalDuty)[..2], [ConsentWithdrawn, Chosen]);
        citizen.addresses.retain(|entry| entry.channel == channel("viber"));
        assert_eq!(reasons(&citizen, Class::LegalDuty)[..2], [LawOverrides, NoAddress]);
        citizen.preferences = vec![preference(None, Some(&["sms"]))];
        assert_eq!(reasons(&citizen, Class::LegalDuty)[..2], [NoAddress, NotPreferred]);
    }

    #[test]
    fn no_step_awaits_more_than_its_channel_can_tell() {
        use Awaits::{Accepted, Delivered, Read};
        let facts = |receipt_delivered, receipt_read| ChannelFacts {
            id: channel("sms"),
            receipt_delivered,
            receipt_read,
        };
        let table = [
            (Read, facts(true, true), Read),
            (Read, facts(false, true), Read),
            (Read, facts(true, false), Delivered),
            (Read, facts(false, false), Accepted),
            (Delivered, facts(true, true), Delivered),
            (Delivered, facts(false, true), Accepted),
            (Accepted, facts(true, true), Accepted),
        ];
        for (wanted, facts, got) in table {
            assert_eq!(facts.at_most(wanted), got, "{wanted:?} of {facts:?}");
        }
    }
}
