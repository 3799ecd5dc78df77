//! A file becomes a sound. Symphonia is written in safe Rust, but a file may still make it panic or be busy for long, so
//! the service itself never calls this: see [`apart`](super::apart).

use super::resample::resample;
use super::sound::{LONGEST, RATE, SHORTEST, Sound, SoundError, check};
use std::fs::File;
use symphonia::core::audio::GenericAudioBufferRef;
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

/// Packets that cannot be decoded, before the whole file is called damaged.
const MAX_DAMAGE: usize = 16;
/// Packets without sound, before the file is given up.
const MAX_EMPTY: usize = 1 << 16;

/// Decode a whole file.
///
/// # Errors
/// It is no ringtone; see [`SoundError`].
pub fn decode(file: File) -> Result<Sound, SoundError> {
    check(&file)?;
    let raw = read(file)?;
    let seconds = raw.frames.len() as f64 / f64::from(raw.rate);
    if seconds < SHORTEST.as_secs_f64() {
        return Err(SoundError::TooShort);
    }
    Ok(Sound::new(resample(&raw.frames, raw.rate, RATE)))
}

/// As it is in the file, but always stereo.
struct Raw {
    rate: u32,
    frames: Vec<[f32; 2]>,
}

fn read(file: File) -> Result<Raw, SoundError> {
    let stream = MediaSourceStream::new(Box::new(file), Default::default());
    let (format, meta) = (FormatOptions::default(), MetadataOptions::default());
    let probed = symphonia::default::get_probe().probe(&Hint::new(), stream, format, meta);
    let mut reader = probed.map_err(|error| match error {
        Error::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => error.into(),
        Error::DecodeError(_) | Error::LimitError(_) => SoundError::Damaged,
        _ => SoundError::UnknownKind,
    })?;
    let track = reader.default_track(TrackType::Audio).ok_or(SoundError::UnknownKind)?;
    let (id, parameters) = (track.id, track.codec_params.as_ref());
    let parameters = parameters.and_then(|all| all.audio()).ok_or(SoundError::UnknownKind)?;
    // Before there is a decoder, which makes room by what the head says.
    if parameters.sample_rate.is_some_and(|rate| !allowed(rate)) {
        return Err(SoundError::Rate);
    }
    if parameters.channels.as_ref().is_some_and(|channels| !(1..=2).contains(&channels.count())) {
        return Err(SoundError::Channels);
    }
    let options = AudioDecoderOptions::default();
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(parameters, &options)
        .map_err(|_| SoundError::UnknownKind)?;
    let mut raw = Raw { rate: 0, frames: Vec::new() };
    let (mut damage, mut empty) = (0, 0);
    loop {
        let packet = match reader.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            // The end is missing: what came before it can be heard.
            Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                break;
            }
            // Another stream behind the first one.
            Err(Error::ResetRequired) => break,
            Err(Error::IoError(error)) => return Err(error.into()),
            Err(_) => return Err(SoundError::Damaged),
        };
        empty += 1;
        if packet.track_id == id {
            match decoder.decode(&packet) {
                Ok(buffer) if buffer.frames() > 0 => {
                    empty = 0;
                    raw.add(&buffer)?;
                }
                Ok(_) => {}
                Err(Error::IoError(_) | Error::DecodeError(_)) => damage += 1,
                Err(_) => return Err(SoundError::Damaged),
            }
        }
        if damage > MAX_DAMAGE || empty > MAX_EMPTY {
            return Err(SoundError::Damaged);
        }
    }
    match (raw.frames.is_empty(), damage) {
        (true, 0) => Err(SoundError::TooShort),
        (true, _) => Err(SoundError::Damaged),
        (false, _) => Ok(raw),
    }
}

fn allowed(rate: u32) -> bool {
    (8_000..=192_000).contains(&rate)
}

