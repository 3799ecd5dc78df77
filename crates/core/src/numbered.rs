use alloc::collections::VecDeque;

/// An id that is a number, given out one after the other.
pub(crate) trait Number: Copy + Ord {
    /// The number.
    fn value(self) -> u64;
}

/// Things in the order of their numbers.
///
/// Numbers are given out one after the other, and most things end in about that order: one stands about as far behind the
/// first as its number says. So one look finds it in most cases, where a tree takes one for each of its levels; and its room
/// stays for the next, where a tree asks the allocator for a node each time that the first one comes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Numbered<K, V> {
    row: VecDeque<(K, V)>,
}

/// What is kept for the next ones when all are gone, in items.
const KEPT: usize = 64;

impl<K: Number, V> Numbered<K, V> {
    /// Where it is, or else where it would be.
    fn find(&self, number: K) -> Result<usize, usize> {
        // What is gone in between brings it nearer to the first, never farther away.
        let first = self.row.front().map_or(0, |(first, _)| first.value());
        let most = usize::try_from(number.value().saturating_sub(first)).unwrap_or(usize::MAX);
        let guess = most.min(self.row.len().saturating_sub(1));
        match self.row.get(guess) {
            Some((found, _)) if *found == number => Ok(guess),
            _ => self.row.binary_search_by_key(&number, |(number, _)| *number),
        }
    }

    // Nearly always it is the only one, the oldest or the newest: for these, looking is a comparison or two.
    #[inline]
    pub fn get(&self, number: K) -> Option<&V> {
        match (self.row.front(), self.row.back()) {
            (Some((first, value)), _) if *first == number => Some(value),
            (_, Some((last, value))) if *last == number => Some(value),
            _ => self.get_between(number),
        }
    }

    fn get_between(&self, number: K) -> Option<&V> {
        let at = self.find(number).ok()?;
        self.row.get(at).map(|(_, value)| value)
    }

    #[inline]
    pub fn get_mut(&mut self, number: K) -> Option<&mut V> {
        let at = match (self.row.front(), self.row.back()) {
            (Some((first, _)), _) if *first == number => 0,
            (_, Some((last, _))) if *last == number => self.row.len() - 1,
            _ => self.find(number).ok()?,
        };
        self.row.get_mut(at).map(|(_, value)| value)
    }

    pub fn has(&self, number: K) -> bool {
        self.find(number).is_ok()
    }

    pub fn len(&self) -> usize {
        self.row.len()
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (K, &V)> {
        self.row.iter().map(|(number, value)| (*number, value))
    }

    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.row.iter().map(|(_, value)| value)
    }

    /// The value of that number, made if it is not there.
    pub fn entry(&mut self, number: K) -> &mut V
    where
        V: Default,
    {
        let at = self.find(number).unwrap_or_else(|at| {
            self.row.insert(at, (number, V::default()));
            at
        });
        &mut self.row[at].1
    }

    pub fn insert(&mut self, number: K, value: V) {
        if self.row.back().is_none_or(|(last, _)| *last < number) {
            return self.row.push_back((number, value));
        }
        match self.find(number) {
            Ok(at) => self.row[at].1 = value,
            Err(at) => self.row.insert(at, (number, value)),
        }
    }

    pub fn remove(&mut self, number: K) -> Option<V> {
        let first = self.row.front().is_some_and(|(first, _)| *first == number);
        let at = if first { 0 } else { self.find(number).ok()? };
        let removed = self.row.remove(at).map(|(_, value)| value);
        if self.row.is_empty() {
            self.row.shrink_to(KEPT);
        }
        removed
    }
}

#[cfg(test)]
impl<K: Number, V> Numbered<K, V> {
    pub fn clear(&mut self) {
        self.row.clear();
    }

    pub fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut V> {
        self.row.iter_mut().map(|(_, value)| value)
    }
}

impl<K, V> Default for Numbered<K, V> {
    fn default() -> Self {
        Self { row: VecDeque::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::CallNumber;
    use alloc::vec::Vec;

    #[test]
    fn each_is_found_whatever_is_gone_before_it() {
        let mut all = Numbered::default();
        for number in [4, 2, 3, 8, 9, 7] {
            all.insert(CallNumber(number), number);
        }
        assert_eq!((all.remove(CallNumber(3)), all.remove(CallNumber(2))), (Some(3), Some(2)));
        assert_eq!((all.remove(CallNumber(2)), all.get(CallNumber(3))), (None, None));
        all.insert(CallNumber(8), 80);
        *all.entry(CallNumber(1)) += 1;
        let left: Vec<(u64, u64)> = all.iter().map(|(number, of)| (number.0, *of)).collect();
        assert_eq!(left, [(1, 1), (4, 4), (7, 7), (8, 80), (9, 9)]);
        for (number, of) in left {
            assert!(all.has(CallNumber(number)));
            assert_eq!(all.get_mut(CallNumber(number)).copied(), Some(of));
            assert_eq!(all.remove(CallNumber(number)), Some(of));
        }
        assert_eq!(all.len(), 0);
    }
}
