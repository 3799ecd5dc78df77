//! Audio on its way in and out: frames of 10 ms.

/// Samples per second, of every frame.
pub const SAMPLE_RATE: u32 = 48_000;
/// Samples of a frame: 10 ms.
pub const FRAME_LEN: usize = 480;
/// 10 ms of audio: 48 kHz, mono.
pub type Frame = [i16; FRAME_LEN];
/// 10 ms of nothing.
pub const SILENCE: Frame = [0; FRAME_LEN];

/// Where the published audio comes from. Asked on the media thread, once for every 10 ms while it is published.
pub trait AudioSource: Send + 'static {
    /// Fills the next 10 ms. False: there is no more; what is in `frame` is sent, and silence from then on. Must not
    /// block: whoever captures from a device keeps a queue.
    fn read(&mut self, frame: &mut Frame) -> bool;
}

/// Where the received audio goes: everybody else, mixed. Called on the media thread, once for every 10 ms.
pub trait AudioSink: Send + 'static {
    /// Takes the next 10 ms. Must not block.
    fn write(&mut self, frame: &Frame);

    /// 10 ms in which nothing is played because the call is held. By default nothing happens; a recording writes
    /// silence to stay in step.
    fn skip(&mut self) {}
}

impl AudioSource for Box<dyn AudioSource> {
    fn read(&mut self, frame: &mut Frame) -> bool {
        (**self).read(frame)
    }
}

impl AudioSink for Box<dyn AudioSink> {
    fn write(&mut self, frame: &Frame) {
        (**self).write(frame);
    }

    fn skip(&mut self) {
        (**self).skip();
    }
}

/// The level of some samples in dB of full scale: 0 for the loudest square wave, -3 for the loudest tone, -127 for
/// silence and for no samples.
pub fn level_dbfs(samples: &[i16]) -> f32 {
    if samples.is_empty() {
        return -127.0;
    }
    let energy: f64 = samples.iter().map(|s| f64::from(*s).powi(2)).sum();
    let rms = (energy / samples.len() as f64).sqrt() / 32_768.0;
    (20.0 * rms.log10()).max(-127.0) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels() {
        assert_eq!(level_dbfs(&SILENCE), -127.0);
        assert_eq!(level_dbfs(&[]), -127.0);
        assert!(level_dbfs(&[i16::MIN; 480]).abs() < 0.01);
        assert!((level_dbfs(&[3277; 480]) + 20.0).abs() < 0.1);
    }
}
