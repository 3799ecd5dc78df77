//! What a state is known by.

use super::moves::State;
use hookswitch_core::words::{CallNumber, Timestamp};
use std::collections::HashSet;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

/// The states that are known. Only what stands for them is kept.
pub type Known = HashSet<u128, BuildHasherDefault<AsIs>>;

/// Two independent hashes of 64 bits: of a billion states two that are taken for one are not to be expected.
struct Wide(DefaultHasher, DefaultHasher);

impl Hasher for Wide {
    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
        self.1.write(bytes);
    }

    fn finish(&self) -> u64 {
        self.0.finish()
    }
}

/// What stands for a state. What is offered for its calls is in it, though it can be worked out: so the same calls with
/// other offers are another state, and the offers of each are looked at.
pub fn key(state: &State) -> u128 {
    let mut wide = Wide(DefaultHasher::new(), DefaultHasher::new());
    wide.1.write_u8(1);
    state.seen.core.canonical(Timestamp(state.at), &mut wide);
    let place = |number: CallNumber| state.seen.calls.iter().position(|call| call.number == number);
    for call in &state.seen.calls {
        call.choices.len().hash(&mut wide);
        for choice in call.choices.iter() {
            let of = [choice.ends, choice.holds, choice.merges].map(|of| of.map(place));
            (choice.kind, of).hash(&mut wide);
        }
    }
    u128::from(wide.0.finish()) << 64 | u128::from(wide.1.finish())
}

/// The keys are hashes already.
#[derive(Default)]
pub struct AsIs(u64);

impl Hasher for AsIs {
    fn write(&mut self, bytes: &[u8]) {
        let (low, _) = bytes.split_at(8);
        self.0 = u64::from_ne_bytes(low.try_into().expect("eight bytes"));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
