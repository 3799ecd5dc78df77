//! The adaptive jitter buffer: what it decides, packet by packet, and that nothing upsets it.

use hookswitch_rtc::{
    AdaptiveJitterBuffer, FRAME_LEN, JitterBuffer, Packet, Playout, Receiver, Stretch,
};
use proptest::prelude::*;
use std::sync::Arc;
use std::time::{Duration, Instant};

const MS: Duration = Duration::from_millis(1);

fn packet(seq: u64) -> Packet {
    let payload: Arc<[u8]> = seq.to_be_bytes().to_vec().into();
    Packet { seq, time: 4_294_900_000_u32.wrapping_add((seq as u32) * 960), duration: 960, payload }
}

/// A listener who plays in steps of 10 ms, as a receiver does, but only notes what it is told to play.
struct Listener {
    buffer: AdaptiveJitterBuffer,
    start: Instant,
    now_ms: u32,
    queued: u32,
    played: Vec<String>,
    stretches: (u32, u32),
}

impl Listener {
    fn new(begin_ms: u64) -> Self {
        Self {
            buffer: AdaptiveJitterBuffer::new(Duration::from_millis(begin_ms)),
            start: Instant::now(),
            now_ms: 0,
            queued: 0,
            played: Vec::new(),
            stretches: (0, 0),
        }
    }

    fn arrives(&mut self, seq: u64, at_ms: u32) {
        self.buffer.push(packet(seq), self.start + at_ms * MS);
    }

    /// Plays until this moment.
    fn until(&mut self, ms: u32) {
        while self.now_ms < ms {
            let now = self.start + self.now_ms * MS;
            while self.queued < 480 {
                let (said, len) = match self.buffer.pop(now) {
                    Playout::Frame(payload) => (number(&payload).to_string(), 960),
                    Playout::Fec(payload) => {
                        (format!("copy in {}", number(&payload)), self.buffer.step())
                    }
                    Playout::Conceal => ("conceal".to_owned(), self.buffer.step()),
                    Playout::Silence => ("silence".to_owned(), self.buffer.step()),
                };
                self.queued += len;
                self.played.push(said);
                match self.buffer.stretch(now, self.queued) {
                    Stretch::Keep => {}
                    // As a voice of 100 Hz would be.
                    Stretch::Shorten { .. } if self.queued > 480 => {
                        self.queued -= 480;
                        self.stretches.0 += 1;
                    }
                    Stretch::Shorten { .. } => {}
                    Stretch::Lengthen { .. } => {
                        self.queued += 480;
                        self.stretches.1 += 1;
                    }
                }
            }
            self.queued -= 480;
            self.now_ms += 10;
        }
    }

    /// What was played since the last time, without the silence before the first of it.
    fn said(&mut self) -> Vec<String> {
        let said = std::mem::take(&mut self.played);
        said.into_iter().skip_while(|one| one == "silence").collect()
    }

    fn delay_ms(&self) -> u32 {
        self.buffer.delay() / 48
    }
}

fn number(payload: &[u8]) -> u64 {
    u64::from_be_bytes(payload.try_into().unwrap())
}

#[test]
fn it_begins_with_the_delay_it_was_given_and_shrinks_to_what_is_needed() {
    let mut listener = Listener::new(60);
    for seq in 0..200 {
        let at_ms = seq as u32 * 20;
        listener.arrives(seq, at_ms);
        listener.until(at_ms + 20);
        if seq == 3 {
            assert!((50..=70).contains(&listener.delay_ms()), "{}", listener.delay_ms());
        }
    }
    assert!(listener.delay_ms() <= 30, "{}", listener.delay_ms());
    assert_eq!(listener.buffer.target() / 48, 20);
    assert!(listener.stretches.0 >= 3 && listener.stretches.1 == 0, "{:?}", listener.stretches);
    let said = listener.said();
    assert!(said.iter().enumerate().all(|(at, one)| *one == at.to_string()), "{said:?}");
}

