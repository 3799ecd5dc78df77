use serde_json::{Value, json};
use std::fmt;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// Calls work, but something that people would expect does not.
    Lacking,
    /// Calls do not work as they should.
    Wrong,
}

impl Verdict {
    fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Lacking => "lacking",
            Self::Wrong => "wrong",
        }
    }
}

/// What one check found, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at, in one word.
    pub check: &'static str,
    pub verdict: Verdict,
    /// A sentence.
    pub text: String,
    /// What to do, where there is something to do.
    pub mend: Option<String>,
}

impl Finding {
    pub fn good(check: &'static str, text: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Good, text: text.into(), mend: None }
    }

    pub fn lacking(check: &'static str, text: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Lacking, text: text.into(), mend: Some(mend.into()) }
    }

    pub fn wrong(check: &'static str, text: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Wrong, text: text.into(), mend: Some(mend.into()) }
    }

    pub fn json(&self) -> Value {
        json!({
            "check": self.check,
            "verdict": self.verdict.name(),
            "text": self.text,
            "mend": self.mend,
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<8} {:<13} {}", self.verdict.name(), self.check, self.text)?;
        if let Some(mend) = &self.mend {
            write!(f, "\n{:<22} {mend}", "")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_do_stands_below_what_is_wrong() {
        let finding = Finding::wrong("bus", "There is none.", "Start one.");
        let text = finding.to_string();
        assert_eq!(
            text,
            "wrong    bus           There is none.\n                       Start one."
        );
        assert_eq!(finding.json()["mend"], "Start one.");
        assert_eq!(Finding::good("bus", "It answers.").json()["mend"], Value::Null);
    }
}
