//! The language of the user, by GNU gettext (the real one comes with the merge; this branch has this stand-in).

/// That sentence in the language of the user. xgettext collects what is given to it.
pub fn tr(text: &str) -> String {
    text.to_owned()
}

/// The same with words in it: `{}` is replaced by them in order.
pub fn tr_with(text: &str, words: &[&str]) -> String {
    let text = tr(text);
    let mut words = words.iter();
    let mut parts = text.split("{}");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        whole.push_str(words.next().unwrap_or(&"{}"));
        whole.push_str(part);
    }
    whole
}
