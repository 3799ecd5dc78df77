use super::news::Unavailable;
use std::io::Read;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::net::UnixStream;

/// What wakes the thread that plays while it waits for the sound server.
pub(super) struct Wake {
    woken: UnixStream,
    waker: Option<UnixStream>,
}

impl Wake {
    pub fn new() -> Result<Self, Unavailable> {
        let refused = |error: std::io::Error| Unavailable::Refused(error.kind().to_string());
        let (waker, woken) = UnixStream::pair().map_err(refused)?;
        for end in [&waker, &woken] {
            end.set_nonblocking(true).map_err(refused)?;
        }
        Ok(Self { woken, waker: Some(waker) })
    }

    /// The other end: written to, it wakes.
    pub fn waker(&mut self) -> Option<UnixStream> {
        self.waker.take()
    }

    /// To be waited on until it can be read from.
    pub fn fd(&self) -> RawFd {
        self.woken.as_raw_fd()
    }

    /// It is awake.
    pub fn clear(&self) {
        let mut bytes = [0; 64];
        while matches!((&self.woken).read(&mut bytes), Ok(64)) {}
    }
}

impl AsFd for Wake {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.woken.as_fd()
    }
}
