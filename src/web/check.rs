//! Is it really you? Whoever has a message of ours can ask by its check code, without a token. The answer
//! says when and by which way it was sent: never to whom, and nothing of what it says.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::rejection::PathRejection;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::HeaderMap;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use super::problem::Problem;
use super::state::WebState;
use crate::domain::RefusalReason;
use crate::ledger::Verdict;
use crate::ledger::retry::soon;
use crate::notice::{CheckCode, InvalidCheckCode};

pub(super) fn routes() -> Router<WebState> {
    Router::new().route("/v1/check/{code}", get(check))
}

async fn check(
    State(web): State<WebState>,
    code: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let code: Option<CheckCode> = code.ok().and_then(|Path(code)| code.parse().ok());
    let malformed = || Problem::new(RefusalReason::InvalidQuery, InvalidCheckCode.to_string());
    let code = code.ok_or_else(malformed)?;
    let who = asker(request.headers(), request.extensions().get(), web.client_address_header.as_deref());
    Ok(match soon(|| web.ledger.check(&who, code, &web.rules)).await? {
        Verdict::Ours(sent) => Json(json!({ "ours": true, "sent": sent })).into_response(),
        Verdict::NotOurs => Problem::new(RefusalReason::NoSuchCode, NOT_OURS).into_response(),
        Verdict::TooMany { again } => {
            let seconds = again.duration_since(web.clock.now()).as_secs().max(1);
            let mut response = Problem::new(RefusalReason::TooManyWrongCodes, TOO_MANY).into_response();
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
            response
        }
    })
}

const NOT_OURS: &str = "no message of ours carries this code; if it is typed as it stands there, the message is \
                        not from us";

const TOO_MANY: &str = "ask again in the next hour, or call us";

/// Who asks, as far as that can be told: by the address that the proxy names, where one is trusted, and else
/// by the address that is connected. Of IPv6 it is the network of a household.
fn asker(headers: &HeaderMap, peer: Option<&ConnectInfo<SocketAddr>>, trusted: Option<&str>) -> String {
    let named = trusted.and_then(|name| headers.get_all(name).iter().next_back()?.to_str().ok());
    let named = named.and_then(|list| list.rsplit(',').next()?.trim().parse().ok());
    let address: Option<IpAddr> = named.or_else(|| peer.map(|ConnectInfo(peer)| peer.ip()));
    address.map_or_else(|| "unknown".to_owned(), |address| network(address.to_canonical()).to_string())
}

fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(whole) => {
            let [a, b, c, d, ..] = whole.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn askers_are_told_apart_by_the_address_that_can_be_trusted() {
        let peer = ConnectInfo(SocketAddr::from(([10, 0, 0, 1], 4711)));
        let with = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("x-forwarded-for", HeaderValue::from_static(value));
            }
            headers
        };
        let table: [(&[&str], Option<&str>, &str); 7] = [
            (&["203.0.113.7"], None, "10.0.0.1"),
            (&["203.0.113.7"], Some("X-Forwarded-For"), "203.0.113.7"),
            (&["198.51.100.1, 203.0.113.7"], Some("x-forwarded-for"), "203.0.113.7"),
            (&["203.0.113.7", "198.51.100.1"], Some("x-forwarded-for"), "198.51.100.1"),
            (&["2001:db8:1:2:3:4:5:6"], Some("x-forwarded-for"), "2001:db8:1:2::"),
            (&["::ffff:203.0.113.7"], Some("x-forwarded-for"), "203.0.113.7"),
            (&["nonsense"], Some("x-forwarded-for"), "10.0.0.1"),
        ];
        for (values, trusted, expected) in table {
            assert_eq!(asker(&with(values), Some(&peer), trusted), expected, "{values:?}");
        }
        assert_eq!(asker(&HeaderMap::new(), None, None), "unknown");
    }
}
