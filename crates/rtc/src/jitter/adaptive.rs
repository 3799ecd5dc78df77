//! The jitter buffer that follows the network.

use super::arrivals::{Arrivals, MOST};
use super::sequence::{MediaTimes, Sequence};
use super::{JitterBuffer, JitterCounts, Packet, Playout, Stretch};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The delay to begin with, before anything is known of the network.
const BEGIN: Duration = Duration::from_millis(60);
/// Samples of a millisecond.
const MS: i64 = 48;
/// Least delay: one packet.
const LEAST: i64 = 20 * MS;
/// How far the delay may be from what it is meant to be before audio is stretched.
const TOLERANCE: i64 = 10 * MS;
/// How far it may be above before that becomes urgent.
const FAR_ABOVE: i64 = 100 * MS;
/// How far below.
const FAR_BELOW: i64 = 30 * MS;
/// How far above before packets are thrown away, and to where: stretching would take seconds.
const SKIP: (i64, i64) = (500 * MS, FAR_ABOVE);
/// How much is concealed in a row, in samples. What is invented for longer is no speech.
const MAX_CONCEALED: u32 = 5_760;
/// Gaps shorter than this are none: some senders' clocks are inexact.
const SEAM: i64 = 120;
/// Length of an answer that is no frame, in samples.
const ANSWER: u32 = 480;
/// A change of transit, in samples, that no network makes: the sender began anew.
const BEGAN_ANEW: i64 = 96_000;
/// Most packets kept; more is an attack or a stuck player.
const MAX_WAITING: usize = 200;
/// Share of lost packets above which to wait for the next, which has a copy.
const LOSSY: f64 = 0.02;
/// How much the share of lost packets follows each answer.
const LOSS_FOLLOWS: f64 = 0.01;

/// Plays with as little delay as the network allows.
///
/// The delay is that of the fastest packets lately plus what 97 % of the packets take longer (more recent ones count
/// more), between 20 and 400 ms. It grows at once when a packet missed its time, and goes back by 50 ms each second. While
/// packets are lost it is long enough to wait for the next, which holds a copy. Speech is stretched to follow; in pauses
/// nothing needs to be. When nothing arrives, media time stands still while something is concealed, so that what comes
/// late is played late and not thrown away.
#[derive(Debug)]
pub struct AdaptiveJitterBuffer {
    begin: Duration,
    epoch: Option<Instant>,
    /// By extended RTP time.
    waiting: BTreeMap<i64, Packet>,
    times: MediaTimes,
    sequence: Sequence,
    arrivals: Arrivals,
    state: State,
    /// Length of the packets, in samples.
    packet: u32,
    answer: u32,
    /// Share of packets that had to be stood in for.
    loss: f64,
    /// At which transit playing was last.
    line: i64,
    /// Samples that were still to be played when a packet was asked for last: by so much it had to be here earlier.
    left_over: i64,
    counts: JitterCounts,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Waits until the first packet is due. What is older than `after` was played or given up.
    Paused {
        after: Option<i64>,
    },
    Playing(Playing),
}

#[derive(Debug, Clone, Copy)]
struct Playing {
    /// Extended RTP time of what is played next.
    next: i64,
    /// Sequence number and length of the packet that was played last.
    last_seq: u64,
    len: u32,
    /// Samples that were concealed while media time stood still.
    stalled: u32,
    /// Samples that were concealed in a row.
    concealed: u32,
}

impl Default for AdaptiveJitterBuffer {
    fn default() -> Self {
        Self::new(BEGIN)
    }
}

impl AdaptiveJitterBuffer {
    /// A buffer that begins with the given delay (the default is 60 ms) and follows the network from there on.
    pub fn new(begin: Duration) -> Self {
        Self {
            begin,
            epoch: None,
            waiting: BTreeMap::new(),
            times: MediaTimes::default(),
            sequence: Sequence::default(),
            arrivals: Arrivals::default(),
            state: State::Paused { after: None },
            packet: 960,
            answer: ANSWER,
            loss: 0.0,
            line: 0,
            left_over: 0,
            counts: JitterCounts::default(),
        }
    }

