//! A way to the exchange that can be cut.

use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Passes TCP connections on. UDP goes directly, so that cutting takes away signalling only.
pub struct Proxy {
    pub address: SocketAddr,
    cuts: watch::Sender<(u32, bool)>,
}

impl Proxy {
    pub async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (cuts, seen) = watch::channel((0, true));
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut seen = seen.clone();
                let (count, open) = *seen.borrow_and_update();
                if !open {
                    continue;
                }
                tokio::spawn(async move {
                    let Ok(mut server) = TcpStream::connect(target).await else { return };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
                        _ = seen.wait_for(|(now, _)| *now > count) => {}
                    }
                });
            }
        });
        Self { address, cuts }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Breaks every connection; new ones are passed on if `open`.
    pub fn cut(&self, open: bool) {
        self.cuts.send_modify(|(count, now)| {
            *count += 1;
            *now = open;
        });
    }
}
