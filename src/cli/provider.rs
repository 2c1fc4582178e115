//! What a provider that did not do what was asked is told of.

use std::error::Error as StdError;

use vestnik_contract::{Obstacle, SendError};

/// Why, in an operator's words: which server, what stood between, and the provider's own code. Holds
/// no secret and no address of a citizen, because a `SendError` holds none.
pub(super) fn why(error: &SendError) -> String {
    let server = error.server().map(ToString::to_string);
    let obstacle = error.stood_between().map(|obstacle| obstacle.describe().to_owned());
    let place: Vec<_> = server.into_iter().chain(obstacle).collect();
    let parts = [
        Some(place.join(": ")).filter(|place| !place.is_empty()),
        error.provider_code().map(|code| format!("the provider's code is {code}")),
        error.wait().map(|wait| format!("it asks to wait {} s", wait.as_secs())),
        below(error).map(|below| format!("below it: {below}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// The deepest error, where the obstacle leaves open what is to be mended.
fn below(error: &SendError) -> Option<String> {
    let open = matches!(error.stood_between(), None | Some(Obstacle::Tls | Obstacle::Protocol));
    let mut deepest = error.source().filter(|_| open)?;
    while let Some(next) = deepest.source() {
        deepest = next;
    }
    Some(deepest.to_string())
}

#[cfg(test)]
mod tests {
    use vestnik_contract::{SendErrorKind, Server};

    use super::*;

    #[test]
    fn a_failure_is_told_with_its_server_its_kind_and_its_code() {
        let server = Server { host: "smsc.example".to_owned(), port: 2775 };
        let error = |kind| SendError::new(kind).at(&server);
        let refused = error(SendErrorKind::Unavailable).obstacle(Obstacle::Refused).source("deep");
        let bind = error(SendErrorKind::Misconfigured).obstacle(Obstacle::Credentials).code("0x0E");
        let tls = error(SendErrorKind::Misconfigured).obstacle(Obstacle::Tls).source("UnknownIssuer");
        let table = [
            (refused, "smsc.example:2775: the connection is refused, nobody listens there"),
            (bind, "smsc.example:2775: our credentials are refused; the provider's code is 0x0E"),
            (
                tls,
                "smsc.example:2775: TLS failed, or the certificate is not trusted; below it: UnknownIssuer",
            ),
            (SendError::new(SendErrorKind::Rejected), ""),
        ];
        for (error, expected) in table {
            assert_eq!(why(&error), expected);
        }
    }
}