    /// The clock, in samples since the first packet.
    fn clock(&self, now: Instant) -> i64 {
        let Some(epoch) = self.epoch else { return 0 };
        let samples = |span: Duration| (span.as_micros() as i64).saturating_mul(MS) / 1_000;
        match now.checked_duration_since(epoch) {
            Some(since) => samples(since),
            None => -samples(epoch.saturating_duration_since(now)),
        }
    }

    /// The transit at which to play.
    fn wanted(&self) -> i64 {
        let mut enough = self.arrivals.enough();
        if self.loss > LOSSY {
            enough = enough.max(self.arrivals.enough_for_copies(self.packet));
        }
        let fastest = self.arrivals.fastest();
        // Not less than enough: what is tolerated below is added.
        (enough + TOLERANCE + self.left_over).clamp(fastest + LEAST, fastest + MOST)
    }

    fn begin_anew(&mut self, transit: i64) {
        let delay = (self.begin.as_millis() as i64).saturating_mul(MS);
        self.arrivals.begin(transit, delay.min(MOST) - TOLERANCE);
        self.waiting.clear();
        self.state = State::Paused { after: None };
    }

    fn conceal(&mut self, mut playing: Playing, samples: u32, stands_still: bool) -> Playout {
        self.answer = samples;
        playing.concealed += samples;
        if stands_still {
            playing.stalled += samples;
        } else {
            playing.next += i64::from(samples);
        }
        self.counts.concealed += 1;
        self.state = State::Playing(playing);
        Playout::Conceal
    }

    fn pause(&mut self, after: i64) -> Playout {
        self.answer = ANSWER;
        self.state = State::Paused { after: Some(after) };
        Playout::Silence
    }

    fn play(&mut self, time: i64) -> Playout {
        let Some(packet) = self.waiting.remove(&time) else { return Playout::Silence };
        self.loss *= 1.0 - LOSS_FOLLOWS;
        let next = time + i64::from(packet.duration);
        self.state = State::Playing(Playing {
            next,
            last_seq: packet.seq,
            len: packet.duration,
            stalled: 0,
            concealed: 0,
        });
        Playout::Frame(packet.payload)
    }

    /// After an outage: what is far too old to be caught up with is thrown away.
    fn skip(&mut self, now: i64, playing: &mut Playing) {
        let wanted = self.wanted();
        if now - playing.next <= wanted + SKIP.0 {
            return;
        }
        while self.waiting.len() > 1 && now - playing.next > wanted + SKIP.1 {
            let Some((time, packet)) = self.waiting.pop_first() else { return };
            playing.next = time + i64::from(packet.duration);
            playing.last_seq = packet.seq;
            self.counts.skipped += 1;
        }
    }

    fn go_on(&mut self, mut playing: Playing, now: i64) -> Playout {
        self.skip(now, &mut playing);
        let exhausted = playing.concealed >= MAX_CONCEALED;
        let Some((&time, first)) = self.waiting.first_key_value() else {
            if exhausted {
                return self.pause(playing.next);
            }
            return self.conceal(playing, ANSWER, true);
        };
        let missing = first.seq.saturating_sub(playing.last_seq.saturating_add(1));
        let gap = time - playing.next - i64::from(playing.stalled);
        let follows = time < playing.next + SEAM;
        if follows || (missing > 0 && gap <= 0) {
            if missing > 0 {
                // What was concealed while nothing came stood in for it.
                self.loss += LOSS_FOLLOWS * (1.0 - self.loss);
            }
            return self.play(time);
        }
        // A pause of the sender keeps the numbers without a gap. In it the delay may be chosen anew.
        if missing == 0 || exhausted {
            return self.pause(playing.next);
        }
        let packet = i64::from(self.packet);
        if gap == packet {
            let (payload, last_seq) = (first.payload.clone(), first.seq.saturating_sub(1));
            self.loss += LOSS_FOLLOWS * (1.0 - self.loss);
            self.counts.fec += 1;
            self.answer = self.packet;
            self.state = State::Playing(Playing { next: time, last_seq, stalled: 0, ..playing });
            return Playout::Fec(payload);
        }
        if gap > packet && gap % packet == 0 {
            self.loss += LOSS_FOLLOWS * (1.0 - self.loss);
        }
        let until_copy = if gap > packet { gap - packet } else { gap };
        self.conceal(playing, until_copy.clamp(1, i64::from(ANSWER)) as u32, false)
    }
}

