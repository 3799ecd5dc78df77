use std::time::{Duration, Instant};

/// A tap that was on its way when the screen changed is not meant for what is there now.
const LATE: Duration = Duration::from_millis(400);

/// Since when the screen is as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Late(Option<Instant>);

impl Late {
    /// Another screen is shown since then.
    pub fn changed(now: Instant) -> Self {
        Self(Some(now))
    }

    /// Whether a tap at that moment is for this screen.
    pub fn takes(self, tap: Instant) -> bool {
        self.0.is_none_or(|changed| tap.saturating_duration_since(changed) >= LATE)
    }
}

#[cfg(test)]
mod tests {
    use super::{LATE, Late};
    use std::time::{Duration, Instant};

    #[test]
    fn a_tap_for_the_screen_before_is_not_taken() {
        let now = Instant::now();
        let late = Late::changed(now);
        assert!(!late.takes(now) && !late.takes(now + LATE - Duration::from_millis(1)));
        assert!(late.takes(now + LATE));
        assert!(Late::default().takes(now));
    }
}
