//! The Hookswitch platform server: sessions and tokens, rooms for the media, calls for the ringing.
//!
//! [`Exchange::start`] runs all of it in the calling tokio runtime, except the rooms, which have a thread of their own.
//! The binary `hookswitch-exchange` is the same with a command line.
//!
//! Rooms speak the LiveKit protocol (`/rtc/v1`); it is not LiveKit and not affiliated with it. Everything is plain HTTP
//! on loopback by default: put a TLS-terminating proxy in front before it leaves the machine.

mod calls;
mod http;
mod page;
mod policy;
mod room;
mod sfu;
mod signal_server;
mod store;

pub use policy::Policy;

use hookswitch_platform::token::ApiKeys;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What an exchange is started with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where HTTP and WebSockets are served. Port 0: any free one.
    pub listen: SocketAddr,
    /// Where media is received. Port 0: any free one.
    pub udp: SocketAddr,
    /// The address that clients are told for media, where it is not the bound one (behind NAT, or bound to all).
    pub advertise: Option<SocketAddr>,
    /// The API keys that are accepted; at least one.
    pub keys: ApiKeys,
    /// The database file; `None` keeps everything in memory only.
    pub store: Option<PathBuf>,
    /// Directory with the browser library for the peer page.
    pub assets: Option<PathBuf>,
    /// The numbers.
    pub policy: Policy,
}

impl Config {
    /// On loopback, any free ports, in memory, default policy.
    pub fn new(keys: ApiKeys) -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            listen: any,
            udp: any,
            advertise: None,
            keys,
            store: None,
            assets: None,
            policy: Policy::default(),
        }
    }
}

/// Why an exchange does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// No key to check tokens with.
    #[error(transparent)]
    Keys(#[from] hookswitch_platform::token::KeyError),
    /// The HTTP address is taken or not ours.
    #[error("cannot listen on {0}: {1}. Choose another address or stop what uses it.")]
    Listen(SocketAddr, #[source] io::Error),
    /// The media address is taken or not ours.
    #[error("cannot receive media on {0}: {1}. Choose another address or stop what uses it.")]
    Udp(SocketAddr, #[source] io::Error),
    /// Bound to all addresses without saying which one clients can reach.
    #[error(
        "media is received on all addresses, but clients must be told one. Add `--advertise ADDRESS`."
    )]
    NoAdvertisedAddress,
    /// The database cannot be opened.
    #[error("the store cannot be opened: {0}. Check the path and its permissions.")]
    Store(String),
}

/// A running exchange. Dropping it stops it.
#[derive(Debug)]
pub struct Exchange {
    http: SocketAddr,
    udp: SocketAddr,
    stop: watch::Sender<bool>,
    rooms: room::RoomHandle,
    server: JoinHandle<()>,
    calls: JoinHandle<()>,
}

impl Exchange {
    /// Starts an exchange; when it returns, clients can connect.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        config.keys.signing()?;
        if config.udp.ip().is_unspecified() && config.advertise.is_none() {
            return Err(StartError::NoAdvertisedAddress);
        }
        let listener = TcpListener::bind(config.listen)
            .await
            .map_err(|e| StartError::Listen(config.listen, e))?;
        let http = listener.local_addr().map_err(|e| StartError::Listen(config.listen, e))?;
        let (store, remembered) = store::Store::open(config.store.as_deref(), &config.policy)
            .map_err(StartError::Store)?;
        let (rooms, udp, room_events) =
            room::task::start(config.policy.clone(), config.udp, config.advertise)
                .map_err(|e| StartError::Udp(config.udp, e))?;
        let (calls, call_task) = calls::task::start(
            config.policy.clone(),
            config.keys.clone(),
            Arc::new(rooms.clone()),
            room_events,
            store.clone(),
            remembered,
        );
        let shared = Arc::new(http::Shared {
            policy: config.policy,
            keys: config.keys,
            rooms: rooms.clone(),
            calls,
            store,
            assets: config.assets,
            next_connection: AtomicU64::new(1),
        });
        let (stop, mut stopped) = watch::channel(false);
        let app = http::router(shared);
        let server = tokio::spawn(async move {
            let serving = axum::serve(listener, app);
            tokio::select! {
                result = serving => if let Err(error) = result {
                    tracing::error!(%error, "the HTTP server ended; restart the exchange");
                },
                // Open WebSockets would keep a graceful shutdown waiting for ever.
                _ = stopped.wait_for(|stop| *stop) => {}
            }
        });
        Ok(Self { http, udp, stop, rooms, server, calls: call_task })
    }

    /// Where HTTP and WebSockets are served.
    pub fn http_address(&self) -> SocketAddr {
        self.http
    }

    /// Where media is received.
    pub fn udp_address(&self) -> SocketAddr {
        self.udp
    }

    /// The address as clients write it.
    pub fn url(&self) -> String {
        format!("http://{}", self.http)
    }

    /// Waits until the HTTP server ends by itself, which it only does when its socket fails.
    pub async fn ended(&mut self) {
        let _ = (&mut self.server).await;
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        self.rooms.send(room::task::Command::Stop);
        self.calls.abort();
    }
}
