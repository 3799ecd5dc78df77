//! What is to be heard now, from what was asked for. Pure: time comes in.

use super::mixer::Rise;
use super::region::Region;
use super::sound::Sound;
use super::synth;
use super::tone::Tone;
use hookswitch_core::words::RingLevel;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a ring waits for its sound, and for the user's profile, before it rings without.
pub const PATIENCE: Duration = Duration::from_millis(1500);
/// How long after its length a tone is surely through: the output begins a little later.
const MARGIN: Duration = Duration::from_millis(300);
/// How soft a ring begins: -20 dB.
const SOFT: f32 = 0.1;
/// How long one sound takes to go over into another, or to end.
pub const FADE: Duration = Duration::from_millis(12);

/// What is asked of the voice.
#[derive(Clone, Debug)]
pub enum Order {
    /// Ring like this. A ring of another number than before is another ring; what belongs to an earlier one is late.
    Ring {
        /// How loud.
        level: RingLevel,
        /// Which ring this is.
        number: u64,
        /// How long it takes to get loud.
        ramp: Duration,
    },
    /// The ringtone of that ring; none: ours.
    Ringtone(u64, Option<Arc<Sound>>),
    /// Whether the user's profile lets that ring be heard.
    Audible(u64, bool),
    /// The output that the call uses; none: whichever is the default.
    Endpoint(Option<String>),
    /// A tone that goes on until another, or none, is asked for.
    Tone(Option<Tone>),
    /// A tone, once.
    Once(Tone),
    /// AUD-05: a call ended, and this says so, where that call was heard. The number tells it from the next.
    End(u64, Tone),
    /// Something else is to be heard: no tone of an end any more.
    NoEnd,
}

/// What is heard, told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The ringtone of a ring.
    Ring(u64),
    /// The tone of a second call.
    Waiting,
    /// What an app asked for, or a notice. The number tells one from the next.
    Tone(Tone, u64),
    /// The tone of a call that ended.
    End(u64),
}

/// Where something is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Wherever it rings.
    Ringing,
    /// On this output; none: on the default one.
    Output(Option<String>),
}

/// Something that is to be heard now.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What.
    pub part: Part,
    /// Its sound.
    pub sound: Arc<Sound>,
    /// Whether it begins again at its end.
    pub repeats: bool,
    /// How loud.
    pub rise: Rise,
    /// Where.
    pub place: Place,
}

/// The tone of a call that ended.
#[derive(Debug)]
struct End {
    number: u64,
    sound: Arc<Sound>,
    /// Where the call was heard: what is chosen for the next one does not move it.
    place: Place,
    until: Instant,
}

/// What was asked for, as far as it counts still.
#[derive(Debug)]
pub struct Score {
    region: Region,
    level: RingLevel,
    number: u64,
    ramp: Duration,
    /// When the ring sounds even without what it waits for.
    until: Option<Instant>,
    /// `None`: not known yet. `Some(None)`: ours.
    ringtone: Option<Option<Arc<Sound>>>,
    audible: Option<bool>,
    endpoint: Option<String>,
    tone: Option<(Tone, u64, Arc<Sound>)>,
    once: Option<(Tone, u64, Arc<Sound>, Instant)>,
    end: Option<End>,
    /// The last tone of an end that is over, until that is told.
    over: Option<u64>,
    waiting: Option<Arc<Sound>>,
    ours: Option<Arc<Sound>>,
    tones: u64,
}

impl Score {
    /// Nothing is asked for yet. The tones are those of this region.
    pub fn new(region: Region) -> Self {
        Self {
            region,
            level: RingLevel::Silent,
            number: 0,
            ramp: Duration::ZERO,
            until: None,
            ringtone: None,
            audible: None,
            endpoint: None,
            tone: None,
            once: None,
            end: None,
            over: None,
            waiting: None,
            ours: None,
            tones: 0,
        }
    }

    /// Take an order.
    pub fn take(&mut self, now: Instant, order: Order) {
        match order {
            Order::Ring { level, number, ramp } => self.ring(now, level, number, ramp),
            Order::Ringtone(number, sound) if number == self.number => {
                // Its time was over, and ours is heard: it stays.
                let late = self.ringtone.is_none() && self.until.is_some_and(|until| now >= until);
                if !late {
                    self.ringtone = Some(sound);
                }
            }
            Order::Audible(number, audible) if number == self.number => {
                self.audible = Some(audible)
            }
            Order::Ringtone(..) | Order::Audible(..) => {}
            Order::Endpoint(endpoint) => self.endpoint = endpoint,
            Order::Tone(None) => self.tone = None,
            Order::Tone(Some(tone)) => {
                if self.tone.as_ref().is_none_or(|(of, ..)| *of != tone) {
                    self.tones += 1;
                    self.tone = Some((tone, self.tones, Arc::new(synth::tone(self.region, tone))));
                }
            }
            Order::Once(tone) => {
                self.tones += 1;
                let sound = Arc::new(synth::tone(self.region, tone));
                let until = now + sound.length() + MARGIN;
                self.once = Some((tone, self.tones, sound, until));
            }
            Order::End(number, tone) => {
                let sound = Arc::new(synth::end(self.region, tone));
                let until = now + sound.length() + MARGIN;
                let place = Place::Output(self.endpoint.clone());
                self.end = Some(End { number, sound, place, until });
            }
            Order::NoEnd => self.end = None,
        }
    }

