//! Files of others are decoded in a process of their own.

mod support;

use hookswitchd::ring::apart::Decoder;
use hookswitchd::ring::sound::SoundError;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use support::wav;

fn decoder() -> Decoder {
    Decoder::at(Path::new(env!("CARGO_BIN_EXE_hookswitchd")))
}

fn with(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

#[test]
fn a_sound_comes_back_whole_and_the_file_stays_where_it_was() {
    let sound = wav::sines(&[(440.0, 700)]);
    let mut file = with(&wav::file(&sound));
    file.seek(SeekFrom::Start(7)).unwrap();
    let decoded = decoder().decode(&file).unwrap();
    assert_eq!(decoded.frames().len(), sound.frames().len());
    // A sample may be rounded the other way.
    let pairs = decoded.frames().iter().flatten().zip(sound.frames().iter().flatten());
    assert!(pairs.map(|(one, other)| one.abs_diff(*other)).all(|off| off <= 1));
    assert_eq!(file.stream_position().unwrap(), 7);
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/sounds/ring.ogg");
    let ours = decoder().decode(&File::open(ours).unwrap()).unwrap();
    assert!((6.0..7.0).contains(&ours.length().as_secs_f64()), "{ours:?}");
}

#[test]
fn what_is_wrong_comes_back_as_it_was_said() {
    let refused = |bytes: &[u8]| decoder().decode(&with(bytes)).unwrap_err();
    assert_eq!(refused(b"no sound at all"), SoundError::UnknownKind);
    assert_eq!(refused(&wav::file(&wav::sines(&[(440.0, 50)]))), SoundError::TooShort);
    let long = wav::file(&wav::sines(&[(440.0, 60_100)]));
    assert_eq!(refused(&long), SoundError::TooLarge);
    let folder = tempfile::tempdir().unwrap();
    let opened = File::open(folder.path()).unwrap();
    assert_eq!(decoder().decode(&opened), Err(SoundError::NotAFile));
}

/// Another program may not have us read what it could not read itself.
#[test]
fn a_descriptor_that_is_not_for_reading_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ring.wav");
    std::fs::write(&path, wav::file(&wav::sines(&[(440.0, 500)]))).unwrap();
    let only_written = File::options().write(true).open(&path).unwrap();
    let no_more_than_a_path =
        File::options().read(true).custom_flags(libc::O_PATH).open(&path).unwrap();
    for file in [only_written, no_more_than_a_path] {
        let refused = decoder().decode(&file).unwrap_err();
        assert!(matches!(refused, SoundError::Unreadable(_)), "{refused:?}");
    }
}

#[test]
fn a_decoder_that_falls_over_or_is_not_there_does_no_harm() {
    let file = with(&wav::file(&wav::sines(&[(440.0, 500)])));
    let fails = Decoder::at(Path::new("/bin/false"));
    assert_eq!(fails.decode(&file), Err(SoundError::GaveUp));
    let none = Decoder::at(Path::new("/nonexistent"));
    assert!(matches!(none.decode(&file), Err(SoundError::Unreadable(_))));
}

/// What it prints for people, when one runs it by hand as `hookswitch ringtone` does.
#[test]
fn the_decoder_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text");
    std::fs::write(&path, "no sound").unwrap();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_hookswitchd"))
        .arg("--decode-sound")
        .stdin(File::open(&path).unwrap())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(13));
    assert!(text.contains("Convert it"), "{text}");
}
