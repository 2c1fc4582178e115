//! The token with which `publish` and `import` speak to a gateway's HTTP API.

use secrecy::SecretString;

use super::Mistake;
use crate::ledger::Scope;

/// Where the token stands.
pub(super) const TOKEN: &str = "VESTNIK_TOKEN";

/// The token as the environment holds it; without one nothing has to be tried.
pub(super) fn token_of(found: Option<String>, scope: Scope) -> Result<SecretString, Mistake> {
    let token = found.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty());
    let missing = || {
        Mistake(format!(
            "the gateway asks for a token: expected one in the environment variable {TOKEN}. {}",
            made_by(scope)
        ))
    };
    Ok(token.ok_or_else(missing)?.into())
}

/// The mistake of a token that the gateway does not take.
pub(super) fn refused_token(scope: Scope) -> Mistake {
    let refused = format!(
        "the gateway refuses the token in the environment variable {TOKEN}: it is unknown, over, revoked, or without the scope {scope}."
    );
    Mistake(format!("{refused} {}", made_by(scope)))
}

fn made_by(scope: Scope) -> String {
    let source = if matches!(scope, Scope::Publish | Scope::Status) { " --source SOURCE" } else { "" };
    format!("At the gateway, `vestnik token create --label TEXT --scope {scope}{source}` makes one")
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_token_that_is_not_there_is_told_with_how_to_make_one() {
        let token = token_of(Some(" vst_1\n".to_owned()), Scope::Publish).unwrap();
        assert_eq!(token.expose_secret(), "vst_1");
        for nothing in [None, Some(" ".to_owned())] {
            let said = token_of(nothing, Scope::Publish).unwrap_err().to_string();
            assert!(
                said.contains("VESTNIK_TOKEN")
                    && said.ends_with("--scope publish --source SOURCE` makes one"),
                "{said}"
            );
        }
        assert!(refused_token(Scope::Registry).to_string().contains("--scope registry` makes one"));
    }
}