#[test]
fn a_late_packet_is_played_late_and_the_delay_grows_at_once() {
    let mut listener = Listener::new(20);
    for seq in 0..50 {
        listener.arrives(seq, seq as u32 * 20);
        listener.until(seq as u32 * 20 + 20);
    }
    // Nothing for 80 ms, then everything.
    listener.said();
    listener.until(1_080);
    for seq in 50..54 {
        listener.arrives(seq, 1_080);
    }
    listener.until(1_160);
    let said = listener.said();
    let concealed = said.iter().filter(|one| *one == "conceal").count();
    assert!((4..=8).contains(&concealed), "{said:?}");
    let played: Vec<_> = said.iter().filter(|one| *one != "conceal").collect();
    assert_eq!(played, ["49", "50", "51", "52", "53"]);
    assert!(listener.buffer.target() >= 70 * 48, "{}", listener.buffer.target() / 48);
    let counts = listener.buffer.counts();
    assert_eq!((counts.lost, counts.late, counts.skipped), (0, 0, 0), "nothing was thrown away");
    // Five quiet seconds later that is forgotten.
    for seq in 54..304 {
        listener.arrives(seq, seq as u32 * 20);
        listener.until(seq as u32 * 20 + 20);
    }
    assert!(listener.delay_ms() <= 30, "{}", listener.delay_ms());
}

#[test]
fn packets_that_overtake_each_other_are_put_in_order() {
    let mut listener = Listener::new(60);
    for (seq, at_ms) in [(1, 0), (0, 5), (3, 30), (3, 32), (2, 40), (4, 80)] {
        listener.arrives(seq, at_ms);
    }
    listener.until(150);
    assert_eq!(listener.said()[..5], ["0", "1", "2", "3", "4"]);
    assert_eq!(listener.buffer.counts().received, 5, "the duplicate does not count");
}

#[test]
fn a_lost_packet_is_taken_from_the_next_and_more_are_concealed() {
    let mut listener = Listener::new(60);
    for seq in [0, 2, 3, 6, 7] {
        listener.arrives(seq, 20 * seq as u32);
    }
    listener.until(230);
    let said = listener.said();
    assert_eq!(said[..4], ["0", "copy in 2", "2", "3"], "{said:?}");
    assert_eq!(said[4..9], ["conceal", "conceal", "copy in 6", "6", "7"], "{said:?}");
    let counts = listener.buffer.counts();
    assert_eq!((counts.lost, counts.fec, counts.late), (3, 2, 0));
}

#[test]
fn while_packets_are_lost_it_waits_for_their_copies() {
    let mut listener = Listener::new(20);
    let mut lost = 0;
    for seq in 0..500 {
        if seq % 10 == 7 {
            lost += 1;
        } else {
            listener.arrives(seq, seq as u32 * 20);
        }
        listener.until(seq as u32 * 20 + 20);
    }
    let counts = listener.buffer.counts();
    assert_eq!(counts.lost, lost);
    assert!(counts.fec + 5 >= lost, "{counts:?}");
    assert!(listener.delay_ms() <= 50, "{}", listener.delay_ms());
}

#[test]
fn a_pause_of_the_sender_is_silence_and_no_loss() {
    let mut listener = Listener::new(60);
    listener.arrives(0, 0);
    // 400 ms were not sent: the time goes on, the numbers do not jump.
    listener.buffer.push(Packet { seq: 1, ..packet(21) }, listener.start + 420 * MS);
    listener.until(600);
    let said = listener.said();
    assert_eq!(said[0], "0");
    assert_eq!(said.iter().filter(|one| *one == "21").count(), 1);
    assert!(said.iter().filter(|one| *one == "silence").count() > 20);
    assert_eq!(listener.buffer.counts().lost, 0);
}

#[test]
fn when_nothing_comes_it_conceals_for_a_moment_and_then_is_silent() {
    let mut listener = Listener::new(60);
    listener.arrives(0, 0);
    listener.until(400);
    let said = listener.said();
    assert_eq!(said[0], "0");
    assert!(said[1..13].iter().all(|one| one == "conceal"), "{said:?}");
    assert!(said[13..].iter().all(|one| one == "silence"), "{said:?}");
}

