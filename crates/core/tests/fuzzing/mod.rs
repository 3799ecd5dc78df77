//! A small fuzzer on the stable toolchain: it changes inputs of a corpus, and keeps what shows something new.
//!
//! What is new is not what code ran, which only a nightly compiler tells, but what the target says of its own
//! behaviour, as numbers. `FUZZ_SECONDS` says how long for each target (default 1), `FUZZ_SEED` where to begin. With
//! `FUZZ_KEEP` so many inputs are written into the corpus at the end: those that together show the most.

use crate::dice::{Dice, setting};
use std::collections::HashSet;
use std::fmt::Write;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Longest input.
const LONGEST: usize = 4096;

/// What a target says of one input: what is new in it, or what is wrong.
pub type Verdict = Result<Vec<u64>, String>;

/// Something that is fuzzed.
pub struct Target<'a> {
    pub name: &'a str,
    /// The folder of its inputs.
    pub corpus: PathBuf,
    /// Inputs besides those.
    pub seeds: Vec<Vec<u8>>,
    /// Bytes that mean something to it.
    pub dictionary: &'a [&'a [u8]],
    pub one: &'a dyn Fn(&[u8]) -> Verdict,
}

impl Target<'_> {
    /// Fuzz it for the time that is set.
    pub fn run(&self) {
        let mut corpus: Vec<Vec<u8>> = self.files();
        corpus.extend(self.seeds.iter().cloned());
        assert!(!corpus.is_empty(), "{} is empty", self.corpus.display());
        let (seeds, mut runs) = (corpus.len(), 0u64);
        let mut known = HashSet::new();
        for input in &corpus {
            known.extend(self.judge(input));
            runs += 1;
        }
        let mut dice = Dice::new(setting("FUZZ_SEED", 1));
        let time = Duration::from_secs(setting("FUZZ_SECONDS", 1));
        let begun = Instant::now();
        while begun.elapsed() < time {
            let input = self.changed(&corpus, &mut dice);
            let shows = self.judge(&input);
            runs += 1;
            let mut new = false;
            for feature in shows {
                new |= known.insert(feature);
            }
            if new {
                corpus.push(input);
            }
        }
        let (found, took) = (corpus.len() - seeds, begun.elapsed().as_secs());
        self.keep(&corpus, setting("FUZZ_KEEP", 0));
        println!(
            "{}: {runs} inputs in {took} s, {} behaviours, {found} inputs beyond the corpus of {seeds}",
            self.name,
            known.len()
        );
    }

    fn files(&self) -> Vec<Vec<u8>> {
        let files = fs::read_dir(&self.corpus).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = files.map(|file| file.path()).collect();
        files.sort();
        files.iter().filter(|path| path.is_file()).map(|p| fs::read(p).expect("a file")).collect()
    }

    /// Each time the input that shows the most of what those before it did not.
    fn keep(&self, corpus: &[Vec<u8>], most: u64) {
        let shows: Vec<Vec<u64>> = match most {
            0 => Vec::new(),
            _ => corpus.iter().map(|input| self.judge(input)).collect(),
        };
        let mut known: HashSet<u64> = HashSet::new();
        for _ in 0..most {
            let new = |shows: &Vec<u64>| shows.iter().filter(|one| !known.contains(one)).count();
            let best = shows.iter().map(new).zip(corpus.iter().zip(&shows));
            let best = best.max_by_key(|(new, (input, _))| (*new, usize::MAX - input.len()));
            let Some((1.., (input, shows))) = best else { return };
            known.extend(shows);
            let mut hash = DefaultHasher::new();
            input.hash(&mut hash);
            let name = format!("{:016x}", hash.finish());
            fs::create_dir_all(&self.corpus).expect("a folder can be made");
            fs::write(self.corpus.join(name), input).expect("it can be written");
        }
    }

    /// What it shows. If something is wrong, the shortest input that shows it is printed, and the test fails.
    fn judge(&self, input: &[u8]) -> Vec<u64> {
        let what = match self.verdict(input) {
            Ok(shows) => return shows,
            Err(what) => what,
        };
        let (mut least, mut what) = (input.to_vec(), what);
        let mut piece = least.len() / 2;
        while piece > 0 {
            let mut at = 0;
            while at < least.len() {
                let mut shorter = least.clone();
                shorter.drain(at..(at + piece).min(least.len()));
                match self.verdict(&shorter) {
                    Err(same) => (least, what) = (shorter, same),
                    Ok(_) => at += piece,
                }
            }
            piece /= 2;
        }
        let mut bytes = String::new();
        least.iter().for_each(|byte| write!(bytes, "{byte:02x}").expect("a string"));
        panic!(
            "{}: {what}\n\ninput: {bytes}\nas text: {}",
            self.name,
            String::from_utf8_lossy(&least)
        );
    }

    fn verdict(&self, input: &[u8]) -> Verdict {
        let said = catch_unwind(AssertUnwindSafe(|| (self.one)(input)));
        said.unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            Err(format!("it panicked: {}", text.unwrap_or("without a word")))
        })
    }

    /// An input of the corpus with some changes.
    fn changed(&self, corpus: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
        // Half of the time one of the newest: they are where something new was seen.
        let newest = corpus.len().saturating_sub(16);
        let from = if dice.below(2) == 0 { newest } else { 0 };
        let mut input = corpus[from + dice.below(corpus.len() - from)].clone();
        for _ in 0..=dice.below(4) {
            self.change(&mut input, corpus, dice);
        }
        input.truncate(LONGEST);
        input
    }

    fn change(&self, input: &mut Vec<u8>, corpus: &[Vec<u8>], dice: &mut Dice) {
        let at = dice.below(input.len() + 1);
        let end = (at + 1 + dice.below(24)).min(input.len());
        match dice.below(9) {
            0 if at < input.len() => input[at] ^= 1 << dice.below(8),
            1 if at < input.len() => input[at] = dice.bytes::<1>()[0],
            2 if at < input.len() => {
                let odd = [0, 1, 0x7f, 0x80, 0xff];
                input[at] = odd[dice.below(odd.len())];
            }
            3 if at < end => drop(input.drain(at..end)),
            4 if at < end => {
                let piece = input[at..end].to_vec();
                let to = dice.below(input.len() + 1);
                input.splice(to..to, piece);
            }
            5 if !self.dictionary.is_empty() => {
                let word = self.dictionary[dice.below(self.dictionary.len())];
                let over = if dice.below(2) == 0 { at } else { end.max(at) };
                input.splice(at..over, word.iter().copied());
            }
            6 => {
                // The beginning of this, and the end of another.
                let other = &corpus[dice.below(corpus.len())];
                input.truncate(at);
                input.extend_from_slice(&other[dice.below(other.len() + 1)..]);
            }
            7 => {
                let bytes: Vec<u8> = (0..=dice.below(6)).map(|_| dice.bytes::<1>()[0]).collect();
                input.splice(at..at, bytes);
            }
            _ => {
                let other = &corpus[dice.below(corpus.len())];
                let from = dice.below(other.len() + 1);
                let piece = other[from..(from + 24).min(other.len())].to_vec();
                input.splice(at..at, piece);
            }
        }
    }
}
