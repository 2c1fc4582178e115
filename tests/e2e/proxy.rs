//! A way to a server that can be taken away and given back, held in either direction, and made slow.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use url::Url;

/// A way to a server on a port of its own. While it is away, nobody listens there.
pub(crate) struct Proxy {
    /// Where to go instead of to the server.
    pub(crate) address: SocketAddr,
    server: SocketAddr,
    serving: JoinSet<()>,
    traffic: watch::Sender<Traffic>,
}

/// What is let through.
#[derive(Debug, Clone, Copy, Default)]
struct Traffic {
    requests_held: bool,
    answers_held: bool,
    delay: Duration,
}

impl Proxy {
    /// A way that is open.
    pub(crate) fn to(server: SocketAddr) -> Self {
        let listener = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, crate::world::free_port())));
        let address = listener.local_addr().unwrap();
        let (serving, traffic) = (JoinSet::new(), watch::Sender::default());
        let mut proxy = Self { address, server, serving, traffic };
        proxy.serve(listener);
        proxy
    }

    /// A way to the server of a URL, and the URL by that way.
    pub(crate) fn on_the_way(url: &Url) -> (Self, Url) {
        let server = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
        let proxy = Self::to(server.parse().unwrap());
        let mut url = url.clone();
        url.set_port(Some(proxy.address.port())).unwrap();
        (proxy, url)
    }

    /// Cuts every connection, and refuses new ones. What was held is lost.
    pub(crate) async fn take_away(&mut self) {
        self.serving.shutdown().await;
    }

    /// Lets connections through again.
    pub(crate) fn give_back(&mut self) {
        self.serve(listen(self.address));
    }

    /// Cuts every connection, and lets new ones through. What was held is lost.
    pub(crate) async fn cut(&mut self) {
        self.take_away().await;
        self.give_back();
    }

    /// Keeps what is said to the server: connections stand, and nothing arrives there.
    pub(crate) fn hold_requests(&self) {
        self.traffic.send_modify(|traffic| traffic.requests_held = true);
    }

    /// Keeps what the server says.
    pub(crate) fn hold_answers(&self) {
        self.traffic.send_modify(|traffic| traffic.answers_held = true);
    }

    /// Lets through what was held, and all that comes.
    pub(crate) fn release(&self) {
        self.traffic.send_modify(|traffic| *traffic = Traffic { delay: traffic.delay, ..Traffic::default() });
    }

    /// Lets everything arrive so much later, in either direction.
    pub(crate) fn slow_down(&self, delay: Duration) {
        self.traffic.send_modify(|traffic| traffic.delay = delay);
    }

    fn serve(&mut self, listener: TcpListener) {
        let (server, traffic) = (self.server, self.traffic.subscribe());
        self.serving.spawn(async move {
            // They end with the listener.
            let mut connections = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                connections.spawn(connect(near, server, traffic.clone()));
                while connections.try_join_next().is_some() {}
            }
        });
    }
}

async fn connect(near: TcpStream, server: SocketAddr, traffic: watch::Receiver<Traffic>) {
    let Ok(far) = TcpStream::connect(server).await else { return };
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let ((near_read, near_write), (far_read, far_write)) = (near.into_split(), far.into_split());
    let there = carry(near_read, far_write, traffic.clone(), |traffic| traffic.requests_held);
    let back = carry(far_read, near_write, traffic, |traffic| traffic.answers_held);
    // Who hangs up on either side hangs up for both: neither HTTP, SMTP, SMPP, AMQP nor PostgreSQL half closes.
    tokio::select! {
        () = there => {}
        () = back => {}
    }
}

/// Carries bytes until one side hangs up.
async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut traffic: watch::Receiver<Traffic>,
    is_held: impl Fn(&Traffic) -> bool,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(1..) = carry_some(&mut buffer, &mut from, &mut to, &mut traffic, &is_held).await {}
}

async fn carry_some(
    buffer: &mut [u8],
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    traffic: &mut watch::Receiver<Traffic>,
    is_held: &impl Fn(&Traffic) -> bool,
) -> std::io::Result<usize> {
    let count = from.read(buffer).await?;
    let delay = traffic.borrow().delay;
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    // The proxy has gone where nobody can let it through any more.
    traffic.wait_for(|traffic| !is_held(traffic)).await.map_err(std::io::Error::other)?;
    to.write_all(&buffer[..count]).await?;
    Ok(count)
}

fn listen(address: SocketAddr) -> TcpListener {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket.listen(128).unwrap()
}
