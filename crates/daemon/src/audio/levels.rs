/// The numbers it goes by.
#[derive(Clone, Debug, PartialEq)]
pub struct Levels {
    /// What the volume of others is multiplied with while somebody talks. 0.2: -14 dB, as other systems do.
    pub duck: f32,
    /// Milliseconds that the streams of a call which is over may go on playing.
    pub release: u64,
}

impl Default for Levels {
    fn default() -> Self {
        Self { duck: 0.2, release: 5000 }
    }
}

impl Levels {
    /// Set one by its name: `audio_duck` in percent, `audio_release` in milliseconds. `None`: it is none, or not its kind.
    pub fn set(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "audio_duck" => {
                let percent = value.parse::<u8>().ok().filter(|percent| *percent <= 100)?;
                self.duck = f32::from(percent) / 100.0;
            }
            "audio_release" => self.release = value.parse().ok()?,
            _ => return None,
        }
        Some(())
    }
}
