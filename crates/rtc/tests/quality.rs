//! What loss and jitter do to speech: the whole way from the encoder to the listener, in virtual time, from a seed.

mod support;

use hookswitch_rtc::{Impairment, Receiver};
use hookswitch_score::{Comparison, Voice, compare};
use std::time::Duration;
use support::{Heard, call};

const SEED: u64 = 20_261_127;

/// A man and a woman, one after the other.
fn conversation() -> Vec<i16> {
    let mut said = Voice::new(3, 112.0).speak(10.0);
    said.extend(Voice::new(4, 205.0).speak(10.0));
    said
}

fn network(loss: u32, jitter: u64, reordering: bool) -> Impairment {
    let network = Impairment::new(SEED, loss, Duration::from_millis(jitter));
    if reordering { network.reordering() } else { network }
}

fn row(said: &[i16], loss: u32, jitter: u64, reordering: bool) -> (Heard, Comparison) {
    let heard = call(said, network(loss, jitter, reordering), Receiver::default());
    let compared = compare(said, &heard.samples);
    let (mean, p95) = heard.buffer_delay(2_000);
    let score = compared.intelligibility.unwrap();
    let last = heard.last();
    println!(
        "{loss:>3} % {jitter:>4} ms {:<9} | {:.3} {:.3} | {:>5.1} % {:>4} ms | {:>+5.2} dB | {:>5.1} {:>5.1} | {mean:>5.1} {p95:>5.1} | \
         {:>5} {:>5} {:>5} ms | {:>3} {:>3}",
        if reordering { "reordered" } else { "in order" },
        score.stoi,
        score.estoi,
        100.0 * compared.received,
        compared.gap_ms,
        compared.louder_db,
        compared.delay_ms,
        compared.delay_p95_ms,
        last.shortened_ms,
        last.lengthened_ms,
        last.concealed_ms,
        last.fec,
        last.late,
    );
    (heard, compared)
}

#[test]
fn speech_under_loss_and_jitter() {
    let said = conversation();
    println!(
        "seed {SEED}, {} s of speech; mouth to ear includes 20 ms of packet and 6.5 ms of Opus",
        said.len() / 48_000
    );
    println!(
        "loss jitter            | STOI  ESTOI | heard    gap    | level    | mouth-ear p95 | buffer p95  | \
         shorter longer concealed | fec late"
    );
    for (loss, stoi, estoi, received) in
        [(0, 0.95, 0.95, 0.995), (5, 0.92, 0.90, 0.99), (20, 0.88, 0.85, 0.98)]
    {
        for (jitter, reordering) in
            [(0, false), (20, false), (50, false), (50, true), (100, false), (100, true)]
        {
            let (heard, compared) = row(&said, loss, jitter, reordering);
            let score = compared.intelligibility.unwrap();
            assert!(score.stoi >= stoi && score.estoi >= estoi, "{score:?}");
            assert!(compared.received >= received, "{compared:?}");
            assert!(compared.louder_db.abs() < 2.0, "{compared:?}");
            let (mean, p95) = heard.buffer_delay(2_000);
            // All but 3 % of what the network does, the tolerance, and one packet for the copies of lost ones.
            let allowed = jitter as f32 + 50.0;
            assert!(mean <= allowed && p95 <= allowed + 20.0, "{mean} {p95}");
        }
    }
}

#[test]
fn a_good_network_costs_little_delay() {
    let said = conversation();
    let heard = call(&said, network(0, 0, false), Receiver::default());
    let (mean, p95) = heard.buffer_delay(2_000);
    let compared = compare(&said, &heard.samples);
    println!(
        "no jitter: the buffer adds {mean:.1} ms (95 %: {p95:.1} ms); mouth to ear {:.1} ms",
        compared.delay_ms
    );
    assert!(p95 <= 30.0, "{p95}");
    let last = heard.last();
    assert_eq!((last.lost, last.late, last.fec, last.concealed), (0, 0, 0, 0));
    assert!(compared.received > 0.995, "{compared:?}");
}

/// The largest bend of a wave: how much one step differs from the next.
fn sharpest(samples: &[i16]) -> i32 {
    let bend = |three: &[i16]| i32::from(three[0]) - 2 * i32::from(three[1]) + i32::from(three[2]);
    samples.windows(3).map(|three| bend(three).abs()).max().unwrap_or(0)
}

#[test]
fn a_tone_goes_through_loss_and_jitter_without_clicks() {
    for hertz in [150.0_f32, 220.0, 310.0] {
        let said: Vec<i16> = (0..480_000)
            .map(|at| at as f32 * hertz / 48_000.0 * std::f32::consts::TAU)
            .map(|phase| (phase.sin() * 8_000.0) as i16)
            .collect();
        let clean = call(&said, network(0, 0, false), Receiver::default());
        let torn = call(&said, network(5, 100, true), Receiver::default());
        // The beginning is one of Opus and of the tone; a click would be thousands.
        let (clean, torn) = (sharpest(&clean.samples[48_000..]), sharpest(&torn.samples[48_000..]));
        println!("{hertz} Hz: sharpest bend {clean} without and {torn} with loss and jitter");
        assert!(torn < 1_000, "{torn}");
    }
}

#[test]
fn the_same_seed_is_the_same_call() {
    let said = Voice::new(5, 150.0).speak(3.0);
    let run = || call(&said, network(20, 100, true), Receiver::default()).samples;
    assert_eq!(run(), run());
}