    fn ring(&mut self, now: Instant, level: RingLevel, number: u64, ramp: Duration) {
        if number != self.number {
            self.ringtone = None;
            self.audible = None;
            self.number = number;
        }
        if level == RingLevel::Loud && self.level != RingLevel::Loud {
            self.until = Some(now + PATIENCE);
        }
        (self.level, self.ramp) = (level, ramp);
        if level == RingLevel::Silent {
            self.ringtone = None;
            self.ours = None;
        }
        if level != RingLevel::Waiting {
            self.waiting = None;
        }
    }

    /// Everything that is to be heard at this moment.
    pub fn wanted(&mut self, now: Instant) -> Vec<Wanted> {
        let mut all = Vec::new();
        let full = |to| Rise { from: 0.0, to, within: FADE };
        let in_call = Place::Output(self.endpoint.clone());
        match self.level {
            RingLevel::Silent => {}
            RingLevel::Waiting => {
                let make = || Arc::new(synth::tone(self.region, Tone::Waiting));
                let sound = self.waiting.get_or_insert_with(make).clone();
                let place = in_call.clone();
                all.push(Wanted {
                    part: Part::Waiting,
                    sound,
                    repeats: true,
                    rise: full(1.0),
                    place,
                });
            }
            RingLevel::Loud => {
                let in_time = self.until.is_some_and(|until| now < until);
                let waits = in_time && (self.ringtone.is_none() || self.audible.is_none());
                // Silence is not overtaken: a profile that is not known after so long lets it ring.
                if !waits && self.audible != Some(false) {
                    let theirs = self.ringtone.clone().flatten();
                    let make = || Arc::new(synth::ring());
                    let sound =
                        theirs.unwrap_or_else(|| self.ours.get_or_insert_with(make).clone());
                    let part = Part::Ring(self.number);
                    let rise = Rise { from: SOFT, to: 1.0, within: self.ramp };
                    all.push(Wanted { part, sound, repeats: true, rise, place: Place::Ringing });
                }
            }
        }
        if let Some((tone, number, sound)) = &self.tone {
            let (part, sound) = (Part::Tone(*tone, *number), sound.clone());
            let repeats = tone.repeats();
            let place = in_call.clone();
            all.push(Wanted { part, sound, repeats, rise: full(1.0), place });
        }
        if let Some(end) = self.end.take_if(|end| now >= end.until) {
            self.over = Some(end.number);
        }
        if let Some(End { number, sound, place, .. }) = &self.end {
            let (part, sound, place) = (Part::End(*number), sound.clone(), place.clone());
            all.push(Wanted { part, sound, repeats: false, rise: full(1.0), place });
        }
        self.once.take_if(|(.., until)| now >= *until);
        if let Some((tone, number, sound, _)) = &self.once {
            let (part, sound) = (Part::Tone(*tone, *number), sound.clone());
            all.push(Wanted { part, sound, repeats: false, rise: full(1.0), place: in_call });
        }
        all
    }