impl JitterBuffer for AdaptiveJitterBuffer {
    fn push(&mut self, mut packet: Packet, arrival: Instant) {
        if !self.sequence.note(packet.seq) {
            return;
        }
        self.epoch.get_or_insert(arrival);
        packet.duration = packet.duration.clamp(120, 5_760);
        self.packet = packet.duration;
        let mut time = self.times.extend(packet.time) as i64;
        let now = self.clock(arrival);
        let mut transit = now - time;
        let jumped = |last: i64| (transit - last).abs() >= BEGAN_ANEW;
        if self.arrivals.last().is_none_or(jumped) {
            self.times = MediaTimes::default();
            time = self.times.extend(packet.time) as i64;
            transit = now - time;
            self.begin_anew(transit);
        }
        self.arrivals.note(transit, packet.duration);
        let (after, waited_for) = match self.state {
            // After a pause of the sender it is not the very next.
            State::Paused { after } => (after, after == Some(time)),
            State::Playing(playing) => {
                (Some(playing.next), playing.stalled > 0 && time == playing.next)
            }
        };
        let late = after.is_some_and(|after| time < after);
        if late || waited_for {
            self.arrivals.raise(transit);
        }
        if late {
            self.counts.late += 1;
            return;
        }
        self.waiting.insert(time, packet);
        while self.waiting.len() > MAX_WAITING {
            self.waiting.pop_first();
            self.counts.skipped += 1;
        }
    }

    fn pop(&mut self, now: Instant) -> Playout {
        let now = self.clock(now);
        match self.state {
            State::Playing(playing) => self.go_on(playing, now),
            State::Paused { .. } => {
                self.answer = ANSWER;
                match self.waiting.first_key_value() {
                    Some((&time, _)) if now - time >= self.wanted() => {
                        self.line = now - time;
                        self.play(time)
                    }
                    _ => Playout::Silence,
                }
            }
        }
    }

    fn step(&self) -> u32 {
        self.answer
    }

    fn counts(&self) -> JitterCounts {
        JitterCounts {
            received: self.sequence.received(),
            lost: self.sequence.lost(),
            ..self.counts
        }
    }

    fn depth(&self) -> u32 {
        self.waiting.values().map(|packet| packet.duration).sum()
    }

    fn delay(&self) -> u32 {
        (self.line - self.arrivals.fastest()).clamp(0, i64::from(u32::MAX)) as u32
    }

    fn target(&self) -> u32 {
        (self.wanted() - self.arrivals.fastest()).clamp(0, MOST) as u32
    }

    fn stretch(&mut self, now: Instant, queued: u32) -> Stretch {
        let State::Playing(playing) = self.state else { return Stretch::Keep };
        self.left_over = (i64::from(queued) - i64::from(playing.len)).clamp(0, i64::from(ANSWER));
        self.line = self.clock(now) + i64::from(queued) - playing.next;
        let above = self.line - self.wanted();
        if above > TOLERANCE {
            Stretch::Shorten { urgent: above > FAR_ABOVE }
        } else if above < -TOLERANCE {
            Stretch::Lengthen { urgent: above < -FAR_BELOW }
        } else {
            Stretch::Keep
        }
    }
}
