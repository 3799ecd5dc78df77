//! What the user writes instead of an answer: three sentences, or those in a file of settings.

use crate::tongue::{tr, tr_with};
use serde_json::Value;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

const FILE: &str = "call-screens.json";
const WORD: &str = "quick_replies";
/// More are no choice for somebody whose phone rings.
const MOST: usize = 6;
/// So many letters are read at a glance, and sent as one or two messages.
const LONGEST: usize = 200;

/// The sentences of this folder of settings; without any there, those of the program.
///
/// # Errors
/// In words, with what to do: the file is not understood, and is left as it is.
pub fn read(folder: Option<&Path>) -> Result<Vec<String>, String> {
    let Some(path) = folder.map(|folder| folder.join(FILE)) else { return Ok(usual()) };
    let wrong = || {
        let path = path.display().to_string();
        let most = MOST.to_string();
        tr_with(
            "quick_replies in {} are not understood: usual ones are offered. Write a list of up to {} short texts.",
            &[&path, &most],
        )
    };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(usual()),
        Err(_) => return Err(wrong()),
    };
    let all: Value = serde_json::from_str(&text).map_err(|_| wrong())?;
    match all.get(WORD) {
        None if all.is_object() => Ok(usual()),
        Some(Value::Array(list)) => sentences(list).ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

/// What is offered where nobody wrote anything.
pub fn usual() -> Vec<String> {
    vec![
        tr("I cannot talk now. I will call you back."),
        tr("I am on my way."),
        tr("What is it about? Please write to me."),
    ]
}

/// All or nothing. An empty list is a wish, too: never offer any.
fn sentences(list: &[Value]) -> Option<Vec<String>> {
    let sentence = |value: &Value| {
        let text = value.as_str()?.trim();
        (!text.is_empty() && text.chars().count() <= LONGEST).then(|| text.to_owned())
    };
    (list.len() <= MOST).then(|| list.iter().map(sentence).collect())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), text).unwrap();
        read(Some(folder.path()))
    }

    #[test]
    fn without_a_word_of_the_user_there_are_three() {
        assert_eq!(read(None).unwrap().len(), 3);
        assert_eq!(read(Some(Path::new("/nowhere"))).unwrap(), usual());
        assert_eq!(of(r#"{"slide_to_answer": true}"#).unwrap(), usual());
    }

    #[test]
    fn the_users_own_are_offered() {
        assert_eq!(of(r#"{"quick_replies": [" Later ", "No"]}"#).unwrap(), ["Later", "No"]);
        assert!(of(r#"{"quick_replies": []}"#).unwrap().is_empty());
    }

    #[test]
    fn what_is_not_understood_says_so() {
        let long = format!(r#"{{"quick_replies": ["{}"]}}"#, "a".repeat(LONGEST + 1));
        let many = format!(r#"{{"quick_replies": [{}"1"]}}"#, r#""1", "#.repeat(MOST));
        let wrong = ["{", "[]", r#"{"quick_replies": "No"}"#, r#"{"quick_replies": [1]}"#];
        for text in wrong.into_iter().chain([&*long, &*many, r#"{"quick_replies": [" "]}"#]) {
            assert!(of(text).unwrap_err().contains("not understood"), "{text}");
        }
    }
}
