use super::align::align;
use super::wave::Wave;

/// Sent frames above this are speech, in dB of full scale.
const SPEECH_DBFS: f32 = -45.0;
/// Received frames above this have arrived.
const ARRIVED_DBFS: f32 = -60.0;
const FRAME_US: i64 = 10_000;
/// Frames that are aligned together.
const PIECE: i64 = 200;
/// Not counted at the end of talking or listening, in milliseconds: it is still on its way.
pub const BEFORE_END_MS: i64 = 300;
/// Not counted after the listener resumed, in milliseconds.
pub const AFTER_HOLD_MS: i64 = 200;

/// From when to when, on the machine's clock, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// From.
    pub from_us: i64,
    /// To.
    pub to_us: i64,
}

/// The sender talks: what is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Talk {
    /// When.
    pub span: Span,
    /// How much of the speech was said before, in microseconds.
    pub spoken_us: i64,
}

/// What the listener did.
#[derive(Clone, Debug, Default)]
pub struct Listening {
    /// The moment of the recording's first sample.
    pub began_us: i64,
    /// When the call was on hold here.
    pub held: Vec<Span>,
    /// When it listened no more.
    pub until_us: i64,
}

/// How much arrived.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Frames of 10 ms with speech that were due.
    pub due: u32,
    /// Of these, frames that were heard.
    pub heard: u32,
    /// Most frames in a row that were not.
    pub gap: u32,
    /// The first delay found in each stretch of talking, in milliseconds; `None`: nothing of it was found.
    pub delays_ms: Vec<Option<f64>>,
}

impl Figures {
    /// The share that arrived, in percent; 0 if nothing was due.
    pub fn percent(&self) -> f64 {
        if self.due == 0 { 0.0 } else { 100.0 * f64::from(self.heard) / f64::from(self.due) }
    }

    /// The longest gap in milliseconds.
    pub fn gap_ms(&self) -> u32 {
        self.gap * 10
    }
}

/// Compares a speech with what was recorded of it.
pub fn measure(speech: &Wave, talks: &[Talk], recording: &Wave, listening: &Listening) -> Figures {
    let mut figures = Figures::default();
    for stretch in talks.iter().flat_map(|talk| stretches(*talk, listening)) {
        let Span { from_us, to_us } = stretch.span;
        let (sent_us, heard_us) = (stretch.spoken_us, from_us - listening.began_us);
        // In pieces: after a stall the jitter buffer plays on with more delay, and gives it back bit by bit.
        let frames = (to_us - from_us) / FRAME_US;
        let pieces = (frames / PIECE).max(1);
        // A piece that is too torn to be found keeps the delay of what came before.
        let mut found = align(speech, sent_us, recording, heard_us, to_us - from_us);
        let mut first = found;
        let mut missing = 0;
        for frame in 0..frames {
            let at = frame * FRAME_US;
            if frame % PIECE == 0 && frame / PIECE < pieces {
                let last = frame / PIECE == pieces - 1;
                let len_us = if last { to_us - from_us - at } else { PIECE * FRAME_US };
                found = align(speech, sent_us + at, recording, heard_us + at, len_us).or(found);
                first = first.or(found);
            }
            if speech.level(sent_us + at, FRAME_US) <= SPEECH_DBFS {
                continue;
            }
            figures.due += 1;
            let arrived = found.is_some_and(|found| {
                recording.level(heard_us + at + found.delay_us, FRAME_US) > ARRIVED_DBFS
            });
            missing = if arrived { 0 } else { missing + 1 };
            figures.heard += u32::from(arrived);
            figures.gap = figures.gap.max(missing);
        }
        figures.delays_ms.push(first.map(|found| found.delay_us as f64 / 1000.0));
    }
    figures
}

/// The parts of a talk that are due: without what was said while the listener held the call, and without what was on
/// its way when either stopped.
fn stretches(talk: Talk, listening: &Listening) -> Vec<Talk> {
    let mut cuts = listening.held.clone();
    cuts.push(Span { from_us: talk.span.to_us.min(listening.until_us), to_us: i64::MAX });
    cuts.sort_by_key(|cut| cut.from_us);
    let mut from_us = talk.span.from_us;
    let mut stretches = Vec::new();
    for cut in cuts {
        let to_us = cut.from_us - BEFORE_END_MS * 1000;
        if to_us > from_us {
            let spoken_us = talk.spoken_us + (from_us - talk.span.from_us);
            stretches.push(Talk { span: Span { from_us, to_us }, spoken_us });
        }
        from_us = from_us.max(cut.to_us.saturating_add(AFTER_HOLD_MS * 1000));
    }
    stretches
}

