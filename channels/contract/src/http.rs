//! What channels over HTTP have in common: how names are looked up, and what a call means that was
//! not answered.

use std::error::Error as StdError;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;

use crate::{Obstacle, SendError, SendErrorKind};

/// Looks up names as the system does. One that leads nowhere is [`Obstacle::NameNotFound`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Names;

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = lookup_host((name.as_str(), 0)).await.map_err(|_| Obstacle::NameNotFound)?;
            let addresses: Addrs = Box::new(found.collect::<Vec<_>>().into_iter());
            Ok(addresses)
        })
    }
}

/// The error of a call without a whole answer: never connected and so never written, or we cannot
/// know. The URL, which may hold a token, is taken out of it.
#[must_use]
pub fn unanswered(error: reqwest::Error) -> SendError {
    let kind = if error.is_connect() {
        SendErrorKind::Unavailable
    } else if error.is_builder() {
        SendErrorKind::Misconfigured
    } else {
        SendErrorKind::Ambiguous
    };
    SendError::new(kind).obstacle(obstacle(&error)).source(error.without_url())
}

/// What stood between us and the server of a call that was not answered.
#[must_use]
pub fn obstacle(error: &reqwest::Error) -> Option<Obstacle> {
    if error.is_timeout() {
        Some(Obstacle::TimedOut)
    } else {
        Obstacle::of(error).or_else(|| of_hyper(error))
    }
}

fn of_hyper(error: &reqwest::Error) -> Option<Obstacle> {
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            return if error.is_parse() {
                Some(Obstacle::Protocol)
            } else if error.is_incomplete_message() || error.is_closed() {
                Some(Obstacle::Cut)
            } else {
                None
            };
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::task::JoinSet;

    use super::*;

    /// The error of asking a server that answers so and then hangs up, or stays silent.
    async fn asked(url: &str) -> SendError {
        let client = reqwest::Client::builder()
            .dns_resolver(Arc::new(Names))
            .timeout(Duration::from_millis(500))
            .no_proxy()
            .build()
            .unwrap();
        unanswered(client.get(url).send().await.unwrap_err())
    }

    async fn server(answer: Option<&'static [u8]>) -> (String, JoinSet<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut silent = Vec::new();
            while let Ok((mut connection, _)) = listener.accept().await {
                match answer {
                    Some(answer) => {
                        let _ = connection.read(&mut [0; 1024]).await;
                        let _ = connection.write_all(answer).await;
                    }
                    None => silent.push(connection),
                }
            }
        });
        (address, serving)
    }

    #[tokio::test]
    async fn every_obstacle_has_its_name_and_no_error_tells_the_address() {
        let (silent, _serving) = server(None).await;
        let (garbage, _garbling) = server(Some(b"220 smtp.example ESMTP\r\n")).await;
        let (cut, _cutting) = server(Some(b"")).await;
        let table = [
            ("http://127.0.0.1:1/s3cret".to_owned(), "unavailable", Obstacle::Refused),
            ("http://no-such-host.invalid/s3cret".to_owned(), "unavailable", Obstacle::NameNotFound),
            (format!("http://{silent}/s3cret"), "ambiguous", Obstacle::TimedOut),
            (format!("http://{garbage}/s3cret"), "ambiguous", Obstacle::Protocol),
            (format!("http://{cut}/s3cret"), "ambiguous", Obstacle::Cut),
            (format!("https://{garbage}/s3cret"), "unavailable", Obstacle::Tls),
        ];
        for (url, kind, obstacle) in table {
            let error = asked(&url).await;
            assert_eq!(
                (error.kind().as_str(), error.stood_between()),
                (kind, Some(obstacle)),
                "{url} {error:?}"
            );
            assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        }
    }
}
