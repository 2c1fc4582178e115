//! By what an address was closed.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::AttemptId;
use crate::ledger::LedgerError;
use crate::ledger::keys::SealKey;
use crate::ledger::people::corrupt;

/// By what an address was closed: the evidence of it, as it is sealed with the address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedBy {
    /// Who said so.
    pub origin: ClosedOrigin,
    /// The attempt, the inbound or the form that says it.
    pub evidence: String,
    /// Who wrote it down, where a person did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// Who said that an address is not to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosedOrigin {
    /// The channel's provider.
    Provider,
    /// Whoever wrote from the address.
    Reply,
    /// The registry.
    Registry,
    /// The gateway, because the citizen was erased.
    Erasure,
}

impl ClosedBy {
    /// The provider refused an attempt, or said later that it came to nobody.
    pub(in crate::ledger) fn attempt(attempt: AttemptId, code: Option<&str>) -> Self {
        let code = code.map(|code| format!(", code {code}")).unwrap_or_default();
        Self::provider(format!("attempt {}{code}", attempt.0))
    }

    /// The provider told that the citizen blocked us.
    pub(in crate::ledger) fn inbound(inbound: Uuid) -> Self {
        Self::provider(format!("inbound {inbound}"))
    }

    /// Somebody wrote from the address that they are not the citizen.
    pub(in crate::ledger) fn reply(inbound: Uuid) -> Self {
        Self { origin: ClosedOrigin::Reply, evidence: format!("inbound {inbound}"), actor: None }
    }

    /// An address that an erased citizen had.
    pub(in crate::ledger) fn erasure() -> Self {
        let evidence = "the address belonged to a citizen who was erased".to_owned();
        Self { origin: ClosedOrigin::Erasure, evidence, actor: None }
    }

    fn provider(evidence: String) -> Self {
        Self { origin: ClosedOrigin::Provider, evidence, actor: None }
    }

    pub(in crate::ledger) fn seal(&self, key: &SealKey) -> Result<Vec<u8>, LedgerError> {
        let plain = serde_json::to_vec(self).map_err(|_| corrupt("address"))?;
        Ok(key.seal("closed by", &plain)?)
    }

    pub(in crate::ledger) fn open(key: &SealKey, sealed: &[u8]) -> Result<Self, LedgerError> {
        serde_json::from_slice(&key.open("closed by", sealed)?).map_err(|_| corrupt("address"))
    }
}
