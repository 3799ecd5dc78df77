//! What the session manager keeps of a stream's volume, and gives to the next stream that is like it.
//!
//! WirePlumber writes down the volume of each stream whenever it changes, by what the stream is for or who plays it, and
//! sets it on the next such stream. Without more, music that begins after a call would be as soft as music in it, and the
//! next call would begin silent. It takes back what it has kept if that is set in its `route-settings`
//! (`restore-stream.lua` of 0.4, `state-stream.lua` of 0.5). PulseAudio does the same, by keys of its own.

use super::graph::{Node, Server};
use super::ledger::same;
use super::levels::Levels;
use std::collections::{BTreeMap, BTreeSet};

/// Milliseconds in which a new stream may be given what was kept.
const BIRTH: u64 = 2000;
/// Milliseconds after which the session manager is told again: the first time it may have been about to write down what
/// was so before.
const AGAIN: u64 = 1000;

/// By which of its properties a stream is known again: the first that it has.
const KNOWN_BY: [&str; 5] =
    ["media.role", "application.id", "application.name", "media.name", "node.name"];

/// Where PulseAudio says its own key of a stream. It keeps mute and volume, too.
const PULSE: &str = "module-stream-restore.id";

/// The key that the session manager keeps a stream's volume by.
pub fn key(node: &Node, server: Server) -> Option<String> {
    if server == Server::PulseAudio {
        return node.property(PULSE).map(str::to_owned);
    }
    let class = node.property("media.class")?.strip_prefix("Stream/")?;
    let (by, of) = KNOWN_BY.iter().find_map(|by| Some((by, node.property(by)?)))?;
    Some(format!("{class}:{by}:{of}"))
}

/// What is known of what the session manager has kept. What it should have is in the ledger.
#[derive(Debug, Default)]
pub struct Kept {
    /// Streams, by serial number, with when they were seen first.
    born: BTreeMap<u64, u64>,
    /// Keys that it was told once what they should be, with when it is to be told again.
    told: BTreeMap<String, u64>,
}

impl Kept {
    /// A stream of this key is set to something else than what it was, and that is kept.
    pub fn touch(&mut self, ledger: &mut BTreeMap<String, f32>, key: String, old: f32) {
        self.told.remove(&key);
        ledger.entry(key).or_insert(old);
    }

    /// The volume that a new stream would have, had it not been given that of a call. `None`: its volume is its own.
    pub fn given(
        &mut self,
        node: &Node,
        ledger: &BTreeMap<String, f32>,
        (levels, server): (&Levels, Server),
        now: u64,
    ) -> Option<f32> {
        let born = *self.born.entry(node.serial).or_insert(now);
        let volume = node.volume.filter(|_| !ledger.is_empty() && now <= born + BIRTH)?;
        let old = *ledger.get(&key(node, server)?)?;
        let is_of_a_call = same(volume, 0.0) || same(volume, old * levels.duck);
        (is_of_a_call && !same(volume, old)).then_some(old)
    }

    /// Only these streams are there.
    pub fn retain(&mut self, there: &BTreeSet<u64>) {
        self.born.retain(|serial, _| there.contains(serial));
    }

    /// Nobody is kept quiet any more: what the session manager is to be told now, and when there is more.
    pub fn give_back(
        &mut self,
        ledger: &mut BTreeMap<String, f32>,
        now: u64,
    ) -> (Vec<(String, f32)>, Option<u64>) {
        let mut keep = Vec::new();
        ledger.retain(|key, old| {
            let again = self.told.get(key).copied();
            if again.is_none_or(|at| at <= now) {
                keep.push((key.clone(), *old));
            }
            match again {
                Some(at) if at <= now => self.told.remove(key).is_none(),
                Some(_) => true,
                None => self.told.insert(key.clone(), now + AGAIN).is_none(),
            }
        });
        (keep, self.told.values().min().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::super::graph::tests::{graph, stream};
    use super::*;

    const PLAYS: &str = "Stream/Output/Audio";
    const MUSIC: &str = "Output/Audio:media.role:Music";

    fn node(id: u32, volume: f32, more: &[(&str, &str)]) -> Node {
        let mut graph = graph();
        stream(&mut graph, id, PLAYS, 70, more);
        graph.put_volume(id, volume);
        graph.node(id).unwrap().clone()
    }

    fn music(id: u32, volume: f32) -> Node {
        node(id, volume, &[("media.role", "Music")])
    }

    #[test]
    fn a_stream_is_known_by_what_it_is_for_or_else_by_who_plays_it() {
        assert_eq!(key(&music(40, 1.0), Server::PipeWire).as_deref(), Some(MUSIC));
        let named = [("application.name", "Player: 2"), ("node.name", "player")];
        let key_of = |more: &[_]| key(&node(40, 1.0, more), Server::PipeWire);
        assert_eq!(key_of(&named).as_deref(), Some("Output/Audio:application.name:Player: 2"));
        assert_eq!(key_of(&named[1..]).as_deref(), Some("Output/Audio:node.name:player"));
        assert_eq!(key_of(&[]), None);
        let own = node(40, 1.0, &[("media.role", "Music"), (PULSE, "sink-input-by-media-role:x")]);
        let of_pulse = key(&own, Server::PulseAudio);
        assert_eq!(of_pulse.as_deref(), Some("sink-input-by-media-role:x"));
        assert_eq!(key_of(&[("media.class", "Audio/Sink"), ("node.name", "speaker")]), None);
    }

    #[test]
    fn what_a_new_stream_was_given_is_told_from_its_own() {
        let (mut kept, levels) = (Kept::default(), Levels::default());
        let of = (&levels, Server::PipeWire);
        let mut ledger = BTreeMap::new();
        assert_eq!(kept.given(&music(40, 0.2), &ledger, of, 0), None, "nothing was touched");
        kept.touch(&mut ledger, MUSIC.to_owned(), 1.0);
        for (id, volume, given) in [(41, 0.2, Some(1.0)), (42, 0.0, Some(1.0)), (43, 0.3, None)] {
            assert_eq!(kept.given(&music(id, volume), &ledger, of, 0), given, "{volume}");
        }
        assert_eq!(kept.given(&node(44, 0.0, &[]), &ledger, of, 0), None, "another key");
        // It is given a little after it came; what it sets later is its own.
        assert_eq!(kept.given(&music(45, 1.0), &ledger, of, 0), None);
        assert_eq!(kept.given(&music(45, 0.0), &ledger, of, BIRTH), Some(1.0));
        assert_eq!(kept.given(&music(45, 0.0), &ledger, of, BIRTH + 1), None);
    }

    #[test]
    fn the_session_manager_is_told_twice_and_again_if_more_was_touched() {
        let mut kept = Kept::default();
        let mut ledger = BTreeMap::new();
        assert_eq!(kept.give_back(&mut ledger, 0), (vec![], None));
        kept.touch(&mut ledger, MUSIC.to_owned(), 1.0);
        kept.touch(&mut ledger, MUSIC.to_owned(), 0.5);
        let told = || vec![(MUSIC.to_owned(), 1.0)];
        assert_eq!(kept.give_back(&mut ledger, 10), (told(), Some(10 + AGAIN)));
        assert_eq!(kept.give_back(&mut ledger, 11), (vec![], Some(10 + AGAIN)));
        kept.touch(&mut ledger, MUSIC.to_owned(), 1.0);
        assert_eq!(kept.give_back(&mut ledger, 20), (told(), Some(20 + AGAIN)));
        assert_eq!(kept.give_back(&mut ledger, 20 + AGAIN), (told(), None));
        assert!(ledger.is_empty());
    }
}
