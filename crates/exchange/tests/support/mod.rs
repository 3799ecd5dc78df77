//! What the tests of the exchange share: an exchange in process, tokens, a tone and an ear.
#![allow(dead_code)] // Each test file uses its part.

pub mod process;
pub mod proxy;

use hookswitch_exchange::{Config, Exchange, Policy};
use hookswitch_platform::token::{ApiKey, ApiKeys, Claims, RoomGrant};
use hookswitch_rtc::{AudioSink, AudioSource, FRAME_LEN, Frame, Session, level_dbfs};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

/// Nothing here takes so long, however loaded the machine is: only a hang does.
pub const HANG: Duration = Duration::from_secs(60);

pub const SECRET: &str = "a secret of at least thirty-two characters";

pub fn key() -> ApiKey {
    ApiKey::new("test", SECRET).unwrap()
}

pub async fn exchange(policy: Policy) -> Exchange {
    Exchange::start(Config { policy, ..Config::new(ApiKeys::from(key())) }).await.unwrap()
}

pub fn room_token(room: &str, identity: &str) -> String {
    room_token_with(RoomGrant::join(room), identity)
}

pub fn room_token_with(grant: RoomGrant, identity: &str) -> String {
    key()
        .sign(&Claims::room(identity, grant, SystemTime::now(), Duration::from_secs(3600)))
        .unwrap()
}

pub fn device_token(address: &str, device_id: &str) -> String {
    key()
        .sign(&Claims::device(address, device_id, SystemTime::now(), Duration::from_secs(3600)))
        .unwrap()
}

/// Fails the test instead of hanging it.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(HANG, future).await.unwrap_or_else(|_| panic!("hangs: {what}"))
}

/// Asks again and again until `check` gives something.
pub async fn until<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut check: impl FnMut() -> F,
) -> T {
    soon(what, async {
        loop {
            if let Some(found) = check().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
}

/// A tone without end.
pub struct Tone {
    pub hertz: f32,
    pub peak: f32,
    at: u32,
}

impl Tone {
    pub fn new(hertz: f32) -> Self {
        Self { hertz, peak: 8_000.0, at: 0 }
    }

    /// Level of the whole tone.
    pub fn level(&self) -> f32 {
        20.0 * (self.peak / 32_768.0 / std::f32::consts::SQRT_2).log10()
    }
}

impl AudioSource for Tone {
    fn read(&mut self, frame: &mut Frame) -> bool {
        for sample in frame {
            let phase = self.at as f32 * self.hertz / 48_000.0;
            *sample = ((phase.fract() * std::f32::consts::TAU).sin() * self.peak) as i16;
            self.at = (self.at + 1) % 48_000;
        }
        true
    }
}

/// Keeps what it hears.
#[derive(Clone, Default)]
pub struct Ear {
    frames: Arc<Mutex<Vec<Frame>>>,
    pub skipped: Arc<Mutex<u32>>,
}

impl AudioSink for Ear {
    fn write(&mut self, frame: &Frame) {
        self.frames.lock().unwrap().push(*frame);
    }

    fn skip(&mut self) {
        *self.skipped.lock().unwrap() += 1;
    }
}

impl Ear {
    pub fn len(&self) -> usize {
        self.frames.lock().unwrap().len()
    }

    /// Level of the last `count` frames.
    pub fn level(&self, count: usize) -> f32 {
        let frames = self.frames.lock().unwrap();
        let last: Vec<i16> = frames.iter().rev().take(count).flatten().copied().collect();
        level_dbfs(&last)
    }

    /// How strong one frequency is in the last 50 frames, in dB of full scale.
    pub fn level_at(&self, hertz: f32) -> f32 {
        let frames = self.frames.lock().unwrap();
        let samples: Vec<f32> =
            frames.iter().rev().take(50).rev().flatten().map(|s| f32::from(*s)).collect();
        if samples.is_empty() {
            return -127.0;
        }
        let (mut sine, mut cosine) = (0.0_f64, 0.0_f64);
        for (at, sample) in samples.iter().enumerate() {
            let phase = f64::from(hertz) * at as f64 / 48_000.0 * std::f64::consts::TAU;
            sine += f64::from(*sample) * phase.sin();
            cosine += f64::from(*sample) * phase.cos();
        }
        let amplitude = 2.0 * (sine.hypot(cosine)) / samples.len() as f64;
        (20.0 * (amplitude / 32_768.0 / std::f64::consts::SQRT_2).log10()) as f32
    }

    /// Waits until half a second from now on has this level (in dB, give or take 3).
    pub async fn hears(&self, level: f32) {
        let from = self.len();
        until("the tone", async || {
            (self.len() >= from + 50 && (self.level(50) - level).abs() < 3.0).then_some(())
        })
        .await;
    }

    /// Waits until half a second in a row is silent.
    pub async fn hears_nothing(&self) {
        let from = self.len();
        until("silence", async || {
            (self.len() >= from + 50 && self.level(50) < -60.0).then_some(())
        })
        .await;
    }
}

pub const FRAMES_PER_SECOND: usize = 48_000 / FRAME_LEN;

pub async fn join(
    exchange: &Exchange,
    room: &str,
    identity: &str,
) -> (Session, hookswitch_rtc::Events) {
    let token = room_token(room, identity);
    soon("join", Session::join(&exchange.url(), &token, hookswitch_rtc::Options::default()))
        .await
        .unwrap()
}
