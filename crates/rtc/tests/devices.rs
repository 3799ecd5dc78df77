//! Microphone and loudspeaker with a real PipeWire and virtual devices. Skipped, with the reason printed, where PipeWire
//! is not installed.
#![cfg(feature = "devices")]

mod sound;

use hookswitch_rtc::devices::{DeviceEvent, DeviceOptions, Devices, DevicesError, Opened, Side};
use hookswitch_rtc::{AudioSink, AudioSource, FRAME_LEN, Frame, SILENCE, level_dbfs};
use sound::SoundServer;
use std::f64::consts::TAU;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Interval, MissedTickBehavior, interval};

/// Nothing here takes so long: only a hang does.
const HANG: Duration = Duration::from_secs(60);
/// One at a time: they measure.
static ALONE: Mutex<()> = Mutex::const_new(());

async fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().await
}

/// A tone for ever, 10 ms at a time; peak a quarter of full scale: -15 dB.
struct Tone {
    frequency: f64,
    at: u64,
}

impl Tone {
    fn new(frequency: f64) -> Self {
        Self { frequency, at: 0 }
    }

    fn next(&mut self) -> Frame {
        let step = TAU * self.frequency / 48_000.0;
        let frame = std::array::from_fn(|index| {
            (((self.at + index as u64) as f64 * step).sin() * 8_192.0) as i16
        });
        self.at += FRAME_LEN as u64;
        frame
    }
}

/// How strong one frequency is, in dB of full scale.
fn strength(samples: &[i16], frequency: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (at, sample) in samples.iter().enumerate() {
        let phase = TAU * frequency * at as f64 / 48_000.0;
        re += f64::from(*sample) * phase.cos();
        im += f64::from(*sample) * phase.sin();
    }
    let amplitude = 2.0 * (re * re + im * im).sqrt() / samples.len() as f64 / 32_768.0;
    20.0 * amplitude.max(1e-6).log10() - 3.0
}

fn clock() -> Interval {
    let mut clock = interval(Duration::from_millis(10));
    clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
    clock
}

fn options(server: &SoundServer, sink: &str) -> DeviceOptions {
    DeviceOptions {
        token: Some("0123456789abcdef".to_owned()),
        sink: Some(sink.to_owned()),
        source: Some("mic".to_owned()),
        echo_cancellation: false,
        noise_suppression: false,
        remote: Some(server.remote()),
        ..DeviceOptions::default()
    }
}

fn write_tone(path: &std::path::Path, frequency: f64) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 48_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    let mut tone = Tone::new(frequency);
    for _ in 0..6_000 {
        for sample in tone.next() {
            writer.write_sample(sample).unwrap();
        }
    }
    writer.finalize().unwrap();
}

/// Runs the media clock until `enough` says so of what the microphone gave in the last 100 ms.
async fn run(
    opened: &mut Opened,
    mut say: impl FnMut() -> Frame,
    mut enough: impl FnMut(&[i16]) -> bool,
) {
    let mut clock = clock();
    let mut heard = vec![0; 10 * FRAME_LEN];
    let deadline = Instant::now() + HANG;
    loop {
        clock.tick().await;
        let mut frame = SILENCE;
        assert!(opened.microphone.read(&mut frame));
        opened.loudspeaker.write(&say());
        heard.rotate_left(FRAME_LEN);
        let len = heard.len();
        heard[len - FRAME_LEN..].copy_from_slice(&frame);
        if enough(&heard) {
            return;
        }
        assert!(Instant::now() < deadline, "in vain; {:?}", opened.devices.statistics());
    }
}

fn ours(server: &SoundServer) -> Vec<serde_json::Value> {
    let mut nodes = server.nodes();
    nodes.retain(|node| node["hookswitch.session"] == "0123456789abcdef");
    nodes
}

#[tokio::test]
async fn a_tone_in_the_room_arrives_at_the_microphone_only_while_started() {
    let _alone = alone().await;
    let Some(server) = SoundServer::start() else { return };
    let tone = server.file("tone.wav");
    write_tone(&tone, 1_000.0);
    let mut opened = Devices::open(options(&server, "ear")).await.unwrap();
    let _player = server.play("room", &tone);
    assert!(ours(&server).is_empty(), "open is not started");
    let mut silent = 0;
    run(
        &mut opened,
        || SILENCE,
        |heard| {
            assert_eq!(level_dbfs(heard), -127.0);
            silent += 1;
            silent >= 20
        },
    )
    .await;

    opened.devices.start().await.unwrap();
    let (mut good, mut levels) = (0, Vec::new());
    run(
        &mut opened,
        || SILENCE,
        |heard| {
            let level = strength(heard, 1_000.0);
            good = if (level + 15.0).abs() < 1.0 { good + 1 } else { 0 };
            levels.push(level);
            good >= 100
        },
    )
    .await;
    println!("a tone of -15.0 dB arrives with {:.2} dB", levels[levels.len() - 1]);
    println!("{:?}", opened.devices.statistics());
    let nodes = ours(&server);
    assert_eq!(nodes.len(), 2, "{nodes:#?}");
    assert!(nodes.iter().all(|node| node["media.role"] == "Communication"), "{nodes:#?}");

    opened.devices.stop().await.unwrap();
    assert!(ours(&server).is_empty(), "nothing of ours is left");
    let mut silent = 0;
    run(
        &mut opened,
        || SILENCE,
        |heard| {
            silent = if level_dbfs(&heard[9 * FRAME_LEN..]) == -127.0 { silent + 1 } else { 0 };
            silent >= 20
        },
    )
    .await;
}