#[test]
fn after_a_long_outage_it_catches_up() {
    let mut listener = Listener::new(60);
    for seq in 0..50 {
        listener.arrives(seq, seq as u32 * 20);
        listener.until(seq as u32 * 20 + 20);
    }
    listener.until(4_000);
    for seq in 50..200 {
        listener.arrives(seq, 4_000);
    }
    for seq in 200..260 {
        listener.arrives(seq, seq as u32 * 20);
        listener.until(seq as u32 * 20 + 20);
    }
    assert!(listener.buffer.counts().skipped > 100, "{:?}", listener.buffer.counts());
    assert!(listener.delay_ms() < 500, "{}", listener.delay_ms());
}

#[test]
fn a_sender_that_starts_anew_is_followed() {
    let mut listener = Listener::new(60);
    listener.arrives(0, 0);
    listener.until(5_000);
    let at = |ms: u32| listener.start + ms * MS;
    let (first, second) = (at(5_000), at(5_020));
    listener.buffer.push(Packet { seq: 9, time: 77, ..packet(9) }, first);
    listener.buffer.push(Packet { seq: 10, time: 77 + 960, ..packet(10) }, second);
    listener.said();
    listener.until(5_100);
    assert_eq!(listener.said()[..2], ["9", "10"]);
}

#[test]
fn clocks_that_drift_apart_are_followed_without_a_gap() {
    // One part in a thousand, far worse than any sound card: ten minutes are 600 ms.
    for sent_us in [19_980_u64, 20_020] {
        let mut listener = Listener::new(60);
        for seq in 0..30_000_u64 {
            let at = Duration::from_micros(seq * sent_us);
            listener.until(at.as_millis() as u32);
            listener.buffer.push(packet(seq), listener.start + at);
        }
        let counts = listener.buffer.counts();
        assert_eq!((counts.lost, counts.late, counts.skipped), (0, 0, 0));
        assert!(counts.concealed <= 3, "{counts:?}");
        assert!(listener.delay_ms() <= 40, "{}", listener.delay_ms());
    }
}

type Step = (u8, u64, u32, u32, u16);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(
        (0..4_u8, 0..3_000_u64, any::<u32>(), 0..7_000_u32, 0..400_u16),
        1..400,
    )
}

proptest! {
    /// Whatever comes, the buffer stays small, answers, and does not panic.
    #[test]
    fn any_order_of_anything(steps in steps()) {
        let (mut buffer, start) = (AdaptiveJitterBuffer::default(), Instant::now());
        let mut now = start;
        for (kind, seq, time, duration, wait) in steps {
            now += u32::from(wait) * MS;
            let time = if time % 3 == 0 { time } else { (seq as u32).wrapping_mul(960) };
            match kind {
                0 | 1 => buffer.push(Packet { seq, time, duration, payload: vec![1].into() }, now),
                2 => { let _ = buffer.pop(now); }
                // By a clock that stands behind.
                _ => { let _ = buffer.pop(start); }
            }
            let _ = buffer.stretch(now, duration);
            prop_assert!((1..=5_760).contains(&buffer.step()));
            prop_assert!(buffer.counts().received >= buffer.counts().late);
            prop_assert!(buffer.depth() <= 201 * 5_760);
            prop_assert!(buffer.target() <= 400 * 48);
        }
    }

    /// A receiver gives 10 ms each time it is asked, whatever the packets are, and keeps little.
    #[test]
    fn any_packets_are_10_ms_each_time(
        steps in proptest::collection::vec(
            (0..3_u8, 0..500_u64, proptest::collection::vec(any::<u8>(), 0..40), 0..60_u16),
            1..200,
        ),
    ) {
        let (mut receiver, start) = (Receiver::default(), Instant::now());
        let (mut now, mut samples, mut asked) = (start, 0, 0);
        for (kind, seq, payload, wait) in steps {
            now += u32::from(wait) * MS;
            if kind == 0 {
                asked += 1;
                samples += receiver.pop(now).len();
            } else {
                receiver.push(seq, (seq as u32).wrapping_mul(960), payload.into(), now);
            }
            let numbers = receiver.statistics();
            prop_assert!(numbers.buffered_ms <= 201.0 * 120.0);
            prop_assert!(numbers.target_delay_ms <= 400.0);
        }
        prop_assert_eq!(samples, asked * FRAME_LEN);
    }
}
