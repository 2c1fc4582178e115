//! What stands between us and a server, in a closed vocabulary: for whoever has to mend it.

use std::error::Error as StdError;
use std::fmt;
use std::io::{self, ErrorKind};

use tokio::net::{TcpStream, lookup_host};

/// What stood between us and a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Obstacle {
    /// The name of the host leads to no address.
    NameNotFound,
    /// Nobody listens there.
    Refused,
    /// No way leads to the host.
    NoRoute,
    /// No answer came in time.
    TimedOut,
    /// The connection was cut.
    Cut,
    /// The two could not agree on TLS, or the certificate is not trusted.
    Tls,
    /// Our name, password, token or key is not taken.
    Credentials,
    /// What was answered is not in the protocol that we speak.
    Protocol,
}

impl Obstacle {
    /// Every obstacle.
    pub const ALL: [Self; 8] = [
        Self::NameNotFound,
        Self::Refused,
        Self::NoRoute,
        Self::TimedOut,
        Self::Cut,
        Self::Tls,
        Self::Credentials,
        Self::Protocol,
    ];

    /// The obstacle in plain words.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::NameNotFound => "the host's name is not found",
            Self::Refused => "the connection is refused, nobody listens there",
            Self::NoRoute => "no way leads to the host",
            Self::TimedOut => "no answer in time",
            Self::Cut => "the connection was cut",
            Self::Tls => "TLS failed, or the certificate is not trusted",
            Self::Credentials => "our credentials are refused",
            Self::Protocol => "the answer is not in the protocol that is spoken here",
        }
    }

    /// The obstacle that an error, or one that lies below it, tells of; `None` where it tells of none.
    #[must_use]
    pub fn of(error: &(dyn StdError + 'static)) -> Option<Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(found) = Self::of_one(error) {
                return Some(found);
            }
            next = error.source();
        }
        None
    }

    fn of_one(error: &(dyn StdError + 'static)) -> Option<Self> {
        if let Some(obstacle) = error.downcast_ref::<Self>() {
            return Some(*obstacle);
        }
        if error.is::<rustls::Error>() {
            return Some(Self::Tls);
        }
        let error = error.downcast_ref::<io::Error>()?;
        // An `io::Error` gives the source of what it holds, and never what it holds.
        let held = error.get_ref().and_then(|held| Self::of(held));
        held.or_else(|| Self::of_kind(error.kind()))
    }

    fn of_kind(kind: ErrorKind) -> Option<Self> {
        match kind {
            ErrorKind::ConnectionRefused => Some(Self::Refused),
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => {
                Some(Self::NoRoute)
            }
            ErrorKind::TimedOut => Some(Self::TimedOut),
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::NotConnected
            | ErrorKind::UnexpectedEof => Some(Self::Cut),
            ErrorKind::InvalidData => Some(Self::Protocol),
            _ => None,
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.describe())
    }
}

impl StdError for Obstacle {}

/// Host and port of a server, as they are configured.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Server {
    /// The host's name or IP address, the latter of version 6 without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

impl Server {
    /// The server of a URL; `None` where it names none.
    #[must_use]
    pub fn of(url: &url::Url) -> Option<Self> {
        let host = match url.host()? {
            url::Host::Ipv6(address) => address.to_string(),
            host => host.to_string(),
        };
        Some(Self { host, port: url.port_or_known_default()? })
    }

    /// Opens a TCP connection. A name that leads nowhere is told as [`Obstacle::NameNotFound`].
    pub async fn dial(&self) -> io::Result<TcpStream> {
        let found = lookup_host((self.host.as_str(), self.port)).await;
        let addresses: Vec<_> = found.map_err(|_| io::Error::other(Obstacle::NameNotFound))?.collect();
        TcpStream::connect(addresses.as_slice()).await
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("above")]
    struct Above(#[source] io::Error);

    #[test]
    fn an_obstacle_is_found_however_deep_it_lies() {
        let tls = rustls::Error::General("no".to_owned());
        let deep = io::Error::other(io::Error::new(ErrorKind::InvalidData, tls));
        let table = [
            (io::Error::from(ErrorKind::ConnectionRefused), Some(Obstacle::Refused)),
            (io::Error::other(Obstacle::NameNotFound), Some(Obstacle::NameNotFound)),
            (io::Error::from(ErrorKind::UnexpectedEof), Some(Obstacle::Cut)),
            (io::Error::new(ErrorKind::InvalidData, "garbage"), Some(Obstacle::Protocol)),
            (deep, Some(Obstacle::Tls)),
            (io::Error::other("whatever"), None),
        ];
        for (error, expected) in table {
            assert_eq!(Obstacle::of(&Above(error)), expected);
        }
    }

    #[test]
    fn a_server_is_named_as_it_is_configured() {
        let server = |url: &str| Server::of(&url.parse().unwrap()).map(|server| server.to_string());
        assert_eq!(server("https://user:s3cret@api.example/path").as_deref(), Some("api.example:443"));
        assert_eq!(server("http://[::1]:8080/").as_deref(), Some("[::1]:8080"));
        assert_eq!(server("mailto:a@b"), None);
    }

    #[tokio::test]
    async fn a_name_that_leads_nowhere_is_told_apart_from_a_closed_door() {
        let nowhere = Server { host: "no-such-host.invalid".to_owned(), port: 1 };
        assert_eq!(Obstacle::of(&nowhere.dial().await.unwrap_err()), Some(Obstacle::NameNotFound));
        let closed = Server { host: "127.0.0.1".to_owned(), port: 1 };
        assert_eq!(Obstacle::of(&closed.dial().await.unwrap_err()), Some(Obstacle::Refused));
    }
}
