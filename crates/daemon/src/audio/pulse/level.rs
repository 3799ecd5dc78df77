use pulseaudio::protocol::{ChannelVolume, Volume};

/// How loud a stream is: its channels, which may differ, and whether it is muted.
///
/// What is set is one number. The channels keep their proportions, and come back to the last bit: what they were before
/// they were turned is remembered, until somebody else turns them.
#[derive(Debug)]
pub struct Level {
    /// The channels as others set them last.
    own: ChannelVolume,
    is: ChannelVolume,
    muted: bool,
    /// What they were told to be.
    told: Option<ChannelVolume>,
}

impl Level {
    /// Of a stream that was not touched.
    pub fn new(volume: ChannelVolume) -> Self {
        Self { own: volume, is: volume, muted: false, told: None }
    }

    /// The server says that it is so. How loud that is; 1 is as it was made.
    pub fn heard(&mut self, volume: ChannelVolume, muted: bool) -> f32 {
        if self.told != Some(volume) && self.is != volume {
            self.own = volume;
            self.told = None;
        }
        (self.is, self.muted) = (volume, muted);
        if muted { 0.0 } else { loudest(&volume) }
    }

    /// What the server has to be told for it to be as loud as this.
    pub fn set(&mut self, to: f32) -> (Option<ChannelVolume>, Option<bool>) {
        if to <= 0.0 {
            return (None, Some(true));
        }
        let volume = scaled(&self.own, to);
        let volume = Some(volume).filter(|volume| *volume != self.is);
        self.told = volume.or(self.told);
        (volume, self.muted.then_some(false))
    }
}

/// How loud the loudest channel is.
pub fn loudest(volume: &ChannelVolume) -> f32 {
    volume.channels().iter().map(Volume::to_linear).fold(0.0, f32::max)
}

/// These channels, the loudest of them as loud as this.
pub fn scaled(volume: &ChannelVolume, to: f32) -> ChannelVolume {
    let most = volume.channels().iter().map(Volume::as_u32).max().unwrap_or(0);
    // The server's own scale is cubic.
    let wanted = (to.max(0.0).cbrt() * Volume::NORM.as_u32() as f32).round() as u32;
    let mut scaled = ChannelVolume::empty();
    for channel in volume.channels() {
        let part = match most {
            0 => wanted,
            _ => {
                let part = u64::from(channel.as_u32()) * u64::from(wanted);
                u32::try_from((part + u64::from(most) / 2) / u64::from(most)).unwrap_or(u32::MAX)
            }
        };
        scaled.push(Volume::from_u32_clamped(part));
    }
    scaled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn volume(channels: &[u32]) -> ChannelVolume {
        let mut volume = ChannelVolume::empty();
        channels.iter().for_each(|channel| volume.push(Volume::from_u32_clamped(*channel)));
        volume
    }

    /// What it is after a server did as it was told.
    fn obeyed(level: &mut Level, to: f32) -> (ChannelVolume, f32) {
        let (volume, muted) = level.set(to);
        let (volume, muted) = (volume.unwrap_or(level.is), muted.unwrap_or(level.muted));
        (volume, level.heard(volume, muted))
    }

    #[test]
    fn channels_keep_their_proportions_and_come_back_exactly() {
        for own in [volume(&[65_536, 40_001]), volume(&[12_345]), volume(&[3, 65_537, 0])] {
            let mut level = Level::new(own);
            let plain = level.heard(own, false);
            let (ducked, now) = obeyed(&mut level, plain * 0.2);
            assert!((now - plain * 0.2).abs() < 1e-4, "{own:?}: {now}");
            assert_ne!(ducked, own);
            assert_eq!(obeyed(&mut level, plain).0, own);
        }
        assert_eq!(scaled(&volume(&[65_536, 32_768]), 0.125), volume(&[32_768, 16_384]));
        assert_eq!(scaled(&volume(&[0, 0]), 1.0), volume(&[65_536, 65_536]));
    }

    #[test]
    fn silence_is_a_mute_and_leaves_the_channels_alone() {
        let own = volume(&[50_000, 40_000]);
        let mut level = Level::new(own);
        let plain = level.heard(own, false);
        assert_eq!(level.set(0.0), (None, Some(true)));
        assert_eq!(level.heard(own, true), 0.0);
        assert_eq!(level.set(plain), (None, Some(false)));
    }

    #[test]
    fn what_others_set_meanwhile_is_the_new_proportion() {
        let mut level = Level::new(volume(&[65_536, 65_536]));
        obeyed(&mut level, 0.2);
        let theirs = volume(&[65_536, 32_768]);
        level.heard(theirs, false);
        assert_eq!(scaled(&theirs, 0.125), obeyed(&mut level, 0.125).0);
    }
}
