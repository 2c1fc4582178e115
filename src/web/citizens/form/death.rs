//! Whether a citizen has died, as a registry says it.

use serde::Deserialize;

use super::{absent, evidence_and_actor};
use crate::ledger::Testimony;
use crate::ledger::registry::Death;
use crate::web::problem::Problem;

/// The act that says that a citizen has died, or that takes it back. Both are a named person's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeathForm {
    /// The act, such as the number of the entry in the register of deaths.
    #[serde(default)]
    pub evidence: Option<String>,
    /// Who wrote it down.
    #[serde(default)]
    pub actor: Option<String>,
    /// Whether it takes back what was said before.
    #[serde(default)]
    pub undo: bool,
}

impl DeathForm {
    /// The act, with its evidence and its actor, neither of which may be left out.
    pub fn check(self) -> Result<Death, Problem> {
        let evidence = self.evidence.ok_or_else(|| absent("evidence"))?;
        let actor = self.actor.ok_or_else(|| absent("actor"))?;
        Ok(Death { deceased: !self.undo, by: ground(Some(evidence), Some(actor), "")? })
    }
}

/// By what something became known; where no evidence is named, it is that something was done.
pub fn ground(evidence: Option<String>, actor: Option<String>, done: &str) -> Result<Testimony, Problem> {
    let (evidence, actor) = evidence_and_actor(evidence, actor, done)?;
    Ok(Testimony { evidence, actor })
}
