//! The library's thread: the bus is read there, and nowhere else.

use crate::error::Refusal;
use crate::shared::Forward;
use hookswitch::{Configuration, Provider};
use std::future::Future;
use std::mem::MaybeUninit;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// How long leaving may take.
const GRACE: Duration = Duration::from_secs(5);

pub struct Thread {
    pub provider: Provider,
    runtime: Handle,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

type Started = Result<(Provider, Handle), Refusal>;

impl Thread {
    /// Start it, and register.
    pub fn start(
        app: String,
        address: Option<String>,
        configuration: Configuration,
        delegate: Forward,
    ) -> Result<Self, Refusal> {
        let (tell, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let run = move || run(app, address, configuration, delegate, &tell, stopped);
        let thread =
            without_signals(|| std::thread::Builder::new().name("hookswitch".into()).spawn(run));
        let thread = thread.map_err(|error| Refusal::system("start a thread", &error))?;
        match told.recv() {
            Ok(Ok((provider, runtime))) => Ok(Self { provider, runtime, stop, thread }),
            Ok(Err(refusal)) => {
                let _ = thread.join();
                Err(refusal)
            }
            Err(_) => Err(Refusal::internal()),
        }
    }

    /// Do this on the thread.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(work);
    }

    /// Leave the service and the bus, and end.
    pub fn end(self) {
        let provider = self.provider;
        let (left, leaving) = mpsc::channel();
        self.runtime.spawn(async move {
            let _ = provider.invalidate().await;
            let _ = left.send(());
        });
        let _ = leaving.recv_timeout(GRACE);
        let _ = self.stop.send(());
        let _ = self.thread.join();
    }
}

fn run(
    app: String,
    address: Option<String>,
    configuration: Configuration,
    delegate: Forward,
    tell: &mpsc::Sender<Started>,
    stopped: oneshot::Receiver<()>,
) {
    let runtime = match Builder::new_current_thread().enable_io().enable_time().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = tell.send(Err(Refusal::system("start an event loop", &error)));
            return;
        }
    };
    runtime.block_on(async {
        let mut builder = Provider::builder(app).configuration(configuration);
        if let Some(address) = address {
            builder = builder.address(address);
        }
        match builder.register(delegate).await {
            Ok(provider) => {
                let _ = tell.send(Ok((provider, Handle::current())));
                let _ = stopped.await;
            }
            Err(error) => {
                let _ = tell.send(Err(error.into()));
            }
        }
    });
}

/// A thread takes its signal mask from the one that starts it. Ours blocks them all: the app's handlers shall run on the
/// app's threads, and its signalfd shall get what it waits for.
fn without_signals<T>(start: impl FnOnce() -> T) -> T {
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: `sigfillset` fills the set, and `pthread_sigmask` reads it and fills the other.
    let blocked = unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()) == 0
    };
    let started = start();
    if blocked {
        // SAFETY: it was filled just now.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), std::ptr::null_mut()) };
    }
    started
}
