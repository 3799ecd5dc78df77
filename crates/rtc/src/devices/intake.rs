//! The microphone's line, read at our pace.

use super::error::DevicesError;
use super::line::{Line, SURPLUS};
use super::speed::{Fixed, Speed};
use super::steering::Steering;
use crate::audio::FRAME_LEN;
use std::sync::Arc;

/// Takes 10 ms at a time out of a line that a device fills at its own pace.
pub(crate) struct Intake {
    line: Arc<Line>,
    speed: Speed,
    steering: Steering,
    starts: u32,
    begun: bool,
}

impl Intake {
    pub(crate) fn new(line: Arc<Line>) -> Result<Self, DevicesError> {
        let speed = Speed::new(Fixed::Output)?;
        Ok(Self { line, speed, steering: Steering::default(), starts: 0, begun: false })
    }

    /// The next 10 ms; silence while there is nothing.
    pub(crate) fn read(&mut self) -> [f32; FRAME_LEN] {
        self.read_at(self.line.now())
    }

    /// The same, at this moment.
    pub(crate) fn read_at(&mut self, now: u64) -> [f32; FRAME_LEN] {
        let silence = [0.0; FRAME_LEN];
        if !self.line.is_running() {
            return silence;
        }
        let starts = self.line.starts();
        if starts != self.starts {
            self.starts = starts;
            self.begun = false;
            self.steering.begin_anew();
        }
        let wanted = self.steering.wanted(self.line.period(), true);
        self.line.set_wanted(wanted);
        // As if the device gave one sample at a time: half a period more than waits on average.
        let since = self.line.since_moved(now);
        let wanted = wanted + self.line.period() / 2;
        let mut waiting = self.line.ring.len();
        if !self.begun {
            if waiting + since < wanted {
                return silence;
            }
            // What was captured before anybody listened is nobody's business.
            let surplus = self.line.ring.trim(wanted.saturating_sub(since));
            waiting = waiting.saturating_sub(surplus);
            self.begun = true;
        }
        if waiting > wanted + SURPLUS {
            // Nobody read for a while, because the call was on hold or the machine slept. What was said then is not
            // for those who listen now.
            let surplus = self.line.ring.trim(wanted.saturating_sub(since));
            self.line.count_dropped(surplus);
            self.steering.begin_anew();
            waiting = waiting.saturating_sub(surplus);
        }
        if waiting < self.speed.needs() {
            self.line.count_dry();
            self.steering.ran_dry();
            self.begun = false;
            return silence;
        }
        self.speed.set(self.steering.step((waiting + since) as f64, wanted as f64));
        self.line.set_drift_ppm(self.steering.drift_ppm());
        let mut frame = silence;
        let samples = self.speed.run(|input| {
            self.line.ring.take(input.len(), |index, sample| input[index] = sample);
        });
        for (to, from) in frame.iter_mut().zip(samples) {
            *to = *from;
        }
        frame
    }
}
