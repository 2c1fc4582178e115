//! A way to a server that can be taken away and given back.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;

/// A way to a server on a port of its own. While it is away, nobody listens there.
pub(crate) struct Proxy {
    /// Where to go instead of to the server.
    pub(crate) address: SocketAddr,
    server: SocketAddr,
    serving: JoinSet<()>,
}

impl Proxy {
    /// A way that is open.
    pub(crate) fn to(server: SocketAddr) -> Self {
        let listener = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, crate::world::free_port())));
        let address = listener.local_addr().unwrap();
        let mut proxy = Self { address, server, serving: JoinSet::new() };
        proxy.serve(listener);
        proxy
    }

    /// Cuts every connection, and refuses new ones.
    pub(crate) async fn take_away(&mut self) {
        self.serving.shutdown().await;
    }

    /// Lets connections through again.
    pub(crate) fn give_back(&mut self) {
        self.serve(listen(self.address));
    }

    fn serve(&mut self, listener: TcpListener) {
        let server = self.server;
        self.serving.spawn(async move {
            // They end with the listener.
            let mut connections = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                connections.spawn(connect(near, server));
            }
        });
    }
}

async fn connect(mut near: TcpStream, server: SocketAddr) {
    if let Ok(mut far) = TcpStream::connect(server).await {
        let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
    }
}

fn listen(address: SocketAddr) -> TcpListener {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket.listen(128).unwrap()
}
