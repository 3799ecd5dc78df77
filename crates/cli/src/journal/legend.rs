use crate::failure::Failure;
use crate::words;
use hookswitch::{CallNumber, Handle, RecentsQuery, Surface};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Lines of recents that are asked for at once.
const PAGE: u32 = 1000;

/// Who the calls of a journal are with. The journal itself does not say; the service's numbers of the calls, which are
/// their names there, lead to what a surface may see.
#[derive(Debug, Default)]
pub struct Legend(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    call: String,
    number: CallNumber,
    handle: Handle,
    name: Option<String>,
}

impl Legend {
    /// For the calls named in these lines. Those that are in no list any more are not in it.
    pub async fn of(lines: &[String], surface: &Surface) -> Result<Self, Failure> {
        let calls = named(lines);
        let mut found = BTreeMap::new();
        for call in surface.calls() {
            found.insert(call.number, (call.handle, call.name));
        }
        let numbers: BTreeSet<CallNumber> = calls.iter().map(|(number, _)| *number).collect();
        let (oldest, newest) = match (numbers.first(), numbers.last()) {
            (Some(oldest), Some(newest)) => (*oldest, *newest),
            _ => return Ok(Self::default()),
        };
        let mut before = Some(newest.0.saturating_add(1));
        while let Some(number) = before {
            let query = RecentsQuery { limit: Some(PAGE), before: Some(number), missed: None };
            let page = surface.recents(query).await?;
            let last = page.last().map(|line| line.number).filter(|last| *last > oldest);
            before = last.filter(|_| page.len() == PAGE as usize).map(|last| last.0);
            for line in page {
                found.entry(line.number).or_insert((line.handle, line.name));
            }
        }
        let entry = |(number, call): (CallNumber, String)| {
            let (handle, name) = found.get(&number)?.clone();
            Some(Entry { call, number, handle, name })
        };
        Ok(Self(calls.into_iter().filter_map(entry).collect()))
    }

    /// As comments of a flow, without the `#`.
    pub fn comments(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|entry| {
            let name = entry.name.as_deref().or(entry.handle.display_name.as_deref());
            let name = name.map(|name| format!(" ({})", words::clean(name))).unwrap_or_default();
            format!("{}: {}{name}", entry.call, words::clean(&entry.handle.value))
        })
    }

    /// As objects.
    pub fn json(&self) -> impl Iterator<Item = Value> {
        self.0.iter().map(|entry| {
            json!({
                "call": entry.call,
                "number": entry.number.0,
                "handle": entry.handle.value,
                "handle_kind": entry.handle.kind.name(),
                "handle_name": entry.handle.display_name,
                "name": entry.name,
            })
        })
    }
}

/// Every call that is named, with its number: `call7`, or what a comment says is call 7.
fn named(lines: &[String]) -> BTreeSet<(CallNumber, String)> {
    let mut calls = BTreeSet::new();
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let ["#", name, "is", "call", number] = words[..]
            && let Ok(number) = number.parse()
        {
            calls.insert((CallNumber(number), name.to_owned()));
        }
        for word in words {
            let number = word.strip_prefix("call").and_then(|number| number.parse().ok());
            calls.extend(number.map(|number| (CallNumber(number), word.to_owned())));
        }
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_found_by_their_numbers() {
        let lines = [
            "    # stray1 is call 9",
            "    chat -> core : report incoming call7 holding",
            "    core -> ui   : ended call10 hung_up",
            "    core -> ui   : ended caller hung_up",
        ];
        let lines = lines.map(str::to_owned);
        let named: Vec<_> =
            named(&lines).into_iter().map(|(number, call)| (number.0, call)).collect();
        let expected = [(7, "call7"), (9, "stray1"), (10, "call10")];
        assert_eq!(named, expected.map(|(number, call)| (number, call.to_owned())));
    }

    #[test]
    fn a_legend_cannot_begin_a_line_of_its_own() {
        let handle = Handle::new(hookswitch::HandleKind::Generic, "anna\nchat -> core : lost");
        let entry =
            Entry { call: "call7".into(), number: CallNumber(7), handle, name: Some("A".into()) };
        let lines: Vec<_> = Legend(vec![entry]).comments().collect();
        assert_eq!(lines, ["call7: anna\u{fffd}chat -> core : lost (A)"]);
    }
}
