//! A knob on its way: when it answers.

/// How much of the way answers. Less is a touch that was not meant, or one that was thought over.
const ENOUGH: f64 = 0.7;

/// The way of a knob, from where lines begin to where they end.
#[derive(Clone, Copy, Debug)]
pub struct Track {
    /// How far it can go.
    pub length: f64,
    /// Whether lines begin at the right.
    pub from_right: bool,
}

impl Track {
    /// Where the knob is, of a finger that moved this far to the right.
    pub fn at(self, moved: f64) -> f64 {
        let along = if self.from_right { -moved } else { moved };
        along.clamp(0.0, self.length.max(0.0))
    }

    /// Whether a finger answers that leaves it there.
    pub fn answers(self, moved: f64) -> bool {
        // A knob without a way has not been brought into its place yet.
        self.length > 0.0 && self.at(moved) >= ENOUGH * self.length
    }
}

#[cfg(test)]
mod tests {
    use super::Track;

    #[test]
    fn most_of_the_way_answers_and_less_does_not() {
        let track = Track { length: 200.0, from_right: false };
        assert!(track.answers(140.0) && track.answers(900.0));
        assert!(!track.answers(139.0) && !track.answers(0.0) && !track.answers(-200.0));
        assert_eq!((track.at(-5.0), track.at(50.0), track.at(900.0)), (0.0, 50.0, 200.0));
    }

    #[test]
    fn it_goes_as_the_lines_do() {
        let track = Track { length: 200.0, from_right: true };
        assert!(track.answers(-140.0) && !track.answers(140.0));
        assert_eq!(track.at(-50.0), 50.0);
    }

    #[test]
    fn without_a_way_nothing_answers() {
        assert!(!Track { length: 0.0, from_right: false }.answers(500.0));
        assert!(!Track { length: -3.0, from_right: false }.answers(500.0));
    }
}