impl Raw {
    /// What the head says need not be so: each piece is looked at.
    fn add(&mut self, buffer: &GenericAudioBufferRef<'_>) -> Result<(), SoundError> {
        let rate = buffer.spec().rate();
        if !allowed(rate) {
            return Err(SoundError::Rate);
        }
        match self.rate {
            0 => self.rate = rate,
            first if first != rate => return Err(SoundError::Damaged),
            _ => {}
        }
        let mut samples: Vec<f32> = Vec::new();
        buffer.copy_to_vec_interleaved(&mut samples);
        let sane = |sample: f32| if sample.is_finite() { sample } else { 0.0 };
        match buffer.num_planes() {
            1 => self.frames.extend(samples.iter().map(|sample| [sane(*sample); 2])),
            2 => {
                let frames = samples.as_chunks::<2>().0.iter();
                self.frames.extend(frames.map(|[left, right]| [sane(*left), sane(*right)]));
            }
            _ => return Err(SoundError::Channels),
        }
        let most = LONGEST.as_secs() * u64::from(rate);
        match self.frames.len() as u64 > most {
            true => Err(SoundError::TooLong),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ring::measure::amplitude;
    use std::io::Write;

    /// A WAV file of 16 bits, with this in its head whatever is behind it.
    fn wav(rate: u32, channels: u16, samples: &[i16]) -> Vec<u8> {
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let size = u32::try_from(bytes.len()).unwrap();
        let mut file = Vec::new();
        file.extend(b"RIFF");
        file.extend((36 + size).to_le_bytes());
        file.extend(b"WAVEfmt ");
        file.extend(16u32.to_le_bytes());
        file.extend(1u16.to_le_bytes());
        file.extend(channels.to_le_bytes());
        file.extend(rate.to_le_bytes());
        file.extend((rate * u32::from(channels) * 2).to_le_bytes());
        file.extend((channels * 2).to_le_bytes());
        file.extend(16u16.to_le_bytes());
        file.extend(b"data");
        file.extend(size.to_le_bytes());
        file.extend(bytes);
        file
    }

    fn sine(rate: u32, channels: u16, seconds: f64) -> Vec<i16> {
        let count = (f64::from(rate) * seconds) as usize;
        let value = |at: usize| {
            let angle = std::f64::consts::TAU * 1000.0 * at as f64 / f64::from(rate);
            (angle.sin() * 16_000.0) as i16
        };
        (0..count).flat_map(|at| vec![value(at); channels.into()]).collect()
    }

    fn decoded(bytes: &[u8]) -> Result<Sound, SoundError> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        std::io::Seek::rewind(&mut file).unwrap();
        decode(file)
    }

    #[test]
    fn any_rate_within_the_limits_becomes_48_khz_stereo() {
        for rate in [8_000, 22_050, 44_100, 48_000, 96_000, 192_000] {
            for channels in [1, 2] {
                let sound = decoded(&wav(rate, channels, &sine(rate, channels, 0.5))).unwrap();
                let difference = sound.frames().len().abs_diff(24_000);
                assert!(difference <= 8, "{rate}: {} frames", sound.frames().len());
                for side in [0, 1] {
                    let middle = &sound.frames()[4800..19_200];
                    let heard: Vec<f32> =
                        middle.iter().map(|frame| f32::from(frame[side]) / 32_767.0).collect();
                    let level = amplitude(&heard, 1000.0);
                    assert!((0.46..0.51).contains(&level), "{rate}: {level}");
                }
            }
        }
    }

    #[test]
    fn a_flac_file_is_heard() {
        let sound = decoded(include_bytes!("../../tests/sounds/tone.flac")).unwrap();
        assert!(sound.frames().len().abs_diff(19_200) < 8, "{sound:?}");
        let left = sound.frames()[2400..16_800].iter();
        let left: Vec<f32> = left.map(|frame| f32::from(frame[0]) / 32_767.0).collect();
        let level = amplitude(&left, 1000.0);
        assert!((0.49..0.51).contains(&level), "{level}");
    }

    /// With a picture before it, as music files have: 300 kB in which something looks like the head of a frame.
    #[test]
    fn an_mp3_file_is_heard() {
        let mut frame = vec![0xff, 0xfb, 0x90, 0xc0];
        // Nothing but zeros behind the head: silence.
        frame.resize(144 * 128_000 / 44_100, 0);
        let frames = frame.repeat(40);
        let mut file = Vec::from(*b"ID3\x03\0\0\0\x12\x4f\x40");
        file.resize(10 + 0x4_a7c0, 0);
        file[5000..5004].copy_from_slice(&[0xff, 0xfb, 0x90, 0xc0]);
        file.extend(&frames);
        for file in [frames, file] {
            let sound = decoded(&file).unwrap();
            assert!((0.9..1.1).contains(&sound.length().as_secs_f64()), "{sound:?}");
            assert!(sound.frames().iter().all(|frame| *frame == [0, 0]));
        }
    }

    #[test]
    fn what_is_out_of_the_limits_is_refused() {
        let of =
            |rate, channels, seconds| decoded(&wav(rate, channels, &sine(rate, channels, seconds)));
        assert_eq!(of(48_000, 2, 0.1), Err(SoundError::TooShort));
        assert_eq!(of(8_000, 1, 60.5), Err(SoundError::TooLong));
        assert_eq!(of(7_999, 1, 1.0), Err(SoundError::Rate));
        assert_eq!(of(200_000, 1, 1.0), Err(SoundError::Rate));
        assert_eq!(of(48_000, 6, 1.0), Err(SoundError::Channels));
        assert_eq!(decoded(b""), Err(SoundError::UnknownKind));
        assert_eq!(decoded(&[0; 4096]), Err(SoundError::UnknownKind));
        assert_eq!(decoded(b"#!/bin/sh\necho a ringtone\n"), Err(SoundError::UnknownKind));
    }

    #[test]
    fn a_file_that_is_cut_off_is_heard_as_far_as_it_goes() {
        let whole = wav(48_000, 1, &sine(48_000, 1, 1.0));
        let sound = decoded(&whole[..whole.len() / 2]).unwrap();
        assert!((20_000..25_000).contains(&sound.frames().len()), "{sound:?}");
        assert!(decoded(&whole[..200]).is_err());
    }

    /// Whatever is in a file: an answer, and never a sound that is over the limits.
    #[test]
    fn a_file_with_bytes_turned_over_gets_an_answer() {
        let ours = include_bytes!("../../../../data/sounds/ring.ogg");
        let files = [wav(44_100, 2, &sine(44_100, 2, 0.3)), ours.to_vec()];
        let mut state = 0x2545_f491_4f6c_dd1du64;
        let mut dice = |most: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % most as u64) as usize
        };
        for file in files {
            for round in 0..60 {
                let mut bytes = file.clone();
                // Half of them in the head, where it hurts.
                let within = if round % 2 == 0 { bytes.len().min(256) } else { bytes.len() };
                for _ in 0..=dice(8) {
                    let at = dice(within);
                    bytes[at] = dice(256) as u8;
                }
                bytes.truncate(bytes.len() - dice(bytes.len() / 2));
                if let Ok(sound) = decoded(&bytes) {
                    assert!(sound.length() <= LONGEST + SHORTEST, "{sound:?}");
                }
            }
        }
    }

    #[test]
    fn our_own_ringtone_is_one() {
        let ours = include_bytes!("../../../../data/sounds/ring.ogg");
        assert!(ours.len() < 150 << 10);
        let sound = decoded(ours).unwrap();
        assert!((2.0..15.0).contains(&sound.length().as_secs_f64()), "{sound:?}");
        let loudest = sound.frames().iter().flatten().map(|sample| sample.unsigned_abs()).max();
        assert!((12_000..32_767).contains(&loudest.unwrap()), "{loudest:?}");
    }
}