    /// When [`wanted`](Self::wanted) says something else, if nothing is asked for before.
    pub fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let ring = self.until.filter(|_| self.level == RingLevel::Loud);
        let once = self.once.as_ref().map(|(.., until)| *until);
        let end = self.end.as_ref().map(|end| end.until);
        [ring, once, end].into_iter().flatten().filter(|at| *at > now).min()
    }

    /// The tone of an end that was heard to its end since this was asked last.
    pub fn take_over(&mut self) -> Option<u64> {
        self.over.take()
    }

    /// Whether anything may be heard yet: a ring that still waits for its sound counts.
    pub fn is_over(&self) -> bool {
        let tones = self.tone.is_some() || self.once.is_some() || self.end.is_some();
        self.level == RingLevel::Silent && !tones
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAMP: Duration = Duration::from_secs(4);

    fn score() -> (Score, Instant) {
        (Score::new(Region::of_country("de")), Instant::now())
    }

    fn ring(level: RingLevel, number: u64) -> Order {
        Order::Ring { level, number, ramp: RAMP }
    }

    fn parts(score: &mut Score, now: Instant) -> Vec<Part> {
        score.wanted(now).into_iter().map(|wanted| wanted.part).collect()
    }

    fn sound() -> Arc<Sound> {
        Arc::new(Sound::new(vec![[1, 1]; 4800]))
    }

    #[test]
    fn a_ring_waits_for_its_sound_and_for_the_profile() {
        let (mut score, now) = score();
        score.take(now, ring(RingLevel::Loud, 1));
        assert_eq!(parts(&mut score, now), []);
        assert!(!score.is_over());
        score.take(now, Order::Ringtone(1, Some(sound())));
        assert_eq!(parts(&mut score, now), []);
        score.take(now, Order::Audible(1, true));
        let wanted = score.wanted(now).remove(0);
        assert_eq!((wanted.part, wanted.place), (Part::Ring(1), Place::Ringing));
        assert_eq!(*wanted.sound, *sound());
        assert_eq!(wanted.rise, Rise { from: 0.1, to: 1.0, within: RAMP });
    }

    #[test]
    fn a_ring_does_not_wait_for_ever_and_does_not_change_its_sound_then() {
        let (mut score, now) = score();
        score.take(now, ring(RingLevel::Loud, 1));
        let later = score.next_deadline(now).unwrap();
        assert_eq!(later, now + PATIENCE);
        assert_eq!(parts(&mut score, later), [Part::Ring(1)]);
        score.take(later, Order::Ringtone(1, Some(sound())));
        assert_ne!(*score.wanted(later).remove(0).sound, *sound());
        // Silence counts at any time.
        score.take(later, Order::Audible(1, false));
        assert_eq!(parts(&mut score, later), []);
    }

    #[test]
    fn a_second_call_is_a_soft_tone_at_the_calls_output() {
        let (mut score, now) = score();
        score.take(now, Order::Endpoint(Some("buds".into())));
        score.take(now, ring(RingLevel::Waiting, 1));
        let wanted = score.wanted(now).remove(0);
        assert_eq!(wanted.part, Part::Waiting);
        assert_eq!(wanted.place, Place::Output(Some("buds".into())));
        // The first call ends, and it rings: not before it knows with what.
        let later = now + PATIENCE * 5;
        score.take(later, ring(RingLevel::Loud, 1));
        assert_eq!(parts(&mut score, later), []);
        score.take(later, Order::Ringtone(1, None));
        score.take(later, Order::Audible(1, true));
        assert_eq!(parts(&mut score, later), [Part::Ring(1)]);
        score.take(later, ring(RingLevel::Silent, 1));
        assert_eq!(parts(&mut score, later), []);
        assert!(score.is_over());
    }

    #[test]
    fn what_belongs_to_an_earlier_ring_is_late() {
        let (mut score, now) = score();
        score.take(now, ring(RingLevel::Loud, 1));
        score.take(now, ring(RingLevel::Silent, 1));
        score.take(now, ring(RingLevel::Loud, 2));
        score.take(now, Order::Ringtone(1, None));
        score.take(now, Order::Audible(1, true));
        assert_eq!(parts(&mut score, now), []);
    }

    #[test]
    fn a_tone_goes_on_and_a_notice_is_heard_once() {
        let (mut score, now) = score();
        score.take(now, Order::Tone(Some(Tone::Ringback)));
        let first = parts(&mut score, now);
        assert_eq!(first, [Part::Tone(Tone::Ringback, 1)]);
        // Asked for again it does not begin again.
        score.take(now, Order::Tone(Some(Tone::Ringback)));
        assert_eq!(parts(&mut score, now), first);
        score.take(now, Order::Once(Tone::Refusal));
        assert_eq!(parts(&mut score, now), [first[0], Part::Tone(Tone::Refusal, 2)]);
        let later = score.next_deadline(now).unwrap();
        assert_eq!(parts(&mut score, later), first);
        score.take(later, Order::Tone(None));
        assert!(score.is_over());
    }

    #[test]
    fn the_tone_of_an_end_stays_where_the_call_was_and_is_over_once() {
        let (mut score, now) = score();
        score.take(now, Order::Endpoint(Some("buds".into())));
        score.take(now, Order::End(7, Tone::Busy));
        // The call is over, and the next one would be heard elsewhere.
        score.take(now, Order::Endpoint(Some("speaker".into())));
        let wanted = score.wanted(now).remove(0);
        assert_eq!((wanted.part, wanted.repeats), (Part::End(7), false));
        assert_eq!(wanted.place, Place::Output(Some("buds".into())));
        // Three times 480 ms with the pauses between.
        assert_eq!(wanted.sound.length(), Duration::from_millis(5 * 480));
        assert_eq!((score.take_over(), score.is_over()), (None, false));
        let later = score.next_deadline(now).unwrap();
        assert_eq!(parts(&mut score, later), []);
        assert_eq!((score.take_over(), score.take_over()), (Some(7), None));
        assert!(score.is_over());
        // What is stopped is nobody's news: whoever stopped it knows.
        score.take(later, Order::End(8, Tone::End));
        score.take(later, Order::NoEnd);
        assert_eq!(parts(&mut score, later), []);
        assert_eq!(score.take_over(), None);
    }
}
