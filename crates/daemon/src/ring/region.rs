//! What the tones of a country's telephones are, after ITU-T E.180 and its list of the tones in use.

use super::tone::{Pitch, Step, Tone};
use Pitch::{One, Silence, Swelling, Two};
use std::fmt;

/// The tones of one country.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Region(&'static Table);

#[derive(PartialEq, Eq)]
struct Table {
    country: &'static str,
    ringback: &'static [Step],
    busy: &'static [Step],
    congestion: &'static [Step],
    waiting: &'static [Step],
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Region({})", self.country())
    }
}

impl Default for Region {
    fn default() -> Self {
        Self(&ANYWHERE)
    }
}

impl Region {
    /// All countries whose tones are known.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLES.iter().map(Self)
    }

    /// The tones of the country with this ISO code; of one that is not known, those E.180 recommends.
    pub fn of_country(code: &str) -> Self {
        let table = TABLES.iter().find(|table| table.country.eq_ignore_ascii_case(code));
        table.map(Self).unwrap_or_default()
    }

    /// The tones of the country in a locale, as in `de_AT.UTF-8`.
    pub fn of_locale(locale: &str) -> Self {
        let language = locale.split(['.', '@']).next().unwrap_or_default();
        let country = language.split(['_', '-']).nth(1).unwrap_or_default();
        Self::of_country(country)
    }

    /// The country's ISO code; empty: none in particular.
    pub fn country(self) -> &'static str {
        self.0.country
    }

    /// How a tone sounds here.
    pub fn steps(self, tone: Tone) -> &'static [Step] {
        match tone {
            Tone::Ringback => self.0.ringback,
            Tone::Busy => self.0.busy,
            Tone::Failure => self.0.congestion,
            Tone::Waiting => self.0.waiting,
            // No country has these: two notes now and then, a low double knock, and two falling notes.
            Tone::Hold => &[(One(523), 180), (Silence, 60), (One(659), 240), (Silence, 7520)],
            Tone::Refusal => &[(One(300), 90), (Silence, 60), (One(300), 140)],
            Tone::End => &[(One(587), 120), (Silence, 30), (One(440), 180)],
        }
    }
}

/// What E.180 and ETSI recommend where nothing older is in use.
static ANYWHERE: Table = Table {
    country: "",
    ringback: &[(One(425), 1000), (Silence, 4000)],
    busy: &[(One(425), 500), (Silence, 500)],
    congestion: &[(One(425), 200), (Silence, 200)],
    waiting: &[(One(425), 200), (Silence, 600), (One(425), 200), (Silence, 3000)],
};

const NORTH_AMERICAN: Table = Table {
    country: "us",
    ringback: &[(Two(440, 480), 2000), (Silence, 4000)],
    busy: &[(Two(480, 620), 500), (Silence, 500)],
    congestion: &[(Two(480, 620), 250), (Silence, 250)],
    waiting: &[(One(440), 300), (Silence, 10_000)],
};

/// Britain's, and where its telephones went: twice in short succession.
const BRITISH: Pitch = Two(400, 450);

