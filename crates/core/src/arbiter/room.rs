use super::plan::PlanRoom;
use crate::effect::Effect;
use crate::words::{CallNumber, Choice, RecentsEntry};
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

/// What is kept at most, in items: an event that touches thousands of calls shall not keep their room for ever.
const KEPT: usize = 64;

/// Room in memory that turns use one after the other, and that is empty in between: the allocator took a fifth of a turn.
#[derive(Debug, Default)]
pub(super) struct Room {
    pub records: Vec<RecentsEntry>,
    pub dirty: Vec<CallNumber>,
    pub stale: Vec<CallNumber>,
    pub mail: Vec<Effect>,
    pub others: Vec<CallNumber>,
    pub choices: Vec<Choice>,
    pub plan: PlanRoom,
}

/// Empty again, and not too large.
pub(super) fn emptied<T>(mut room: Vec<T>) -> Vec<T> {
    room.clear();
    room.shrink_to(KEPT);
    room
}

impl Clone for Room {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// It says nothing about how things stand.
impl PartialEq for Room {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Room {}

impl Hash for Room {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}
