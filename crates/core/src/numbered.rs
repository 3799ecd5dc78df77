use crate::call::Call;
use crate::words::CallNumber;
use alloc::boxed::Box;
use alloc::collections::VecDeque;

/// Live calls in the order of their numbers.
///
/// Numbers are given out one after the other, and most calls end in about that order: a call stands about as far behind the
/// first as its number says. So one look finds it in most cases, where a tree takes one for each of its levels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Numbered {
    /// Each in a place of its own, or whoever looks for one goes through the memory of others.
    calls: VecDeque<(CallNumber, Box<Call>)>,
}

impl Numbered {
    /// Where it is, or else where it would be.
    fn find(&self, number: CallNumber) -> Result<usize, usize> {
        // Calls that are over in between bring it nearer to the first, never farther away.
        let first = self.calls.front().map_or(0, |(first, _)| first.0);
        let most = usize::try_from(number.0.saturating_sub(first)).unwrap_or(usize::MAX);
        let guess = most.min(self.calls.len().saturating_sub(1));
        match self.calls.get(guess) {
            Some((found, _)) if *found == number => Ok(guess),
            _ => self.calls.binary_search_by_key(&number, |(number, _)| *number),
        }
    }

    pub fn get(&self, number: CallNumber) -> Option<&Call> {
        let at = self.find(number).ok()?;
        self.calls.get(at).map(|(_, call)| call.as_ref())
    }

    pub fn get_mut(&mut self, number: CallNumber) -> Option<&mut Call> {
        let at = self.find(number).ok()?;
        self.calls.get_mut(at).map(|(_, call)| call.as_mut())
    }

    pub fn iter(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter().map(|(_, call)| call.as_ref())
    }

    pub fn insert(&mut self, call: Call) {
        let number = call.number;
        let call = Box::new(call);
        match self.find(number) {
            Ok(at) => self.calls[at] = (number, call),
            Err(at) => self.calls.insert(at, (number, call)),
        }
    }

    pub fn remove(&mut self, number: CallNumber) -> Option<Call> {
        let at = self.find(number).ok()?;
        self.calls.remove(at).map(|(_, call)| *call)
    }
}
