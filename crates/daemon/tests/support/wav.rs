//! Sounds to play.

use hookswitchd::ring::sound::Sound;

/// A sine at half of full scale, through this many milliseconds each.
pub fn sines(parts: &[(f32, usize)]) -> Sound {
    let mut frames = Vec::new();
    for (hertz, ms) in parts {
        let step = std::f32::consts::TAU * hertz / 48_000.0;
        frames.extend((0..48 * ms).map(|at| [((step * at as f32).sin() * 16_383.0) as i16; 2]));
    }
    Sound::new(frames)
}

/// The same as a WAV file.
pub fn file(sound: &Sound) -> Vec<u8> {
    let data = sound.to_bytes();
    let size = data.len() as u32;
    let mut file = Vec::from(*b"RIFF");
    file.extend((36 + size).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x02\0");
    file.extend(48_000u32.to_le_bytes());
    file.extend((48_000u32 * 4).to_le_bytes());
    file.extend(b"\x04\0\x10\0data");
    file.extend(size.to_le_bytes());
    file.extend(data);
    file
}
