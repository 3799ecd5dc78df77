//! The jitter buffer and the decoder behind it, with loss and delay from a seed.

use hookswitch_rtc::{FixedJitterBuffer, JitterBuffer, Packet, Playout, Receiver, level_dbfs};
use proptest::prelude::*;
use std::sync::Arc;
use std::time::{Duration, Instant};

const MS: Duration = Duration::from_millis(1);

fn packet(seq: u64) -> Packet {
    let payload: Arc<[u8]> = seq.to_be_bytes().to_vec().into();
    Packet { seq, time: 4_000_000_000_u32.wrapping_add((seq as u32) * 960), duration: 960, payload }
}

fn number(payload: &[u8]) -> u64 {
    u64::from_be_bytes(payload.try_into().unwrap())
}

/// Plays `count` answers from `from` on, one every 20 ms.
fn play(buffer: &mut FixedJitterBuffer, from: Instant, count: u32) -> Vec<String> {
    (0..count)
        .map(|at| match buffer.pop(from + 20 * at * MS) {
            Playout::Frame(payload) => number(&payload).to_string(),
            Playout::Fec(payload) => format!("fec from {}", number(&payload)),
            Playout::Conceal => "conceal".to_owned(),
            Playout::Silence => "silence".to_owned(),
        })
        .collect()
}

#[test]
fn playing_begins_after_the_delay_and_is_in_order() {
    let (mut buffer, start) = (FixedJitterBuffer::default(), Instant::now());
    assert_eq!(buffer.pop(start), Playout::Silence);
    for (seq, at) in [(1, 0), (0, 5), (3, 50), (2, 55), (2, 56)] {
        buffer.push(packet(seq), start + at * MS);
    }
    assert_eq!(play(&mut buffer, start, 3), ["silence"; 3]);
    assert_eq!(play(&mut buffer, start + 60 * MS, 4), ["0", "1", "2", "3"]);
    let counts = buffer.counts();
    assert_eq!(
        (counts.received, counts.lost, counts.late),
        (4, 0, 0),
        "the duplicate does not count"
    );
}

#[test]
fn one_lost_packet_is_taken_from_the_next_and_more_are_concealed() {
    let (mut buffer, start) = (FixedJitterBuffer::default(), Instant::now());
    for seq in [0, 2, 3, 6, 7] {
        buffer.push(packet(seq), start);
    }
    let played = play(&mut buffer, start + 60 * MS, 8);
    assert_eq!(played, ["0", "fec from 2", "2", "3", "conceal", "fec from 6", "6", "7"]);
    let counts = buffer.counts();
    assert_eq!((counts.lost, counts.fec, counts.concealed), (3, 2, 1));
}

#[test]
fn a_pause_of_the_sender_is_silence_and_no_loss() {
    let (mut buffer, start) = (FixedJitterBuffer::default(), Instant::now());
    buffer.push(packet(0), start);
    // 100 ms were not sent: the time goes on, the numbers do not jump.
    buffer.push(Packet { seq: 1, ..packet(6) }, start + 40 * MS);
    let played = play(&mut buffer, start + 60 * MS, 7);
    assert_eq!(played, ["0", "silence", "silence", "silence", "silence", "silence", "6"]);
    assert_eq!(buffer.counts().lost, 0);
}

#[test]
fn when_nothing_comes_it_conceals_for_a_moment_and_then_is_silent() {
    let (mut buffer, start) = (FixedJitterBuffer::default(), Instant::now());
    buffer.push(packet(0), start);
    let played = play(&mut buffer, start + 60 * MS, 8);
    assert_eq!(played[0], "0");
    assert!(played[1..6].iter().all(|one| one == "conceal"), "{played:?}");
    assert_eq!(played[6..], ["silence", "silence"]);
}

#[test]
fn what_comes_after_a_stall_is_played_and_the_delay_shrinks_back() {
    let (mut buffer, start) = (FixedJitterBuffer::default(), Instant::now());
    let mut seq = 0;
    let mut frames = 0;
    let mut deepest = 0;
    for tick in 0..1_000_u32 {
        let now = start + 20 * tick * MS;
        // Packet `tick` is sent every 20 ms, but for 200 ms nothing arrives, and then all at once.
        if !(100..110).contains(&tick) {
            while seq <= u64::from(tick) {
                buffer.push(packet(seq), now);
                seq += 1;
            }
        }
        if let Playout::Frame(_) = buffer.pop(now) {
            frames += 1;
        }
        deepest = deepest.max(buffer.depth());
    }
    assert!(deepest >= 9 * 960, "the burst was kept: {deepest}");
    assert!(buffer.depth() <= 5 * 960, "and given back: {}", buffer.depth());
    let counts = buffer.counts();
    assert!(frames >= 985, "{frames} of 1000 were played; {counts:?}");
    assert!(counts.skipped <= 10 && counts.lost == 0, "{counts:?}");
}

