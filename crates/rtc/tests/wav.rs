//! WAV files: what can be read, what is refused and how.

use hookswitch_rtc::wav::{WavError, WavSink, WavSource};
use hookswitch_rtc::{AudioSink, AudioSource, FRAME_LEN, SILENCE, level_dbfs};
use hound::{SampleFormat, WavSpec, WavWriter};
use std::path::PathBuf;

fn path(name: &str) -> PathBuf {
    std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// One second of a 440 Hz tone, peak at a quarter of full scale.
fn write(name: &str, spec: WavSpec) -> PathBuf {
    let path = path(name);
    let mut writer = WavWriter::create(&path, spec).unwrap();
    for at in 0..spec.sample_rate {
        let sample =
            (at as f32 * 440.0 / spec.sample_rate as f32 * std::f32::consts::TAU).sin() * 0.25;
        for _ in 0..spec.channels {
            match spec.sample_format {
                SampleFormat::Float => writer.write_sample(sample).unwrap(),
                SampleFormat::Int => {
                    let full = (1_i64 << (spec.bits_per_sample - 1)) as f32;
                    writer.write_sample((sample * full) as i32).unwrap();
                }
            }
        }
    }
    writer.finalize().unwrap();
    path
}

#[test]
fn every_usual_format_becomes_48_khz_mono_at_the_same_level() {
    use SampleFormat::{Float, Int};
    for (channels, sample_rate, bits_per_sample, sample_format) in [
        (1, 48_000, 16, Int),
        (2, 44_100, 16, Int),
        (1, 8_000, 16, Int),
        (1, 22_050, 16, Int),
        (2, 96_000, 24, Int),
        (1, 16_000, 8, Int),
        (6, 48_000, 32, Float),
        (1, 11_025, 32, Int),
    ] {
        let spec = WavSpec { channels, sample_rate, bits_per_sample, sample_format };
        let source = WavSource::open(write(
            &format!("{channels}-{sample_rate}-{bits_per_sample}.wav"),
            spec,
        ))
        .unwrap();
        let samples = source.samples();
        assert!((47_990..=48_000).contains(&samples.len()), "{spec:?}: {}", samples.len());
        let level = level_dbfs(samples);
        assert!((level + 15.05).abs() < 0.5, "{spec:?}: {level}");
        let crossings = samples.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count();
        assert!((438..=441).contains(&crossings), "{spec:?}: {crossings} Hz");
    }
}

#[test]
fn what_is_no_wav_is_refused_by_cause() {
    let noise = path("noise.wav");
    std::fs::write(&noise, "this is text").unwrap();
    assert!(matches!(WavSource::open(&noise), Err(WavError::NotWav)));
    let none = path("none.wav");
    std::fs::write(&none, "").unwrap();
    assert!(matches!(WavSource::open(&none), Err(WavError::NotWav)));
    assert!(matches!(WavSource::open(path("missing.wav")), Err(WavError::Open(_))));
    assert!(matches!(WavSink::create(path("no/such/directory.wav")), Err(WavError::Open(_))));
    let spec = WavSpec {
        channels: 1,
        sample_rate: 8_000,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    WavWriter::create(path("empty.wav"), spec).unwrap().finalize().unwrap();
    assert!(matches!(WavSource::open(path("empty.wav")), Err(WavError::Empty)));
    for error in [WavError::NotWav, WavError::Empty, WavError::TooLong] {
        assert!(error.to_string().contains(". "), "cause and next step: {error}");
    }
}

#[test]
fn a_file_cut_short_or_bent_never_panics() {
    let spec = WavSpec {
        channels: 2,
        sample_rate: 8_000,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let whole = std::fs::read(write("whole.wav", spec)).unwrap();
    for len in (0..200).chain([whole.len() / 2]) {
        std::fs::write(path("cut.wav"), &whole[..len]).unwrap();
        let _ = WavSource::open(path("cut.wav"));
    }
    for at in 0..60 {
        for value in [0, 0xff, 0x80] {
            let mut bent = whole.clone();
            bent[at] = value;
            std::fs::write(path("bent.wav"), &bent).unwrap();
            let _ = WavSource::open(path("bent.wav"));
        }
    }
}

#[test]
fn a_source_ends_or_repeats() {
    let spec = WavSpec {
        channels: 1,
        sample_rate: 48_000,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let file = write("second.wav", spec);
    let mut frame = SILENCE;
    let mut once = WavSource::open(&file).unwrap();
    assert_eq!(
        (0..500).take_while(|_| once.read(&mut frame)).count(),
        99,
        "the hundredth is the last"
    );
    assert!(!once.read(&mut frame) && frame == SILENCE);
    let mut again = WavSource::open(&file).unwrap().repeated();
    assert!((0..500).all(|_| again.read(&mut frame)));
    assert!(level_dbfs(&frame) > -20.0);
}

#[test]
fn a_recording_is_whole_even_if_nobody_closes_it() {
    let file = path("recorded.wav");
    let mut sink = WavSink::create(&file).unwrap();
    for _ in 0..150 {
        sink.write(&[1_000; FRAME_LEN]);
    }
    for _ in 0..60 {
        sink.skip();
    }
    // As after `kill -9`: no destructor runs.
    std::mem::forget(sink);
    let recorded = WavSource::open(&file).unwrap();
    assert!(recorded.samples().len() >= 200 * FRAME_LEN, "{}", recorded.samples().len());
    assert_eq!(recorded.samples()[..480], [1_000; 480]);
    assert_eq!(recorded.samples()[160 * FRAME_LEN], 0);
}
