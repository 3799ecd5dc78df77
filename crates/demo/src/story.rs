//! The story: one phone calls the other, a second app's call comes in between.

use crate::error::DemoError;
use crate::ladder::Ladder;
use crate::log::now_us;
use crate::measure::{Figures, Listening, Span, Talk, Wave, loudest, measure};
use crate::phone::{Phone, PhoneOptions};
use crate::speakerbox::Happening;
use crate::speech::speak;
use crate::stage::Stage;
use crate::table::Summary;
use hookswitch::{CallNumber, CallState, ChoiceKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long they talk before the second call, in the hold, and after it.
const TALK_FIRST: Duration = Duration::from_millis(6_500);
const HOLD: Duration = Duration::from_millis(2_500);
const TALK_AGAIN: Duration = Duration::from_millis(5_500);
/// At the edges of a hold, speech may still be on its way, in milliseconds.
const HOLD_EDGE_MS: i64 = 400;

const ANNA_SAYS: &str = "Hello Bob, this is Anna, calling from the first phone. I wanted to tell you about \
    the boat trip on Sunday. We meet at nine in the morning at the old harbour, next to the blue fish market. \
    Bring a warm jacket, because the wind on the water is colder than one thinks. There will be coffee and \
    cinnamon rolls on board, and in the afternoon we visit the lighthouse on the island. My brother brings his \
    guitar, and the captain promised us that we might see seals near the northern rocks. Please tell Clara too.";
const BOB_SAYS: &str = "Good morning Anna, Bob speaking, on the second phone. What a wonderful idea, of course I \
    will come along. I have to feed the neighbour's cat before breakfast, but nine o'clock is no problem at all. \
    Shall I bring my binoculars and the big thermos bottle? Last year I forgot both and regretted it the whole \
    day. By the way, the weather report says that the clouds will be gone before noon, and that the sea will be \
    quite calm. I could also ask my sister whether she can lend us her camera for the seals.";

/// Lets both phones talk, hold and resume, and measures it.
///
/// # Errors
/// Something of the story did not happen.
pub async fn tell(stage: &Stage) -> Result<Summary, DemoError> {
    let says = [stage.folder().join("anna-says.wav"), stage.folder().join("bob-says.wav")];
    speak(ANNA_SAYS, "en-gb+f3", &says[0]).await?;
    speak(BOB_SAYS, "en-us+m3", &says[1]).await?;
    let ladder = Ladder::begin(&["anna's phone", "bob's phone"]);
    let options = |user: &str, lane: usize, speech: &Path| PhoneOptions {
        lane,
        ladder: ladder.clone(),
        speech: Some(speech.to_owned()),
        ..PhoneOptions::new(user)
    };
    let mut anna = Phone::switch_on(stage, options("anna", 0, &says[0])).await?;
    let mut bob = Phone::switch_on(stage, options("bob", 1, &says[1])).await?;
    anna.ready().await?;
    bob.ready().await?;

    let mut summary = connect(&mut anna, &mut bob, &ladder).await?;
    tokio::time::sleep(TALK_FIRST).await;
    second_call(&bob, &ladder, &mut summary).await?;
    // The story goes on when they talk again, not when they could.
    bob.speakerbox.diary().wait("bob talks again", |lines| nth(lines, "talking", 1)).await?;
    tokio::time::sleep(TALK_AGAIN).await;

    ladder.say(0, "$ hookswitch end");
    anna.command(&["end"]).await?;
    anna.call_in(None, CallState::Ended, 0).await?;
    let first = summary.first;
    let over = bob.call_in(first, CallState::Ended, 0).await?;
    summary.first_ended = over.call.ended.map_or("", hookswitch::EndedReason::name).to_owned();
    anna.speakerbox.wait("ended").await?;
    bob.speakerbox.wait("ended").await?;

    summary.recents = vec![
        (anna.user().to_owned(), anna.command(&["recents"]).await?),
        (bob.user().to_owned(), bob.command(&["recents"]).await?),
    ];
    let journal = bob.journal().await;
    summary.journal_fault = journal.err().map(|error| error.to_string());
    anna.switch_off().await;
    bob.switch_off().await;
    figure(&anna, &bob, &says, &mut summary)?;
    Ok(summary)
}

async fn connect(anna: &mut Phone, bob: &mut Phone, ladder: &Ladder) -> Result<Summary, DemoError> {
    ladder.say(0, "$ hookswitch dial org.hookswitch.Speakerbox bob");
    let dialed_us = now_us();
    let (dialed, ringing) = tokio::join!(
        anna.command(&["dial", "org.hookswitch.Speakerbox", "bob"]),
        bob.call_in(None, CallState::Ringing, 0),
    );
    dialed?;
    let ringing = ringing?;
    anna.call_in(None, CallState::Connecting, 0).await?;
    ladder.say(1, "$ hookswitch answer");
    let answered_us = now_us();
    bob.command(&["answer"]).await?;
    let anna_hears = anna.speakerbox.wait("audible").await?;
    let bob_hears = bob.speakerbox.wait("audible").await?;
    Ok(Summary {
        dial_to_ring_us: ringing.at_us.saturating_sub(dialed_us),
        answer_to_audible_us: [&anna_hears, &bob_hears]
            .map(|heard| heard.at_us.saturating_sub(answered_us)),
        verified: ringing.call.verified,
        first: Some(ringing.call.number),
        ..Summary::default()
    })
}

async fn second_call(bob: &Phone, ladder: &Ladder, summary: &mut Summary) -> Result<(), DemoError> {
    let first = summary.first;
    ladder.say(1, "$ hookswitch simulate incoming");
    let mut second_app = bob.command_that_stays(&["simulate", "incoming", "--name", "Carol"])?;
    let second: CallNumber = bob
        .seen()
        .wait("the second call rings", |seen| {
            let other = |seen: &&crate::phone::Seen| {
                seen.call.state == CallState::Ringing && Some(seen.call.number) != first
            };
            seen.iter().find(other).map(|seen| seen.call.number)
        })
        .await?;
    let shown = bob.surface.call(second);
    summary.hold_offered = shown.is_some_and(|call| call.offers(ChoiceKind::HoldAndAccept));
    ladder.say(1, "$ hookswitch answer   (hold & accept)");
    bob.command(&["answer"]).await?;
    let held = bob.call_in(first, CallState::Held, 0).await?;
    let accepted = bob.call_in(Some(second), CallState::Active, 0).await?;
    summary.held = true;
    summary.accepted = accepted.call.connected.is_some();
    tokio::time::sleep(HOLD).await;
    ladder.say(1, &format!("$ hookswitch end {second}"));
    bob.command(&["end", &second.to_string()]).await?;
    let ended = bob.call_in(Some(second), CallState::Ended, 0).await?;
    summary.second_ended = ended.call.ended.map_or("", hookswitch::EndedReason::name).to_owned();
    bob.call_in(first, CallState::Active, held.at_us).await?;
    summary.resumed = true;
    second_app.ended().await;
    Ok(())
}

fn figure(
    anna: &Phone,
    bob: &Phone,
    says: &[PathBuf; 2],
    summary: &mut Summary,
) -> Result<(), DemoError> {
    let phones = [anna, bob];
    let mut sides = Vec::new();
    for (phone, says) in phones.iter().zip(says) {
        let name = phone.user();
        let lines = phone.speakerbox.diary().read(<[Happening]>::to_vec);
        sides.push(Side {
            speech: Wave::read(says, &format!("what {name} says"))?,
            heard: Wave::read(phone.speakerbox.heard(), &format!("what {name} heard"))?,
            began_us: at(&lines, "recording").unwrap_or(0),
            talks: talks(&lines),
            until_us: at(&lines, "ended").unwrap_or(i64::MAX),
        });
    }
    summary.figures = [figures(&sides[0], &sides[1]), figures(&sides[1], &sides[0])];
    let holds = sides[1].pauses();
    summary.hold_loudest_dbfs = [0, 1].map(|side| {
        holds
            .iter()
            .map(|hold| loudest(&sides[side].heard, sides[side].began_us, *hold, HOLD_EDGE_MS))
            .fold(f32::NEG_INFINITY, f32::max)
    });
    summary.holds = holds.len();
    Ok(())
}

/// What is known of one phone afterwards.
struct Side {
    speech: Wave,
    heard: Wave,
    began_us: i64,
    talks: Vec<Talk>,
    until_us: i64,
}

impl Side {
    /// Between two talks the call was on hold.
    fn pauses(&self) -> Vec<Span> {
        let pairs = self.talks.windows(2);
        pairs
            .map(|pair| Span { from_us: pair[0].span.to_us, to_us: pair[1].span.from_us })
            .collect()
    }
}

fn figures(from: &Side, to: &Side) -> Figures {
    let listening = Listening { began_us: to.began_us, held: to.pauses(), until_us: to.until_us };
    measure(&from.speech, &from.talks, &to.heard, &listening)
}

/// When a phone talked, by its diary.
fn talks(lines: &[Happening]) -> Vec<Talk> {
    let mut talks: Vec<Talk> = Vec::new();
    for line in lines {
        let now = i64::try_from(line.at_us).unwrap_or(0);
        match line.event.as_str() {
            "talking" => {
                let span = Span { from_us: now, to_us: i64::MAX };
                let spoken_us = i64::try_from(line.spoken_ms).unwrap_or(0) * 1000;
                talks.push(Talk { span, spoken_us });
            }
            "quiet" | "ended" => {
                if let Some(open) = talks.last_mut().filter(|talk| talk.span.to_us == i64::MAX) {
                    open.span.to_us = now;
                }
            }
            _ => {}
        }
    }
    talks
}

fn at(lines: &[Happening], event: &str) -> Option<i64> {
    lines.iter().find(|line| line.event == event).and_then(|line| i64::try_from(line.at_us).ok())
}

fn nth(lines: &[Happening], event: &str, index: usize) -> Option<u64> {
    lines.iter().filter(|line| line.event == event).nth(index).map(|line| line.at_us)
}