#[test]
fn a_sender_that_starts_anew_is_followed() {
    let (mut buffer, start) = (FixedJitterBuffer::default(), Instant::now());
    buffer.push(packet(0), start);
    play(&mut buffer, start + 60 * MS, 2);
    let later = start + 5_000 * MS;
    buffer.push(Packet { seq: 9, time: 77, ..packet(9) }, later);
    buffer.push(Packet { seq: 10, time: 77 + 960, ..packet(10) }, later + 20 * MS);
    assert_eq!(play(&mut buffer, later + 60 * MS, 2), ["9", "10"]);
}

/// 10 s of something that Opus codes as speech: a buzz with a changing pitch and loudness.
fn speech() -> Vec<[i16; 960]> {
    let mut phase = 0.0_f32;
    (0..500_u32)
        .map(|frame| {
            let mut samples = [0; 960];
            for (at, sample) in samples.iter_mut().enumerate() {
                let seconds = (frame * 960 + at as u32) as f32 / 48_000.0;
                phase += (120.0 + 40.0 * (seconds * 3.0).sin()) / 48_000.0;
                let buzz: f32 = (1..12)
                    .map(|h| (phase * h as f32 * std::f32::consts::TAU).sin() / h as f32)
                    .sum();
                *sample = (buzz * (0.6 + 0.4 * (seconds * 9.0).sin()) * 6_000.0) as i16;
            }
            samples
        })
        .collect()
}

/// Encodes, loses a share of the packets by a seed, plays, and says how much of the speech arrived above -60 dBFS.
fn received(loss_percent: u64, seed: u64) -> (f64, hookswitch_rtc::ReceivedStatistics, usize) {
    let mut encoder =
        opus::Encoder::new(48_000, opus::Channels::Mono, opus::Application::Voip).unwrap();
    encoder.set_bitrate(opus::Bitrate::Bits(32_000)).unwrap();
    encoder.set_signal(opus::Signal::Voice).unwrap();
    encoder.set_inband_fec(true).unwrap();
    encoder.set_packet_loss_perc(10).unwrap();
    let (mut receiver, start) = (Receiver::default(), Instant::now());
    let mut random = seed;
    let (mut audible, mut all, mut dropped) = (0, 0, 0);
    for (seq, frame) in speech().iter().enumerate() {
        let now = start + 20 * (seq as u32) * MS;
        let payload: Arc<[u8]> = encoder.encode_vec(frame, 1_275).unwrap().into();
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        if (random >> 33) % 100 >= loss_percent {
            receiver.push(seq as u64, seq as u32 * 960, payload, now);
        } else {
            dropped += 1;
        }
        for half in 0..2 {
            let heard = receiver.pop(now + 10 * half * MS);
            if seq >= 10 {
                all += 1;
                audible += usize::from(level_dbfs(&heard) > -60.0);
            }
        }
    }
    (f64::from(audible as u32) / f64::from(all), receiver.statistics(), dropped)
}

#[test]
fn speech_survives_loss() {
    let (clean, numbers, _) = received(0, 1);
    assert_eq!(clean, 1.0);
    assert_eq!((numbers.lost, numbers.fec, numbers.concealed, numbers.late), (0, 0, 0, 0));
    for seed in 1..=5 {
        let (share, numbers, dropped) = received(10, seed);
        println!("10 % loss, seed {seed}: {share:.4} audible, {numbers:?}");
        assert!(share > 0.99, "{share}");
        assert!(numbers.fec > 20, "most single losses are covered by FEC: {numbers:?}");
        assert!(
            numbers.lost as usize <= dropped && numbers.fec + numbers.concealed >= numbers.lost
        );
    }
}

#[test]
fn noise_instead_of_opus_is_counted_and_survived() {
    let (mut receiver, now) = (Receiver::default(), Instant::now());
    for seq in 0..50_u64 {
        receiver.push(seq, seq as u32 * 960, vec![0xff; (seq % 9) as usize].into(), now);
    }
    for at in 0..100 {
        receiver.pop(now + 10 * at * MS);
    }
    assert!(receiver.statistics().undecodable > 0);
}

proptest! {
    /// Whatever comes, the buffer stays small, answers, and does not panic; nothing is played twice.
    #[test]
    fn any_order_of_anything(events in proptest::collection::vec((any::<bool>(), 0..3_000_u64, any::<u32>(), 0..7_000_u32, 0..400_u32), 1..400)) {
        let (mut buffer, start) = (FixedJitterBuffer::default(), Instant::now());
        let mut now = start;
        for (push, seq, time, duration, wait) in events {
            now += wait * MS;
            if push {
                let time = if time % 3 == 0 { time } else { (seq as u32).wrapping_mul(960) };
                buffer.push(Packet { seq, time, duration, payload: vec![1].into() }, now);
            } else {
                let _ = buffer.pop(now);
            }
            prop_assert!(buffer.counts().received >= buffer.counts().late);
            prop_assert!(buffer.depth() <= 101 * 7_000);
        }
    }
}
