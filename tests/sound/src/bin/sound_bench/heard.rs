//! What one person says, and what of it another hears.

use hookswitch_demo::speak;
use hookswitch_rtc::wav::WavSource;
use hookswitch_score::compare;
use hookswitch_sound::device::HANDSET_MIC;
use hookswitch_sound::{Ear, Moment, Rig, tone};
use std::path::PathBuf;

/// Said for ever, by espeak-ng.
const SPEECH: &str = "The birch canoe slid on the smooth planks. Glue the sheet to the dark blue background. It is easy to \
    tell the depth of a well. These days a chicken leg is a rare dish. Rice is often served in round bowls. The juice of \
    lemons makes fine punch. The box was thrown beside the parked truck.";
/// How often it is said: longer than a bench.
const TIMES: u32 = 60;
/// A call before it is measured: jitter buffer, echo canceller and noise suppressor learn.
const SETTLED_MS: i64 = 3_000;
/// How much of it is measured.
const MEASURED_MS: usize = 10_000;
/// Longest way from mouth to ear that is looked for.
const LONGEST_MS: usize = 1_000;

/// How speech was heard in one call.
pub struct Heard {
    /// From mouth to ear.
    pub delay_ms: f64,
    /// How much of it is understood.
    pub stoi: f64,
}

/// The speech as a file, said again and again.
pub async fn speech(rig: &Rig) -> PathBuf {
    let [once, again] = ["once.wav", "again.wav"].map(|name| rig.session.folder().join(name));
    speak(SPEECH, "en-us+m3", &once)
        .await
        .expect("espeak-ng speaks; it is in the package of that name");
    let said = WavSource::open(&once).expect("espeak-ng wrote it");
    tone::write_again(&again, said.samples(), TIMES).expect("room for the speech");
    again
}

/// Somebody speaks into this phone's microphone from now on; what its microphone gives.
pub async fn speaks(rig: &mut Rig) -> Ear {
    let said = speech(rig).await;
    // Listened to from before: a virtual microphone that nobody has recorded for a moment stays silent afterwards.
    let mouth = rig.meter.microphone(HANDSET_MIC.name).await;
    rig.says(HANDSET_MIC, &said).await;
    mouth.sounds(-40.0..).await;
    mouth
}

/// Compares what is heard from now on, after a while, with what is said at the same time.
pub async fn listen(mouth: &Ear, ear: &Ear) -> Heard {
    ear.sounds(-40.0..).await;
    let from = Moment::now().plus(SETTLED_MS);
    let said = mouth.since(from, MEASURED_MS).await;
    let heard = ear.since(from, MEASURED_MS + LONGEST_MS).await;
    let compared = compare(&said, &heard);
    println!("{compared:?}");
    Heard {
        delay_ms: if compared.received > 0.5 { compared.delay_ms } else { f64::NAN },
        stoi: compared.intelligibility.map_or(f64::NAN, |score| score.stoi),
    }
}
