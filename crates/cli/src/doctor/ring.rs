use super::Verdict;
use super::bus::Service;
use super::finding::Finding;
use crate::words;
use hookswitch::{RequestError, TestRing};

const CHECK: &str = "ring";

/// Whether a ring is heard: the service plays one.
pub async fn findings(service: &Service) -> Option<Finding> {
    let surface = service.surface()?;
    Some(match surface.test_ring().await {
        Ok(ring) => heard(&ring),
        Err(error) => judge(error.reason(), &error.to_string()),
    })
}

fn heard(ring: &TestRing) -> Finding {
    let outputs: Vec<String> = ring.outputs.iter().map(|name| words::clean(name)).collect();
    let place = match outputs.is_empty() {
        true => "the default output".to_owned(),
        false => outputs.join(" and "),
    };
    let seconds = ring.duration.as_secs();
    let text = format!("It rings now, for {seconds} seconds, on {place}. Do you hear it?");
    Finding::good(CHECK, text)
}

fn judge(reason: Option<RequestError>, text: &str) -> Finding {
    match reason {
        Some(RequestError::CallInProgress) => Finding::lacking(
            CHECK,
            "There is a call, so that it was not tried whether calls ring.",
            "Run this again when the call is over.",
        ),
        Some(RequestError::TooManyRequests) => Finding::lacking(
            CHECK,
            "Somebody else tries at this moment whether calls ring.",
            "Run this again in some seconds.",
        ),
        // It says itself what to do.
        Some(RequestError::RingUnavailable) => {
            Finding { check: CHECK, verdict: Verdict::Wrong, text: words::clean(text), mend: None }
        }
        _ => Finding::lacking(
            CHECK,
            format!("It could not be tried whether calls ring: {}", words::clean(text)),
            "Update the service if it is older than this program; else run this again.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_was_heard_is_said_and_why_nothing_was() {
        let ring = TestRing { outputs: vec!["speaker".into()], duration: Duration::from_secs(3) };
        let finding = heard(&ring);
        assert_eq!(finding.verdict, Verdict::Good);
        assert!(finding.text.contains("3 seconds, on speaker"), "{finding}");
        let anywhere = heard(&TestRing { outputs: Vec::new(), ..ring });
        assert!(anywhere.text.contains("default output"), "{anywhere}");

        let why = "PipeWire does not run. Start it.";
        let finding = judge(Some(RequestError::RingUnavailable), why);
        assert_eq!((finding.verdict, finding.text.as_str()), (Verdict::Wrong, why));
        let in_call = judge(Some(RequestError::CallInProgress), "");
        assert_eq!(in_call.verdict, Verdict::Lacking);
        assert!(judge(None, "no such method").text.contains("no such method"));
    }
}
