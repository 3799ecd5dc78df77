use crate::clock::Moment;
use crate::tone::{RATE, block_level};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Samples in a block of `Track::blocks`: 5 ms.
pub const BLOCK: usize = RATE as usize / 200;

/// What a meter has recorded so far, and when.
#[derive(Clone, Debug)]
pub struct Track(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    recorded: Mutex<Recorded>,
    length: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Recorded {
    samples: Vec<f32>,
    /// How many samples there were at which moment.
    marks: Vec<(usize, Moment)>,
}

/// How loud a tone was in one block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Block {
    /// When it began.
    pub at: Moment,
    /// How loud, in decibels.
    pub level: f64,
}

impl Track {
    /// One without anything in it.
    pub fn new() -> Self {
        Self(Arc::new(Inner { recorded: Mutex::default(), length: watch::Sender::new(0) }))
    }

    fn lock(&self) -> MutexGuard<'_, Recorded> {
        self.0.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Add what came now.
    pub fn add(&self, samples: impl Iterator<Item = f32>, now: Moment) {
        let mut recorded = self.lock();
        recorded.samples.extend(samples);
        let length = recorded.samples.len();
        recorded.marks.push((length, now));
        drop(recorded);
        self.0.length.send_replace(length);
    }

    /// How many samples there are.
    pub fn length(&self) -> usize {
        *self.0.length.borrow()
    }

    /// Wait until there are so many.
    pub async fn reaches(&self, length: usize) {
        let mut grows = self.0.length.subscribe();
        // The sender is in here too.
        let _ = grows.wait_for(|now| *now >= length).await;
    }

    /// These samples, as far as there are any.
    pub fn samples(&self, from: usize, to: usize) -> Vec<f32> {
        let recorded = self.lock();
        let end = recorded.samples.len();
        recorded.samples[from.min(end)..to.min(end)].to_vec()
    }

    /// So many samples from this moment on, once there are. Also the first of them came at that moment as exactly as the
    /// thread knows that recorded them: of a second, the one that was least late counts.
    pub async fn since(&self, moment: Moment, length: usize) -> Vec<f32> {
        let mut grows = self.0.length.subscribe();
        // The sender is in here too.
        let _ = grows.wait_for(|_| self.lock().covers(moment.plus(1_000))).await;
        let from = self.lock().number(moment);
        self.reaches(from + length).await;
        self.samples(from, from + length)
    }

    /// The blocks of this time, and how loud the tone was in each.
    pub fn blocks(&self, from: Moment, to: Moment, frequency: u32) -> Vec<Block> {
        let recorded = self.lock();
        let blocks = recorded.samples.chunks_exact(BLOCK).enumerate();
        blocks
            .map(|(number, block)| (recorded.moment(number * BLOCK), block))
            .filter(|(at, _)| (from..to).contains(at))
            .map(|(at, block)| Block { at, level: block_level(block, frequency) })
            .collect()
    }
}

impl Default for Track {
    fn default() -> Self {
        Self::new()
    }
}

impl Recorded {
    fn covers(&self, moment: Moment) -> bool {
        self.marks.last().is_some_and(|(_, at)| *at >= moment)
    }

    /// The number of the sample that came at this moment.
    fn number(&self, moment: Moment) -> usize {
        let near = self.marks.iter().filter(|(_, at)| (moment..moment.plus(1_000)).contains(at));
        let number = |(length, at): &(usize, Moment)| {
            length.saturating_sub(((at.0 - moment.0) * i64::from(RATE) / 1_000_000_000) as usize)
        };
        near.map(number).max().unwrap_or(0)
    }

    /// When the sample with this number came.
    fn moment(&self, sample: usize) -> Moment {
        let after = self.marks.partition_point(|(length, _)| *length <= sample);
        let Some((length, at)) = self.marks.get(after) else { return Moment(i64::MAX) };
        let earlier = (*length - sample) as i64 * 1_000_000_000 / i64::from(RATE);
        Moment(at.0 - earlier)
    }
}

/// The first moment from which the tone keeps within these levels for `blocks` blocks.
pub fn first(
    track: &[Block],
    levels: impl std::ops::RangeBounds<f64>,
    blocks: usize,
) -> Option<Moment> {
    let within = |run: &[Block]| run.iter().all(|block| levels.contains(&block.level));
    track.windows(blocks).find(|run| within(run)).map(|run| run[0].at)
}

/// The longest time, in milliseconds, for which the tone was below this level.
pub fn longest_gap(track: &[Block], level: f64) -> f64 {
    let quiet = track.split(|block| block.level >= level).map(<[Block]>::len).max();
    (quiet.unwrap_or(0) * BLOCK) as f64 * 1000.0 / f64::from(RATE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone::second;

    fn tone(frequency: u32, milliseconds: usize) -> impl Iterator<Item = f32> {
        let samples = second(frequency).into_iter().map(|sample| f32::from(sample) / 32_768.0);
        samples.take(milliseconds * 48)
    }

    #[test]
    fn what_came_when_and_how_loud() {
        let track = Track::new();
        let begin = Moment(1_000_000_000);
        track.add(tone(1000, 100), begin.plus(100));
        track.add(std::iter::repeat_n(0.0, 20 * 48), begin.plus(120));
        track.add(tone(600, 100), begin.plus(220));
        let end = begin.plus(220);
        let of_1000 = track.blocks(begin, end, 1000);
        let of_600 = track.blocks(begin, end, 600);
        assert_eq!(of_1000.len(), 44);
        assert_eq!(first(&of_1000, -7.0..-5.0, 2), Some(begin));
        assert_eq!(first(&of_1000, ..-60.0, 2), Some(begin.plus(100)));
        assert_eq!(first(&of_600, -7.0..-5.0, 2), Some(begin.plus(120)));
        let louder: Vec<Block> = of_1000
            .iter()
            .zip(&of_600)
            .map(|(one, other)| Block { at: one.at, level: one.level.max(other.level) })
            .collect();
        assert_eq!(longest_gap(&louder, -40.0), 20.0);
        assert_eq!(longest_gap(&of_1000[..10], -40.0), 0.0);
        assert_eq!(track.samples(0, 10).len(), 10);
        assert!(track.samples(1_000_000, 1_000_001).is_empty());
    }

    #[tokio::test]
    async fn what_came_since_a_moment_begins_with_it_though_a_thread_was_late() {
        let track = Track::new();
        let begin = Moment(1_000_000_000);
        let beep = std::iter::repeat_n(0.5, 48);
        for at in 0..200_i64 {
            // Every second one is told of 3 ms later than it came.
            let late = (at % 2) * 3;
            let silent = std::iter::repeat_n(0.0, if at == 50 { 432 } else { 480 });
            let samples = beep.clone().take(if at == 50 { 48 } else { 0 }).chain(silent);
            track.add(samples, begin.plus(10 * (at + 1) + late));
        }
        let since = track.since(begin.plus(490), 960).await;
        assert_eq!(since.iter().position(|sample| *sample > 0.0), Some(480));
    }
}