static TABLES: [Table; 18] = [
    NORTH_AMERICAN,
    Table { country: "ca", ..NORTH_AMERICAN },
    Table {
        country: "de",
        ringback: &[(One(425), 1000), (Silence, 4000)],
        busy: &[(One(425), 480), (Silence, 480)],
        congestion: &[(One(425), 240), (Silence, 240)],
        waiting: &[(One(425), 200), (Silence, 200), (One(425), 200), (Silence, 5000)],
    },
    Table {
        country: "gb",
        ringback: &[(BRITISH, 400), (Silence, 200), (BRITISH, 400), (Silence, 2000)],
        busy: &[(One(400), 375), (Silence, 375)],
        congestion: &[(One(400), 400), (Silence, 350), (One(400), 225), (Silence, 525)],
        waiting: &[(One(400), 100), (Silence, 3000)],
    },
    Table {
        country: "fr",
        ringback: &[(One(440), 1500), (Silence, 3500)],
        busy: &[(One(440), 500), (Silence, 500)],
        congestion: &[(One(440), 250), (Silence, 250)],
        waiting: &[(One(440), 300), (Silence, 10_000)],
    },
    Table {
        country: "it",
        ringback: &[(One(425), 1000), (Silence, 4000)],
        busy: &[(One(425), 500), (Silence, 500)],
        congestion: &[(One(425), 200), (Silence, 200)],
        waiting: &[
            (One(425), 400),
            (Silence, 100),
            (One(425), 250),
            (Silence, 100),
            (One(425), 150),
            (Silence, 14_000),
        ],
    },
    Table {
        country: "es",
        ringback: &[(One(425), 1500), (Silence, 3000)],
        busy: &[(One(425), 200), (Silence, 200)],
        congestion: &[
            (One(425), 200),
            (Silence, 200),
            (One(425), 200),
            (Silence, 200),
            (One(425), 200),
            (Silence, 600),
        ],
        waiting: &[(One(425), 175), (Silence, 175), (One(425), 175), (Silence, 3500)],
    },
    Table {
        country: "nl",
        ringback: &[(One(425), 1000), (Silence, 4000)],
        busy: &[(One(425), 500), (Silence, 500)],
        congestion: &[(One(425), 250), (Silence, 250)],
        waiting: &[(One(425), 500), (Silence, 9500)],
    },
    Table {
        country: "at",
        ringback: &[(One(420), 1000), (Silence, 5000)],
        busy: &[(One(420), 400), (Silence, 400)],
        congestion: &[(One(420), 200), (Silence, 200)],
        waiting: &[(One(420), 40), (Silence, 1960)],
    },
    Table {
        country: "ch",
        ringback: &[(One(425), 1000), (Silence, 4000)],
        busy: &[(One(425), 500), (Silence, 500)],
        congestion: &[(One(425), 200), (Silence, 200)],
        waiting: &[(One(425), 200), (Silence, 200), (One(425), 200), (Silence, 4000)],
    },
    Table {
        country: "pl",
        ringback: &[(One(425), 1000), (Silence, 4000)],
        busy: &[(One(425), 500), (Silence, 500)],
        congestion: &[(One(425), 500), (Silence, 500)],
        waiting: &[(One(425), 150), (Silence, 150), (One(425), 150), (Silence, 4000)],
    },
    Table {
        country: "jp",
        ringback: &[(Swelling(400, 16), 1000), (Silence, 2000)],
        busy: &[(One(400), 500), (Silence, 500)],
        congestion: &[(One(400), 500), (Silence, 500)],
        waiting: &[(Swelling(400, 16), 500), (Silence, 8000)],
    },
    Table {
        country: "in",
        ringback: &[
            (Swelling(400, 25), 400),
            (Silence, 200),
            (Swelling(400, 25), 400),
            (Silence, 2000),
        ],
        busy: &[(One(400), 750), (Silence, 750)],
        congestion: &[(One(400), 250), (Silence, 250)],
        waiting: &[(One(400), 200), (Silence, 100), (One(400), 200), (Silence, 7500)],
    },
    Table {
        country: "au",
        ringback: &[(Two(413, 438), 400), (Silence, 200), (Two(413, 438), 400), (Silence, 2000)],
        busy: &[(One(425), 375), (Silence, 375)],
        congestion: &[(One(425), 375), (Silence, 375)],
        waiting: &[(One(425), 200), (Silence, 200), (One(425), 200), (Silence, 4400)],
    },
    Table {
        country: "se",
        ringback: &[(One(425), 1000), (Silence, 5000)],
        busy: &[(One(425), 250), (Silence, 250)],
        congestion: &[(One(425), 250), (Silence, 750)],
        waiting: &[(One(425), 200), (Silence, 500), (One(425), 200), (Silence, 9100)],
    },
    Table {
        country: "no",
        ringback: &[(One(425), 1000), (Silence, 4000)],
        busy: &[(One(425), 500), (Silence, 500)],
        congestion: &[(One(425), 200), (Silence, 200)],
        waiting: &[(One(425), 200), (Silence, 600), (One(425), 200), (Silence, 10_000)],
    },
    Table {
        country: "fi",
        ringback: &[(One(425), 1000), (Silence, 4000)],
        busy: &[(One(425), 300), (Silence, 300)],
        congestion: &[(One(425), 200), (Silence, 200)],
        waiting: &[(One(425), 150), (Silence, 150), (One(425), 150), (Silence, 8000)],
    },
    Table {
        country: "cn",
        ringback: &[(One(450), 1000), (Silence, 4000)],
        busy: &[(One(450), 350), (Silence, 350)],
        congestion: &[(One(450), 700), (Silence, 700)],
        waiting: &[(One(450), 400), (Silence, 4000)],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ring::tone::length;

    #[test]
    fn the_country_is_in_the_locale() {
        let country = |locale| Region::of_locale(locale).country();
        assert_eq!(country("de_AT.UTF-8"), "at");
        assert_eq!(country("en_GB"), "gb");
        assert_eq!(country("en-US"), "us");
        assert_eq!(country("ca_ES@valencia"), "es");
        assert_eq!(country("C.UTF-8"), "");
        assert_eq!(country(""), "");
        assert_eq!(country("tlh_XX"), "");
        assert_eq!(Region::of_country("JP").country(), "jp");
    }

    #[test]
    fn every_tone_of_every_region_begins_with_sound_and_can_repeat() {
        for region in Region::all().chain([Region::default()]) {
            for tone in [Tone::Ringback, Tone::Busy, Tone::Failure, Tone::Hold, Tone::Waiting] {
                let steps = region.steps(tone);
                let (first, last) = (steps[0].0, steps[steps.len() - 1].0);
                assert_ne!(first, Silence, "{region:?} {tone:?}");
                assert_eq!(last, Silence, "{region:?} {tone:?}");
                assert!(length(steps).as_secs() < 20, "{region:?} {tone:?}");
            }
        }
    }
}
