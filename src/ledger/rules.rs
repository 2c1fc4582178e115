//! What the verbs need to know of the configuration in force.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use url::Url;
use vestnik_contract::{Capabilities, Channel, ChannelId, Unsubscribe};

use super::LedgerError;
use super::keys::Keyring;
use super::stop_token::StopToken;
use super::store::NotificationRow;

use crate::domain::{
    Catalogue, Citizen, Jurisdiction, JurisdictionId, Locale, MeasureId, Notice, PlannedStep, Policy,
    Template, TemplateRef, TopicId,
};
use crate::notice::{CheckKey, Renderer};
use crate::policy::ChannelFacts;

/// One loaded set of configuration, as the ledger's verbs use it.
pub struct Rules {
    /// The set's digest; decisions name it.
    pub version: String,
    /// The operator's rules.
    pub policy: Policy,
    /// The law's rules by country.
    pub jurisdictions: BTreeMap<JurisdictionId, Jurisdiction>,
    /// The rules for a citizen whose jurisdiction is not among them.
    pub strict: Jurisdiction,
    /// What may be told.
    pub catalogue: Catalogue,
    /// How it is told.
    pub renderer: Renderer,
    /// Makes check codes.
    pub check_key: CheckKey,
    /// The channels in use.
    pub channels: BTreeMap<ChannelId, Arc<dyn Channel>>,
    /// Where citizens reach our pages, such as `https://vestnik.example/`.
    pub public_url: Option<Url>,
    /// Where it is set, nobody else is ever written to: addresses in their channels' one form.
    pub allow_list: Option<BTreeSet<String>>,
}

impl Rules {
    /// The law's rules for a citizen.
    #[must_use]
    pub fn jurisdiction(&self, id: &JurisdictionId) -> &Jurisdiction {
        self.jurisdictions.get(id).unwrap_or(&self.strict)
    }

    /// What policy has to know of the channels in use.
    #[must_use]
    pub fn facts(&self) -> Vec<ChannelFacts> {
        let fact = |(id, channel): (&ChannelId, &Arc<dyn Channel>)| {
            let Capabilities { receipt_delivered, receipt_read, .. } = *channel.capabilities();
            ChannelFacts { id: id.clone(), receipt_delivered, receipt_read }
        };
        self.channels.iter().map(fact).collect()
    }

    /// A step on a channel as policy has it for all; `None` where the channel is not in use.
    #[must_use]
    pub fn planned(&self, channel: &ChannelId) -> Option<PlannedStep> {
        let rule = self.policy.channels.get(channel)?;
        let facts = self.facts().into_iter().find(|facts| facts.id == *channel)?;
        Some(PlannedStep {
            channel: channel.clone(),
            awaits: facts.at_most(rule.awaits),
            wait_seconds: rule.wait_minutes.saturating_mul(60),
        })
    }

    /// The version of a measure's texts that a notification was accepted with.
    #[must_use]
    pub fn template(&self, row: &NotificationRow) -> Option<&Template> {
        let version = u32::try_from(row.template).ok()?;
        self.catalogue.template(&TemplateRef { measure: MeasureId::new(&row.measure).ok()?, version })
    }

    /// The address that stops what a notice is about, on its current channel, with one click.
    pub(super) fn unsubscribe(
        &self,
        keys: &Keyring,
        notice: &Notice,
    ) -> Result<Option<Unsubscribe>, LedgerError> {
        let (Some(base), Some(channel)) = (&self.public_url, notice.channel()) else { return Ok(None) };
        if !self.carries_addresses(notice) {
            return Ok(None);
        }
        let token =
            StopToken { citizen: notice.citizen, channel: channel.clone(), notice: notice.id }.seal(keys)?;
        Ok(base.join(&format!("unsubscribe/{token}")).ok().map(|url| Unsubscribe { url }))
    }

    /// Whether a message carries addresses of ours: notifications do, where they are mailed.
    pub(super) fn carries_addresses(&self, notice: &Notice) -> bool {
        let channel = notice.channel().and_then(|id| self.channels.get(id));
        let able = channel.is_some_and(|one| one.capabilities().one_click_unsubscribe);
        able && !notice.items.is_empty()
    }

    /// Whether a channel may be asked again after a call without an answer.
    #[must_use]
    pub fn idempotent(&self, channel: Option<&ChannelId>) -> bool {
        let channel = channel.and_then(|id| self.channels.get(id));
        channel.is_some_and(|channel| channel.capabilities().idempotent_resend)
    }
}

/// The language to write to a citizen in about this topic.
#[must_use]
pub fn locale_for(citizen: &Citizen, topic: Option<&TopicId>) -> Locale {
    let preferred = |of: Option<&TopicId>| {
        citizen.preferences.iter().find(|preference| preference.topic.as_ref() == of)?.locale
    };
    topic
        .and_then(|topic| preferred(Some(topic)))
        .or_else(|| preferred(None))
        .unwrap_or(citizen.profile.locale)
}
