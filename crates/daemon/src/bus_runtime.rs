//! Tokio for the connection to the bus, woken only by what it waits for.
//!
//! Whoever has tokio watch a socket both ways is woken each time the bus takes what was sent, though there is nothing to
//! be done then: on the path of a call as often as for what came. So the socket is watched for what comes, and for room
//! only while it has none. And whoever reads until there is nothing left has to fail once for each message; to ask how much
//! is left costs a third of that. Everything else is as zbus does it on tokio by itself.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::pin::Pin;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::Interest as Watched;
use tokio::io::unix::AsyncFd;
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinHandle;
use zbus::runtime::traits::{PollIo, Runtime, TaskHandle};
use zbus::runtime::{Interest, IoSource};

/// How soon a connect is tried again that the bus had no room for.
const AGAIN: Duration = Duration::from_millis(20);

/// The tokio of this thread. To be used inside it only.
#[derive(Debug)]
pub struct BusRuntime;

impl Runtime for BusRuntime {
    type RegisteredIoSource = Socket;
    type Sleep = tokio::time::Sleep;
    type Task<T>
        = Task<T>
    where
        T: Send + 'static;

    fn register_io_source(&self, source: IoSource) -> io::Result<Socket> {
        #[expect(
            deprecated,
            reason = "sound for an `IoSource`, which never changes its descriptor"
        )]
        let incoming = AsyncFd::with_interest(source, Watched::READABLE)?;
        Ok(Socket { incoming, outgoing: Mutex::new(None) })
    }

    fn sleep(&self, duration: Duration) -> tokio::time::Sleep {
        tokio::time::sleep(duration)
    }

    fn spawn<T>(&self, _name: &str, work: impl Future<Output = T> + Send + 'static) -> Task<T>
    where
        T: Send + 'static,
    {
        Task(Some(tokio::spawn(work)))
    }

    async fn connect_tcp(&self, address: SocketAddr) -> io::Result<IoSource> {
        let stream = TcpStream::connect(address).await?.into_std()?;
        Ok(OwnedFd::from(stream).into())
    }

    async fn connect_unix(&self, path: &Path) -> io::Result<IoSource> {
        loop {
            // Tokio takes a path that begins with a zero byte for a name in the abstract namespace, as D-Bus means it.
            match UnixStream::connect(path).await {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    tokio::time::sleep(AGAIN).await;
                }
                stream => return Ok(OwnedFd::from(stream?.into_std()?).into()),
            }
        }
    }

    fn spawn_process(
        &self,
        _command: Command,
        _stdin: Stdio,
        _stdout: Stdio,
        _stderr: Stdio,
    ) -> io::Result<Pin<Box<dyn Future<Output = io::Result<ExitStatus>> + Send + 'static>>> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "a bus behind a program is not supported"))
    }

    fn spawn_blocking<T>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Pin<Box<dyn Future<Output = T> + Send + 'static>>
    where
        T: Send + 'static,
    {
        let task = tokio::task::spawn_blocking(work);
        Box::pin(async move {
            match task.await {
                Ok(done) => done,
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                // Only a runtime that ends loses work, and with it whoever waits for this.
                Err(_) => std::future::pending().await,
            }
        })
    }
}

/// The socket to the bus.
#[derive(Debug)]
pub struct Socket {
    incoming: AsyncFd<IoSource>,
    /// Watched for room, while there is none.
    outgoing: Mutex<Option<AsyncFd<OwnedFd>>>,
}

impl Socket {
    fn poll_write<T>(
        &self,
        context: &mut Context<'_>,
        mut operation: impl FnMut() -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        let mut outgoing = self.outgoing.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(full) = &*outgoing {
                ready!(full.poll_write_ready(context))?.clear_ready();
            }
            match operation() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if outgoing.is_none() {
                        // The descriptor itself is watched already; another of the same socket can be, too.
                        let same = self.incoming.get_ref().as_fd().try_clone_to_owned()?;
                        #[expect(
                            deprecated,
                            reason = "sound for an `OwnedFd`, which never changes its descriptor"
                        )]
                        let watched = AsyncFd::with_interest(same, Watched::WRITABLE)?;
                        *outgoing = Some(watched);
                    }
                }
                done => {
                    *outgoing = None;
                    return Poll::Ready(done);
                }
            }
        }
    }
}

impl PollIo for Socket {
    fn poll_io<T>(
        &self,
        context: &mut Context<'_>,
        interest: Interest,
        mut operation: impl FnMut() -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        if interest == Interest::Writable {
            return self.poll_write(context, operation);
        }
        loop {
            let mut guard = ready!(self.incoming.poll_read_ready(context))?;
            match operation() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => guard.clear_ready(),
                done => {
                    // What comes from now on is told anew. Whoever cannot say how much there is, is read once more.
                    if let Ok(0) = rustix::io::ioctl_fionread(self.incoming.get_ref()) {
                        guard.clear_ready();
                    }
                    return Poll::Ready(done);
                }
            }
        }
    }
}

/// Work in the background, ended with its handle.
#[derive(Debug)]
pub struct Task<T>(Option<JoinHandle<T>>);

impl<T: Send + 'static> Future for Task<T> {
    type Output = io::Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        match &mut self.0 {
            Some(task) => Pin::new(task).poll(context).map_err(io::Error::other),
            None => Poll::Pending,
        }
    }
}

