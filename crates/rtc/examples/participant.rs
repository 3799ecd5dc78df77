//! A participant on the command line: plays a WAV file into a session, records what it hears, prints how it goes.
//!
//! ```text
//! participant --url http://127.0.0.1:7880 --token TOKEN --audio-in speech.wav --audio-out heard.wav --seconds 10
//! ```
//!
//! Prints one line of JSON when it has joined, one per second, and one when it has left.

use clap::Parser;
use hookswitch_rtc::wav::{WavSink, WavSource};
use hookswitch_rtc::{Options, Session, Statistics};
use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

/// Plays a WAV file into a session and records what it hears.
#[derive(Debug, Parser)]
struct Arguments {
    /// The exchange.
    #[arg(long)]
    url: String,
    /// Room token; better in the environment, where others do not see it.
    #[arg(long, env = "HOOKSWITCH_TOKEN", hide_env_values = true)]
    token: String,
    /// What to say, again and again; without it nothing is published.
    #[arg(long)]
    audio_in: Option<PathBuf>,
    /// Where to record what is heard.
    #[arg(long)]
    audio_out: Option<PathBuf>,
    /// Leave after so many seconds; without it, when interrupted.
    #[arg(long)]
    seconds: Option<f64>,
}

fn line(event: &str, numbers: &Statistics) -> String {
    let received = numbers.received.iter().map(|track| {
        serde_json::json!({
            "identity": track.identity, "packets": track.packets, "lost": track.lost, "late": track.late,
            "fec": track.fec, "concealed": track.concealed, "jitter_ms": track.jitter_ms,
            "buffered_ms": track.buffered_ms, "delay_ms": track.delay_ms, "target_delay_ms": track.target_delay_ms,
            "shortened_ms": track.shortened_ms, "lengthened_ms": track.lengthened_ms,
            "concealed_ms": track.concealed_ms, "skipped": track.skipped, "level_dbfs": track.level_dbfs,
        })
    });
    serde_json::json!({
        "event": event, "connect_ms": numbers.connect_time.as_millis() as u64, "packets_sent": numbers.packets_sent,
        "round_trip_ms": numbers.round_trip.map(|rtt| rtt.as_secs_f64() * 1000.0),
        "received": received.collect::<Vec<_>>(),
    })
    .to_string()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    // Files first: a wrong one is told before anybody is called.
    let source = arguments.audio_in.map(WavSource::open).transpose()?;
    let sink = arguments.audio_out.map(WavSink::create).transpose()?;
    let (session, mut events) =
        Session::join(&arguments.url, &arguments.token, Options::default()).await?;
    println!("{}", line("joined", &session.statistics().await?));
    if let Some(sink) = sink {
        session.play(sink).await?;
    }
    if let Some(source) = source {
        session.publish(source.repeated()).await?;
    }
    let limit = Duration::try_from_secs_f64(arguments.seconds.unwrap_or(86_400.0))?;
    let mut until = std::pin::pin!(tokio::time::sleep(limit));
    let mut every_second = tokio::time::interval(Duration::from_secs(1));
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    loop {
        tokio::select! {
            () = &mut until => break,
            _ = terminate.recv() => break,
            result = tokio::signal::ctrl_c() => { result?; break }
            _ = every_second.tick() => println!("{}", line("statistics", &session.statistics().await?)),
            event = events.next() => match event {
                Some(event) => println!("{}", serde_json::json!({ "event": "session", "what": format!("{event:?}") })),
                None => return Err("the session ended".into()),
            },
        }
    }
    println!("{}", line("left", &session.statistics().await?));
    session.leave().await;
    Ok(())
}
