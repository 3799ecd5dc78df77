//! A call in virtual time: speech, encoder, a bad network from a seed, receiver. Nothing here waits or looks at a clock.

use hookswitch_rtc::{
    AudioSource, FRAME_LEN, Frame, Impairment, Network, ReceivedStatistics, Receiver, SILENCE,
    Sender,
};
use std::time::{Duration, Instant};

pub const MS: Duration = Duration::from_millis(1);

/// Speech as a source.
struct Words(Vec<i16>);

impl AudioSource for Words {
    fn read(&mut self, frame: &mut Frame) -> bool {
        *frame = SILENCE;
        let len = FRAME_LEN.min(self.0.len());
        for (to, from) in frame.iter_mut().zip(self.0.drain(..len)) {
            *to = from;
        }
        true
    }
}

/// What was heard of a call.
pub struct Heard {
    /// From the moment on at which the speech began.
    pub samples: Vec<i16>,
    /// The numbers after each 10 ms.
    pub numbers: Vec<ReceivedStatistics>,
}

impl Heard {
    /// Mean and 95th percentile of the buffer's own delay after the first `skip_ms`, in milliseconds.
    pub fn buffer_delay(&self, skip_ms: usize) -> (f32, f32) {
        let mut delays: Vec<f32> =
            self.numbers[skip_ms / 10..].iter().map(|numbers| numbers.delay_ms).collect();
        delays.sort_by(f32::total_cmp);
        (delays.iter().sum::<f32>() / delays.len() as f32, delays[delays.len() * 95 / 100])
    }

    pub fn last(&self) -> &ReceivedStatistics {
        self.numbers.last().unwrap()
    }
}

/// Says `said` to a receiver behind `network`. The listener's clock is 3 ms off the speaker's.
pub fn call(said: &[i16], network: Impairment, mut receiver: Receiver) -> Heard {
    let start = Instant::now();
    let mut sender = Sender::new(4_294_900_000).unwrap();
    sender.set_source(Some(Box::new(Words(said.to_vec()))));
    let phase = 3 * MS;
    let mut heard = Heard { samples: vec![0; 3 * 48], numbers: Vec::new() };
    let mut network = Network::new(network);
    let mut seq = 0;
    // And a second of silence, in which the last words arrive.
    for tick in 0..(said.len() / FRAME_LEN + 100) as u32 {
        // A frame is complete when its last sample was said.
        let now = start + 10 * tick * MS;
        if tick > 0
            && let (_, Some(encoded)) = sender.tick(false)
        {
            network.send((seq, encoded), now);
            seq += 1;
        }
        let due = now + phase;
        while let Some(((seq, encoded), arrival)) = network.receive(due) {
            receiver.push(seq, encoded.time, encoded.payload.into(), arrival);
        }
        heard.samples.extend(receiver.pop(due));
        heard.numbers.push(receiver.statistics());
    }
    heard
}
