//! The loudspeaker's line, filled at our pace.

use super::error::DevicesError;
use super::line::Line;
use super::speed::{Fixed, Speed};
use super::steering::Steering;
use crate::audio::Frame;
use std::sync::Arc;

/// Puts 10 ms at a time into a line that a device empties at its own pace.
pub(crate) struct Outlet {
    line: Arc<Line>,
    speed: Speed,
    steering: Steering,
    starts: u32,
    dry: u64,
}

impl Outlet {
    pub(crate) fn new(line: Arc<Line>) -> Result<Self, DevicesError> {
        let speed = Speed::new(Fixed::Input)?;
        Ok(Self { line, speed, steering: Steering::default(), starts: 0, dry: 0 })
    }

    /// Plays the next 10 ms; nothing while there is no stream.
    pub(crate) fn write(&mut self, frame: &Frame) {
        self.write_at(frame, self.line.now());
    }

    /// The same, at this moment.
    pub(crate) fn write_at(&mut self, frame: &Frame, now: u64) {
        if !self.line.is_running() {
            return;
        }
        let starts = self.line.starts();
        if starts != self.starts {
            self.starts = starts;
            self.dry = self.line.dry();
            self.steering.begin_anew();
        }
        let dry = self.line.dry();
        if dry != self.dry {
            self.dry = dry;
            self.steering.ran_dry();
        }
        self.line.set_idle(false);
        let wanted = self.steering.wanted(self.line.period(), false);
        self.line.set_wanted(wanted);
        if self.line.has_begun() {
            // As if the device took one sample at a time: half a period less than waits on average.
            let waiting = self.line.ring.len() as f64 - self.line.since_moved(now) as f64;
            let wanted = wanted as f64 - self.line.period() as f64 / 2.0;
            self.speed.set(self.steering.step(waiting, wanted));
            // It empties what we fill: the sign is the other one.
            self.line.set_drift_ppm(-self.steering.drift_ppm());
        } else {
            self.steering.begin_anew();
        }
        let samples = self.speed.run(|input| {
            for (to, from) in input.iter_mut().zip(frame) {
                *to = f32::from(*from) / 32_768.0;
            }
        });
        let put = self.line.ring.put(samples.iter().copied());
        self.line.count_dropped(samples.len() - put);
    }

    /// 10 ms in which nothing is to be heard.
    pub(crate) fn skip(&mut self) {
        self.line.set_idle(true);
    }
}
