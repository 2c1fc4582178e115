//! The sealed part of a notification: what the source said of this citizen.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::LedgerError;
use super::keys::SealKey;
use super::people::corrupt;
use crate::domain::{Notification, Params};

/// What of a notification is personal: its variables and its dates.
#[derive(Serialize, Deserialize)]
pub(super) struct NotificationFacts {
    pub params: Params,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act_by: Option<Date>,
    /// As its source asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// As its source asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl NotificationFacts {
    pub fn of(notification: &Notification) -> Self {
        let Notification { act_by, not_before, expires_at, .. } = *notification;
        Self { params: notification.params.clone(), act_by, not_before, expires_at }
    }

    pub fn seal(&self, key: &SealKey) -> Result<Vec<u8>, LedgerError> {
        let plain = serde_json::to_vec(self).map_err(|_| corrupt("notification"))?;
        Ok(key.seal("params", &plain)?)
    }

    pub fn open(key: &SealKey, sealed: &[u8]) -> Result<Self, LedgerError> {
        serde_json::from_slice(&key.open("params", sealed)?).map_err(|_| corrupt("notification"))
    }
}