/// The loudest 10 ms of a recording in a span that begins and ends `guard_ms` within `span`, in dB of full scale.
pub fn loudest(recording: &Wave, began_us: i64, span: Span, guard_ms: i64) -> f32 {
    let from = span.from_us + guard_ms * 1000 - began_us;
    let frames = (span.to_us - span.from_us - 2 * guard_ms * 1000) / FRAME_US;
    (0..frames.max(0))
        .map(|frame| recording.level(from + frame * FRAME_US, FRAME_US))
        .fold(-127.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: usize = 48_000;

    /// Noise in syllables of varied length and loudness.
    fn speech(seconds: usize, mut seed: u32) -> Vec<i16> {
        let mut next = move || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed >> 16
        };
        let mut samples = Vec::new();
        while samples.len() < seconds * SECOND {
            let loud = 2_000 + (next() % 8_000) as i32;
            for _ in 0..(4_000 + next() % 9_000) {
                samples
                    .push(((next() % 2_000) as i32 - 1_000).wrapping_mul(loud).div_euclid(1_000)
                        as i16);
            }
            samples.extend(std::iter::repeat_n(0, (2_000 + next() % 5_000) as usize));
        }
        samples.truncate(seconds * SECOND);
        samples
    }

    const BEGAN: i64 = 7_000_000;
    /// The talk begins two seconds into the recording.
    const TALKS: i64 = 9_000_000;

    fn talk(seconds: i64) -> Talk {
        let span = Span { from_us: TALKS, to_us: TALKS + seconds * 1_000_000 };
        Talk { span, spoken_us: 0 }
    }

    fn listening() -> Listening {
        Listening { began_us: BEGAN, held: Vec::new(), until_us: i64::MAX }
    }

    fn heard(samples: &[i16], delay_ms: usize) -> Vec<i16> {
        let mut heard = vec![0; 2 * SECOND + delay_ms * 48];
        heard.extend(samples.iter().map(|sample| sample / 2));
        heard
    }

    #[test]
    fn all_of_it_arrives_with_a_delay() {
        let said = speech(8, 1);
        let recording = Wave::of(heard(&said, 87));
        let figures = measure(&Wave::of(said), &[talk(8)], &recording, &listening());
        assert!(figures.due > 300, "{figures:?}");
        // The delay is found in steps of 2.5 ms: a frame at a syllable's edge may fall out.
        assert!(figures.percent() > 99.5 && figures.gap <= 1, "{figures:?}");
        assert!((figures.delays_ms[0].unwrap() - 87.0).abs() <= 2.5, "{figures:?}");
    }

    #[test]
    fn silence_is_nothing() {
        let recording = Wave::of(vec![0; 12 * SECOND]);
        let figures = measure(&Wave::of(speech(8, 1)), &[talk(8)], &recording, &listening());
        assert_eq!((figures.percent(), figures.delays_ms), (0.0, vec![None]));
        assert_eq!(figures.gap, figures.due);
    }

    #[test]
    fn no_recording_at_all_is_nothing() {
        let figures = measure(&Wave::of(speech(8, 1)), &[talk(8)], &Wave::default(), &listening());
        assert_eq!(figures.percent(), 0.0);
        assert_eq!(measure(&Wave::default(), &[], &Wave::default(), &listening()).percent(), 0.0);
    }

    #[test]
    fn another_speech_is_nothing() {
        let recording = Wave::of(heard(&speech(8, 2), 87));
        let figures = measure(&Wave::of(speech(8, 1)), &[talk(8)], &recording, &listening());
        assert_eq!(figures.percent(), 0.0);
    }

    #[test]
    fn a_cut_is_a_gap() {
        let said = speech(8, 1);
        let mut recording = heard(&said, 60);
        let from = 5 * SECOND;
        recording[from..from + SECOND / 2].fill(0);
        let figures = measure(&Wave::of(said), &[talk(8)], &Wave::of(recording), &listening());
        assert!(figures.percent() < 97.0 && figures.percent() > 88.0, "{figures:?}");
        assert!((200..=500).contains(&figures.gap_ms()), "{figures:?}");
    }

    #[test]
    fn who_stops_sending_loses_what_was_due() {
        let said = speech(8, 1);
        let mut recording = heard(&said, 60);
        recording.truncate(6 * SECOND);
        let figures = measure(&Wave::of(said), &[talk(8)], &Wave::of(recording), &listening());
        assert!(figures.percent() < 60.0, "{figures:?}");
    }

    #[test]
    fn a_late_beginning_counts() {
        let said = speech(8, 1);
        let mut recording = heard(&said, 60);
        recording[..2 * SECOND + SECOND / 2].fill(0);
        let figures = measure(&Wave::of(said), &[talk(8)], &Wave::of(recording), &listening());
        assert!(figures.percent() < 98.0 && figures.gap_ms() >= 200, "{figures:?}");
    }

    #[test]
    fn what_is_said_during_a_hold_is_not_due() {
        let said = speech(12, 1);
        let mut recording = heard(&said, 60);
        // On hold from the fourth to the seventh second of the talk.
        recording[6 * SECOND..9 * SECOND].fill(0);
        let held = Span { from_us: TALKS + 4_000_000, to_us: TALKS + 7_000_000 };
        let listening = Listening { held: vec![held], ..listening() };
        let figures =
            measure(&Wave::of(said), &[talk(12)], &Wave::of(recording.clone()), &listening);
        assert_eq!((figures.percent(), figures.delays_ms.len()), (100.0, 2));
        assert_eq!(loudest(&Wave::of(recording), BEGAN, held, 100), -127.0);
    }
}
