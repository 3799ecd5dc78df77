/// What a thing of the server is, as the lowest bits of its node's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A program.
    Client,
    /// A device that plays.
    Sink,
    /// A device that listens, or what a sink plays.
    Source,
    /// A program plays.
    Input,
    /// A program listens.
    Output,
}

const KINDS: [Kind; 5] = [Kind::Client, Kind::Sink, Kind::Source, Kind::Input, Kind::Output];
const BITS: u32 = 3;

impl Kind {
    /// What this node's number is of, and its own number there.
    pub fn of(node: u32) -> Option<(Self, u32)> {
        let kind = usize::try_from(node & ((1 << BITS) - 1)).ok()?;
        Some((*KINDS.get(kind)?, node >> BITS))
    }

    /// The node's number of it.
    pub fn node(self, index: u32) -> u32 {
        index << BITS | self as u32
    }

    /// Its serial number. Never 0, which is none.
    pub fn serial(self, index: u32) -> u64 {
        (self as u64 + 1) << 32 | u64::from(index)
    }

    /// Which device a target names.
    pub fn of_serial(serial: &str) -> Option<(Self, u32)> {
        let serial: u64 = serial.parse().ok()?;
        let kind = usize::try_from((serial >> 32).checked_sub(1)?).ok()?;
        Some((*KINDS.get(kind)?, u32::try_from(serial & u64::from(u32::MAX)).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_says_what_it_is_of() {
        for kind in KINDS {
            assert_eq!(Kind::of(kind.node(77)), Some((kind, 77)));
            assert_eq!(Kind::of_serial(&kind.serial(77).to_string()), Some((kind, 77)));
            assert_ne!(kind.serial(0), 0);
        }
        assert_eq!(Kind::of(7), None);
        for odd in ["", "-1", "12", "speaker", "18446744073709551615"] {
            assert_eq!(Kind::of_serial(odd), None, "{odd}");
        }
    }
}
