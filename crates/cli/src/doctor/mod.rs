//! `hookswitch doctor`: is everything here that a call needs, and if not, how is it mended?
//!
//! Each check is of two halves: one looks, and the other judges what was seen, without looking itself.

mod bus;
mod finding;
mod lock;
mod notification;
mod push;
mod ring;
mod screen;
mod sound;
mod vibration;

use crate::failure::Failure;
use bus::Names;
use finding::Verdict;
use std::process::ExitCode;

/// Look at everything, print what was found, and say by the exit code whether something is wrong.
pub async fn doctor(no_sound: bool, json: bool) -> Result<ExitCode, Failure> {
    let mut findings = Vec::new();
    let session = bus::session().await;
    findings.push(bus::judge(&session));
    // Without a bus the rest would only say so again.
    if let Ok(bus) = &session {
        let names = Names::ask(bus).await;
        let service = bus::Service::ask(&names).await;
        findings.extend(service.judge());
        findings.push(screen::judge(service.screens()));
        let (sound, can_ring) = sound::findings(&service).await;
        findings.extend(sound);
        if can_ring && !no_sound {
            findings.extend(ring::findings(&service).await);
        }
        findings.push(vibration::judge(&vibration::ask(bus, &names).await));
        findings.push(notification::judge(&notification::ask(bus, &names).await));
        findings.push(push::judge(&names));
    }
    findings.push(lock::judge(&lock::ask().await));
    for finding in &findings {
        if json {
            println!("{}", finding.json());
        } else {
            println!("{finding}");
        }
    }
    let wrong = findings.iter().filter(|finding| finding.verdict == Verdict::Wrong).count();
    if !json {
        println!("{}", sentence(wrong));
    }
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn sentence(wrong: usize) -> String {
    match wrong {
        0 => "Calls can be made and taken here.".to_owned(),
        1 => "One thing is wrong: mend it as said above, then run this again.".to_owned(),
        wrong => format!("{wrong} things are wrong: mend them as said above, then run this again."),
    }
}
