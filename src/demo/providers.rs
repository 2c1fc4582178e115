//! The providers, as somebody who tries the demonstration can have them misbehave, and what the
//! gateway makes of it.

use serde::{Deserialize, Serialize};
use vestnik_contract::ChannelId;
use vestnik_contract::sandbox::{FaultRule, Faults};

use super::sandboxes::Sandboxes;
use super::stage::Stage;
use super::story::TroubleKind;
use super::words;
use crate::ledger::LedgerError;
use crate::ledger::store::PauseRow;

/// What somebody asks a provider for. In JSON `wants` names it.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "wants", rename_all = "snake_case")]
pub enum Wish {
    /// To misbehave towards everybody, in place of what it was asked for before.
    Trouble {
        /// Whose provider.
        channel: ChannelId,
        /// How.
        fault: TroubleKind,
        /// For how many messages; absent: for all.
        times: Option<u32>,
    },
    /// To behave again.
    Peace {
        /// Whose provider.
        channel: ChannelId,
    },
    /// The gateway's pause of the channel is to end, as by `vestnik channel resume`.
    Resume {
        /// Which channel.
        channel: ChannelId,
    },
}

/// What can be asked for, in the order in which it is offered.
pub const TROUBLES: [TroubleKind; 13] = [
    TroubleKind::ServerError,
    TroubleKind::Throttled,
    TroubleKind::Hang,
    TroubleKind::CutOff,
    TroubleKind::WrongToken,
    TroubleKind::Rejected,
    TroubleKind::CannotReach,
    TroubleKind::Blocked,
    TroubleKind::EarlyReceipt,
    TroubleKind::DuplicateReceipt,
    TroubleKind::LateReceipt,
    TroubleKind::NoReceipt,
    TroubleKind::FailedReceipt,
];

/// How one provider stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The channel.
    pub channel: ChannelId,
    /// Its name.
    pub name: String,
    /// Whether it tells that a message arrived.
    pub receipts: bool,
    /// How it misbehaves towards everybody, in words.
    pub trouble: Option<String>,
    /// Why and until when the gateway sends nothing to it.
    pub paused: Option<String>,
}

impl Stage {
    /// A provider is asked for something.
    pub async fn ask(&self, wish: &Wish) -> Result<(), LedgerError> {
        let faults = |channel| self.phones.sandboxes().get(channel).map(|sandbox| sandbox.faults());
        match wish {
            Wish::Trouble { channel, fault, times } => {
                if let Some(faults) = faults(channel) {
                    faults.forgive();
                    faults.add(FaultRule { fault: fault.fault(), address: None, times: *times });
                }
            }
            Wish::Peace { channel } => faults(channel).into_iter().for_each(Faults::forgive),
            Wish::Resume { channel } => self.resume(channel).await?,
        }
        self.stir();
        Ok(())
    }

    async fn resume(&self, channel: &ChannelId) -> Result<(), LedgerError> {
        for pause in self.ledger.pauses().await?.iter().filter(|pause| pause.channel == *channel) {
            self.ledger.resume(channel, pause.route.as_ref()).await?;
        }
        self.ledger.remind();
        Ok(())
    }

    /// How the providers stand.
    pub async fn providers(&self) -> Result<Vec<Standing>, LedgerError> {
        let pauses = self.ledger.pauses().await?;
        let sandboxes = self.phones.sandboxes();
        Ok(sandboxes.iter().map(|(channel, _)| self.standing(sandboxes, channel, &pauses)).collect())
    }

    fn standing(&self, sandboxes: &Sandboxes, channel: &ChannelId, pauses: &[PauseRow]) -> Standing {
        let rules = sandboxes.get(channel).map(|sandbox| sandbox.faults().standing()).unwrap_or_default();
        let held = pauses.iter().find(|pause| pause.channel == *channel);
        let adapter = self.rules.channels.get(channel);
        Standing {
            channel: channel.clone(),
            name: words::name(channel),
            receipts: adapter.is_some_and(|one| one.capabilities().receipt_delivered),
            trouble: rules.iter().find(|rule| rule.address.is_none()).map(words::trouble),
            paused: held.map(|pause| words::pause(pause, &self.story.zone)),
        }
    }
}
