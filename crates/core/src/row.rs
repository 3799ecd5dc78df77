use alloc::vec::Vec;

/// A set in its order. Most of what comes belongs at its end, and mostly there are few, so that looking for a place and
/// making room takes less than a tree does. With ten thousand, making room takes microseconds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Row<T> {
    row: Vec<T>,
}

/// What is kept for the next ones when all are gone, in items.
const KEPT: usize = 64;

impl<T: Copy + Ord> Row<T> {
    pub fn insert(&mut self, item: T) {
        if self.row.last().is_none_or(|last| *last < item) {
            self.row.push(item);
        } else if let Err(at) = self.row.binary_search(&item) {
            self.row.insert(at, item);
        }
    }

    pub fn remove(&mut self, item: T) {
        if self.row.last() == Some(&item) {
            self.row.pop();
        } else if let Ok(at) = self.row.binary_search(&item) {
            self.row.remove(at);
        }
        if self.row.is_empty() {
            self.row.shrink_to(KEPT);
        }
    }

    pub fn contains(&self, item: T) -> bool {
        self.row.binary_search(&item).is_ok()
    }

    pub fn first(&self) -> Option<T> {
        self.row.first().copied()
    }

    pub fn is_empty(&self) -> bool {
        self.row.is_empty()
    }

    pub fn len(&self) -> usize {
        self.row.len()
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = T> {
        self.row.iter().copied()
    }

    /// From the first that is not before this one.
    pub fn at_least(&self, least: T) -> impl Iterator<Item = T> {
        let at = self.row.partition_point(|item| *item < least);
        self.row[at..].iter().copied()
    }

    /// All of them; none is left.
    pub fn take(&mut self) -> impl Iterator<Item = T> + use<T> {
        core::mem::take(&mut self.row).into_iter()
    }
}

impl<T> Default for Row<T> {
    fn default() -> Self {
        Self { row: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_in_it_once_and_in_its_place() {
        let mut row = Row::default();
        for item in [5, 3, 9, 5, 9, 1] {
            row.insert(item);
        }
        assert!(row.iter().eq([1, 3, 5, 9]) && row.contains(3) && !row.contains(4));
        assert!(row.at_least(4).eq([5, 9]));
        for item in [3, 4, 9] {
            row.remove(item);
        }
        assert_eq!((row.first(), row.len()), (Some(1), 2));
        assert!(row.take().eq([1, 5]) && row.is_empty());
    }
}
