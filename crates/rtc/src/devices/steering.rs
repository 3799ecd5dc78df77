//! Keeps a ring as full as wanted, by playing a little faster or slower.

use crate::audio::FRAME_LEN;

/// How far the speed may be off at most: 0.5 %, a twelfth of a semitone.
pub(crate) const MAX_DEVIATION: f64 = 0.005;
/// Seconds of one step.
const STEP: f64 = 0.01;
/// Samples of a second.
const SECOND: f64 = 48_000.0;
/// Deviation for each second that the ring is too full.
const PROPORTIONAL: f64 = 0.1;
/// Beyond this it is far off, in seconds, and more is done about it: at the start, or after a pause.
const FAR: f64 = 0.01;
/// Deviation for each second beyond that, on top.
const FAR_PROPORTIONAL: f64 = 0.4;
/// So far off it says nothing of the clocks, in seconds.
const NO_CLOCK: f64 = 0.02;
/// The same for a second that lasts a second. A quarter of the square of the above: no overshoot.
const INTEGRAL: f64 = 0.0025;
/// Share of each new fill in the mean: a second's worth. Nobody is on time to the sample, and that must not be heard.
const SMOOTHING: f64 = 0.01;
/// What is kept beyond what blocks of this size need, in samples: 5 ms.
const LEAST_MARGIN: usize = 240;
/// And at most, on a machine that keeps us waiting: 60 ms.
const MOST_MARGIN: usize = 2_880;
/// What each time that the ring ran dry adds: 5 ms.
const MORE: usize = 240;
/// What each quiet while takes back: 1 ms.
const LESS: usize = 48;
/// Steps of a quiet while: 10 s.
const QUIET: u32 = 1_000;

/// The controller of one ring. It knows no clock: a step is 10 ms.
///
/// Device clocks are off by up to a few hundred millionths, so the ring would run full or dry within minutes. What is
/// steered is the speed at which it is emptied (microphone) or filled (loudspeaker).
#[derive(Debug, Clone)]
pub(crate) struct Steering {
    mean: Option<f64>,
    integral: f64,
    margin: usize,
    quiet: u32,
}

impl Default for Steering {
    fn default() -> Self {
        Self { mean: None, integral: 0.0, margin: LEAST_MARGIN, quiet: 0 }
    }
}

impl Steering {
    /// How many samples are to wait on average, where the device moves `period` of them at a time, and 10 ms are needed
    /// at once if `whole_frames`.
    pub(crate) fn wanted(&self, period: usize, whole_frames: bool) -> usize {
        let at_once = if whole_frames { FRAME_LEN } else { FRAME_LEN / 2 };
        at_once + period / 2 + self.margin
    }

    /// 10 ms passed, and `fill` samples wait where `wanted` should, both as if the device moved one at a time: else the
    /// beat of its blocks with ours would be taken for a drift. Returns by how much the fill has to fall: 0.001 is
    /// one thousandth faster out of the ring, or slower into it.
    pub(crate) fn step(&mut self, fill: f64, wanted: f64) -> f64 {
        self.quiet += 1;
        if self.quiet >= QUIET {
            self.quiet = 0;
            self.margin = self.margin.saturating_sub(LESS).max(LEAST_MARGIN);
        }
        let mean = self.mean.map_or(fill, |mean| mean + (fill - mean) * SMOOTHING);
        self.mean = Some(mean);
        let error = (mean - wanted) / SECOND;
        if error.abs() <= NO_CLOCK {
            let integral = self.integral + INTEGRAL * error * STEP;
            self.integral = integral.clamp(-MAX_DEVIATION, MAX_DEVIATION);
        }
        let far = (error.abs() - FAR).max(0.0).copysign(error) * FAR_PROPORTIONAL;
        (PROPORTIONAL * error + far + self.integral).clamp(-MAX_DEVIATION, MAX_DEVIATION)
    }

    /// The ring ran dry: more is kept from now on.
    pub(crate) fn ran_dry(&mut self) {
        self.margin = (self.margin + MORE).min(MOST_MARGIN);
        self.begin_anew();
    }

    /// The fill jumped for a reason of its own. What was learned of the clocks stays.
    pub(crate) fn begin_anew(&mut self) {
        self.mean = None;
        self.quiet = 0;
    }

    /// How much faster the device's clock goes than ours, in millionths, as far as it was learned.
    pub(crate) fn drift_ppm(&self) -> f64 {
        self.integral * 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten minutes of a ring that a clock fills `drift` too fast: how far the fill strayed after the first minute, and
    /// what was learned.
    fn ten_minutes(drift: f64) -> (f64, f64) {
        let (mut steering, wanted) = (Steering::default(), 960.0);
        let (mut fill, mut strayed) = (960.0_f64, 0.0_f64);
        for step in 0..60_000 {
            let deviation = steering.step(fill, wanted);
            fill += 480.0 * (drift - deviation);
            if step > 6_000 {
                strayed = strayed.max((fill - 960.0).abs());
            }
        }
        (strayed, steering.drift_ppm())
    }

    #[test]
    fn a_drift_is_learned_and_the_fill_stays() {
        for ppm in [-3_000.0, -200.0, 0.0, 200.0, 3_000.0] {
            let (strayed, learned) = ten_minutes(ppm / 1e6);
            println!("drift {ppm} ppm: learned {learned:.1}, strayed {strayed:.1} samples");
            assert!((learned - ppm).abs() < 2.0, "{learned}");
            // Clocks are off by 100 ppm at most; one that is off by far more still leaves a third of what waits.
            let most = if ppm.abs() > 1_000.0 { 640.0 } else { 480.0 };
            assert!(strayed < most, "{strayed}");
        }
    }

    #[test]
    fn it_never_goes_faster_than_allowed() {
        let mut steering = Steering::default();
        for _ in 0..10_000 {
            assert!(steering.step(1e6, 0.0) <= MAX_DEVIATION);
        }
        steering.begin_anew();
        for _ in 0..10_000 {
            assert!(steering.step(0.0, 1e6) >= -MAX_DEVIATION);
        }
    }

    #[test]
    fn running_dry_adds_delay_and_quiet_takes_it_back() {
        let mut steering = Steering::default();
        let least = steering.wanted(512, true);
        for _ in 0..100 {
            steering.ran_dry();
        }
        assert_eq!(steering.wanted(512, true) - least, MOST_MARGIN - LEAST_MARGIN);
        for _ in 0..100 * QUIET {
            steering.step(0.0, 0.0);
        }
        assert_eq!(steering.wanted(512, true), least);
    }
}