impl<T: Send + 'static> TaskHandle<T> for Task<T> {
    fn detach(mut self) {
        self.0 = None;
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixListener, UnixStream as Std};

    /// One that is written to, and the one that reads.
    fn pair() -> (Socket, Std, Std) {
        let (ours, theirs) = Std::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let source = IoSource::from(OwnedFd::from(ours.try_clone().unwrap()));
        (BusRuntime.register_io_source(source).unwrap(), ours, theirs)
    }

    async fn io<T>(
        socket: &Socket,
        interest: Interest,
        mut operation: impl FnMut() -> io::Result<T>,
    ) -> io::Result<T> {
        std::future::poll_fn(|context| socket.poll_io(context, interest, &mut operation)).await
    }

    #[tokio::test(flavor = "current_thread")]
    async fn what_finds_no_room_goes_once_there_is_some() {
        let (socket, mut ours, mut theirs) = pair();
        let watched = |socket: &Socket| socket.outgoing.lock().unwrap().is_some();
        let block = [7; 4096];
        let mut sent = 0;
        for _ in 0..3 {
            // As long as there is room nobody waits for any.
            let mut context = Context::from_waker(std::task::Waker::noop());
            while let Poll::Ready(length) =
                socket.poll_io(&mut context, Interest::Writable, || ours.write(&block))
            {
                sent += length.unwrap();
                assert!(!watched(&socket), "room is watched for without need");
            }
            assert!(watched(&socket));
            let reads = std::thread::spawn({
                let mut theirs = theirs.try_clone().unwrap();
                move || {
                    let mut bytes = vec![0; sent];
                    theirs.read_exact(&mut bytes)
                }
            });
            sent = io(&socket, Interest::Writable, || ours.write(&block)).await.unwrap();
            assert!(!watched(&socket), "room is watched for without need");
            reads.join().unwrap().unwrap();
        }
        drop((socket, ours));
        let mut bytes = Vec::new();
        theirs.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes.len(), sent);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_bus_is_reached_by_a_path_and_by_an_abstract_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bus");
        let name = format!("\0{}", path.display());
        let of_name = SocketAddr::from_abstract_name(&name[1..]).unwrap();
        let buses =
            [UnixListener::bind(&path).unwrap(), UnixListener::bind_addr(&of_name).unwrap()];
        for (bus, address) in buses.iter().zip([path.as_path(), Path::new(&name)]) {
            let source = BusRuntime.connect_unix(address).await.unwrap();
            let (mut theirs, _) = bus.accept().unwrap();
            theirs.write_all(b"ring").unwrap();
            let mut bytes = [0; 4];
            let socket = BusRuntime.register_io_source(source.clone()).unwrap();
            let read = || rustix::io::read(&source, &mut bytes).map_err(io::Error::from);
            assert_eq!(io(&socket, Interest::Readable, read).await.unwrap(), 4);
        }
        assert!(BusRuntime.connect_unix(&folder.path().join("none")).await.is_err());
    }

    #[tokio::test(flavor = "current_thread")]
    async fn what_comes_is_read_and_the_end_is_seen() {
        let (socket, mut ours, mut theirs) = pair();
        let mut bytes = [0; 16];
        for word in [&b"ring"[..], b"end"] {
            let told = std::thread::spawn({
                let mut theirs = theirs.try_clone().unwrap();
                move || theirs.write_all(word)
            });
            let length = io(&socket, Interest::Readable, || ours.read(&mut bytes)).await.unwrap();
            assert_eq!(&bytes[..length], word);
            told.join().unwrap().unwrap();
        }
        theirs.flush().unwrap();
        drop(theirs);
        assert_eq!(io(&socket, Interest::Readable, || ours.read(&mut bytes)).await.unwrap(), 0);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn what_a_read_leaves_is_read_by_the_next_one_and_nobody_reads_in_vain() {
        let (socket, mut ours, mut theirs) = pair();
        let mut context = Context::from_waker(std::task::Waker::noop());
        let mut bytes = [0; 4];
        for _ in 0..3 {
            theirs.write_all(b"ringring").unwrap();
            // That something came is told once, not once for each read.
            io(&socket, Interest::Readable, || ours.read_exact(&mut bytes)).await.unwrap();
            let second = || ours.read(&mut bytes);
            let Poll::Ready(Ok(4)) = socket.poll_io(&mut context, Interest::Readable, second)
            else {
                panic!("what is there is not read");
            };
            let third = || -> io::Result<()> { panic!("there is nothing to read") };
            assert!(socket.poll_io(&mut context, Interest::Readable, third).is_pending());
        }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn work_ends_with_its_handle_unless_it_is_let_go() {
        let (done, end) = tokio::sync::oneshot::channel::<()>();
        drop(
            BusRuntime
                .spawn("kept", async move { drop((done, std::future::pending::<()>().await)) }),
        );
        assert!(end.await.is_err());
        let (done, end) = tokio::sync::oneshot::channel();
        BusRuntime.spawn("let go", async move { done.send(5).unwrap_or_default() }).detach();
        assert_eq!(end.await, Ok(5));
        assert_eq!(BusRuntime.spawn("asked for", async { 6 }).await.unwrap(), 6);
    }
}
