//! What usually brings a call into a state, in one line.

use super::Line;
use super::run::Stage;
use crate::input::{Completion, Input};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

impl Stage {
    /// Play `given app state call`.
    pub(super) fn given(&mut self, app: &str, words: &[String]) -> Result<Vec<Line>, String> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let lines: &[(&str, &str)] = match words.as_slice() {
            ["ringing", _] => &[(app, "report incoming {}")],
            ["active", _] => &[(app, "report incoming {}"), ("ui", "request answer {}")],
            ["held", _] => &[
                (app, "report incoming {}"),
                ("ui", "request answer {}"),
                ("ui", "request hold {}"),
            ],
            ["dialing", _] => &[(app, "request start {}")],
            ["merged", ..] => &[("ui", "request merge {} {}")],
            _ => {
                return Err(
                    "given is an app, then ringing, active, held or dialing and a call".into()
                );
            }
        };
        for (party, line) in lines {
            let mut calls = words[1..].iter();
            let filled = line.split_whitespace().map(|word| match word {
                "{}" => calls.next().copied().unwrap_or_default().to_owned(),
                word => word.to_owned(),
            });
            let filled: Vec<String> = filled.collect();
            let said = self.input(party, &filled)?;
            let refused = said.iter().find(|line| line.words.starts_with("refused"));
            if let Some(line) = refused {
                return Err(format!("`{}` cannot be given: {line}", words.join(" ")));
            }
            self.fulfill_all()?;
        }
        Ok(Vec::new())
    }

    /// Every app does at once what it is asked.
    fn fulfill_all(&mut self) -> Result<(), String> {
        loop {
            let pending = self.core.performing.iter().next();
            let pending = pending.map(|(action, performing)| (action, performing.provider));
            let Some((action, provider)) = pending else { return Ok(()) };
            let completion = Completion::Fulfill(None);
            self.handle(Input::Complete { provider, action, completion, request: None })?;
        }
    }
}
