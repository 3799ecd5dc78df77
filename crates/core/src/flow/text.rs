use super::{Does, Flow};
use core::fmt;

impl fmt::Display for Does {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy(knob, value) => write!(f, "policy {knob}={value}"),
            Self::AudioByHand => f.write_str("audio by hand"),
            Self::After(ms) => write!(f, "after {}", Time(*ms)),
            Self::Asleep(ms) => write!(f, "after {} asleep", Time(*ms)),
            Self::Restart(None) => f.write_str("core restarts"),
            Self::Restart(Some(with)) => write!(f, "core restarts with {}", with.join(" ")),
            Self::Given(party, words) => write!(f, "given {party} {}", words.join(" ")),
            Self::Input(party, words) => write!(f, "{party:<4} -> core : {}", words.join(" ")),
        }
    }
}

/// Milliseconds, in seconds where they are whole ones.
struct Time(u64);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 % 1000 {
            0 => write!(f, "{}s", self.0 / 1000),
            _ => write!(f, "{}ms", self.0),
        }
    }
}

/// The flow as it is written, to be read by [`parse`](super::parse) again.
impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for comment in &self.comments {
            writeln!(f, "# {comment}")?;
        }
        writeln!(f, "{}:", self.name)?;
        for step in &self.steps {
            for comment in &step.comments {
                writeln!(f, "    # {comment}")?;
            }
            writeln!(f, "    {}", step.does)?;
            for line in &step.expected {
                writeln!(f, "    {line}")?;
            }
        }
        Ok(())
    }
}
