use hookswitch_core::Now;
use hookswitch_core::words::{Date, Timestamp};
use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime,
    timerfd_create, timerfd_settime,
};
use std::io;
use std::os::fd::OwnedFd;
use std::task::{Context, Poll};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::io::unix::AsyncFd;

/// Two clocks and an alarm. Deadlines count suspend: a call that rang before the lid was closed is not ringing still.
pub struct Clock {
    alarm: AsyncFd<OwnedFd>,
    armed: Option<Timestamp>,
}

impl Clock {
    /// A clock whose alarm is not set.
    ///
    /// # Errors
    /// The system has no file descriptors left.
    pub fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Boottime, flags)?;
        #[expect(deprecated, reason = "sound for an `OwnedFd`, which never changes its descriptor")]
        let alarm = AsyncFd::new(timer)?;
        Ok(Self { alarm, armed: None })
    }

    /// The time.
    pub fn now(&self) -> Now {
        let boot = clock_gettime(ClockId::Boottime);
        let ms = boot.tv_sec.cast_unsigned() * 1000 + boot.tv_nsec.cast_unsigned() / 1_000_000;
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let date = i64::try_from(wall.as_millis()).unwrap_or(i64::MAX);
        Now { at: Timestamp(ms), date: Date(date) }
    }

    /// Wake up at that moment. An alarm set for an earlier one stays: waking up too early does no harm, and most
    /// deadlines are over before they are due.
    pub fn wake_at(&mut self, deadline: Option<Timestamp>) {
        let Some(deadline) = deadline else { return };
        if self.armed.is_some_and(|armed| armed <= deadline) {
            return;
        }
        let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
        let value = Timespec {
            tv_sec: i64::try_from(deadline.0 / 1000).unwrap_or(i64::MAX),
            // A moment of zero would disarm it; one nanosecond late is not too early.
            tv_nsec: i64::try_from(deadline.0 % 1000 * 1_000_000 + 1).unwrap_or(1),
        };
        let timer = Itimerspec { it_interval: zero, it_value: value };
        match timerfd_settime(self.alarm.get_ref(), TimerfdTimerFlags::ABSTIME, &timer) {
            Ok(_) => self.armed = Some(deadline),
            Err(error) => tracing::error!("the alarm cannot be set: {error}"),
        }
    }

    /// Ready once the alarm went off. Never, if it is not set.
    pub fn poll_alarm(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while let Poll::Ready(Ok(mut ready)) = self.alarm.poll_read_ready(context) {
            let mut count = [0u8; 8];
            let read = ready.try_io(|fd| Ok(rustix::io::read(fd.get_ref(), &mut count)?));
            if read.is_ok() {
                self.armed = None;
                return Poll::Ready(());
            }
        }
        Poll::Pending
    }
}
