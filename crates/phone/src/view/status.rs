use super::words;
use hookswitch::{Call, CallState, Date};

/// The line below the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Words.
    Text(String),
    /// How long it has been going on; changes with each second, and is not read out by itself.
    Time(String),
}

impl Status {
    /// Of this call, now.
    pub fn of(call: &Call, now: Date) -> Self {
        match call.state {
            CallState::Active if !call.reconnecting => {
                let since = call.group_connected.or(call.connected);
                Self::Time(duration(since.map_or(0, |since| now.0.saturating_sub(since.0))))
            }
            _ => Self::Text(words::state(call)),
        }
    }

    /// As it is shown.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Time(text) => text,
        }
    }
}

/// Minutes and seconds, and hours where there are some.
fn duration(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match hours {
        0 => format!("{minutes:02}:{:02}", seconds % 60),
        _ => format!("{hours}:{minutes:02}:{:02}", seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn times_are_short() {
        assert_eq!(duration(-5), "00:00");
        assert_eq!(duration(61_999), "01:01");
        assert_eq!(duration(3_600_000), "1:00:00");
    }
}
