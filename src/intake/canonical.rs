//! What a message says, in one spelling. Two messages that say the same are the same message, however
//! they are written: the order of fields, white space, escapes, a default spelled out or left out, a
//! moment in another offset, a `CloudEvent` around it. Whether a repeat is one is decided on this.

use serde_json::{Value, json};

use crate::domain::{Notification, SourceRef};
use crate::ledger::Ask;

/// The canonical bytes of a message that has been read.
pub(super) fn canonical(ask: &Ask) -> Vec<u8> {
    let document = match ask {
        Ask::Notify { notification, supersedes } => notify(notification, supersedes.as_deref()),
        Ask::Cancel(SourceRef { source, id }) => json!({ "cancel": id, "source": source }),
    };
    document.to_string().into_bytes()
}

/// Every field is named here, so that none that is added later can be forgotten. Moments are written
/// in UTC; the params are in their one form already.
fn notify(notification: &Notification, supersedes: Option<&str>) -> Value {
    let Notification {
        reference: SourceRef { source, id },
        citizen,
        life_event,
        measure,
        params,
        priority,
        act_by,
        expires_at,
        not_before,
        campaign,
    } = notification;
    json!({
        "act_by": act_by,
        "campaign": campaign,
        "citizen": citizen.expose(),
        "expires_at": expires_at,
        "id": id,
        "life_event": life_event,
        "measure": measure,
        "not_before": not_before,
        "params": params,
        "priority": priority,
        "source": source,
        "supersedes": supersedes,
    })
}

#[cfg(test)]
mod tests;