#[tokio::test]
async fn what_the_loudspeaker_gets_is_heard_in_the_room() {
    let _alone = alone().await;
    let Some(server) = SoundServer::start() else { return };
    let (_meter, mut room) = server.listen("room");
    let mut opened = Devices::open(options(&server, "room")).await.unwrap();
    opened.devices.start().await.unwrap();
    let mut tone = Tone::new(440.0);
    let (mut good, mut last) = (0, Vec::new());
    let mut level = 0.0;
    run(
        &mut opened,
        || tone.next(),
        |_| {
            while let Ok(frame) = room.try_recv() {
                last.extend_from_slice(&frame);
                if last.len() == 10 * FRAME_LEN {
                    level = strength(&last, 440.0);
                    good = if (level + 15.0).abs() < 1.0 { good + 1 } else { 0 };
                    last.clear();
                }
            }
            good >= 10
        },
    )
    .await;
    println!("a tone of -15.0 dB is {level:.2} dB in the room; {:?}", opened.devices.statistics());
}

#[tokio::test]
async fn how_long_the_way_is_from_the_loudspeaker_to_the_microphone() {
    let _alone = alone().await;
    let Some(server) = SoundServer::start() else { return };
    let mut opened = Devices::open(options(&server, "room")).await.unwrap();
    opened.devices.start().await.unwrap();
    let mut delays = Vec::new();
    // A click each second, once both ways run. When it was written and when it comes back, in samples.
    let (mut written, mut read, mut click) = (0_usize, 0_usize, None);
    let say = std::cell::RefCell::new((&mut written, &mut click));
    run(
        &mut opened,
        || {
            let mut say = say.borrow_mut();
            let mut frame = SILENCE;
            if *say.0 % 48_000 == 24_000 {
                frame[..48].fill(20_000);
                *say.1 = Some(*say.0);
            }
            *say.0 += FRAME_LEN;
            frame
        },
        |heard| {
            let newest = &heard[9 * FRAME_LEN..];
            if let Some(at) = newest.iter().position(|sample| *sample > 4_000)
                && let Some(clicked) = say.borrow_mut().1.take()
            {
                delays.push((read + at).saturating_sub(clicked));
            }
            read += FRAME_LEN;
            delays.len() >= 8
        },
    )
    .await;
    let numbers = opened.devices.statistics();
    delays.sort_unstable();
    let median = delays[4] as f64 / 48.0;
    println!(
        "loudspeaker to microphone and back: median {median:.1} ms of {delays:?} samples; {numbers:?}"
    );
    // Each side's ring, the graph twice, and the virtual room; a machine that is busy adds.
    assert!(median > 10.0 && median < 400.0, "{median}");
}

#[tokio::test]
async fn a_loudspeaker_that_is_pulled_out_is_replaced_by_the_default() {
    let _alone = alone().await;
    let Some(server) = SoundServer::start() else { return };
    let plugged = server.plug_in("headset");
    let mut opened = Devices::open(options(&server, "headset")).await.unwrap();
    let (_meter, mut ear) = server.listen("ear");
    // It is there when a stream can be moved to it.
    while !server.nodes().iter().any(|node| node["node.name"] == "headset") {}
    opened.devices.start().await.unwrap();
    let mut tone = Tone::new(440.0);
    let mut running = 0;
    while running < 2 {
        match tokio::time::timeout(HANG, opened.events.next()).await.unwrap() {
            Some(DeviceEvent::Running(_)) => running += 1,
            other => panic!("{other:?}"),
        }
    }
    drop(plugged);
    let gone = tokio::time::timeout(HANG, opened.events.next()).await.unwrap();
    assert_eq!(gone, Some(DeviceEvent::DeviceGone(Side::Loudspeaker)));
    while ear.try_recv().is_ok() {}
    let mut last = Vec::new();
    run(
        &mut opened,
        || tone.next(),
        |_| {
            let mut level = -127.0;
            while let Ok(frame) = ear.try_recv() {
                last.extend_from_slice(&frame);
                if last.len() == 10 * FRAME_LEN {
                    level = strength(&last, 440.0);
                    last.clear();
                }
            }
            level > -16.0
        },
    )
    .await;
}

#[tokio::test]
async fn a_sound_server_that_is_killed_is_found_again() {
    let _alone = alone().await;
    let Some(mut server) = SoundServer::start() else { return };
    let mut opened = Devices::open(options(&server, "room")).await.unwrap();
    opened.devices.start().await.unwrap();
    server.kill_and_start_again();
    let (mut lost, mut back) = (false, false);
    while !(lost && back) {
        match tokio::time::timeout(HANG, opened.events.next()).await.unwrap() {
            Some(DeviceEvent::ServerLost) => lost = true,
            Some(DeviceEvent::ServerBack) => back = true,
            Some(_) => {}
            None => panic!("closed"),
        }
    }
    let mut tone = Tone::new(700.0);
    run(&mut opened, || tone.next(), |heard| strength(heard, 700.0) > -17.0).await;
}

#[tokio::test]
async fn without_a_sound_server_it_says_so_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let remote = folder.path().join("nobody").display().to_string();
    let options = DeviceOptions { remote: Some(remote), ..DeviceOptions::default() };
    let error = Devices::open(options).await.unwrap_err();
    println!("{error}");
    assert!(matches!(error, DevicesError::NoPipeWire(_)), "{error:?}");
    assert!(error.to_string().contains(". Start it"), "{error}");
    let options = DeviceOptions { token: Some("a\0b".to_owned()), ..DeviceOptions::default() };
    assert_eq!(Devices::open(options).await.unwrap_err(), DevicesError::BadName("token"));
}
